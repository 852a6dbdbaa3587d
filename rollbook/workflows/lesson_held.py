"""A lesson took place, whoever was there; or nobody says so any more."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live
from rollbook.foundation.errors import Refused
from rollbook.workflows import lesson_marked

_UNDER = Permission.JOURNAL_MARK


class SomebodyIsMarked(Refused):
    sentence = gettext_lazy("Somebody is marked in this lesson: take the marks back first.")


@transaction.atomic
def hold(*, lesson_id: int, at: datetime, by: Actor) -> None:
    """The lesson took place. Who of a group was there may be marked later; whoever was expected at a lesson without a
    group was there."""
    lesson = _pick(lesson_id, at, by)
    if not schedule.say_held(lesson_id=lesson.pk, at=at, by=by):
        return
    if lesson.group_id is None:
        lesson_marked.everyone(lesson_id=lesson.pk, at=at, by=by)
    live.tell(*lesson.topics)


@transaction.atomic
def undo(*, lesson_id: int, at: datetime, by: Actor) -> None:
    """Nobody says any more that the lesson took place. Refused while it is marked who was, or was not, there."""
    lesson = _pick(lesson_id, at, by)
    # Who was excused was so before the lesson, too: that alone does not say that it took place.
    came_or_not = Mark.objects.visible_to(by, _UNDER).filter(status__in=[Status.ATTENDED, Status.MISSED])
    if came_or_not.filter(lesson=lesson).exists():
        raise SomebodyIsMarked
    if schedule.say_not_held(lesson_id=lesson.pk, at=at, by=by):
        live.tell(*lesson.topics)


def _pick(lesson_id: int, at: datetime, by: Actor) -> Lesson:
    lesson = Lesson.objects.select_related("branch").pick_to_change(by, _UNDER, lesson_id)
    journal.refuse_too_late(lesson, house().mark_edit_days, at, by)
    return lesson
