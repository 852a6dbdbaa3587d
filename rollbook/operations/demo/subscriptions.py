"""Months that were sold, and what of them the marks have used, as renewing and marking by hand would have made it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from rollbook.domains.billing.rules import Discount, Reckoning, as_json, nth_price, of_period
from rollbook.domains.schedule.rules import lesson_days, month_of
from rollbook.operations.demo import rows
from rollbook.operations.demo.attendance import Course, Mark
from rollbook.operations.demo.book import Who
from rollbook.operations.demo.chain import Terms
from rollbook.operations.demo.money import Entry
from rollbook.operations.demo.people import Client, Stay

SETTLED = 60 + 33
"""At which minute of the night what is due is charged, and what has ended is settled."""


@dataclass(slots=True, eq=False)
class Sold:
    """A subscription, while its marks are gone through."""

    id: int
    stay: Stay
    terms: Terms
    since: date
    until: date
    reckoning: Reckoning
    at: datetime
    seller: Who
    used: int = 0
    spent: Decimal = Decimal(0)
    marks: list[tuple[Mark, bool]] = field(default_factory=list)

    @property
    def lessons(self) -> int:
        return len(self.reckoning.left)

    def take(self, mark: Mark, *, uses: bool) -> None:
        if uses:
            self.used, self.spent = self.used + 1, self.spent + mark.price
        self.marks.append((mark, uses))


def sell(course: Course, clients: list[Client]) -> list[Entry]:
    """Sell a month after the other to whoever is in a group that costs by the month; returns what that says in the
    ledger beyond what marks do."""
    sold: dict[tuple[int, int, int, int], Sold] = {}
    for client in clients:
        for stay in client.stays:
            if stay.group.subject.by_month:
                for one in _months(course, stay):
                    client.bought.append(one)
                    sold[client.id, stay.group.id, one.since.year, one.since.month] = one
    entries = [entry for one in sold.values() for entry in _started(course, one)]
    _cover(course, sold)
    for one in sold.values():
        entries += _ended(course, one)
    return entries


def _months(course: Course, stay: Stay) -> Iterator[Sold]:
    window, random = course.chain.window, course.branch.random
    month = max(stay.since, window.first).replace(day=1)
    while month <= window.last and (stay.until is None or month < stay.until):
        first, last = month_of(month)
        since = max(first, stay.since)
        month = last + timedelta(days=1)
        sold_on = stay.since if since > first else first - timedelta(days=random.randrange(1, 7))
        given = random.random() < 0.04
        if sold_on >= window.anchor:
            return
        if any(one.stay.group is stay.group and one.since >= first for one in stay.client.bought):
            continue  # who comes back within a month has its subscription still
        terms, _price = stay.group.prices.on(first, stay.group.weekly, course.branch.closing_days)
        discount = [Discount(kind="once", percent=Decimal(10), reason=random.choice(course.chain.names.discounts))]
        reckoning = of_period(
            pricing=terms.pricing, price=terms.price, way="lessons", round_to=0, first=first, last=last, since=since,
            timetable=[
                day for day in lesson_days(slots=stay.group.weekly, closing_days=(), first=first, last=last)
                if (stay.weekdays is None or day.isoweekday() in stay.weekdays)
                and (stay.until is None or day < stay.until)
            ],
            closed=course.branch.closing_days, frozen=_frozen(stay.client, since, last),
            discounts=discount if given else (),
        )
        if not reckoning.left:
            continue
        number = course.book.id(rows.Subscription)
        one = Sold(
            number, stay, terms, since, min(month, stay.until) if stay.until else month, reckoning,
            course.branch.clock.at(max(sold_on, window.first), 14 * 60 + number % 240),
            random.choice(course.branch.administrators).who,
        )
        _write(course, one)
        yield one


def _frozen(client: Client, first: date, last: date) -> frozenset[date]:
    return frozenset(
        since + timedelta(days=count)
        for since, until in client.frozen for count in range((until - since).days)
        if first <= since + timedelta(days=count) <= last
    )


def _write(course: Course, one: Sold) -> None:
    """The sale itself; how much of it is used is known later."""
    book, group = course.book, one.stay.group
    book.add(rows.SubscriptionGroup(book.id(rows.SubscriptionGroup), one.id, group.id, one.since, one.until))
    for given in one.reckoning.discounts:
        book.add(rows.SubscriptionDiscount(
            book.id(rows.SubscriptionDiscount), one.id, given.discount.kind, given.discount.percent, given.sum,
            given.discount.reason, one.seller.user_id,
        ))
    told = {
        "group": group.name, "amount": str(one.reckoning.amount), "lessons": one.lessons,
        "since": one.since.isoformat(), "until": one.until.isoformat(),
    }
    book.tell(
        "subscription.sold", f"subscription:{one.id}", one.at, one.seller, told, within=f"client:{one.stay.client.id}"
    )


def _started(course: Course, one: Sold) -> Iterator[Entry]:
    """What is written off at the start, once it has begun."""
    if not one.terms.at_start or one.since >= course.chain.window.anchor or not one.reckoning.amount:
        return
    amount = -one.reckoning.amount
    one.stay.client.charged.append((one.since, amount))
    yield Entry(
        course.branch.clock.at(one.since, SETTLED), one.stay.client, "charge", amount, one.since,
        group=one.stay.group.id, subscription=one.id, instalment=1,
    )


def _cover(course: Course, sold: dict[tuple[int, int, int, int], Sold]) -> None:
    """Which subscription stands for which mark, in the order of lessons, and what each of them costs by that."""
    of_mark: dict[int, Sold] = {}
    late: defaultdict[int, list[Mark]] = defaultdict(list)
    for mark in sorted(course.marks, key=lambda mark: (mark.lesson.day, mark.lesson.starts, mark.id)):
        if mark.makes_up:
            one = of_mark.get(mark.makes_up.id)
            mark.price = mark.makes_up.price
        elif mark.kind == "regular" and mark.home:
            day = mark.lesson.day
            one = sold.get((mark.client.id, mark.home.id, day.year, day.month))
            one = one if one and one.since <= day < one.until else None
        else:
            one = None
        uses = mark.means.uses_lesson and mark.lesson.cancelled_at is None
        if one is None or uses and one.used >= one.lessons:
            continue
        if not mark.makes_up:
            mark.price = one.reckoning.unit if not uses else nth_price(
                amount=one.reckoning.amount, unit=one.reckoning.unit, lessons=one.lessons, others=one.spent,
                used=one.used,
            )
        of_mark[mark.id], mark.prepaid = one, one.terms.at_start
        gone = one.terms.at_start and not uses and (mark.worked_off_on or mark.lapsed_on(course.chain.window.anchor))
        if gone and mark.lesson.cancelled_at is None:
            late[one.id].append(mark)
        else:
            one.take(mark, uses=uses)
    for one in sold.values():
        for mark in late.get(one.id, ()):
            one.take(mark, uses=one.used < one.lessons)


def _ended(course: Course, one: Sold) -> Iterator[Entry]:
    """Its row, now that all is known, and what burned or came back."""
    anchor, night = course.chain.window.anchor, course.branch.clock
    closed, rest = one.until, one.lessons - one.used
    for mark, uses in one.marks:
        lapsed = mark.lapsed_on(anchor)
        if lapsed:
            closed = max(closed, lapsed)
            if one.terms.at_start and uses:
                yield _back(one, mark, night.at(lapsed, SETTLED - 10), lapsed)
        elif mark.until and not mark.worked_off_on and not mark.came_back:
            closed = date.max  # it may be worked off still
    course.book.add(rows.Subscription(
        one.id, one.stay.client.id, one.stay.group.id, one.terms.tariff,
        "start" if one.terms.at_start else "lesson", one.terms.missed_share, one.terms.make_up_days, one.since,
        one.until, one.lessons, one.used, one.reckoning.before, one.reckoning.amount, one.reckoning.unit,
        json.dumps(as_json(one.reckoning) | {"until": one.until.isoformat()}), f"demo-{one.id}", one.at,
        one.seller.user_id, closed if closed < anchor else None,
    ))
    for mark, uses in one.marks:
        course.book.add(rows.CoveredMark(mark.id, one.id, uses))
    if one.terms.at_start and closed < anchor and rest:
        amount = one.reckoning.amount - one.spent
        yield Entry(
            night.at(closed, SETTLED), one.stay.client, "lapse", amount, one.until, subscription=one.id
        )
        one.stay.client.charged.append((one.until, amount))


def _back(one: Sold, mark: Mark, at: datetime, day: date) -> Entry:
    """What was paid before, and not worked off in time."""
    one.stay.client.charged.append((day, mark.price))
    return Entry(at, one.stay.client, "lapse", mark.price, day, lapse_of=mark, subscription=one.id)
