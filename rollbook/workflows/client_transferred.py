"""A client goes on in another group from a day on."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import actions as billing
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.workflows.enrolment_ended import refuse_marked


@transaction.atomic
def transfer(
    *,
    enrolment_id: int,
    group_id: int,
    since: date,
    weekdays: Collection[int] | None = None,
    over_capacity: bool = False,
    seen: int | None,
    at: datetime,
    by: Actor,
) -> int:
    """The client is in this group until the day `since`, and from it on in the other one; returns the enrolment there.

    Refused where marks stand in the old group from that day on. What the client has in the new one as a guest, a trial
    or a make-up, stays what it is.
    """
    group_ids = {group_id, Enrolment.objects.pick(by, Permission.GROUP_EDIT, enrolment_id).group_id}
    # Both groups first and in one order, as the action does, which then finds them locked.
    both = Group.objects.visible_to(by, Permission.GROUP_EDIT).filter(pk__in=group_ids).locked().order_by("pk")
    list(both.values_list("pk", flat=True))
    enrolment = Enrolment.objects.pick_to_change(by, Permission.GROUP_EDIT, enrolment_id)
    refuse_marked(enrolment=enrolment, until=since, by=by)
    there = groups.transfer(
        enrolment_id=enrolment_id, group_id=group_id, since=since, weekdays=weekdays, over_capacity=over_capacity,
        seen=seen, at=at, by=by,
    )
    billing.follow_transfer(
        client_id=enrolment.client_id, group_id=enrolment.group_id, into_id=group_id, since=since, at=at, by=by
    )
    return there
