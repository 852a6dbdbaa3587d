"""What the marks cost, and what the families paid."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from itertools import accumulate
from operator import attrgetter
from random import Random

from rollbook.domains.billing.rules import charge_of
from rollbook.operations.demo import rows
from rollbook.operations.demo.attendance import Course, Mark
from rollbook.operations.demo.book import Who
from rollbook.operations.demo.closing import close_months
from rollbook.operations.demo.people import Client, Family, Habit
from rollbook.operations.demo.scales import Window

ZERO = Decimal(0)
READ_LATELY = 60
"""For how many days back it is known who looked at a card."""
ANNOUNCED = 13
"""Of so many transfers one was announced before it was seen to come."""
WAITING = 40
"""Of so many clients one is said to have paid for what is to come."""


@dataclass(slots=True, eq=False)
class Entry:
    """A line of the ledger before it has its number."""

    made_at: datetime
    client: Client
    kind: str
    amount: Decimal
    day: date
    mark: Mark | None = None
    payment: int | None = None
    reverses: "Entry | None" = None
    id: int = 0
    group: int | None = None
    """Of what is no mark's."""
    subscription: int | None = None
    instalment: int | None = None
    lapse_of: Mark | None = None


def settle(course: Course, clients: list[Client], entries: list[Entry]) -> None:
    """The ledger of a branch: charges as marking by hand would have made them, what else (`entries`) was written off,
    and payments that cover them."""
    entries += [entry for mark in course.marks for entry in _charges(mark)]
    for family in {id(client.family): client.family for client in clients}.values():
        entries += _payments(course, family)
    _wait(course, clients)
    entries.sort(key=attrgetter("made_at"))
    for entry in entries:
        entry.id = course.book.id(rows.LedgerEntry)
        mark = entry.mark
        course.book.add(rows.LedgerEntry(
            entry.id, entry.client.id, course.branch.id, mark.home.id if mark else entry.group, entry.kind,
            entry.amount, mark.id if mark else None, entry.payment,
            entry.reverses.id if entry.reverses else None, entry.lapse_of.id if entry.lapse_of else None,
            entry.subscription, entry.instalment, entry.day, entry.made_at,
        ))
    close_months(course, [(entry.day, entry.made_at) for entry in entries])


def _charges(mark: Mark) -> Iterator[Entry]:
    """Each act settles anew: a wrong charge is reversed, a missing one is added."""
    if mark.prepaid:
        return
    standing: Entry | None = None
    for at, status in mark.acts():
        share = mark.means.share if status == mark.status else mark.terms.switches[status].share
        amount = -charge_of(price=mark.price, share=share)
        if standing and standing.amount == amount:
            continue
        if standing:
            yield Entry(at, mark.client, "reversal", -standing.amount, mark.lesson.day, mark, reverses=standing)
            standing = None
        if amount:
            standing = Entry(at, mark.client, "charge", amount, mark.lesson.day, mark)
            yield standing
    if standing:
        mark.client.charged.append((mark.lesson.day, standing.amount))


class Sums:
    """Dated sums, asked for by range."""

    def __init__(self, dated: Sequence[tuple[date, Decimal]]) -> None:
        ordered = sorted(dated, key=lambda pair: pair[0])
        self._days = [day for day, _sum in ordered]
        self._totals = list(accumulate((amount for _day, amount in ordered), initial=ZERO))

    def before(self, day: date) -> Decimal:
        return self._totals[bisect_left(self._days, day)]

    def between(self, first: date, until: date) -> Decimal:
        """Of the days [first, until)."""
        return self.before(until) - self.before(first)


def _payments(course: Course, family: Family) -> Iterator[Entry]:
    """What a family paid: mostly once a month what the rest of the month will cost, less what is left over."""
    window = course.chain.window
    children = [child for child in family.children if child.expected or child.charged]
    costs = {child.id: Sums([(day, -amount) for day, amount in child.charged]) for child in children}
    plans = {child.id: Sums(child.expected) for child in children}
    paid = dict.fromkeys(costs, ZERO)
    for day, who in _pay_days(course.branch.random, window, family, children):
        due = {}
        for child in who:
            owed = costs[child.id].before(day + timedelta(days=1)) - paid[child.id]
            ahead = plans[child.id].between(day + timedelta(days=1), _covered(family, day))
            if (sum_due := owed + ahead) > 0:
                due[child.id] = _rounded(course, family, sum_due)
                paid[child.id] += due[child.id]
        if due:
            yield from _pay(course, day, [(child, due[child.id]) for child in who if child.id in due])


def _pay_days(
    random: Random, window: Window, family: Family, children: list[Client]
) -> Iterator[tuple[date, list[Client]]]:
    """When a family pays, and for which children: on its day of the month, and when somebody begins."""
    last = family.stops or window.anchor
    days: dict[date, list[Client]] = {}
    if family.habit is Habit.EACH_VISIT:
        for child in children:
            for day, _amount in child.charged:
                days.setdefault(day, []).append(child)
    else:
        month = window.first
        while month < window.anchor:
            late = random.randrange(4, 12) if random.random() < 0.08 else random.randrange(3)
            days[month + timedelta(days=family.pay_day + late)] = list(children)
            month = (month + timedelta(days=32)).replace(day=1)
        for child in children:
            begun = {stay.since for stay in child.stays} | {day for day, _amount in child.charged if not child.stays}
            for day in sorted(begun):
                days.setdefault(day + timedelta(days=random.randrange(3)), []).append(child)
    for day in sorted(days):
        if window.first <= day < last:
            yield day, list({child.id: child for child in days[day]}.values())


def _covered(family: Family, day: date) -> date:
    """Until when a payment of this day is enough: the end of the month, or of the one after the next, or of the day."""
    if family.habit is Habit.EACH_VISIT:
        return day + timedelta(days=1)
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    if family.habit is Habit.AHEAD:
        following = (following + timedelta(days=62)).replace(day=1)
    return following


def _rounded(course: Course, family: Family, amount: Decimal) -> Decimal:
    step = Decimal(course.chain.names.payment_step if family.rounds else 1)
    return (amount / step).to_integral_value(ROUND_CEILING) * step


def _pay(course: Course, day: date, parts: list[tuple[Client, Decimal]]) -> Iterator[Entry]:
    """One payment, split among the children it is for."""
    random, book, names = course.branch.random, course.book, course.chain.names
    payment = book.id(rows.Payment)
    method = random.choices(("transfer", "card", "cash", "online"), (35, 35, 20, 10))[0]
    note = random.choice(names.payment_notes) if len(parts) > 1 and random.random() < 0.3 else ""
    book.add(rows.Payment(payment, f"demo-{payment}", sum((amount for _c, amount in parts), ZERO), method, day, note))
    at = course.branch.clock.at(day, random.randrange(9 * 60, 20 * 60 + 30))
    by = _cashier(course, method)
    # Some of those who send money say so on the same day, and whoever keeps the books looks for it.
    announced = method == "transfer" and len(parts) == 1 and course.chain.accountant and payment % ANNOUNCED == 0
    for client, amount in parts:
        entry = Entry(at, client, "payment", amount, day, payment=payment)
        told = {"amount": str(amount), "method": method, "on": day.isoformat(), "note": note}
        if announced:
            _announce(course, client, amount, day, at - timedelta(minutes=25), payment=payment)
        book.tell("payment.confirmed" if announced else "payment.received", f"client:{client.id}", at, by, told)
        if day >= course.chain.window.days_back(READ_LATELY):
            # Whoever books a payment has the card open.
            hour = at.replace(minute=0)
            book.add(rows.Reading(book.id(rows.Reading), at, hour, *by, f"client:{client.id}"))
        yield entry


def _announce(
    course: Course, client: Client, amount: Decimal, day: date, at: datetime, *, payment: int | None = None,
    declined: tuple[datetime | None, str] = (None, ""),
) -> None:
    """A transfer of which a family says that they have made it."""
    book, administrators = course.book, course.branch.administrators
    number = book.id(rows.AnnouncedPayment)
    by = administrators[number % len(administrators)].who
    book.add(rows.AnnouncedPayment(
        number, f"demo-{number}", client.id, amount, "transfer", day, "", at, by.user_id, payment,
        *declined,
    ))
    told = {"amount": str(amount), "method": "transfer", "on": day.isoformat(), "note": ""}
    book.tell("payment.announced", f"client:{client.id}", at, by, told)


def _wait(course: Course, clients: list[Client]) -> None:
    """Of some it is said these days that they have paid for the month, which nobody has confirmed; of others it turned
    out not to be so."""
    clock, anchor, names = course.branch.clock, course.chain.window.anchor, course.chain.names
    coming = (anchor.replace(day=1) + timedelta(days=62)).replace(day=1)
    costs = ((client, Sums(client.expected).between(anchor, coming)) for client in clients)
    paying = [(client, cost) for client, cost in costs if cost > 0]
    for place, (client, cost) in enumerate(paying[WAITING // 2 :: WAITING]):
        is_in_vain = place % 4 == 3
        day = anchor - timedelta(days=5 if is_in_vain else 1 + place % 3)
        amount, at = _rounded(course, client.family, cost), clock.at(day, 11 * 60 + 37 * place % 400)
        if not is_in_vain:
            _announce(course, client, amount, day, at)
            continue
        by = course.chain.accountant or course.branch.administrators[0]
        why, told_at = names.never_came[place // 4 % len(names.never_came)], at + timedelta(days=2)
        _announce(course, client, amount, day, at, declined=(told_at, why))
        course.book.tell(
            "payment.declined", f"client:{client.id}", told_at, by.who, {"reason": why},
            old={"amount": str(amount), "on": day.isoformat()},
        )


def _cashier(course: Course, method: str) -> Who:
    if method == "transfer" and course.chain.accountant:
        return course.chain.accountant.who
    return course.branch.random.choice(course.branch.administrators).who
