"""What a person says of one lesson: that it took place, that it is called off, what was taught."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.fields.actions import chosen
from rollbook.domains.fields.models import ChoiceList
from rollbook.domains.history import actions as history
from rollbook.domains.schedule.actions.months import refuse_closed
from rollbook.domains.schedule.actions.places import in_place
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.periods import local
from rollbook.foundation.versions import alter


class CalledOff(Refused):
    sentence = gettext_lazy("The lesson is cancelled: restore it first.")


class NotBegun(Refused):
    sentence = gettext_lazy("The lesson is still to come: it can be said on its day that it took place.")


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
def say_held(*, lesson_id: int, at: datetime, by: Actor) -> bool:
    """Say that the lesson took place, whoever was there; False where that was known. Refused where it is cancelled, or
    its day is still to come."""
    lesson = Lesson.objects.select_related("branch").pick_to_change(by, Permission.JOURNAL_MARK, lesson_id)
    if lesson.cancelled_at:
        raise CalledOff
    if lesson.day > local(at, lesson.branch.time_zone).date():
        raise NotBegun
    if not hold_lesson(lesson_id=lesson_id, at=at, by=by):
        return False
    tell_of_lesson("lesson.held", lesson, {}, at, by)
    return True


@transaction.atomic
def say_not_held(*, lesson_id: int, at: datetime, by: Actor) -> bool:
    """Take back that the lesson took place; False where nobody said so. Who is marked in it is known to the workflow,
    which refuses."""
    lesson = Lesson.objects.pick_to_change(by, Permission.JOURNAL_MARK, lesson_id)
    if not lesson.held_at:
        return False
    unhold_lesson(lesson_id=lesson_id, by=by)
    tell_of_lesson("lesson.opened", lesson, {}, at, by)
    return True


@transaction.atomic
def cancel_lesson(
    *, lesson_id: int, choice_id: int | None = None, reason: str = "", at: datetime, by: Actor
) -> bool:
    """Call a lesson off: its marks count no more, its room and teachers are free. False where it was called off.

    Why is chosen from the list, said in words, or both; one of them at least.
    """
    lesson = Lesson.objects.select_related("branch").pick_to_change(by, Permission.LESSON_EDIT, lesson_id)
    if lesson.cancelled_at:
        return False
    refuse_closed(lesson.branch, lesson.day, at=at, by=by)
    because = chosen(
        choice_id=choice_id, of=ChoiceList.CANCELLATION, field="choice_id", sentence=_("Choose a reason of the list."),
        by=by,
    )
    if not because and not reason:
        raise InvalidInput({"reason": _("Say why.")})
    lesson.cancelled_at, lesson.cancelled_by_id, lesson.cancel_reason = at, by.user_id, reason
    lesson.cancelled_for = because
    lesson.held_at = lesson.held_by = None
    lesson.touched_at = at
    lesson.save(
        update_fields=[
            "cancelled_at", "cancelled_by", "cancelled_for", "cancel_reason", "held_at", "held_by", "touched_at",
        ]
    )
    tell_of_lesson("lesson.cancelled", lesson, _because(lesson), at, by)
    return True


@transaction.atomic
def restore_lesson(*, lesson_id: int, was_held: bool, at: datetime, by: Actor) -> bool:
    """Take a cancellation back; `was_held` says whether its marks tell that it took place. False where it stands.

    Refused where room or teacher have been given to another lesson meanwhile.
    """
    rows = Lesson.objects.select_related("branch", "cancelled_for")
    lesson = rows.pick_to_change(by, Permission.LESSON_EDIT, lesson_id)
    if not lesson.cancelled_at:
        return False
    refuse_closed(lesson.branch, lesson.day, at=at, by=by)
    why = _because(lesson)
    lesson.cancelled_at = lesson.cancelled_by = lesson.cancelled_for = None
    lesson.cancel_reason = ""
    lesson.held_at = at if was_held else None
    teachers = list(lesson.lesson_teachers.values_list("employee", flat=True))
    with in_place(lesson, teachers, by=by, advice=_("Move one of the two first.")):
        lesson.save(
            update_fields=["cancelled_at", "cancelled_by", "cancelled_for", "cancel_reason", "held_at"]
        )
    tell_of_lesson("lesson.restored", lesson, why, at, by)
    return True


@transaction.atomic
def describe_lesson(*, lesson_id: int, topic: str, note: str, seen: int | None, at: datetime, by: Actor) -> None:
    """Write down what is taught, and what is to be known of the lesson. Whoever marks may, and whoever plans it."""
    held = Lesson.objects.all().held_on(by, lesson_id, Permission.JOURNAL_MARK, Permission.LESSON_EDIT)
    under = Permission.LESSON_EDIT if Permission.LESSON_EDIT in held else Permission.JOURNAL_MARK
    lesson = Lesson.objects.pick_to_change(by, under, lesson_id)
    if difference := alter(lesson, {"topic": topic, "note": note}, seen=seen):
        lesson.touched_at = at
        lesson.save(update_fields=[*difference.new, "touched_at", "version"])
        tell_of_lesson("lesson.described", lesson, difference.new, at, by, old=difference.old)
        live.tell(*lesson.topics)


def tell_of_lesson(
    verb: str, lesson: Lesson, new: dict[str, object], at: datetime, by: Actor, old: dict[str, object] | None = None
) -> None:
    """Written down for the page of the lesson and, within it, of its group."""
    within = f"group:{lesson.group_id}" if lesson.group_id else ""
    history.record(verb=verb, subject=f"lesson:{lesson.pk}", within=within, old=old, new=new, at=at, by=by)


def _because(lesson: Lesson) -> dict[str, object]:
    """As the history keeps it: what was chosen in all its languages, for a choice may be named anew."""
    chosen = {"choice": lesson.cancelled_for.names._asdict()} if lesson.cancelled_for else {}
    return chosen | ({"reason": lesson.cancel_reason} if lesson.cancel_reason else {})
