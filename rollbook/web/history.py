"""What the history says, in words. Verbs and fields are those that the actions write down."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rollbook.domains.access.models import Language
from rollbook.domains.access.queries import ROLE_NAMES
from rollbook.domains.billing.models import Method
from rollbook.domains.history.queries import Line
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Kinship
from rollbook.foundation import formats
from rollbook.web.pages import language

VERBS: Mapping[str, str | Promise] = {
    "client.added": _("Client added"),
    "client.changed": _("Client changed"),
    "client.frozen": _("Frozen"),
    "client.unfrozen": _("Freeze ended"),
    "contact.added": _("Contact added"),
    "contact.changed": _("Contact changed"),
    "contact.removed": _("Contact removed"),
    "relation.changed": _("Contact's relation changed"),
    "enrolment.added": _("Added to a group"),
    "enrolment.changed": _("Enrolment changed"),
    "enrolment.ended": _("Left a group"),
    "grant.given": _("Role given"),
    "grant.taken": _("Role taken away"),
    "key.made": _("API key made"),
    "user.changed": _("Profile changed"),
    "user.disabled": _("Disabled"),
    "user.enabled": _("Enabled"),
    "user.joined": _("Joined"),
    "user.link_made": _("Sign-in link made"),
    "user.login_changed": _("Login or e-mail changed"),
    "user.password_set": _("Password changed"),
    "user.signed_in": _("Signed in"),
    "lesson.added": _("Lesson added"),
    "lesson.marked": _("Marked"),
    "lesson.cancelled": _("Lesson cancelled"),
    "lesson.restored": _("Lesson restored"),
    "mark.worked_off": _("Worked off by hand"),
    "payment.received": _("Payment"),
    "payment.taken_back": _("Payment taken back"),
}
# What has no word here is not shown: ids, and what the verb says already.
FIELDS: Mapping[str, str | Promise] = {
    "amount": _("amount"),
    "birth_date": _("birth date"),
    "branch_id": _("branch"),
    "day": _("date"),
    "do_not_call": _("do not call"),
    "email": _("e-mail"),
    "expires_at": _("valid until"),
    "first_name": _("first name"),
    "is_company": _("company"),
    "is_written_to": _("is written to"),
    "kinship": _("relation"),
    "language": _("language"),
    "last_name": _("last name"),
    "may_collect": _("may collect"),
    "may_see": _("may see"),
    "method": _("method"),
    "middle_name": _("middle name"),
    "name": pgettext_lazy("of a person", "name"),
    "note": _("note"),
    "on": _("date"),
    "pays": _("pays"),
    "phone": _("phone"),
    "reach": _("reaches"),
    "reason": _("reason"),
    "responsible_id": _("responsible"),
    "role": _("role"),
    "since": _("from"),
    "telegram": _("Telegram"),
    "theme": _("theme"),
    "topic": _("topic"),
    "until": _("until"),
    "username": _("login"),
    "weekdays": _("weekdays"),
}
# Of these no value can be read, only that it is another one now.
KEYS = frozenset({"branch_id", "responsible_id", "theme"})

_REACHES: Mapping[str, Promise] = {
    "everything": _("everywhere"),
    "branches": _("in branches"),
    "groups": _("in groups"),
    "own": _("one's own groups and clients"),
}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def told(line: Line) -> str:
    """One act as a sentence: what was done, and of each field that changed the old and the new value."""
    verb = str(VERBS.get(line.verb, line.verb))
    if line.verb == "lesson.marked":
        return f"{verb}: {_marks(line)}"
    changes = {name: _change(line, name) for name in [*line.old, *line.new] if name in FIELDS}
    parts = [str(FIELDS[name]) if name in KEYS else f"{FIELDS[name]}: {said}" for name, said in changes.items() if said]
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
    old, new = _value(name, line.old.get(name)), _value(name, line.new.get(name))
    if name not in line.old or not old:
        return new
    return f"{old} → {new or '–'}" if name in line.new else old


def _value(name: str, value: Any) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return _WRITTEN.get(name, _plain)(value)


def _plain(value: Any) -> str:
    text = str(value)
    return formats.short_day(date.fromisoformat(text[:10]), language=language()) if _DAY.match(text) else text


def _weekdays(value: Any) -> str:
    return ", ".join(formats.weekday(day - 1, language=language()) for day in sorted(value))


def _one_of(words: Mapping[Any, object]) -> Callable[[Any], str]:
    return lambda value: str(words.get(value, value))


_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "amount": lambda value: formats.money(Decimal(value), language=language()),
    "kinship": _one_of(dict(Kinship.choices)),
    "language": _one_of(dict(Language.choices)),
    "method": _one_of(dict(Method.choices)),
    "reach": _one_of(_REACHES),
    "role": _one_of(ROLE_NAMES),
    "weekdays": _weekdays,
}
