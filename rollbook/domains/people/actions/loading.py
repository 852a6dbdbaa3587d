"""Many at once, from files. What a person could not do by hand is refused here, too."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history import actions as history
from rollbook.domains.imports.actions import refuse
from rollbook.domains.imports.rules import plain
from rollbook.domains.people.fields import ClientRow, ContactRow, EmployeeRow, PersonRow, RelationRow
from rollbook.domains.people.models import Client, Contact, Employee, Relation
from rollbook.foundation.copying import copy_new
from rollbook.foundation.periods import instants, local
from rollbook.foundation.tables import N_


@transaction.atomic
def load_employees(*, rows: Sequence[EmployeeRow], branch_id: int, at: datetime, by: Actor) -> list[int]:
    """The ids of new employees of a branch, in the order of the rows."""
    by.must_everywhere(Permission.STAFF_EDIT)
    _refuse_nameless(rows)
    made = Employee.objects.bulk_create(
        [
            Employee(
                branch_id=branch_id, last_name=row.last_name, first_name=row.first_name, middle_name=row.middle_name,
                phone=row.phone, email=row.email, teaches=row.teaches, left_on=row.left_on,
            )
            for row in rows
        ]
    )
    return _told("employee", [employee.pk for employee in made], rows, at, by)


@transaction.atomic
def load_clients(*, rows: Sequence[ClientRow], branch_id: int, at: datetime, by: Actor) -> list[int]:
    """The ids of new clients of a branch, in the order of the rows."""
    by.must_everywhere(Permission.CLIENT_EDIT)
    _refuse_nameless(rows)
    zone = Branch.objects.pick(by, Permission.CLIENT_EDIT, branch_id).time_zone
    today = local(at, zone).date()
    refuse([row.refused("since", N_("This day is still to come.")) for row in rows if row.since and row.since > today])
    made = copy_new(
        Client,
        [
            {
                "branch_id": branch_id, "last_name": row.last_name, "first_name": row.first_name,
                "middle_name": row.middle_name, "birth_date": row.birth_date, "note": row.note,
                "created_at": instants(row.since, row.since, zone)[0] if row.since else at,
            }
            for row in rows
        ],
    )
    return _told("client", made, rows, at, by)


@transaction.atomic
def load_contacts(*, rows: Sequence[ContactRow], language: str, at: datetime, by: Actor) -> list[int]:
    """The ids of new contacts, in the order of the rows; whose language is not said speaks `language`.

    They come into the history with the client whom they are attached to.
    """
    by.must_everywhere(Permission.CLIENT_EDIT)
    _refuse_nameless(rows)
    return copy_new(
        Contact,
        [
            {
                "last_name": row.last_name, "first_name": row.first_name, "middle_name": row.middle_name,
                "phone": row.phone, "email": row.email, "telegram": row.telegram, "language": row.language or language,
            }
            for row in rows
        ],
    )


@transaction.atomic
def load_relations(*, rows: Sequence[RelationRow], at: datetime, by: Actor) -> list[int]:
    """The ids of new relations, in the order of the rows. A client has one payer, and each contact once."""
    by.must_everywhere(Permission.CLIENT_EDIT)
    _refuse_doubled(rows)
    made = copy_new(
        Relation,
        [
            {
                "client_id": row.client, "contact_id": row.contact, "kinship": row.kinship, "pays": row.pays,
                "is_written_to": row.is_written_to, "may_see": row.may_see, "may_collect": row.may_collect,
            }
            for row in rows
        ],
    )
    history.record_many(
        verb="contact.added", at=at, by=by,
        changes=[history.Change(f"contact:{row.contact}", plain(row), within=f"client:{row.client}") for row in rows],
    )
    return made


def _told(word: str, ids: list[int], rows: Sequence[PersonRow], at: datetime, by: Actor) -> list[int]:
    changes = [history.Change(f"{word}:{pk}", plain(row)) for pk, row in zip(ids, rows, strict=True)]
    history.record_many(verb=f"{word}.added", changes=changes, at=at, by=by)
    return ids


def _refuse_nameless(rows: Sequence[PersonRow]) -> None:
    refuse([
        row.refused("last_name", N_("Neither last nor first name is said."))
        for row in rows if not (row.last_name or row.first_name)
    ])


def _refuse_doubled(rows: Sequence[RelationRow]) -> None:
    standing = Relation.objects.filter(client__in={row.client for row in rows})
    payers = set(standing.filter(pays=True).values_list("client", flat=True))
    pairs = set(standing.values_list("client", "contact"))
    problems = []
    for row in rows:
        if (row.client, row.contact) in pairs:
            problems.append(row.refused("contact", N_("This contact is attached to the client already.")))
        elif row.pays and row.client in payers:
            problems.append(row.refused("pays", N_("The client has a payer already.")))
        pairs.add((row.client, row.contact))
        payers |= {row.client} if row.pays else set()
    refuse(problems)
