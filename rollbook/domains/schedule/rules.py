"""What a timetable gives: plain dates in, plain dates out."""

from calendar import monthrange
from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

# How far ahead the timetable is made into lessons: never less than 8 weeks, even if a week of nights was missed.
HORIZON = timedelta(weeks=10)


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


class Span(NamedTuple):
    """Somebody or something is taken from one instant until another; `place` says by what."""

    holder: tuple[str, int]
    place: int
    starts: datetime
    ends: datetime


def overlaps(spans: Iterable[Span]) -> list[tuple[tuple[str, int], int, int]]:
    """The pairs of places that take the same holder at the same time, as (holder, place, other place)."""
    found: set[tuple[tuple[str, int], int, int]] = set()
    running: dict[tuple[str, int], list[Span]] = {}
    for span in sorted(spans, key=lambda span: (span.starts, span.place)):
        still = [other for other in running.get(span.holder, ()) if other.ends > span.starts]
        found |= {
            (span.holder, min(other.place, span.place), max(other.place, span.place))
            for other in still if other.place != span.place
        }
        running[span.holder] = [*still, span]
    return sorted(found)
