"""Many at once, from files. What a person could not do by hand is refused here, too; only lessons that overlap come in
as they are, confirmed as joint, and are told (spec 12, 10)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history import actions as history
from rollbook.domains.imports.actions import refuse
from rollbook.domains.imports.rules import Origin, plain, twice
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.fields import ClosingDayRow, LessonRow, RoomRow, SlotRow
from rollbook.domains.schedule.models import ClosingDay, Lesson, LessonTeacher, LessonType, Room, TimetableSlot
from rollbook.domains.schedule.rules import Span, overlaps
from rollbook.foundation.periods import instant
from rollbook.foundation.tables import N_


@dataclass(frozen=True, slots=True)
class Overlap:
    """A lesson that came in although room or teacher have another one at that time; that one stands in `other`, if it
    came from the files, too."""

    origin: Origin
    other: Origin | None
    day: date
    starts: time
    room: str = ""
    teacher: str = ""


@dataclass(frozen=True, slots=True)
class LoadedLessons:
    ids: list[int]
    overlaps: tuple[Overlap, ...]


@transaction.atomic
def load_rooms(*, rows: Sequence[RoomRow], branch_id: int, at: datetime, by: Actor) -> list[int]:
    """The ids of new rooms of a branch, in the order of the rows; each name is there once."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    names = set(Room.objects.filter(branch=branch_id, archived_at=None).values_list(Lower("name"), flat=True))
    refuse(twice(rows, "name", of=lambda row: row.name.lower(), standing=names))
    made = Room.objects.bulk_create(Room(branch_id=branch_id, name=row.name, capacity=row.capacity) for row in rows)
    changes = [
        history.Change(f"room:{room.pk}", plain(row), within=f"branch:{branch_id}")
        for room, row in zip(made, rows, strict=True)
    ]
    history.record_many(verb="room.added", changes=changes, at=at, by=by)
    return [room.pk for room in made]


@transaction.atomic
def load_closing_days(*, rows: Sequence[ClosingDayRow], branch_id: int, at: datetime, by: Actor) -> list[int]:
    """The ids of new closing days of a branch, in the order of the rows."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    days = set(ClosingDay.objects.filter(branch=branch_id).values_list("day", flat=True))
    refuse(twice(rows, "day", of=lambda row: row.day, standing=days))
    made = ClosingDay.objects.bulk_create(
        ClosingDay(branch_id=branch_id, day=row.day, reason=row.reason) for row in rows
    )
    changes = [
        history.Change(f"branch:{branch_id}", {"days": [row.day.isoformat()], "reason": row.reason}) for row in rows
    ]
    history.record_many(verb="branch.closed", changes=changes, at=at, by=by)
    return [closed.pk for closed in made]


@transaction.atomic
def load_slots(*, rows: Sequence[SlotRow], at: datetime, by: Actor) -> list[int]:
    """The ids of new weekly rules, in the order of the rows."""
    by.must_everywhere(Permission.GROUP_EDIT)
    _refuse_backwards(rows)
    refuse([
        row.refused("valid_until", N_("It ends before it begins."))
        for row in rows if row.valid_until is not None and row.valid_until <= row.valid_from
    ])
    made = TimetableSlot.objects.bulk_create(
        TimetableSlot(
            group_id=row.group, weekday=row.weekday, starts=row.starts, minutes=_minutes(row), room_id=row.room,
            valid_from=row.valid_from, valid_until=row.valid_until,
        )
        for row in rows
    )
    Teaching = TimetableSlot.teachers.through
    Teaching.objects.bulk_create(
        Teaching(timetableslot_id=slot.pk, employee_id=teacher)
        for slot, row in zip(made, rows, strict=True) for teacher in sorted(set(row.teachers))
    )
    changes = [
        history.Change(
            f"slot:{slot.pk}", within=f"group:{slot.group_id}",
            new={
                "weekday": slot.weekday, "starts": slot.starts.isoformat("minutes"), "minutes": slot.minutes,
                "room": slot.room_id, "from": slot.valid_from.isoformat(),
                "until": slot.valid_until.isoformat() if slot.valid_until else None,
            },
        )
        for slot in made
    ]
    history.record_many(verb="slot.added", changes=changes, at=at, by=by)
    return [slot.pk for slot in made]


@transaction.atomic
def load_lessons(*, rows: Sequence[LessonRow], branch_id: int, at: datetime, by: Actor) -> LoadedLessons:
    """New lessons of a branch, in the order of the rows, each tied to the weekly rule that gives it, so that it is not
    made from that once more."""
    by.must_everywhere(Permission.LESSON_EDIT)
    branch = Branch.objects.pick(by, Permission.LESSON_EDIT, branch_id)
    _refuse_backwards(rows)
    types = _types(rows)
    slots = _slots(rows)
    zone = branch.time_zone
    spans = [(instant(row.day, row.starts, zone), instant(row.day, row.ends, zone)) for row in rows]
    meetings = _meetings(rows, spans, branch_id)
    if meetings:
        by.must_everywhere(Permission.LESSON_JOIN)
    joint = {place for _, *pair in meetings for place in pair}
    made = Lesson.objects.bulk_create(
        [
            Lesson(
                branch_id=branch_id, group_id=row.group, lesson_type_id=types[row.type], room_id=row.room,
                starts_at=starts, ends_at=ends, day=row.day, slot_id=slot, touched_at=at, topic=row.topic,
                note=row.note, is_joint=place in joint, held_at=ends if row.held else None,
            )
            for place, (row, slot, (starts, ends)) in enumerate(zip(rows, slots, spans, strict=True))
        ],
        batch_size=5000,
    )
    LessonTeacher.objects.bulk_create(
        (
            # A trigger knows better about the time, and whether it counts.
            LessonTeacher(lesson=lesson, employee_id=teacher, during=(lesson.starts_at, lesson.ends_at), counts=False)
            for lesson, row in zip(made, rows, strict=True) for teacher in sorted(set(row.teachers))
        ),
        batch_size=5000,
    )
    changes = [
        history.Change(f"lesson:{lesson.pk}", plain(row), within=f"group:{row.group}" if row.group else "")
        for lesson, row in zip(made, rows, strict=True)
    ]
    history.record_many(verb="lesson.added", changes=changes, at=at, by=by)
    return LoadedLessons([lesson.pk for lesson in made], tuple(_told(meetings, rows)))


def _minutes(row: SlotRow | LessonRow) -> int:
    return (row.ends.hour - row.starts.hour) * 60 + row.ends.minute - row.starts.minute


def _refuse_backwards(rows: Sequence[SlotRow] | Sequence[LessonRow]) -> None:
    refuse([
        row.refused("ends", N_("It lasts from 5 minutes to 10 hours and ends on the same day."))
        for row in rows if not 5 <= _minutes(row) <= 600
    ])


def _types(rows: Sequence[LessonRow]) -> dict[str, int]:
    types = {code: pk for pk, code in LessonType.objects.exclude(code=None).values_list("pk", "code") if code}
    refuse([
        row.refused("type", N_("{told} is none of {values}."), told=row.type, values=", ".join(sorted(types)))
        for row in rows if row.type not in types
    ])
    return types


def _slots(rows: Sequence[LessonRow]) -> list[int | None]:
    """The weekly rule of each lesson: that of its group which starts then, on that weekday, and holds on that day."""
    by_time: dict[tuple[int, int, time], list[tuple[date, date, int]]] = {}
    slots = TimetableSlot.objects.filter(group__in={row.group for row in rows if row.group})
    for pk, group, weekday, starts, since, until in slots.order_by("valid_from", "pk").values_list(
        "pk", "group", "weekday", "starts", "valid_from", "valid_until"
    ):
        by_time.setdefault((group, weekday, starts), []).append((since, until or date.max, pk))

    def rule(row: LessonRow) -> int | None:
        standing = by_time.get((row.group or 0, row.day.isoweekday(), row.starts), ())
        return next((pk for since, until, pk in standing if since <= row.day < until), None)

    found = [rule(row) for row in rows]
    made = set(Lesson.objects.filter(slot__in={pk for pk in found if pk}).values_list("slot", "day"))
    problems = []
    for row, slot in zip(rows, found, strict=True):
        if slot and (slot, row.day) in made:
            problems.append(row.refused("starts", N_("This lesson of the timetable is there already.")))
        made.add((slot or 0, row.day))
    refuse(problems)
    return found


_Meeting = tuple[tuple[str, int], int, int]


def _meetings(
    rows: Sequence[LessonRow], spans: Sequence[tuple[datetime, datetime]], branch_id: int
) -> list[_Meeting]:
    """Which of the rows overlap in a room or a teacher, by place; what stands already has the place -id."""
    if not rows:
        return []
    since, until = min(starts for starts, _ in spans), max(ends for _, ends in spans)
    # Of the branch only what these rows can meet: a file that goes from group to group has a whole year in each piece.
    rooms, teachers = {row.room for row in rows if row.room}, {pk for row in rows for pk in row.teachers}
    standing = Lesson.objects.filter(
        Q(room__in=rooms) | Q(lesson_teachers__employee__in=teachers), branch=branch_id, cancelled_at=None,
        day__in={row.day for row in rows}, starts_at__lt=until, ends_at__gt=since,
    )
    all_of_them = [
        Span(holder, place, starts, ends)
        for place, (row, (starts, ends)) in enumerate(zip(rows, spans, strict=True))
        for holder in _holders(row.room, row.teachers)
    ]
    all_of_them += [
        Span(holder, -pk, starts, ends)
        for pk, room, teacher, starts, ends in standing.values_list(
            "pk", "room", "lesson_teachers__employee", "starts_at", "ends_at"
        )
        for holder in _holders(room, filter(None, [teacher]))
    ]
    return [meeting for meeting in overlaps(all_of_them) if max(meeting[1:]) >= 0]


def _holders(room: int | None, teachers: Iterable[int]) -> Iterator[tuple[str, int]]:
    if room:
        yield "room", room
    for teacher in set(teachers):
        yield "teacher", teacher


def _told(meetings: Sequence[_Meeting], rows: Sequence[LessonRow]) -> Iterator[Overlap]:
    """In the order of the files."""
    rooms = dict(Room.objects.values_list("pk", "name"))
    teachers = dict(Employee.objects.values_list("pk", "name"))
    for (kind, pk), *pair in meetings:
        first, *rest = sorted((place for place in pair if place >= 0), key=lambda place: rows[place].origin)
        row = rows[first]
        yield Overlap(
            row.origin, rows[rest[0]].origin if rest else None, row.day, row.starts,
            **({"room": rooms[pk]} if kind == "room" else {"teacher": teachers[pk]}),
        )
