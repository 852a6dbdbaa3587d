"""Many at once, when their import is undone: the same in the other direction. Whether somebody works with them by now
is asked by the workflow."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.imports.actions import Ids, take_away
from rollbook.domains.people.models import Client, Contact, Employee, Relation


@transaction.atomic
def unload_employees(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Employees go again; whoever has taught a lesson that must stay has left."""
    by.must_everywhere(Permission.STAFF_EDIT)
    left = {"left_on": at.date(), "version": F("version") + 1}
    take_away(rows=Employee.objects.filter(pk__in=ids), word="employee", kept_as=left, at=at, by=by)


@transaction.atomic
def unload_clients(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Clients go again; whoever has entries in the ledger is archived."""
    by.must_everywhere(Permission.CLIENT_EDIT)
    archived = {"archived_at": at, "version": F("version") + 1}
    take_away(rows=Client.objects.filter(pk__in=ids), word="client", kept_as=archived, at=at, by=by)


@transaction.atomic
def unload_contacts(*, ids: Ids, at: datetime, by: Actor) -> None:
    by.must_everywhere(Permission.CLIENT_EDIT)
    take_away(rows=Contact.objects.filter(pk__in=ids), word="contact", at=at, by=by)


@transaction.atomic
def unload_relations(*, ids: Ids, at: datetime, by: Actor) -> None:
    by.must_everywhere(Permission.CLIENT_EDIT)
    rows = Relation.objects.filter(pk__in=ids)
    take_away(rows=rows, word="contact", subject="contact_id", within="client", at=at, by=by)
