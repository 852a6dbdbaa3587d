"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.schedule.actions.lessons import (
    PlaceIsTaken,
    cancel_lesson,
    hold_lesson,
    restore_lesson,
    unhold_lesson,
)

__all__ = ["PlaceIsTaken", "cancel_lesson", "hold_lesson", "restore_lesson", "unhold_lesson"]
