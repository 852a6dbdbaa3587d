"""The lessons that follow from a changed timetable: what nobody has touched goes and is made anew, the rest stays."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.comments.models import Comment
from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import Lesson, LessonQuerySet
from rollbook.domains.schedule.rules import HORIZON
from rollbook.foundation import formats
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local


class TimetableCollides(Refused):
    """`values` lists every lesson that cannot be made, and why; may be gone over by saying so."""


@transaction.atomic
def remake(
    *,
    branch_id: int,
    group_ids: Collection[int] | None = None,
    since: date | None = None,
    skip_collisions: bool = True,
    under: Permission = Permission.GROUP_EDIT,
    at: datetime,
    by: Actor,
) -> None:
    """Make the lessons of a branch, or of some of its groups, anew from a day on, today if none is said.

    Lessons that were touched, held, cancelled or marked stay. TimetableCollides where a lesson finds its room or
    teacher taken, unless these are to be left out.
    """
    today = local(at, Branch.objects.get(pk=branch_id).time_zone).date()
    lessons = Lesson.objects.visible_to(by, under).filter(branch=branch_id, day__gte=since or today)
    groups = Group.objects.visible_to(by, under).filter(branch=branch_id)
    if group_ids is not None:
        lessons, groups = lessons.filter(group__in=group_ids), groups.filter(pk__in=group_ids)
    # Groups before lessons: whoever changes one of them at the same time holds it already.
    list(groups.locked().order_by("pk").values_list("pk", flat=True))
    withdraw(lessons=lessons, under=under, at=at, by=by)
    make(
        branch_id=branch_id, group_ids=group_ids, since=since, skip_collisions=skip_collisions, under=under,
        at=at, by=by,
    )


@transaction.atomic
def make(
    *,
    branch_id: int,
    group_ids: Collection[int] | None,
    since: date | None,
    until: date | None = None,
    skip_collisions: bool,
    under: Permission = Permission.GROUP_EDIT,
    at: datetime,
    by: Actor,
) -> None:
    """Make those lessons of a branch, or of some of its groups, that are not there yet, on the days [since, until].

    From today if no first day is said; until the horizon, or sooner.
    """
    branch = Branch.objects.get(pk=branch_id)
    horizon = local(at, branch.time_zone).date() + HORIZON
    groups = branch.groups.values_list("pk", flat=True) if group_ids is None else group_ids
    made = schedule.make_lessons(
        until=min(until or horizon, horizon), since=since, group_ids=list(groups), under=under, at=at, by=by
    )
    if made.collisions and not skip_collisions:
        sentence = _("These lessons find their room or teacher taken. Change the timetable, or leave them out.")
        raise TimetableCollides(sentence, [{"text": _said(collision)} for collision in made.collisions])


def withdraw(*, lessons: LessonQuerySet, under: Permission, at: datetime, by: Actor) -> int:
    """Take away those of the lessons that nobody has touched, and in which nothing is marked or said; returns how many.

    They are locked first: whoever marks one at the same time waits, and then finds it gone, or we find the mark.
    """
    ids = set(
        lessons.filter(pk__in=Lesson.objects.untouched(at).values("pk"))
        .locked()
        .order_by("pk")
        .values_list("pk", flat=True)
    )
    marked = set(Mark.objects.filter(lesson__in=ids).values_list("lesson", flat=True))
    told_of = set(Comment.objects.filter(lesson__in=ids).values_list("lesson", flat=True))
    return schedule.withdraw_lessons(lesson_ids=ids - marked - told_of, under=under, at=at, by=by)


def _said(collision: schedule.Collision) -> str:
    """19 March 2026, 17:00, Chess: room 2 is taken by Dance."""
    language = (get_language() or "en").partition("-")[0]
    told = {
        "when": formats.moment(collision.starts_at, language=language),
        "group": collision.group,
        "what": collision.room or collision.teacher,
        "other": collision.other,
    }
    if collision.other:
        return _("{when}, {group}: {what} is taken by {other}").format(**told)
    return _("{when}, {group}: {what} is taken").format(**told)
