from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple


class Given(NamedTuple):
    """A first name, and the middle names that children take from it (none in English)."""

    name: str
    of_son: str = ""
    of_daughter: str = ""


def given(text: str) -> tuple[Given, ...]:
    """Names as they are listed: "Name", or "Name/of son/of daughter", by commas."""
    return tuple(Given(*name.strip().split("/")) for name in text.split(","))


def listed(text: str) -> tuple[str, ...]:
    """Words as they are listed, by commas."""
    return tuple(word.strip() for word in text.split(","))


def lines(text: str) -> tuple[str, ...]:
    """Sentences as they are listed, by lines."""
    return tuple(line.strip() for line in text.strip().splitlines())


@dataclass(frozen=True, kw_only=True)
class Names:
    language: str
    organisation: str
    currency: str
    time_zone: str
    phone_region: str
    # What 1,000 of the catalogue's prices cost here, and to what a price is rounded.
    thousand: Decimal
    price_step: Decimal
    payment_step: int
    phone: Callable[[int], str]
    """The n-th invented phone, E.164."""

    streets: tuple[str, ...]
    surnames: tuple[str, ...]
    of_woman: Callable[[str], str]
    boys: tuple[str, ...]
    girls: tuple[str, ...]
    men: tuple[Given, ...]
    women: tuple[str, ...]

    programmes: Mapping[str, str]
    topics: Mapping[str, tuple[str, ...]]
    levels: tuple[str, ...]
    """Of groups of adults, who are not told apart by age."""
    hall: str
    classroom: str
    by_month: str
    by_lesson: str
    small_group: str
    new_price: str
    holidays: Mapping[tuple[int, int], str]
    """By (month, day)."""
    own_closing: str
    cancelled: tuple[str, ...]
    frozen: tuple[str, ...]
    left: tuple[str, ...]
    client_notes: tuple[str, ...]
    lesson_notes: tuple[str, ...]
    worked_off: tuple[str, ...]
    payment_notes: tuple[str, ...]
    discounts: tuple[str, ...]
    never_came: tuple[str, ...]
    """Why what was announced is not waited for."""
    said: Mapping[str, tuple[str, ...]]
    """What people say of a client, a group, a lesson, a mark."""
    asked: Mapping[str, tuple[str, ...]]
    """The same, where it asks for something."""
    taught_alone: str
    """Topic of an individual lesson."""

    def price(self, base: int) -> Decimal:
        """A price of the catalogue in this currency."""
        steps = (base * self.thousand / 1000 / self.price_step).quantize(Decimal(1), ROUND_HALF_UP)
        return (steps * self.price_step).quantize(Decimal("0.01"))
