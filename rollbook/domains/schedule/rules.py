"""What a timetable gives: plain dates in, plain dates out."""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple


class Weekly(NamedTuple):
    """One weekly rule, valid on the days [valid_from, valid_until). `weekday` is ISO, 1 = Monday."""

    weekday: int
    valid_from: date
    valid_until: date | None = None


def month_of(day: date) -> tuple[date, date]:
    """The first and the last day of the month of `day`."""
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def lesson_days(
    *, slots: Iterable[Weekly], closing_days: Collection[date], first: date, last: date
) -> Iterator[date]:
    """The days [first, last] on which the slots give a lesson, one for each slot and day, slot by slot."""
    for slot in slots:
        since = max(first, slot.valid_from)
        until = last if slot.valid_until is None else min(last, slot.valid_until - timedelta(days=1))
        day = since + timedelta(days=(slot.weekday - since.isoweekday()) % 7)
        while day <= until:
            if day not in closing_days:
                yield day
            day += timedelta(days=7)


def lessons_of_month(*, slots: Iterable[Weekly], closing_days: Collection[date], day: date) -> int:
    """How many lessons the timetable gives in the month of `day`: slots minus closing days (spec 05, pro rata)."""
    first, last = month_of(day)
    return sum(1 for _ in lesson_days(slots=slots, closing_days=closing_days, first=first, last=last))
