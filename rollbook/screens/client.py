"""The card of a client, which is the side panel as well: contacts, groups, why the balance is what it is, history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.queries import Statement
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.queries import Belonging, Left, Pause
from rollbook.domains.history import queries as history
from rollbook.domains.history.actions import note_reading
from rollbook.domains.history.queries import Line, Opened
from rollbook.domains.journal import queries as journal
from rollbook.domains.people import queries as people
from rollbook.domains.people.models import Client
from rollbook.domains.people.queries import ContactLine
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.rules import lesson_days, lessons_of_month, month_of
from rollbook.foundation.formats import round_half_up
from rollbook.foundation.periods import local

PHONES = ("phone", "email", "telegram")
# Of which the notes and reasons tell as much as the sums.
PAYMENTS = ("payment.received", "payment.requested", "payment.taken_back")
LONG_AGO, FAR_AHEAD = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the lessons of a group that are still to come in this month will cost."""

    group: str
    lessons: int
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return round_half_up(self.lessons * self.price, 2)


@dataclass(frozen=True, slots=True)
class Card:
    client_id: int
    name: str
    middle_name: str
    is_company: bool
    birth_date: date | None
    branch: str
    responsible: str
    note: str
    today: date
    contacts: tuple[ContactLine, ...]
    current: tuple[Belonging, ...]
    former: tuple[Belonging, ...]
    freezes: tuple[Pause, ...]
    left: Left | None
    """How they left, where they are in no group any more."""
    first: date
    last: date
    statement: Statement | None
    """Over the days [first, last]; None for those who may not see money."""
    balance: Decimal | None
    ahead: tuple[Ahead, ...]
    history: Sequence[Line] | None
    """With what follows None for those who may not see it."""
    readings: Sequence[Opened] | None
    """Who saw this card, the latest first; this time is not yet among them."""
    may_edit: bool
    may_take_payment: bool
    may_enrol: bool
    may_see_comments: bool

    @property
    def is_frozen(self) -> bool:
        return any(pause.covers(self.today) for pause in self.freezes)

    @property
    def due(self) -> Decimal:
        """What would cover this month to its end; zero where it is covered."""
        return max(sum((a.amount for a in self.ahead), Decimal(0)) - (self.balance or 0), Decimal(0))


def card(*, client_id: int, at: datetime, by: Actor, month: date | None = None) -> Card:
    """The client with the account over one month (this one without `month`). That it was opened is written down."""
    rows = Client.objects.select_related("branch", "responsible", "account")
    client = rows.pick(by, Permission.CLIENT_SEE, client_id)
    today = local(at, client.branch.time_zone).date()
    first, last = month_of(month or today)
    may = Client.objects.all().held_on(
        by, client_id, Permission.CLIENT_EDIT, Permission.PAYMENT_TAKE, Permission.MONEY_SEE, Permission.HISTORY_SEE,
        Permission.PHONE_SEE, Permission.COMMENT_SEE,
    )
    sees_journal = by.may(Permission.JOURNAL_SEE)
    belongings = groups.belongings(clients=[client_id], by=by) if sees_journal else ()
    current = tuple(b for b in belongings if b.until is None or b.until > today)
    sees_money = Permission.MONEY_SEE in may
    pauses = groups.freezes(clients=[client_id], first=LONG_AGO, last=FAR_AHEAD, by=by) if sees_journal else ()
    return Card(
        client.pk, client.name, client.middle_name, client.is_company, client.birth_date, client.branch.name,
        client.responsible.name if client.responsible else "", client.note, today,
        contacts=people.contacts(clients=[client_id], by=by), current=current,
        former=tuple(b for b in belongings if b not in current),
        freezes=pauses, left=groups.departure(client_id=client_id, by=by) if sees_journal and not current else None,
        first=first, last=last,
        statement=billing.statement(client_id=client_id, first=first, last=last, by=by) if sees_money else None,
        balance=_balance(client) if sees_money else None,
        ahead=_ahead(client_id, current, pauses, today, by) if sees_money and sees_journal else (),
        history=_past(client, may, by), readings=_noted(client, may, at, by),
        may_edit=Permission.CLIENT_EDIT in may, may_take_payment=Permission.PAYMENT_TAKE in may,
        may_enrol=by.may(Permission.GROUP_EDIT), may_see_comments=Permission.COMMENT_SEE in may,
    )


def _balance(client: Client) -> Decimal:
    account = getattr(client, "account", None)  # which begins with the first entry
    return account.balance if account else Decimal(0)


def _past(client: Client, may: Collection[Permission], by: Actor) -> Sequence[Line] | None:
    """What was done, without what the same person may not see of the client elsewhere."""
    if Permission.HISTORY_SEE not in may:
        return None
    hidden = () if Permission.MONEY_SEE in may else PAYMENTS
    lines = history.of(subject=f"client:{client.pk}", zone=client.branch.time_zone, by=by, apart_from=hidden)
    return lines if Permission.PHONE_SEE in may else tuple(line.without(PHONES) for line in lines)


def _noted(client: Client, may: Collection[Permission], at: datetime, by: Actor) -> Sequence[Opened] | None:
    """Nobody reads a card without being written down, so it is done here and not by those who show it."""
    subject, zone = f"client:{client.pk}", client.branch.time_zone
    readings = history.readings_of(subject=subject, zone=zone, by=by) if Permission.HISTORY_SEE in may else None
    note_reading(subject=subject, at=at, by=by)
    return readings


def _ahead(
    client_id: int, current: Sequence[Belonging], pauses: Sequence[Pause], today: date, by: Actor
) -> tuple[Ahead, ...]:
    """Lessons of this month from today on by the timetable; what is frozen, closed, cancelled or marked is left out."""
    ids = {b.group_id: b.programme_id for b in current}
    if not ids:
        return ()
    first, last = month_of(today)
    terms = billing.terms(groups=ids, on=today, by=by)
    slots = schedule.slots(group_ids=ids, by=by)
    closed = schedule.closing_days(branch_ids={b.branch_id for b in current}, first=first, last=last, by=by)
    decided = journal.decided(client_id=client_id, group_ids=ids, first=today, last=last, by=by)
    found = []
    for b in current:
        weekly = [slot.weekly for slot in slots if slot.group_id == b.group_id]
        closing = {day for branch, day in closed if branch == b.branch_id}
        days = lesson_days(slots=weekly, closing_days=closing, first=max(today, b.since), last=last)
        coming = [
            day for day in days
            if (b.until is None or day < b.until) and (b.weekdays is None or day.isoweekday() in b.weekdays)
            and (b.group_id, day) not in decided and not any(pause.covers(day) for pause in pauses)
        ]
        in_month = lessons_of_month(slots=weekly, closing_days=closing, day=today)
        price = terms[b.group_id].of_lesson(lessons=in_month)
        if coming and price:
            found.append(Ahead(b.group, len(coming), price))
    return tuple(found)
