"""Room and teachers of one lesson, and who else has them at that time."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.models import Lesson, LessonTeacher, Room
from rollbook.foundation import formats
from rollbook.foundation.errors import NotAllowed, Refused
from rollbook.foundation.periods import local

_CONSTRAINTS = {"lesson_room_is_free", "lesson_teacher_is_free"}


class PlaceIsTaken(Refused):
    """Room or teacher have another lesson at that time; each is named as far as it may be seen."""

    @classmethod
    def by(cls, others: Collection["Other"], *, advice: str = "") -> Self:
        said = [str(other) for other in others] or [_("Room or teacher have another lesson at that time by now.")]
        return cls(" ".join(filter(None, [*said, advice])))


@dataclass(frozen=True, slots=True)
class Other:
    """A lesson that has the room or a teacher, in the time of its branch."""

    what: str
    group: str | None
    """Empty for an individual lesson; None where it may not be seen."""
    starts_at: datetime
    ends_at: datetime

    def __str__(self) -> str:
        told = {
            "what": self.what, "group": self.group, "from": formats.clock(self.starts_at),
            "until": formats.clock(self.ends_at),
        }
        if self.group is None:
            return _("{what} is taken at that time.").format(**told)
        if not self.group:
            return _("{what} is taken by an individual lesson, {from}–{until}.").format(**told)
        return _("{what} is taken by {group}, {from}–{until}.").format(**told)


def take_places(
    lesson: Lesson, teacher_ids: Collection[int], *, room_id: int | None, as_joint: bool, by: Actor
) -> bool:
    """Whether the lesson, at the time that it has now, shares this room or one of these teachers with another one.

    PlaceIsTaken where it does, unless `as_joint` says that it is meant, by somebody who may. Whoever wants one of them
    at the same time waits here. The lesson has its branch selected along.
    """
    if room_id:
        list(Room.objects.filter(pk=room_id).locked().values_list("pk"))
    list(Employee.objects.filter(pk__in=teacher_ids).locked().order_by("pk").values_list("pk"))
    others = _others(lesson, teacher_ids, room_id, by)
    if others and not as_joint:
        raise PlaceIsTaken.by(others)
    if others and Permission.LESSON_JOIN not in Lesson.objects.all().held_on(by, lesson.pk, Permission.LESSON_JOIN):
        raise NotAllowed
    return bool(others)


@contextmanager
def in_place(lesson: Lesson, teacher_ids: Collection[int], *, by: Actor, advice: str = "") -> Iterator[None]:
    """What is saved inside takes its room and teachers, or PlaceIsTaken says by whom they are taken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) not in _CONSTRAINTS:
            raise
        raise PlaceIsTaken.by(_others(lesson, teacher_ids, lesson.room_id, by), advice=advice) from error


def _others(
    lesson: Lesson, teacher_ids: Collection[int], room_id: int | None, by: Actor
) -> tuple[Other, ...]:
    since, until = lesson.starts_at, lesson.ends_at
    then = Lesson.objects.filter(is_joint=False, cancelled_at=None, starts_at__lt=until, ends_at__gt=since)
    in_room = then.filter(room=room_id, room__isnull=False)
    taught = LessonTeacher.objects.filter(employee__in=teacher_ids, counts=True, during__overlap=(since, until))
    rows = [
        *in_room.exclude(pk=lesson.pk).order_by("starts_at").values_list(
            "room__name", "pk", "group__name", "starts_at", "ends_at"
        ),
        *taught.exclude(lesson=lesson).order_by("employee__search", "lesson__starts_at").values_list(
            "employee__name", "lesson", "lesson__group__name", "lesson__starts_at", "lesson__ends_at"
        ),
    ]
    seen = Lesson.objects.reached_by(by, by.holding(Permission.JOURNAL_SEE)).filter(pk__in={row[1] for row in rows})
    told = set(seen.values_list("pk", flat=True)) if rows else set()
    zone = lesson.branch.time_zone
    return tuple(
        Other(what, (group or "") if pk in told else None, local(starts_at, zone), local(ends_at, zone))
        for what, pk, group, starts_at, ends_at in rows
    )
