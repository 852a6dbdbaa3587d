"""All that follows from a changed group: its price, its timetable, its lessons to come."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import actions as billing
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.actions import GroupFields
from rollbook.domains.groups.models import Group
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import NewSlot
from rollbook.domains.schedule.models import TimetableSlot
from rollbook.foundation import live
from rollbook.foundation.errors import Refused
from rollbook.workflows import timetable_changed

# What the lessons to come take over from their group.
_SHOWS_IN_LESSONS = frozenset({"teachers", "state"})


class StaysInItsBranch(Refused):
    sentence = _("The group has lessons in its branch: make a new one in the other branch.")


class Price(NamedTuple):
    """A tariff from a day on; None is that of the programme."""

    tariff_id: int | None
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedSlot:
    """A weekly rule as it is to be: an existing one by `slot_id`, or a new one."""

    slot_id: int | None = None
    slot: NewSlot


@transaction.atomic
def change(
    *,
    group_id: int,
    values: GroupFields,
    teacher_ids: Collection[int] | None = None,
    slots: Sequence[WantedSlot] | None = None,
    since: date,
    price: Price | None = None,
    skip_collisions: bool = False,
    seen: int | None,
    at: datetime,
    by: Actor,
) -> None:
    """Change a group. `slots` is its whole timetable from the day `since` on: what stood until then and is not among
    them ends, and the past stays as it was. None leaves teachers or timetable as they are.

    TimetableCollides where lessons find their room or teacher taken, unless these are to be left out.
    """
    group = Group.objects.pick_to_change(by, Permission.GROUP_EDIT, group_id)
    if values.get("branch_id", group.branch_id) != group.branch_id and group.lessons.exists():
        raise StaysInItsBranch
    changed = groups.change_group(
        group_id=group_id, values=values, teacher_ids=teacher_ids, seen=seen, at=at, by=by
    )
    if price:
        billing.price_group(group_id=group_id, tariff_id=price.tariff_id, since=price.since, at=at, by=by)
    if _retime(group_id, slots, since, at, by) or changed & _SHOWS_IN_LESSONS:
        timetable_changed.remake(
            branch_id=values.get("branch_id", group.branch_id), group_ids=[group_id], since=since,
            skip_collisions=skip_collisions, at=at, by=by,
        )
    live.tell(f"group:{group_id}")


def _retime(group_id: int, slots: Sequence[WantedSlot] | None, since: date, at: datetime, by: Actor) -> bool:
    """Give the group this timetable from a day on; says whether it had another one."""
    if slots is None:
        return False
    standing = {
        slot.pk: slot for slot in TimetableSlot.objects.select_related("room", "group").filter(group=group_id)
    }
    kept = {
        wanted.slot_id
        for wanted in slots
        if (stands := standing.get(wanted.slot_id or 0)) and _same(stands, wanted.slot)
    }
    # One that ends by itself before that day, and is wanted as it is, is neither ended nor begun anew.
    ended = {pk for pk, slot in standing.items() if slot.valid_until is None or slot.valid_until > since} - kept
    added = [wanted.slot for wanted in slots if wanted.slot_id not in kept]
    schedule.end_slots(slot_ids=ended, until=since, at=at, by=by)
    schedule.add_slots(
        group_id=group_id, slots=[replace(slot, valid_from=max(since, slot.valid_from)) for slot in added], at=at, by=by
    )
    return bool(ended or added)


def _same(stands: TimetableSlot, wanted: NewSlot) -> bool:
    """A room in a branch that the group has left is looked at as a new one is."""
    return (stands.room is None or stands.room.branch_id == stands.group.branch_id) and (
        stands.weekday, stands.starts, stands.minutes, stands.room_id,
    ) == (wanted.weekday, wanted.starts, wanted.minutes, wanted.room_id)
