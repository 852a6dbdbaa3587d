from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history import actions as history
from rollbook.domains.schedule.models import Room, TimetableSlot
from rollbook.foundation.constraints import NameTaken, refusing
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local
from rollbook.foundation.versions import alter

_TAKEN = {"room_name_once": NameTaken}


class RoomInUse(Refused):
    """Groups meet in the room by their timetable."""


class RoomFields(TypedDict, total=False):
    name: str
    capacity: int | None


@transaction.atomic
def add_room(*, branch_id: int, values: RoomFields, at: datetime, by: Actor) -> int:
    branch = Branch.objects.pick_whole(by, Permission.SETTINGS_EDIT, branch_id)
    with refusing(_TAKEN):
        room = Room.objects.create(branch=branch, **values)
    history.record(
        verb="room.added", subject=f"room:{room.pk}", within=f"branch:{branch.pk}", new={"name": room.name},
        at=at, by=by,
    )
    return room.pk


@transaction.atomic
def change_room(*, room_id: int, values: RoomFields, seen: int | None, at: datetime, by: Actor) -> None:
    """Change a room; it stays in its branch, as what is held in it does."""
    room = _pick(room_id, by)
    if difference := alter(room, values, seen=seen):
        with refusing(_TAKEN):
            room.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="room.changed", subject=f"room:{room.pk}", within=f"branch:{room.branch_id}",
            old=difference.old, new=difference.new, at=at, by=by,
        )


@transaction.atomic
def archive_room(*, room_id: int, at: datetime, by: Actor) -> None:
    """Offer the room nowhere any more. Refused while a timetable needs it; the groups are named."""
    room = _pick(room_id, by)
    if room.archived_at is not None:
        return
    today = local(at, room.branch.time_zone).date()
    slots = TimetableSlot.objects.filter(Q(valid_until=None) | Q(valid_until__gt=today), room=room)
    if groups := sorted(set(slots.values_list("group__name", flat=True))):
        raise RoomInUse(_("Groups meet here by their timetable: {groups}.").format(groups=", ".join(groups)))
    room.archived_at = at
    room.save(update_fields=["archived_at"])
    history.record(
        verb="room.archived", subject=f"room:{room.pk}", within=f"branch:{room.branch_id}", new={}, at=at, by=by
    )


@transaction.atomic
def restore_room(*, room_id: int, at: datetime, by: Actor) -> None:
    room = _pick(room_id, by)
    if room.archived_at is None:
        return
    room.archived_at = None
    with refusing(_TAKEN):
        room.save(update_fields=["archived_at"])
    history.record(
        verb="room.restored", subject=f"room:{room.pk}", within=f"branch:{room.branch_id}", new={}, at=at, by=by
    )


def _pick(room_id: int, by: Actor) -> Room:
    room = Room.objects.select_related("branch").pick_to_change(by, Permission.SETTINGS_EDIT, room_id)
    by.must_in_branch(Permission.SETTINGS_EDIT, room.branch_id)
    return room
