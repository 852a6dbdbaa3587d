"""For which days something is bought."""

from calendar import monthrange
from collections.abc import Collection, Iterable
from datetime import date, timedelta


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or its last one where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def month_around(day: date, *, from_first_lesson: bool) -> tuple[date, date]:
    """The first and the last day of the month that is bought: that of the calendar, or one that begins on this day."""
    if from_first_lesson:
        return day, months_later(day, 1) - timedelta(days=1)
    return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])


def frozen_lessons(
    *, left: Iterable[date], pauses: Iterable[tuple[date, date]], most_days: int | None, since: date
) -> int:
    """How many of the lessons that were bought (`left`) lie in pauses, days [since, until) each; days beyond the first
    `most_days` of them that the rules allow do not count."""
    frozen = frozen_days(pauses=pauses, since=since, until=None, most_days=most_days)
    return sum(1 for day in left if day in frozen)


def frozen_days(
    *, pauses: Iterable[tuple[date, date]], since: date, until: date | None, most_days: int | None
) -> Collection[date]:
    """The days of pauses within [since, until), the first `most_days` of them."""
    days = sorted(
        first + timedelta(days=count)
        for first, end in pauses
        for count in range((end - first).days)
        if since <= first + timedelta(days=count) and (until is None or first + timedelta(days=count) < until)
    )
    return frozenset(days if most_days is None else days[:most_days])


def extended(*, until: date, pauses: Collection[tuple[date, date]], most_days: int | None, since: date) -> date:
    """The end of [since, until), later by the days that are frozen in it, those of its longer life as well."""
    end = until
    while True:
        longer = until + timedelta(days=len(frozen_days(pauses=pauses, since=since, until=end, most_days=most_days)))
        if longer == end:
            return end
        end = longer
