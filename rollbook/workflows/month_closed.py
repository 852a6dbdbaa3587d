"""A month of a branch is closed, or opened again after all: open journals say so."""

from datetime import date, datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation import live

MOST_TOPICS = 300  # a notice has 8000 bytes; whoever looks at one of more groups reloads


@transaction.atomic
def close(*, branch_id: int, month: date, at: datetime, by: Actor) -> None:
    """Nothing in the month of this day is marked, charged or moved any more; what concerns it is booked in the first
    open one after it. Twice changes nothing. What is unfinished is shown before (screens.settings.months) and is no
    reason to refuse."""
    if schedule.close_month(branch_id=branch_id, month=month, at=at, by=by):
        _tell(branch_id, month)


@transaction.atomic
def reopen(*, branch_id: int, month: date, at: datetime, by: Actor) -> None:
    """It may be marked and charged in again; twice changes nothing."""
    if schedule.reopen_month(branch_id=branch_id, month=month, at=at, by=by):
        _tell(branch_id, month)


def _tell(branch_id: int, month: date) -> None:
    lessons = Lesson.objects.filter(branch=branch_id, day__range=month_of(month), group__isnull=False)
    groups = lessons.order_by("group").values_list("group", flat=True).distinct()
    live.tell(*(f"group:{group}" for group in groups[:MOST_TOPICS]))
