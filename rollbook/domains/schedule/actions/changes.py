"""A lesson that is taught by somebody else, or at another time or place than the timetable has it."""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.actions.lessons import CalledOff, tell_of_lesson
from rollbook.domains.schedule.actions.months import refuse_closed
from rollbook.domains.schedule.actions.places import in_place, take_places
from rollbook.domains.schedule.models import Lesson, LessonTeacher, Room
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.periods import instant, local
from rollbook.foundation.versions import Stale, alter

FARTHEST = timedelta(days=366)
"""How far from today a lesson may be moved to, either way."""
MOST_TEACHERS = 2


class TookPlace(Refused):
    sentence = gettext_lazy("The lesson took place on its day: before it moves to another one, take its marks back.")


@transaction.atomic
def set_teachers(
    *, lesson_id: int, teacher_ids: Collection[int], seen: int | None, as_joint: bool = False, at: datetime, by: Actor
) -> bool:
    """Who teaches this one lesson: one or two who teach, have not left, and are seen by whoever says so.

    False where they do so already. PlaceIsTaken where somebody has another lesson at that time, unless the two are
    joint on purpose. The lesson is touched: the timetable does not make it anew.
    """
    lesson = _pick(lesson_id, by)
    standing, wanted = set(lesson.lesson_teachers.values_list("employee", flat=True)), set(teacher_ids)
    if wanted == standing:
        return False
    _refuse_strange_teachers(wanted, wanted - standing, by)
    names = _names(standing | wanted)
    old, new = ([names[pk] for pk in names if pk in of] for of in (standing, wanted))
    if seen not in {None, lesson.version}:
        pair = {"yours": ", ".join(new), "theirs": ", ".join(old) or "—"}
        raise Stale(values=[{"field": "teachers", "label": _("teachers"), **pair, "version": lesson.version}])
    if take_places(lesson, wanted - standing, room_id=None, as_joint=as_joint, by=by):
        lesson.is_joint = True
    lesson.touched_at, lesson.version = at, lesson.version + 1
    with in_place(lesson, wanted, by=by):
        lesson.save(update_fields=["is_joint", "touched_at", "version"])
        lesson.lesson_teachers.filter(employee__in=standing - wanted).delete()
        during, counts = (lesson.starts_at, lesson.ends_at), not lesson.is_joint
        LessonTeacher.objects.bulk_create(
            LessonTeacher(lesson=lesson, employee_id=pk, during=during, counts=counts)
            for pk in sorted(wanted - standing)
        )
    tell_of_lesson("lesson.substituted", lesson, {"taught_by": new}, at, by, old={"taught_by": old})
    return True


@transaction.atomic
def move_lesson(
    *,
    lesson_id: int,
    day: date,
    starts: time,
    minutes: int,
    room_id: int | None,
    as_joint: bool = False,
    seen: int | None,
    at: datetime,
    by: Actor,
) -> bool:
    """Give a lesson another time, day or room, in the local time of its branch. False where it stands so already.

    It keeps the day of the timetable, so that none is made there anew, and takes its marks along. PlaceIsTaken where
    room or teacher have another lesson then, unless the two are joint on purpose; TookPlace where it has been, and the
    day would be another one. What is marked in it is known to the workflow.
    """
    lesson = _pick(lesson_id, by)
    zone, given = lesson.branch.time_zone, lesson.timetable_day
    today = local(at, zone).date()
    if day != lesson.day and not today - FARTHEST <= day <= today + FARTHEST:
        raise InvalidInput({"day": _("Within a year from today, please.")})
    if not 5 <= minutes <= 600:
        raise InvalidInput({"minutes": _("From 5 minutes to 10 hours, please.")})
    refuse_closed(lesson.branch, lesson.day, day, at=at, by=by)
    _refuse_strange_room(lesson, room_id)
    if lesson.held_at and day != lesson.day:
        raise TookPlace
    begins = instant(day, starts, zone)
    # In the time of the branch, as the history and whoever was slower are told.
    lesson.starts_at, lesson.ends_at = local(lesson.starts_at, zone), local(lesson.ends_at, zone)
    old = _standing(lesson)
    ends = begins + timedelta(minutes=minutes)
    wanted = {"starts_at": local(begins, zone), "ends_at": local(ends, zone), "room_id": room_id}
    if not alter(lesson, wanted, seen=seen):
        return False
    teachers = list(lesson.lesson_teachers.values_list("employee", flat=True))
    lesson.is_joint = take_places(lesson, teachers, room_id=room_id, as_joint=as_joint, by=by)
    lesson.moved_from = None if day == given else given
    lesson.touched_at = at
    with in_place(lesson, teachers, by=by):
        lesson.save(
            update_fields=["starts_at", "ends_at", "room", "is_joint", "moved_from", "touched_at", "version"]
        )
    tell_of_lesson("lesson.moved", lesson, _standing(lesson), at, by, old=old)
    return True


def _pick(lesson_id: int, by: Actor) -> Lesson:
    lesson = Lesson.objects.select_related("branch").pick_to_change(by, Permission.LESSON_EDIT, lesson_id)
    if lesson.cancelled_at:
        raise CalledOff
    return lesson


def _standing(lesson: Lesson) -> dict[str, object]:
    """When and where, as the history keeps it: clocks of the branch, names."""
    room = Room.objects.get(pk=lesson.room_id).name if lesson.room_id else ""
    minutes = (lesson.ends_at - lesson.starts_at).total_seconds() // 60
    return {"when": f"{lesson.starts_at:%Y-%m-%dT%H:%M}", "minutes": int(minutes), "where": room}


def _names(teacher_ids: Collection[int]) -> dict[int, str]:
    """In the order of names."""
    rows = Employee.objects.filter(pk__in=teacher_ids).order_by("search", "pk")
    return dict(rows.values_list("pk", "name"))


def _refuse_strange_teachers(wanted: Collection[int], new: Collection[int], by: Actor) -> None:
    """Whoever teaches already stays, though whoever says so may not see them."""
    if not 1 <= len(wanted) <= MOST_TEACHERS:
        raise InvalidInput({"teacher_ids": _("One teacher or two, please.")})
    if not new:
        return
    known = Employee.objects.visible_to(by, Permission.STAFF_SEE).filter(teaches=True, left_on=None, pk__in=new)
    if known.count() < len(new):
        raise InvalidInput({"teacher_ids": _("Choose teachers of the list.")})


def _refuse_strange_room(lesson: Lesson, room_id: int | None) -> None:
    if room_id in {None, lesson.room_id}:
        return
    if not Room.objects.filter(pk=room_id, branch=lesson.branch_id, archived_at=None).exists():
        raise InvalidInput({"room_id": _("Choose a room of the list.")})
