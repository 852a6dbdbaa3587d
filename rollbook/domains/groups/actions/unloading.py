"""Many at once, when their import is undone: the same in the other direction. Whether somebody works with them by now
is asked by the workflow."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.actions.churn import follow
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Group, GroupState, Programme
from rollbook.domains.imports.actions import Ids, take_away


@transaction.atomic
def unload_programmes(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Programmes go again; of what a group was that must stay is archived."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    archived = {"archived_at": at, "version": F("version") + 1}
    take_away(rows=Programme.objects.filter(pk__in=ids), word="programme", kept_as=archived, at=at, by=by)


@transaction.atomic
def unload_groups(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Groups go again; one whose revenue stands in the ledger is disbanded."""
    by.must_everywhere(Permission.GROUP_EDIT)
    disbanded = {"state": GroupState.DISBANDED, "version": F("version") + 1}
    take_away(rows=Group.objects.filter(pk__in=ids), word="group", kept_as=disbanded, at=at, by=by)


@transaction.atomic
def unload_enrolments(*, ids: Ids, at: datetime, by: Actor) -> None:
    """Enrolments go again, and the records of those who left by them; whom they brought back has left after all."""
    by.must_everywhere(Permission.GROUP_EDIT)
    ChurnRecord.objects.filter(enrolment__in=ids).delete()
    back = ChurnRecord.objects.filter(returned__in=ids)
    clients = list(back.values_list("client", flat=True))
    back.update(returned=None)
    rows = Enrolment.objects.filter(pk__in=ids)
    take_away(rows=rows, word="client", subject="client_id", within="group", at=at, by=by)
    follow(clients=clients, at=at, by=by)
