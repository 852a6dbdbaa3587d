"""A new group, with its timetable, its price and the lessons that follow, in one step."""

from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing import actions as billing
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.actions import GroupFields
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import NewSlot
from rollbook.workflows import timetable_changed
from rollbook.workflows.group_changed import Price


@transaction.atomic
def create(
    *,
    group: GroupFields,
    teacher_ids: Collection[int] = (),
    slots: Sequence[NewSlot] = (),
    price: Price | None = None,
    skip_collisions: bool = False,
    at: datetime,
    by: Actor,
) -> int:
    """Create a group and make its lessons at once, from the first day of its timetable. Returns the group.

    TimetableCollides where lessons find their room or teacher taken, unless these are to be left out.
    """
    group_id = groups.add_group(values=group, teacher_ids=teacher_ids, at=at, by=by)
    if price:
        billing.price_group(group_id=group_id, tariff_id=price.tariff_id, since=price.since, at=at, by=by)
    if slots:
        schedule.add_slots(group_id=group_id, slots=slots, at=at, by=by)
        timetable_changed.make(
            branch_id=group["branch_id"], group_ids=[group_id], since=min(slot.valid_from for slot in slots),
            skip_collisions=skip_collisions, at=at, by=by,
        )
    return group_id
