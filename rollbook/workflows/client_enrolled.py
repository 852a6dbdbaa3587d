"""A new client comes into a group, with whoever is called and pays, in one step."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.groups import actions as groups
from rollbook.domains.people import actions as people
from rollbook.domains.people.actions import ClientFields, NewContact


@transaction.atomic
def enrol_new(
    *,
    client: ClientFields,
    contacts: Sequence[NewContact],
    group_id: int,
    since: date,
    weekdays: Collection[int] | None = None,
    over_capacity: bool = False,
    at: datetime,
    by: Actor,
) -> int:
    """Add a client and put them into a group. Returns the client; refused as a whole if either is."""
    client_id = people.add_client(values=client, contacts=contacts, at=at, by=by)
    groups.enrol(
        client_id=client_id, group_id=group_id, since=since, weekdays=weekdays, over_capacity=over_capacity,
        at=at, by=by,
    )
    return client_id
