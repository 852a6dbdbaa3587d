from collections.abc import Sequence
from datetime import date, datetime
from typing import TypedDict

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history import actions as history
from rollbook.domains.people.actions.contacts import NewContact, attach
from rollbook.domains.people.models import Client, Employee, Kinship
from rollbook.foundation.versions import alter


class ClientFields(TypedDict, total=False):
    """A company has its name in `last_name`."""

    last_name: str
    first_name: str
    middle_name: str
    is_company: bool
    birth_date: date | None
    branch_id: int
    responsible_id: int | None
    note: str


@transaction.atomic
def add_client(*, values: ClientFields, contacts: Sequence[NewContact] = (), at: datetime, by: Actor) -> int:
    """Add a client with the contacts who are called and one of whom pays: the first, if none is said to.

    Without any contact the client is their own. PhoneKnown where a phone belongs to a contact whom `by` may see.
    """
    Branch.objects.pick_whole(by, Permission.CLIENT_EDIT, values["branch_id"])
    _pick_responsible(values, by)
    client = Client.objects.create(**values, created_at=at)
    history.record(
        verb="client.added", subject=f"client:{client.pk}",
        new={"name": f"{client.last_name} {client.first_name}".strip()}, at=at, by=by,
    )
    attach(client=client, contacts=contacts or [_themself(client)], at=at, by=by)
    return client.pk


@transaction.atomic
def change_client(*, client_id: int, values: ClientFields, seen: int | None, at: datetime, by: Actor) -> None:
    """Change a client; to move one takes the right in both branches."""
    client = Client.objects.pick_to_change(by, Permission.CLIENT_EDIT, client_id)
    if (branch_id := values.get("branch_id", client.branch_id)) != client.branch_id:
        Branch.objects.pick_whole(by, Permission.CLIENT_EDIT, branch_id)
    if values.get("responsible_id", client.responsible_id) != client.responsible_id:
        _pick_responsible(values, by)
    if difference := alter(client, values, seen=seen):
        client.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="client.changed", subject=f"client:{client.pk}", old=difference.old, new=difference.new, at=at, by=by
        )


def _pick_responsible(values: ClientFields, by: Actor) -> None:
    if responsible := values.get("responsible_id"):
        Employee.objects.pick(by, Permission.STAFF_SEE, responsible)


def _themself(client: Client) -> NewContact:
    return NewContact(
        values={"last_name": client.last_name, "first_name": client.first_name, "middle_name": client.middle_name},
        relation={"kinship": Kinship.SELF, "pays": True},
    )
