"""A lesson is called off, or the calling off is taken back: its charges follow."""

from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import actions as billing
from rollbook.domains.journal import actions as marks
from rollbook.domains.journal import queries as journal
from rollbook.domains.journal.actions import Withdrawn
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live

_UNDER = Permission.LESSON_EDIT


@transaction.atomic
def cancel(
    *, lesson_id: int, choice_id: int | None = None, reason: str = "", at: datetime, by: Actor
) -> None:
    """Call a lesson off, for a reason of the list, or one in words: nobody is charged for it. Its marks stand aside and
    come back with it."""
    lesson = Lesson.objects.pick_to_change(by, _UNDER, lesson_id)
    if schedule.cancel_lesson(lesson_id=lesson.pk, choice_id=choice_id, reason=reason, at=at, by=by):
        _follow(lesson, at, by)


@transaction.atomic
def restore(*, lesson_id: int, at: datetime, by: Actor) -> tuple[Withdrawn, ...]:
    """Take a cancellation back: the ledger is as if nothing had happened (spec 04, rule 3). Returns the visits that did
    not come back with it, since what they worked off was worked off or booked elsewhere meanwhile."""
    lesson = Lesson.objects.pick_to_change(by, _UNDER, lesson_id)
    withdrawn = marks.refound_visits(lesson_id=lesson.pk, at=at, by=by) if lesson.cancelled_at else ()
    # Who was excused was so before the lesson, too: that alone does not say that it took place.
    came_or_not = Mark.objects.visible_to(by, _UNDER).filter(status__in=[Status.ATTENDED, Status.MISSED])
    was_held = came_or_not.filter(lesson=lesson).exists()
    if schedule.restore_lesson(lesson_id=lesson.pk, was_held=was_held, at=at, by=by):
        _follow(lesson, at, by)
    return withdrawn


def _follow(lesson: Lesson, at: datetime, by: Actor) -> None:
    marked = journal.mark_ids(lesson_id=lesson.pk, by=by, under=_UNDER)
    misses = journal.worked_off_in(lesson_id=lesson.pk, by=by, under=_UNDER)
    billing.settle(mark_ids=[*marked, *misses], at=at, by=by, under=_UNDER)
    homes = journal.homes_of(lesson_id=lesson.pk, by=by, under=_UNDER)
    live.tell(*(f"group:{pk}" for pk in sorted(homes - {lesson.group_id})), *lesson.topics)
