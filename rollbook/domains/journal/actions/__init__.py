"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.journal.actions.charges import NothingToCharge, decide_charge
from rollbook.domains.journal.actions.loading import Means, load_marks, load_worked_off
from rollbook.domains.journal.actions.make_ups import (
    BookedAlready,
    LessonFull,
    NotBooked,
    NoVisit,
    TooManyMakeUps,
    book_visit,
    lapse_rights,
    refound_visits,
    unbook_visit,
    undo_work_off,
    work_off,
)
from rollbook.domains.journal.actions.marks import (
    BookedMeanwhile,
    LessonIsCancelled,
    Marked,
    NotExpected,
    NotYet,
    TooLate,
    mark,
)
from rollbook.domains.journal.actions.rights import NoRight, StaleMark, Withdrawn, WorkedOff
from rollbook.domains.journal.actions.unloading import unload_marks, unload_worked_off

__all__ = [
    "BookedAlready", "BookedMeanwhile", "LessonFull", "LessonIsCancelled", "Marked", "Means", "NoRight", "NoVisit",
    "NotBooked", "NotExpected", "NotYet", "NothingToCharge", "StaleMark", "TooLate", "TooManyMakeUps", "Withdrawn",
    "WorkedOff", "book_visit", "decide_charge", "lapse_rights", "load_marks", "load_worked_off", "mark",
    "refound_visits", "unbook_visit", "undo_work_off", "unload_marks", "unload_worked_off", "work_off",
]
