"""What clients owe, and what the lessons that are still to come in their month will cost; for several at once."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum, Window

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.models import EntryKind, LedgerEntry
from rollbook.domains.billing.rules import Due
from rollbook.domains.groups.queries import Belonging, Pause
from rollbook.domains.journal import queries as journal
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.rules import lesson_days, lessons_of_month, month_of
from rollbook.foundation.compiled import Rows
from rollbook.foundation.formats import round_half_up

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Ahead:
    """What the lessons of a group that are still to come in this month will cost a client."""

    client_id: int
    group: str
    days: tuple[date, ...]
    price: Decimal

    @property
    def lessons(self) -> int:
        return len(self.days)

    @property
    def amount(self) -> Decimal:
        return self._of(self.lessons)

    def dues(self) -> Iterator[Due]:
        """Lesson by lesson; they add up to the amount."""
        for number, day in enumerate(self.days):
            yield Due(day, self.client_id, self._of(number + 1) - self._of(number))

    def _of(self, lessons: int) -> Decimal:
        return round_half_up(lessons * self.price, 2)


def due(*, balance: Decimal, ahead: Sequence[Ahead]) -> Decimal:
    """What would cover the month of a client to its end; zero where it is covered."""
    return max(sum((each.amount for each in ahead), ZERO) - balance, ZERO)


def ahead(
    *, belongings: Sequence[Belonging], pauses: Sequence[Pause], today: date, by: Actor
) -> dict[int, tuple[Ahead, ...]]:
    """By client, the lessons of this month from today on by the timetable; what is frozen, closed, cancelled or marked
    is left out. `belongings` are those of today, of several clients."""
    first, last = month_of(today)
    return _coming(belongings, pauses, today, today, last, by)


def first_afterwards(
    *, belongings: Sequence[Belonging], pauses: Sequence[Pause], today: date, by: Actor
) -> dict[int, date]:
    """By client, the first lesson of the next month, which is what they owe next."""
    first, last = month_of(month_of(today)[1] + timedelta(days=1))
    found = _coming(belongings, pauses, today, first, last, by)
    return {client: min(min(each.days) for each in lines) for client, lines in found.items()}


def _coming(
    belongings: Sequence[Belonging], pauses: Sequence[Pause], today: date, first: date, last: date, by: Actor
) -> dict[int, tuple[Ahead, ...]]:
    """What the lessons of the days [first, last] cost, which are of one month."""
    ids = {b.group_id: b.programme_id for b in belongings}
    if not ids:
        return {}
    terms = billing.terms(groups=ids, on=today, by=by)
    slots = schedule.slots(group_ids=ids, by=by)
    closed = schedule.closing_days(
        branch_ids={b.branch_id for b in belongings}, first=month_of(first)[0], last=last, by=by
    )
    clients = {b.client_id for b in belongings}
    decided = journal.decided(clients=clients, group_ids=ids, first=first, last=last, by=by)
    found: dict[int, tuple[Ahead, ...]] = {}
    for b in belongings:
        weekly = [slot.weekly for slot in slots if slot.group_id == b.group_id]
        closing = {day for branch, day in closed if branch == b.branch_id}
        days = lesson_days(slots=weekly, closing_days=closing, first=max(first, b.since), last=last)
        coming = tuple(sorted(
            day for day in days
            if (b.until is None or day < b.until) and (b.weekdays is None or day.isoweekday() in b.weekdays)
            and (b.client_id, b.group_id, day) not in decided and not _pauses(pauses, b.client_id, day)
        ))
        price = terms[b.group_id].of_lesson(
            lessons=lessons_of_month(slots=weekly, closing_days=closing, day=first)
        )
        if coming and price:
            found[b.client_id] = (*found.get(b.client_id, ()), Ahead(b.client_id, b.group, coming, price))
    return found


def _pauses(pauses: Sequence[Pause], client_id: int, day: date) -> bool:
    return any(pause.client_id == client_id and pause.covers(day) for pause in pauses)


def dues(
    *, balances: Mapping[int, Decimal], ahead: Mapping[int, Sequence[Ahead]], by: Actor
) -> list[Due]:
    """What each of these clients owes, day by day: what was charged and is not paid, and then the lessons to come,
    less what is left over of what they paid. It adds up to what is due of each."""
    found = list(_debts([client for client, balance in balances.items() if balance < 0], by))
    for client, lines in ahead.items():
        left = max(balances[client], ZERO)
        for each in sorted(due for line in lines for due in line.dues()):
            used = min(each.amount, left)
            left -= used
            if each.amount > used:
                found.append(each._replace(amount=each.amount - used))
    return found


def _debts(clients: Collection[int], by: Actor) -> Iterator[Due]:
    """The latest charges that a balance below zero is made of: payments have covered those before."""
    for day, client, amount, upto, balance in _charged(by, clients=list(clients)) if clients else ():
        # What this charge and all later ones add up to is `upto`: of the debt, the later ones are taken first.
        owed = min(-amount, upto - amount - balance)
        if owed > 0:
            yield Due(day, client, owed)


@compiled
def _charged(by: Actor, *, clients: Any) -> Rows:
    later = Window(Sum("amount"), partition_by="client", order_by=[F("day").desc(), F("pk").desc()])
    return (
        LedgerEntry.objects.visible_to(by, Permission.MONEY_SEE)
        .filter(client__any=clients, amount__lt=0, reversed_by=None)
        .exclude(kind=EntryKind.REVERSAL)
        .annotate(upto=later)
        .order_by("day", "pk")
        .values_list("day", "client", "amount", "upto", "client__account__balance")
    )
