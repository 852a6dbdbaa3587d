"""The arithmetic of a lesson that is charged as it happens."""

from decimal import ROUND_HALF_UP, Decimal

_PLACES = Decimal("0.000001")
_CENT = Decimal("0.01")


def lesson_price(*, pricing: str, price: Decimal, lessons: int) -> Decimal:
    """The price of one whole lesson, to six places: rounding to the cent comes once, with the charge.

    `pricing` is "fixed", where `price` is that of a lesson, or "month", where it is that of a month which gives
    `lessons`. A month that gives none (a lesson outside the timetable) is reckoned as one that gives one.
    """
    return (price if pricing == "fixed" else price / max(lessons, 1)).quantize(_PLACES, ROUND_HALF_UP)


def charge_of(*, price: Decimal, share: int) -> Decimal:
    """`share` per cent of a lesson's price, rounded half up to the cent, once."""
    return (price * share / 100).quantize(_CENT, ROUND_HALF_UP)


def lessons_covered(*, balance: Decimal, price: Decimal) -> int:
    """For how many whole lessons a balance is enough; below zero, for none."""
    return int(balance // price) if balance > 0 and price > 0 else 0
