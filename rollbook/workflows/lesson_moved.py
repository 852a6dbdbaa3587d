"""A lesson is at another time, on another day or in another room than the timetable has it."""

from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import ClosingDay, Lesson
from rollbook.foundation import formats, live
from rollbook.foundation.errors import Refused

_UNDER = Permission.LESSON_EDIT


class Doubtful(Refused):
    """What speaks against it, a line each in `values`; may be gone over by saying so."""


@transaction.atomic
def move(
    *,
    lesson_id: int,
    day: date,
    starts: time,
    minutes: int,
    room_id: int | None,
    as_joint: bool = False,
    all_the_same: bool = False,
    seen: int | None,
    at: datetime,
    by: Actor,
) -> None:
    """Give a lesson another time, day or room, in the local time of its branch; its marks go along.

    Refused where it took place and the day would be another one, for charges carry the day; where room or teacher are
    taken, unless `as_joint` says by somebody who may that the two are one on purpose. Doubtful where the branch is
    closed on that day, or a make-up booked in it would come too late, unless `all_the_same`.
    """
    lesson = Lesson.objects.pick_to_change(by, _UNDER, lesson_id)
    if day != lesson.day and not lesson.cancelled_at:
        marks = Mark.objects.filter(lesson=lesson).standing()
        if marks.filter(Q(status__in=[Status.ATTENDED, Status.MISSED]) | Q(share__gt=0)).exists():
            raise schedule.TookPlace
        if not all_the_same and (doubts := _doubts(lesson, day)):
            raise Doubtful(_("Something speaks against this day."), [{"text": doubt} for doubt in doubts])
    if schedule.move_lesson(
        lesson_id=lesson.pk, day=day, starts=starts, minutes=minutes, room_id=room_id, as_joint=as_joint, seen=seen,
        at=at, by=by,
    ):
        live.tell(*lesson.topics)


def _doubts(lesson: Lesson, day: date) -> list[str]:
    found = []
    if closed := ClosingDay.objects.filter(branch=lesson.branch_id, day=day).first():
        found.append(": ".join(filter(None, [_("The branch is closed on that day"), closed.reason])))
    visits = Mark.objects.select_related("client", "makes_up").filter(lesson=lesson, status=Status.PLANNED)
    for visit in visits.filter(makes_up__make_up_until__lt=day).order_by("client__search"):
        if visit.makes_up and (until := visit.makes_up.make_up_until):
            sentence = _("{name} may work the lesson off until {day}: the make-up booked here would come too late.")
            found.append(sentence.format(name=visit.client.name, day=formats.day_month(until, language=_language())))
    return found


def _language() -> str:
    return (get_language() or "en").partition("-")[0]
