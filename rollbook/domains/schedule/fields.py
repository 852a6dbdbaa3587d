"""What can be imported here. The names of fields are those of a mapping (docs/guides/import.md)."""

from dataclasses import dataclass
from datetime import date, time

from rollbook.domains.imports.rules import Row, clock, day, flag, line, ref, refs, text, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRow(Row):
    name: str = line(60)
    capacity: int | None = whole(1, 1000, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingDayRow(Row):
    day: date = day()
    reason: str = line(100, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRow(Row):
    """Weekly on `weekday` (1 = Monday), on the days [valid_from, valid_until), in local time."""

    group: int = ref("groups")
    weekday: int = whole(1, 7)
    starts: time = clock()
    ends: time = clock()
    room: int | None = ref("rooms", None)
    teachers: tuple[int, ...] = refs("employees", ())
    valid_from: date = day()
    valid_until: date | None = day(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LessonRow(Row):
    """In local time. `type` is the code of a lesson type; a lesson that is not `held` is planned."""

    type: str = line(30, "group")
    group: int | None = ref("groups", None)
    day: date = day()
    starts: time = clock()
    ends: time = clock()
    room: int | None = ref("rooms", None)
    teachers: tuple[int, ...] = refs("employees", ())
    topic: str = line(200, "")
    note: str = text(2000, "")
    held: bool = flag(True)
