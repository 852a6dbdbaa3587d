"""Many at once, when their import is undone: the same in the other direction. Whether somebody works with them by now
is asked by the workflow."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.imports.actions import Ids, take_away
from rollbook.domains.schedule.models import ClosingDay, Lesson, Room, TimetableSlot


@transaction.atomic
def unload_rooms(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Rooms go again; one in which a lesson was that must stay is archived."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    archived = {"archived_at": at, "version": F("version") + 1}
    rows = Room.objects.filter(pk__in=ids)
    take_away(rows=rows, word="room", within="branch", kept_as=archived, at=at, by=by)


@transaction.atomic
def unload_closing_days(*, ids: Ids, at: datetime, by: Actor) -> None:
    by.must_everywhere(Permission.SETTINGS_EDIT)
    take_away(rows=ClosingDay.objects.filter(pk__in=ids), word="branch", subject="branch_id", at=at, by=by)


@transaction.atomic
def unload_slots(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Weekly rules go again, and with them the lessons that were made from them and that nobody has touched."""
    by.must_everywhere(Permission.GROUP_EDIT)
    Lesson.objects.made_from(ids).delete()
    Lesson.objects.filter(slot__in=ids, cancelled_at__isnull=False).update(slot=None)
    take_away(rows=TimetableSlot.objects.filter(pk__in=ids), word="slot", within="group", at=at, by=by)


@transaction.atomic
def unload_lessons(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Lessons go again; one that was charged for is cancelled."""
    by.must_everywhere(Permission.LESSON_EDIT)
    cancelled = {
        "cancelled_at": at, "cancelled_by": by.user_id, "cancelled_for": None,
        "cancel_reason": _("The import was undone"), "held_at": None, "held_by": None, "touched_at": at,
    }
    rows = Lesson.objects.filter(pk__in=ids)
    take_away(rows=rows, word="lesson", within="group", kept_as=cancelled, at=at, by=by)
