"""A branch does not work on some days, or does after all."""

from datetime import date, datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.workflows import timetable_changed

_UNDER = Permission.SETTINGS_EDIT


@transaction.atomic
def close(*, branch_id: int, first: date, last: date, reason: str = "", at: datetime, by: Actor) -> int:
    """The branch does not work on the days [first, last]. Lessons that nobody has touched go; returns how many.

    The others stay, to be cancelled by hand, for somebody counts on them.
    """
    days = schedule.close_days(branch_id=branch_id, first=first, last=last, reason=reason, at=at, by=by)
    lessons = Lesson.objects.visible_to(by, _UNDER).filter(branch=branch_id, day__in=days)
    return timetable_changed.withdraw(lessons=lessons, under=_UNDER, at=at, by=by)


@transaction.atomic
def reopen(*, closing_day_id: int, at: datetime, by: Actor) -> None:
    """The branch works on that day: its lessons are made after all, as far as room and teacher are free."""
    branch_id, day = schedule.open_day(closing_day_id=closing_day_id, at=at, by=by)
    timetable_changed.make(
        branch_id=branch_id, group_ids=None, since=day, until=day, skip_collisions=True, under=_UNDER, at=at, by=by
    )
