"""What the history says, in words. Verbs and fields are those that the actions write down."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from rollbook.domains.history.queries import Line
from rollbook.domains.journal.models import Status

VERBS: Mapping[str, str | Promise] = {
    "grant.given": _("Role given"),
    "grant.taken": _("Role taken away"),
    "key.made": _("API key made"),
    "user.changed": _("Profile changed"),
    "user.disabled": _("Disabled"),
    "user.enabled": _("Let in again"),
    "user.joined": _("Joined"),
    "user.link_made": _("Sign-in link made"),
    "user.login_changed": _("Login or e-mail changed"),
    "user.password_set": _("Password changed"),
    "user.signed_in": _("Signed in"),
    "lesson.marked": _("Marked"),
    "lesson.cancelled": _("Lesson cancelled"),
    "lesson.restored": _("Lesson restored"),
    "payment.received": _("Payment"),
    "payment.taken_back": _("Payment taken back"),
}
FIELDS: Mapping[str, str | Promise] = {
    "amount": _("amount"),
    "method": _("method"),
    "on": _("date"),
    "note": _("note"),
    "reason": _("reason"),
}
HIDDEN = {"entry"}


def told(line: Line) -> str:
    """One act as a sentence: what was done, and of each field that changed the old and the new value."""
    verb = str(VERBS.get(line.verb, line.verb))
    if line.verb == "lesson.marked":
        return f"{verb}: {_marks(line)}"
    fields = [name for name in dict.fromkeys([*line.old, *line.new]) if name not in HIDDEN]
    parts = [f"{FIELDS.get(name, name)}: {_change(line, name)}" for name in fields if _change(line, name)]
    return f"{verb}: {'; '.join(parts)}" if parts else verb


def _marks(line: Line) -> str:
    counts: dict[str, int] = {}
    for status in line.new.values():
        word = str(Status(str(status)).label) if status else gettext("taken back")
        counts[word] = counts.get(word, 0) + 1
    return ", ".join(
        f"{word}: " + ngettext("{count} client", "{count} clients", count).format(count=count)
        for word, count in counts.items()
    )


def _change(line: Line, name: str) -> str:
    old, new = _value(line.old.get(name)), _value(line.new.get(name))
    if name not in line.old or not old:
        return new
    return f"{old} → {new or '–'}" if name in line.new else old


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, list):
        return ", ".join(map(_value, value))
    return "" if value is None else str(value)
