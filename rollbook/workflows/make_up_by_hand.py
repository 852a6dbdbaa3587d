"""A missed lesson was worked off without a visit ("did it at home"), as somebody who may says; or was not."""

from datetime import date, datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import actions as billing
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.actions import NoRight
from rollbook.domains.journal.models import Mark
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live

_UNDER = Permission.JOURNAL_CORRECT


@transaction.atomic
def work_off(*, mark_id: int, note: str, on: date, seen: int | None = None, at: datetime, by: Actor) -> None:
    """Say that a miss was worked off on this day, and how. BookedAlready while a visit is booked for it."""
    lesson = _locked_lesson(mark_id, by)
    if not house().make_ups:
        raise NoRight
    journal.work_off(miss_id=mark_id, note=note, on=on, seen=seen, at=at, by=by)
    billing.settle(mark_ids=[mark_id], at=at, by=by, under=_UNDER)
    _tell(lesson)


@transaction.atomic
def undo(*, mark_id: int, at: datetime, by: Actor) -> None:
    """It was not worked off by hand: the right is free again, while its window lasts. Twice changes nothing."""
    lesson = _locked_lesson(mark_id, by)
    journal.undo_work_off(miss_id=mark_id, at=at, by=by)
    billing.settle(mark_ids=[mark_id], at=at, by=by, under=_UNDER)
    _tell(lesson)


def _locked_lesson(mark_id: int, by: Actor) -> Lesson:
    """Lessons before marks, as whoever marks does."""
    lesson_id = Mark.objects.pick(by, _UNDER, mark_id).lesson_id
    return Lesson.objects.pick_to_change(by, _UNDER, lesson_id)


def _tell(lesson: Lesson) -> None:
    live.tell(*([f"group:{lesson.group_id}"] if lesson.group_id else []), f"lesson:{lesson.pk}")
