"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.journal.actions.loading import Means, load_marks, load_worked_off
from rollbook.domains.journal.actions.marks import (
    LessonIsCancelled,
    NotExpected,
    NotYet,
    StaleMark,
    TooLate,
    WorkedOff,
    mark,
    refuse_stale,
)
from rollbook.domains.journal.actions.unloading import unload_marks, unload_worked_off

__all__ = [
    "LessonIsCancelled", "Means", "NotExpected", "NotYet", "StaleMark", "TooLate", "WorkedOff", "load_marks",
    "load_worked_off", "mark", "refuse_stale", "unload_marks", "unload_worked_off",
]
