"""On which day something is booked, where the month that it concerns may be closed."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from rollbook.domains.schedule.actions import keep_open
from rollbook.domains.schedule.models import ClosedMonth
from rollbook.domains.schedule.rules import month_of

Pair = tuple[int, date]
"""A branch, and a day in it."""


class Booked(NamedTuple):
    day: date
    about: date | None
    """The day that it concerns, where it lies in a closed month and `day` in an open one."""


def open_days(pairs: Collection[Pair]) -> dict[Pair, date]:
    """For each day in a branch the day on which what concerns it is booked: itself where its month is open, else the
    first day of the first open month after it. It stays so until the transaction ends. Asks no right of its own.
    """
    if not pairs:
        return {}
    branches = {branch for branch, _day in pairs}
    keep_open(branch_ids=branches)
    first = min(day for _branch, day in pairs).replace(day=1)
    closed: dict[int, set[date]] = defaultdict(set)
    known = ClosedMonth.objects.filter(branch__in=branches, month__gte=first)
    for branch, month in known.values_list("branch", "month"):
        closed[branch].add(month)
    return {(branch, day): _open(day, closed[branch]) for branch, day in pairs}


def _open(day: date, closed: Collection[date]) -> date:
    while day.replace(day=1) in closed:
        day = month_of(day)[1] + timedelta(days=1)
    return day


def booked_on(*, branch_id: int, day: date, opened: Mapping[Pair, date], about: date | None = None) -> Booked:
    """Where an entry goes that belongs to this day: `opened` is what `open_days` says of it. `about` is the day that it
    concerned already, as with the reversal of an entry which was itself booked later."""
    on = opened[branch_id, day]
    return Booked(on, about or (day if on != day else None))
