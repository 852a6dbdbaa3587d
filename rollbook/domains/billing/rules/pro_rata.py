"""What a sale costs: the price of a part of a period, minus discounts, and how it falls on lessons and instalments.

Discounts are taken off the whole price, of that the part is taken, and only then it is rounded: half up to the cent,
once, and then up to whole tens or hundreds where the tariff says so (spec 05; 12, points 7 and 11).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from math import ceil, floor

# The kinds of discounts, in the order in which they are taken off.
KINDS = ("permanent", "sibling", "second", "once")

_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Discount:
    """Per cent of what the kinds before it left, or an amount of the whole price; exactly one of the two."""

    kind: str
    percent: Decimal | None = None
    amount: Decimal | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        told = [value for value in (self.percent, self.amount) if value is not None]
        if self.kind not in KINDS or len(told) != 1 or told[0] < 0:
            raise ValueError(self)


@dataclass(frozen=True, slots=True)
class Given:
    """What a discount takes off the amount, in money, to the cent."""

    discount: Discount
    sum: Decimal


@dataclass(frozen=True, slots=True)
class Reckoning:
    """How an amount came about: `before` minus the sums of `discounts` plus `rounded` is always `amount`."""

    way: str  # how a part is reckoned: "lessons", "days" or "none", which takes the whole price for any part
    pricing: str  # "fixed", "month" or "whole": of what the price is
    price: Decimal  # of the tariff
    whole: Decimal  # what the whole period would cost
    left: tuple[date, ...]  # the lessons that are bought; none of a package
    lessons: int | None  # for how many lessons it is; None where they are not counted
    of: int  # how many lessons (or days, where they are what counts) the whole period gives
    part: int  # how many of them are bought
    closed: tuple[date, ...]  # the days of the period without their lessons since the branch is closed
    frozen: tuple[date, ...]  # the days, of those that could be bought, that are left out since the client pauses
    before: Decimal  # the price of the part without discounts
    discounts: tuple[Given, ...]  # the best of each kind, in their order; only those that take something off
    amount: Decimal  # what is asked
    rounded: Decimal  # what rounding up added
    unit: Decimal  # the price of one of `lessons`, rounded down to the cent: the last one takes the rest (`nth_price`)


def of_period(
    *,
    pricing: str,
    price: Decimal,
    way: str,
    round_to: int,
    first: date,
    last: date,
    since: date,
    timetable: Iterable[date],
    closed: Collection[date],
    frozen: Collection[date],
    discounts: Iterable[Discount],
) -> Reckoning:
    """The price from `since` to the end of the period [first, last].

    `timetable` are the days of the whole period on which there is a lesson for this client, before closing days and
    freezes; one that stands twice has two. Closing days lessen what the period gives, a freeze only what is bought.
    """
    planned = sorted(timetable)
    given = [day for day in planned if day not in closed]
    ahead = [day for day in given if day >= since]
    left = [day for day in ahead if day not in frozen]
    of, part, paused = len(given), len(left), [day for day in ahead if day in frozen]
    if way == "days":
        days = list(_days(max(first, since), last))
        paused = [day for day in days if day in frozen]
        of, part = (last - first).days + 1, len(days) - len(paused)
    whole = price * len(given) if pricing == "fixed" else price
    return _reckoned(
        way=way, pricing=pricing, price=price, whole=whole, left=tuple(left), lessons=len(left), of=of, part=part,
        closed=_each(day for day in planned if day in closed), frozen=_each(paused), discounts=discounts,
        round_to=round_to,
    )


def of_package(*, price: Decimal, lessons: int | None, round_to: int, discounts: Iterable[Discount]) -> Reckoning:
    """The price of a package, a course or a single visit: always the whole one."""
    return _reckoned(
        way="none", pricing="whole", price=price, whole=price, left=(), lessons=lessons, of=lessons or 0,
        part=lessons or 0, closed=(), frozen=(), discounts=discounts, round_to=round_to,
    )


def nth_price(*, amount: Decimal, unit: Decimal, lessons: int, others: Decimal, used: int) -> Decimal:
    """The price of one more of `lessons` that cost `amount`, `unit` each, when `used` of them cost `others` in all.

    The one that completes them takes what is left, and one beyond them nothing but that.
    """
    return max(amount - others, Decimal(0)) if used + 1 >= lessons else unit


def instalments(*, amount: Decimal, number: int) -> tuple[Decimal, ...]:
    """Equal parts, rounded down to the cent; the last takes the rest."""
    part = _share(amount, number)
    return (*[part] * (number - 1), amount - part * (number - 1))


def _reckoned(
    *,
    way: str,
    pricing: str,
    price: Decimal,
    whole: Decimal,
    left: tuple[date, ...],
    lessons: int | None,
    of: int,
    part: int,
    closed: tuple[date, ...],
    frozen: tuple[date, ...],
    discounts: Iterable[Discount],
    round_to: int,
) -> Reckoning:
    share = Fraction(1) if way == "none" else Fraction(part, of or 1)
    before = net = _cents(Fraction(whole) * share)
    given = []
    for discount, rest in _taken(Fraction(whole), discounts):
        # Each takes what it lessens the rounded sum by, so that they add up to the cent.
        after = _cents(rest * share)
        if after < net:
            given.append(Given(discount, net - after))
        net = after
    amount = _cents(Fraction(ceil(net / round_to) * round_to)) if round_to else net
    return Reckoning(
        way=way, pricing=pricing, price=price, whole=whole, left=left, lessons=lessons, of=of, part=part,
        closed=closed, frozen=frozen, before=before, discounts=tuple(given), amount=amount, rounded=amount - net,
        unit=_share(amount, lessons) if lessons else amount,
    )


def _taken(whole: Fraction, discounts: Iterable[Discount]) -> Iterator[tuple[Discount, Fraction]]:
    """The best discount of each kind, and what it leaves of the whole price."""
    rest = whole
    for _kind, same in groupby(sorted(discounts, key=_order), _order):
        best, rest = min(((discount, _after(discount, rest)) for discount in same), key=lambda pair: pair[1])
        yield best, rest


def _order(discount: Discount) -> int:
    return KINDS.index(discount.kind)


def _after(discount: Discount, rest: Fraction) -> Fraction:
    if discount.amount is not None:
        return max(rest - Fraction(discount.amount), Fraction(0))
    return max(rest * (1 - Fraction(discount.percent or 0) / 100), Fraction(0))


def _cents(value: Fraction) -> Decimal:
    """Rounded half up, from the exact value."""
    return Decimal(floor(value * 100 + _HALF)).scaleb(-2)


def _share(amount: Decimal, number: int) -> Decimal:
    """One of equal parts, rounded down to the cent."""
    return Decimal(floor(Fraction(amount) / number * 100)).scaleb(-2)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=count) for count in range((last - first).days + 1))


def _each(days: Iterable[date]) -> tuple[date, ...]:
    return tuple(dict.fromkeys(days))
