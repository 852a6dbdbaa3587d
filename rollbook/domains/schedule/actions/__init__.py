"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.schedule.actions.changes import TookPlace, move_lesson, set_teachers
from rollbook.domains.schedule.actions.closing_days import close_days, open_day
from rollbook.domains.schedule.actions.generation import Collision, Made, make_lessons, withdraw_lessons
from rollbook.domains.schedule.actions.lesson_types import add_default_lesson_types
from rollbook.domains.schedule.actions.lessons import (
    CalledOff,
    NotBegun,
    cancel_lesson,
    describe_lesson,
    hold_lesson,
    restore_lesson,
    say_held,
    say_not_held,
    unhold_lesson,
)
from rollbook.domains.schedule.actions.loading import (
    LoadedLessons,
    Overlap,
    load_closing_days,
    load_lessons,
    load_rooms,
    load_slots,
)
from rollbook.domains.schedule.actions.months import (
    MonthIsClosed,
    NotOver,
    close_month,
    keep_open,
    refuse_closed,
    reopen_month,
)
from rollbook.domains.schedule.actions.places import PlaceIsTaken
from rollbook.domains.schedule.actions.rooms import (
    RoomFields,
    RoomInUse,
    add_room,
    archive_room,
    change_room,
    restore_room,
)
from rollbook.domains.schedule.actions.timetable import MeetsThenAlready, NewSlot, add_slots, end_slots
from rollbook.domains.schedule.actions.touching import touch_lesson
from rollbook.domains.schedule.actions.unloading import unload_closing_days, unload_lessons, unload_rooms, unload_slots

__all__ = [
    "CalledOff", "Collision", "LoadedLessons", "Made", "MeetsThenAlready", "MonthIsClosed", "NewSlot", "NotBegun",
    "NotOver", "Overlap", "PlaceIsTaken", "RoomFields", "RoomInUse", "TookPlace", "add_default_lesson_types",
    "add_room", "add_slots", "archive_room", "cancel_lesson", "change_room", "close_days", "close_month",
    "describe_lesson", "end_slots", "hold_lesson", "keep_open", "load_closing_days", "load_lessons", "load_rooms",
    "load_slots", "make_lessons", "move_lesson", "open_day", "refuse_closed", "reopen_month", "restore_lesson",
    "restore_room", "say_held", "say_not_held", "set_teachers", "touch_lesson", "unhold_lesson", "unload_closing_days",
    "unload_lessons", "unload_rooms", "unload_slots", "withdraw_lessons",
]
