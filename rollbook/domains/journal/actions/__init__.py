"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.journal.actions.guests import LessonFull, NoGuest, ThereAlready, book_guest, withdraw_guest
from rollbook.domains.journal.actions.loading import Means, load_marks, load_worked_off
from rollbook.domains.journal.actions.marks import (
    LessonIsCancelled,
    NotExpected,
    NotYet,
    StaleMark,
    WorkedOff,
    mark,
)
from rollbook.domains.journal.actions.unloading import unload_marks, unload_worked_off
from rollbook.domains.journal.actions.window import TooLate, refuse_too_late

__all__ = [
    "LessonFull", "LessonIsCancelled", "Means", "NoGuest", "NotExpected", "NotYet", "StaleMark", "ThereAlready",
    "TooLate", "WorkedOff", "book_guest", "load_marks", "load_worked_off", "mark", "refuse_too_late", "unload_marks",
    "unload_worked_off", "withdraw_guest",
]
