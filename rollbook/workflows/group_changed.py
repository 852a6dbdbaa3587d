"""All that follows from a changed group: its price, its timetable, its lessons to come."""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Tariff, TariffUse
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.actions import GroupFields
from rollbook.domains.groups.models import Group
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import NewSlot
from rollbook.domains.schedule.models import Room, TimetableSlot
from rollbook.foundation import formats, live
from rollbook.foundation.errors import Refused
from rollbook.foundation.versions import Stale
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
    branch_id = values.get("branch_id", group.branch_id)
    if branch_id != group.branch_id and group.lessons.exists():
        raise StaysInItsBranch
    plan = _plan(group, slots, since, branch_id)
    former = TariffUse.objects.on(price.since).filter(group=group).first() if price else None
    repriced = price is not None and price.tariff_id != (former.tariff_id if former else None)
    try:
        changed = groups.change_group(
            group_id=group_id, values=values, teacher_ids=teacher_ids, renewed=bool(plan) or repriced, seen=seen,
            at=at, by=by,
        )
    except Stale as stale:
        tariffs = _both_tariffs(group, price, former) if price and repriced else ()
        timetables = _both(group, plan) if plan else ()
        raise Stale(values=[*stale.values, *tariffs, *timetables]) from stale
    if price:
        billing.price_group(group_id=group_id, tariff_id=price.tariff_id, since=price.since, at=at, by=by)
    if plan:
        schedule.end_slots(slot_ids=plan.ended, until=since, at=at, by=by)
        schedule.add_slots(group_id=group_id, slots=plan.added, at=at, by=by)
    if plan or changed & _SHOWS_IN_LESSONS:
        timetable_changed.remake(
            branch_id=branch_id, group_ids=[group_id], since=since, skip_collisions=skip_collisions, at=at, by=by
        )
    live.tell(f"group:{group_id}")


class _Plan(NamedTuple):
    """How a group comes to the timetable that is wanted."""

    ended: Set[int]
    added: Sequence[NewSlot]
    wanted: Sequence[NewSlot]


def _plan(group: Group, slots: Sequence[WantedSlot] | None, since: date, branch_id: int) -> _Plan | None:
    """None where the group has that timetable from a day on, or where none is said."""
    if slots is None:
        return None
    standing = {slot.pk: slot for slot in group.slots.select_related("room")}
    kept = {
        wanted.slot_id
        for wanted in slots
        if (stands := standing.get(wanted.slot_id or 0)) and _same(stands, wanted.slot, branch_id)
    }
    # One that ends by itself before that day, and is wanted as it is, is neither ended nor begun anew.
    ended = {pk for pk, slot in standing.items() if slot.valid_until is None or slot.valid_until > since} - kept
    added = [
        replace(wanted.slot, valid_from=max(since, wanted.slot.valid_from))
        for wanted in slots if wanted.slot_id not in kept
    ]
    return _Plan(ended, added, [wanted.slot for wanted in slots]) if ended or added else None


def _same(stands: TimetableSlot, wanted: NewSlot, branch_id: int) -> bool:
    """A room in a branch that the group leaves is looked at as a new one is."""
    return (stands.room is None or stands.room.branch_id == branch_id) and (
        stands.weekday, stands.starts, stands.minutes, stands.room_id,
    ) == (wanted.weekday, wanted.starts, wanted.minutes, wanted.room_id)


def _both(group: Group, plan: _Plan) -> Sequence[Mapping[str, object]]:
    """The timetable that is wanted beside the one that stands."""
    standing = [
        NewSlot(
            weekday=slot.weekday, starts=slot.starts, minutes=slot.minutes, room_id=slot.room_id,
            valid_from=slot.valid_from,
        )
        for slot in group.slots.filter(Q(valid_until=None) | Q(pk__in=plan.ended))
    ]
    pair = {"yours": _said(plan.wanted), "theirs": _said(standing)}
    return [{"field": "slots", "label": str(_("Timetable")), **pair, "version": group.version}]


def _both_tariffs(group: Group, price: Price, former: TariffUse | None) -> Sequence[Mapping[str, object]]:
    names = dict(Tariff.objects.filter(pk__in=[price.tariff_id, former and former.tariff_id]).values_list("pk", "name"))
    pair = {
        "yours": names.get(price.tariff_id or 0, "—"), "theirs": names.get(former.tariff_id, "—") if former else "—",
    }
    return [{"field": "tariff_id", "label": str(_("Tariff")), **pair, "version": group.version}]


def _said(slots: Sequence[NewSlot]) -> str:
    """Tue 18:00–19:00, Room 1; Thu 18:00–19:30."""
    rooms = dict(Room.objects.filter(pk__in=[slot.room_id for slot in slots]).values_list("pk", "name"))
    language = (get_language() or "en").partition("-")[0]

    def one(slot: NewSlot) -> str:
        day = formats.weekday(slot.weekday - 1, language=language)
        room = f", {rooms[slot.room_id]}" if slot.room_id in rooms else ""
        return f"{day} {formats.clock(slot.starts)}–{formats.clock(slot.ends)}{room}"

    return "; ".join(map(one, sorted(slots, key=lambda slot: slot.span))) or "—"
