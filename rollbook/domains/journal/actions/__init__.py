"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.journal.actions.cells import cell
from rollbook.domains.journal.actions.charges import NothingToCharge, decide_charge, price_anew
from rollbook.domains.journal.actions.guests import NoGuest, ThereAlready, book_guest, withdraw_guest
from rollbook.domains.journal.actions.loading import load_marks, load_worked_off
from rollbook.domains.journal.actions.make_ups import (
    BookedAlready,
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
    mark,
    refuse_stale,
)
from rollbook.domains.journal.actions.rights import NoRight, StaleMark, Withdrawn, WorkedOff
from rollbook.domains.journal.actions.seats import LessonFull
from rollbook.domains.journal.actions.unloading import unload_marks, unload_worked_off
from rollbook.domains.journal.actions.window import TooLate, refuse_too_late

__all__ = [
    "BookedAlready", "BookedMeanwhile", "LessonFull", "LessonIsCancelled", "Marked", "NoGuest", "NoRight",
    "NoVisit", "NotBooked", "NotExpected", "NotYet", "NothingToCharge", "StaleMark", "ThereAlready", "TooLate",
    "TooManyMakeUps", "Withdrawn", "WorkedOff", "book_guest", "book_visit", "cell", "decide_charge", "lapse_rights",
    "load_marks", "load_worked_off", "mark", "price_anew", "refound_visits", "refuse_stale", "refuse_too_late",
    "unbook_visit", "undo_work_off", "unload_marks", "unload_worked_off", "withdraw_guest", "work_off",
]
