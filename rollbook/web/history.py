"""What the history says, in words. Verbs and fields are those that the actions write down."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.models import Language
from rollbook.domains.access.queries import ROLE_NAMES
from rollbook.domains.billing.models import (
    Charged,
    Freezing,
    Method,
    MonthFrom,
    Pricing,
    ProRata,
    TariffKind,
)
from rollbook.domains.fields.rules import Names
from rollbook.domains.groups.models import GroupState
from rollbook.domains.history.queries import Line
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.people.models import Kinship
from rollbook.foundation import formats
from rollbook.web.pages import language

VERBS: Mapping[str, str | Promise] = {
    "client.added": _("Client added"),
    "client.changed": _("Client changed"),
    "client.frozen": _("Frozen"),
    "client.left": _("Left the school"),
    "client.unfrozen": _("Freeze ended"),
    "comment.changed": _("Comment changed"),
    "comment.reopened": _("Comment reopened"),
    "comment.resolved": _("Comment resolved"),
    "comment.withdrawn": _("Comment taken back"),
    "comment.written": _("Comment written"),
    "contact.added": _("Contact added"),
    "contact.changed": _("Contact changed"),
    "contact.removed": _("Contact removed"),
    "relation.changed": _("Contact's relation changed"),
    "branch.added": _("Branch added"),
    "branch.archived": _("Closed for good"),
    "branch.changed": _("Branch changed"),
    "branch.closed": _("Days closed"),
    "branch.opened": _("Day opened after all"),
    "branch.restored": _("Opened again"),
    "discount.ended": _("Discount ended"),
    "discount.given": _("Discount given"),
    "month.closed": _("Month closed"),
    "month.reopened": _("Month reopened"),
    "employee.added": _("Employee added"),
    "employee.changed": _("Employee changed"),
    "employee.left": _("Works here no more"),
    "employee.linked": _("Sign-in changed"),
    "employee.manages": _("Branches to manage changed"),
    "employee.returned": _("Is back"),
    "enrolment.added": _("Added to a group"),
    "enrolment.changed": _("Enrolment changed"),
    "enrolment.ended": _("Left a group"),
    "enrolment.transferred": _("Transferred to another group"),
    "grant.given": _("Role given"),
    "grant.taken": _("Role taken away"),
    "house.backed_up": _("Backup made"),
    "house.backup_failed": _("No backup was made"),
    "house.examined": _("Examined"),
    "house.not_tried": _("A backup could not be tried"),
    "house.proof_failed": _("A backup could not be restored"),
    "house.proven": _("Backup restored for trial"),
    "house.restored": _("Restored from a backup"),
    "key.made": _("API key made"),
    "key.revoked": _("API key revoked"),
    "user.changed": _("Profile changed"),
    "user.codes_made": _("New recovery codes made"),
    "user.disabled": _("Disabled"),
    "user.enabled": _("Enabled"),
    "user.factor_added": _("Second factor added"),
    "user.factor_removed": _("Second factor removed"),
    "user.joined": _("Joined"),
    "user.link_made": _("Sign-in link made"),
    "user.login_changed": _("Login or e-mail changed"),
    "user.password_set": _("Password changed"),
    "user.signed_in": _("Signed in"),
    "user.signed_out": _("Signed out in other browsers"),
    "group.added": _("Group added"),
    "group.changed": _("Group changed"),
    "organisation.changed": _("Rules changed"),
    "organisation.founded": _("Founded"),
    "programme.added": _("Programme added"),
    "programme.archived": _("Archived"),
    "programme.changed": _("Programme changed"),
    "programme.restored": _("Brought back"),
    "room.added": _("Room added"),
    "room.archived": _("Archived"),
    "room.changed": _("Room changed"),
    "room.restored": _("Brought back"),
    "slot.added": _("Added to the timetable"),
    "slot.ended": _("Taken out of the timetable"),
    "subscription.closed": _("Subscription settled"),
    "subscription.ended": _("Subscription ended"),
    "subscription.frozen": _("Subscription follows a freeze"),
    "subscription.moved": _("Subscription goes on in another group"),
    "subscription.sold": _("Subscription sold"),
    "subscription.taken_back": _("Sale of a subscription taken back"),
    "tariff.added": _("Tariff added"),
    "tariff.archived": _("Archived"),
    "tariff.changed": _("Tariff changed"),
    "tariff.restored": _("Brought back"),
    "tariff.used": _("Tariff chosen"),
    "lesson.added": _("Lesson added"),
    "lesson.marked": _("Marked"),
    "lesson.cancelled": _("Lesson cancelled"),
    "lesson.described": _("Topic or note changed"),
    "lesson.held": _("Lesson took place"),
    "lesson.moved": _("Lesson moved"),
    "lesson.opened": _("Lesson open again"),
    "lesson.restored": _("Lesson restored"),
    "lesson.substituted": _("Teacher of the lesson changed"),
    "guest.booked": _("Guest expected"),
    "guest.withdrawn": _("Guest comes no more"),
    "mark.booked": _("Booked, to be worked off"),
    "mark.charge_decided": _("Charge decided"),
    "mark.lapsed": _("Not worked off in time"),
    "mark.set": _("Marked"),
    "mark.worked_off": _("Worked off by hand"),
    "mark.worked_off_undone": _("Not worked off by hand after all"),
    "import.undone": _("Import undone"),
    "balance.corrected": _("Balance corrected"),
    "balance.transferred": _("Money moved between clients"),
    "bonus.given": _("Bonus"),
    "charge.discounted": _("Discount for a charge"),
    "entry.taken_back": _("Entry taken back"),
    "transfer.taken_back": _("Transfer between clients taken back"),
    "payment.announced": _("Said to be paid"),
    "payment.confirmed": _("Announced payment confirmed"),
    "payment.declined": _("Announced payment declined"),
    "payment.received": _("Payment"),
    "payment.refunded": _("Refund"),
    "payment.requested": _("Payment requested"),
    "payment.taken_back": _("Payment taken back"),
}
# What has no word here is not shown: ids, and what the verb says already.
FIELDS: Mapping[str, str | Promise] = {
    "address": _("address"),
    "amount": _("amount"),
    "birth_date": _("birth date"),
    "branches": _("branches"),
    "branch_id": _("branch"),
    "calls_from": _("calls from"),
    "calls_until": _("calls until"),
    "burns": _("lessons not used burn"),
    "capacity": _("places"),
    "choice": _("reason"),
    "charged": _("charged"),
    "tariff.charged": _("written off"),
    "closes": _("closes"),
    "contracts": _("a contract is made at a sale"),
    "currency": _("currency"),
    "day": _("date"),
    "days": _("days"),
    "tariff.days": _("days it lasts"),
    "discount_limit": _("discounts up to, %"),
    "do_not_call": _("do not call"),
    "email": _("e-mail"),
    "excused_share": _("charged for an excused lesson, %"),
    "expires_at": _("valid until"),
    "factor": _("kind"),
    "file": _("file"),
    "first_name": _("first name"),
    "freeze_days": _("days frozen at most"),
    "freezing": _("a freeze"),
    "from": _("from"),
    "frozen": _("lessons frozen"),
    "group": _("group"),
    "instalments": _("instalments"),
    "is_company": _("company"),
    "is_written_to": _("is written to"),
    "kind": _("kind"),
    "kinship": _("relation"),
    "language": _("language"),
    "lapsed_share": _("charged when not worked off in time, %"),
    "last_name": _("last name"),
    "left_on": _("left on"),
    "lessons": _("lessons"),
    "lessons_left": _("lessons not used"),
    "make_up_days": _("days to work off"),
    "make_ups": _("an excused lesson may be worked off"),
    "mark_edit_days": _("days to mark a lesson in"),
    "max_age": _("to age"),
    "may_collect": _("may collect"),
    "may_see": _("may see"),
    "method": _("method"),
    "middle_name": _("middle name"),
    "min_age": _("from age"),
    "minimum": _("minimum"),
    "minutes": _("minutes"),
    "missed_may_be_worked_off": _("a missed lesson may be worked off"),
    "missed_share": _("charged for a missed lesson, %"),
    "month_from": _("month"),
    "name": _("name"),
    "make_ups_a_month": _("make-ups a month at most"),
    "month": _("month"),
    "client.name": pgettext_lazy("of a person", "name"),
    "user.name": pgettext_lazy("of a person", "name"),
    "note": _("note"),
    "on": _("date"),
    "opens": _("opens"),
    "pays": _("pays"),
    "percent": _("per cent"),
    "phone": _("phone"),
    "phone_region": _("country of phones"),
    "price": _("price"),
    "pricing": _("pricing"),
    "pro_rata": _("part of a month"),
    "programme_id": _("programme"),
    "reach": _("reaches"),
    "reason": _("reason"),
    "renewal_day": _("day on which the next month is sold by itself"),
    "lesson.reason": _("in words"),
    "responsible_id": _("responsible"),
    "role": _("role"),
    "round_to": _("rounded up to"),
    "second_discount": _("discount for a second programme, %"),
    "sibling_discount": _("discount for a second child, %"),
    "since": _("from"),
    "starts": _("starts"),
    "state": _("state"),
    "status": _("status"),
    "tariff": _("tariff"),
    "taught_by": _("teachers"),
    "teachers": _("teachers"),
    "teaches": _("teaches"),
    "telegram": _("Telegram"),
    "theme": _("theme"),
    "time_zone": _("time zone"),
    "topic": _("topic"),
    "until": _("until"),
    "user_id": _("sign-in"),
    "username": _("login"),
    "weekday": _("weekday"),
    "weekdays": _("weekdays"),
    "when": _("time"),
    "where": _("room"),
}
# Of these no value can be read, only that it is another one now.
KEYS = frozenset(
    {"branch_id", "branches", "programme_id", "responsible_id", "room", "tariff", "teachers", "theme", "user_id"}
)

_REACHES: Mapping[str, Promise] = {
    "everything": _("everywhere"),
    "branches": _("in branches"),
    "groups": _("in groups"),
    "own": _("one's own groups and clients"),
}
_FACTORS: Mapping[str, Promise] = {"totp": _("Authenticator app"), "webauthn": _("Passkey")}
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(T[\d:.+-]+)?", re.ASCII)


def told(line: Line) -> str:
    """One act as a sentence: what was done, and of each field that changed the old and the new value."""
    verb = str(VERBS.get(line.verb, line.verb))
    if line.verb == "lesson.marked":
        return f"{verb}: {_marks(line)}"
    changes = {name: _change(line, name) for name in [*line.old, *line.new] if name in FIELDS}
    of = line.verb.partition(".")[0]
    words = {name: FIELDS.get(f"{of}.{name}", FIELDS[name]) for name in changes}
    parts = [str(words[name]) if name in KEYS else f"{words[name]}: {said}" for name, said in changes.items() if said]
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
    of = line.verb.partition(".")[0]
    old, new = _value(of, name, line.old.get(name)), _value(of, name, line.new.get(name))
    if name not in line.old or not old:
        return new
    return f"{old} → {new or '–'}" if name in line.new else old


def _value(of: str, name: str, value: Any) -> str:
    if value in (None, "", []):
        return ""
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return (_WRITTEN.get(f"{of}.{name}") or _WRITTEN.get(name, _plain))(value)


def _plain(value: Any) -> str:
    """A day or a moment is one as a whole: a note that begins like one is a note."""
    text = str(value)
    match = _DAY.fullmatch(text)
    try:
        return formats.short_day(date.fromisoformat(match[1]), language=language()) if match else text
    except ValueError:
        return text


def _clock(value: Any) -> str:
    return str(value)[:5]


def _weekdays(value: Any) -> str:
    return ", ".join(formats.weekday(day - 1, language=language()) for day in sorted(value))


def _one_of(words: Mapping[Any, object]) -> Callable[[Any], str]:
    return lambda value: str(words.get(value, value))


_WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "amount": lambda value: formats.money(Decimal(value), language=language()),
    "calls_from": _clock,
    "calls_until": _clock,
    "choice": lambda value: Names(**value).in_language(language()),
    "tariff.charged": _one_of(dict(Charged.choices)),
    "closes": _clock,
    "tariff.days": _plain,
    "days": lambda value: ", ".join(map(_plain, value)),
    "factor": _one_of(_FACTORS),
    "freezing": _one_of(dict(Freezing.choices)),
    "kind": _one_of(dict(Kind.choices)),
    "tariff.kind": _one_of(dict(TariffKind.choices)),
    "kinship": _one_of(dict(Kinship.choices)),
    "language": _one_of(dict(Language.choices)),
    "method": _one_of(dict(Method.choices)),
    "month_from": _one_of(dict(MonthFrom.choices)),
    "month": lambda value: formats.month(date.fromisoformat(value), language=language()),
    "opens": _clock,
    "price": lambda value: formats.money(Decimal(value), language=language()),
    "pricing": _one_of(dict(Pricing.choices)),
    "pro_rata": _one_of(dict(ProRata.choices)),
    "reach": _one_of(_REACHES),
    "role": _one_of(ROLE_NAMES),
    "state": _one_of(dict(GroupState.choices)),
    "taught_by": lambda value: ", ".join(map(str, value)),
    "status": _one_of(dict(Status.choices)),
    "weekday": lambda value: formats.weekday(value - 1, language=language()),
    "weekdays": _weekdays,
    "when": lambda value: formats.moment(datetime.fromisoformat(value), language=language()),
}
