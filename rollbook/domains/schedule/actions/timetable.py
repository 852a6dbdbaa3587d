from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Group
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.models import Lesson, Room, TimetableSlot
from rollbook.foundation.errors import InvalidInput, Refused


class MeetsThenAlready(Refused):
    sentence = gettext_lazy("By its timetable the group meets at that time already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSlot:
    """A weekly rule, valid on the days [valid_from, valid_until); without teachers of its own those of the group."""

    weekday: int
    starts: time
    minutes: int
    room_id: int | None = None
    teacher_ids: tuple[int, ...] = ()
    valid_from: date
    valid_until: date | None = None

    @property
    def ends(self) -> time:
        return (datetime.combine(self.valid_from, self.starts) + timedelta(minutes=self.minutes)).time()

    @property
    def span(self) -> tuple[int, int]:
        """Minutes of the week."""
        first = (self.weekday - 1) * 1440 + self.starts.hour * 60 + self.starts.minute
        return first, first + self.minutes


@transaction.atomic
def add_slots(*, group_id: int, slots: Sequence[NewSlot], at: datetime, by: Actor) -> tuple[int, ...]:
    """Add weekly rules to the timetable of a group. Rooms are those of its branch; refused where it meets twice at
    a time. The lessons are made from them by `make_lessons`."""
    group = Group.objects.pick_to_change(by, Permission.GROUP_EDIT, group_id)
    if not slots:
        return ()
    _refuse_strange_rooms(group, {slot.room_id for slot in slots if slot.room_id})
    _refuse_strange_teachers({teacher for slot in slots for teacher in slot.teacher_ids}, by)
    _refuse_meeting_twice(group, slots)
    rows = TimetableSlot.objects.bulk_create(
        TimetableSlot(
            group=group, weekday=slot.weekday, starts=slot.starts, minutes=slot.minutes, room_id=slot.room_id,
            valid_from=slot.valid_from, valid_until=slot.valid_until,
        )
        for slot in slots
    )
    through = TimetableSlot.teachers.through
    through.objects.bulk_create(
        through(timetableslot_id=row.pk, employee_id=teacher)
        for row, slot in zip(rows, slots, strict=True)
        for teacher in sorted(set(slot.teacher_ids))
    )
    history.record_many(
        verb="slot.added", changes=[_change(row, row.valid_until) for row in rows], at=at, by=by
    )
    return tuple(row.pk for row in rows)


@transaction.atomic
def end_slots(*, slot_ids: Collection[int], until: date, at: datetime, by: Actor) -> None:
    """Weekly rules hold until this day, and on it no more; what was to begin then or later goes altogether.

    Their lessons from that day on are withdrawn by the workflow, which knows what is marked; one that stays only loses
    its rule.
    """
    rows = list(
        TimetableSlot.objects.visible_to(by, Permission.GROUP_EDIT)
        .filter(Q(valid_until=None) | Q(valid_until__gt=until), pk__in=slot_ids)
        .locked()
        .order_by("pk")
    )
    never = [row.pk for row in rows if row.valid_from >= until]
    Lesson.objects.filter(slot__in=never).update(slot=None)
    TimetableSlot.teachers.through.objects.filter(timetableslot__in=never).delete()
    TimetableSlot.objects.filter(pk__in=never).delete()
    TimetableSlot.objects.filter(pk__in=[row.pk for row in rows]).update(valid_until=until)
    history.record_many(verb="slot.ended", changes=[_change(row, until) for row in rows], at=at, by=by)


def _change(row: TimetableSlot, until: date | None) -> history.Change:
    new = {
        "weekday": row.weekday, "starts": row.starts.isoformat("minutes"), "minutes": row.minutes,
        "room": row.room_id, "from": row.valid_from.isoformat(), "until": until and until.isoformat(),
    }
    return history.Change(f"slot:{row.pk}", within=f"group:{row.group_id}", new=new)


def _refuse_strange_rooms(group: Group, rooms: Collection[int]) -> None:
    if rooms and Room.objects.filter(pk__in=rooms, branch=group.branch_id, archived_at=None).count() < len(rooms):
        raise InvalidInput({"slots": _("Choose a room of the group's branch.")})


def _refuse_strange_teachers(teachers: Collection[int], by: Actor) -> None:
    if not teachers:
        return
    known = Employee.objects.visible_to(by, Permission.STAFF_SEE).filter(teaches=True, left_on=None, pk__in=teachers)
    if known.count() < len(teachers):
        raise InvalidInput({"slots": _("Choose teachers of the list.")})


def _refuse_meeting_twice(group: Group, slots: Sequence[NewSlot]) -> None:
    standing = [
        NewSlot(weekday=weekday, starts=starts, minutes=minutes, valid_from=first, valid_until=until)
        for weekday, starts, minutes, first, until in TimetableSlot.objects.filter(group=group).values_list(
            "weekday", "starts", "minutes", "valid_from", "valid_until"
        )
    ]
    for place, slot in enumerate(slots):
        if any(_meet(slot, other) for other in (*standing, *slots[:place])):
            raise MeetsThenAlready


def _meet(one: NewSlot, other: NewSlot) -> bool:
    """Whether two weekly rules overlap in days and in time."""
    days = one.valid_from < (other.valid_until or date.max) and other.valid_from < (one.valid_until or date.max)
    (first, last), (since, until) = one.span, other.span
    return days and first < until and since < last
