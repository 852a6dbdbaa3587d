"""A client is to work a missed lesson off at another one, of the same group or of another; or is not, after all."""

from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import queries as tariffs
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.actions import NoRight
from rollbook.domains.journal.models import Mark
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live
from rollbook.foundation.errors import NotAllowed, NotFound

_UNDER = Permission.VISIT_BOOK


@transaction.atomic
def book(*, miss_id: int, lesson_id: int, over_capacity: bool = False, at: datetime, by: Actor) -> int:
    """Book a visit of a lesson that works this miss off: the client is expected there as a guest, and the right is used
    once. Returns the mark of the visit. LessonFull may be gone over by `over_capacity`."""
    miss = Mark.objects.select_related("lesson__group").pick(by, _UNDER, miss_id)
    lesson = _open_lesson(lesson_id, by)
    if not house().make_ups:
        raise NoRight
    visit = journal.book_visit(
        miss_id=miss.pk, lesson=lesson, a_month=_terms(miss, by).make_ups_a_month, over_capacity=over_capacity, at=at,
        by=by,
    )
    _tell(miss, lesson.group_id, lesson.pk)
    return visit


@transaction.atomic
def take_back(*, miss_id: int, at: datetime, by: Actor) -> None:
    """The booked visit of this miss is none, and the right is free again."""
    miss = Mark.objects.select_related("lesson__group").pick(by, _UNDER, miss_id)
    visit = journal.unbook_visit(miss_id=miss.pk, at=at, by=by)
    _tell(miss, visit.group_id, visit.lesson_id)


def _open_lesson(lesson_id: int, by: Actor) -> Lesson:
    """Locked; it is chosen among those that are open to booking, and one that is only seen is none of them."""
    try:
        return Lesson.objects.select_related("group", "branch").pick_to_change(by, _UNDER, lesson_id)
    except NotAllowed as error:
        raise NotFound from error


def _terms(miss: Mark, by: Actor) -> tariffs.Terms:
    """Those of the missed lesson: a make-up belongs to its home group, wherever it takes place."""
    group = miss.lesson.group
    if not group:
        return tariffs.Terms()
    return tariffs.terms(groups={group.pk: group.programme_id}, on=miss.day, by=by, under=_UNDER)[group.pk]


def _tell(miss: Mark, group_id: int | None, lesson_id: int) -> None:
    groups = sorted({pk for pk in (miss.lesson.group_id, group_id) if pk})
    live.tell(*(f"group:{pk}" for pk in groups), f"lesson:{miss.lesson_id}", f"lesson:{lesson_id}")
