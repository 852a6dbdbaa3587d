from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.errors import Refused


class PlaceIsTaken(Refused):
    """Another lesson has come to stand in the room, or in the time of the teacher."""


@transaction.atomic(savepoint=False)  # of the workflow's one: two round trips less
def hold_lesson(*, lesson_id: int, at: datetime, by: Actor) -> bool:
    """The lesson took place; False where that was known already. Follows from marking, whose right is enough."""
    lesson = Lesson.objects.pick_to_change(by, Permission.JOURNAL_MARK, lesson_id)
    if lesson.held_at:
        return False
    lesson.held_at, lesson.held_by_id, lesson.touched_at = at, by.user_id, at
    lesson.save(update_fields=["held_at", "held_by", "touched_at"])
    return True


@transaction.atomic(savepoint=False)
def unhold_lesson(*, lesson_id: int, by: Actor) -> None:
    """Nobody says any more that the lesson took place: its last mark has been taken back."""
    lesson = Lesson.objects.pick_to_change(by, Permission.JOURNAL_MARK, lesson_id)
    lesson.held_at = lesson.held_by = None
    lesson.save(update_fields=["held_at", "held_by"])


@transaction.atomic
def cancel_lesson(*, lesson_id: int, reason: str, at: datetime, by: Actor) -> bool:
    """Call a lesson off: its marks count no more, its room and teachers are free. False where it was called off."""
    lesson = Lesson.objects.pick_to_change(by, Permission.LESSON_EDIT, lesson_id)
    if lesson.cancelled_at:
        return False
    lesson.cancelled_at, lesson.cancelled_by_id, lesson.cancel_reason = at, by.user_id, reason
    lesson.held_at = lesson.held_by = None
    lesson.touched_at = at
    lesson.save(
        update_fields=["cancelled_at", "cancelled_by", "cancel_reason", "held_at", "held_by", "touched_at"]
    )
    _told("lesson.cancelled", lesson, {"reason": reason}, at, by)
    return True


@transaction.atomic
def restore_lesson(*, lesson_id: int, was_held: bool, at: datetime, by: Actor) -> bool:
    """Take a cancellation back; `was_held` says whether its marks tell that it took place. False where it stands.

    Refused where room or teacher have been given to another lesson meanwhile.
    """
    lesson = Lesson.objects.pick_to_change(by, Permission.LESSON_EDIT, lesson_id)
    if not lesson.cancelled_at:
        return False
    reason = lesson.cancel_reason
    lesson.cancelled_at = lesson.cancelled_by = None
    lesson.cancel_reason = ""
    lesson.held_at = at if was_held else None
    try:
        with transaction.atomic():
            lesson.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason", "held_at"])
    except IntegrityError as error:
        sentence = _("Room or teacher have another lesson at that time by now; move one of the two first.")
        raise PlaceIsTaken(sentence) from error
    _told("lesson.restored", lesson, {"reason": reason}, at, by)
    return True


def _told(verb: str, lesson: Lesson, new: dict[str, object], at: datetime, by: Actor) -> None:
    within = f"group:{lesson.group_id}" if lesson.group_id else ""
    history.record(verb=verb, subject=f"lesson:{lesson.pk}", within=within, new=new, at=at, by=by)
