"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.imports.actions.refusing import NotImported, TooManyWrong, refuse
from rollbook.domains.imports.actions.rows import Ids, Kept, keep, remember, take_away
from rollbook.domains.imports.actions.runs import (
    CannotBeUndone,
    ChosenOtherwise,
    NoFile,
    NotAlone,
    RunsAlready,
    alone,
    ask,
    break_off,
    claim,
    finish,
    mark_undone,
    pick_to_undo,
    rescue,
    tell,
    wait_again,
)
from rollbook.domains.imports.actions.uploads import KEPT, Reading, add_upload, change_upload, forget_files, know_header

__all__ = [
    "CannotBeUndone", "ChosenOtherwise", "Ids", "KEPT", "Kept", "NoFile", "NotAlone", "NotImported", "Reading",
    "RunsAlready", "TooManyWrong", "add_upload", "alone", "ask", "break_off", "change_upload", "claim", "finish",
    "forget_files", "keep", "know_header", "mark_undone", "pick_to_undo", "refuse", "remember", "rescue",
    "take_away", "tell", "wait_again",
]
