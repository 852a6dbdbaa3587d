from datetime import datetime, time
from typing import TypedDict
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history import actions as history
from rollbook.foundation.constraints import NameTaken, refusing
from rollbook.foundation.errors import InvalidInput
from rollbook.foundation.versions import alter

_TAKEN = {"branch_name_once": NameTaken}


class BranchFields(TypedDict, total=False):
    """Opening and calling hours are local times of the branch."""

    name: str
    address: str
    time_zone: str
    opens: time
    closes: time
    calls_from: time
    calls_until: time


@transaction.atomic
def add_branch(*, values: BranchFields, at: datetime, by: Actor) -> int:
    by.must_everywhere(Permission.SETTINGS_EDIT)
    refuse_unknown_zone(values.get("time_zone", ""))
    with refusing(_TAKEN):
        branch = Branch.objects.create(**values)
    history.record(verb="branch.added", subject=f"branch:{branch.pk}", new={"name": branch.name}, at=at, by=by)
    return branch.pk


@transaction.atomic
def change_branch(*, branch_id: int, values: BranchFields, seen: int | None, at: datetime, by: Actor) -> None:
    branch = Branch.objects.locked().pick_whole(by, Permission.SETTINGS_EDIT, branch_id)
    if zone := values.get("time_zone"):
        refuse_unknown_zone(zone)
    if difference := alter(branch, values, seen=seen):
        with refusing(_TAKEN):
            branch.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="branch.changed", subject=f"branch:{branch.pk}", old=difference.old, new=difference.new, at=at, by=by
        )


@transaction.atomic
def archive_branch(*, branch_id: int, at: datetime, by: Actor) -> None:
    """Offer the branch nowhere any more; what was in it stays. Whether it is empty is asked by the workflow above."""
    branch = Branch.objects.pick_to_change(by, Permission.SETTINGS_EDIT, branch_id)
    by.must_everywhere(Permission.SETTINGS_EDIT)
    if branch.archived_at is None:
        branch.archived_at = at
        branch.save(update_fields=["archived_at"])
        history.record(verb="branch.archived", subject=f"branch:{branch.pk}", new={}, at=at, by=by)


@transaction.atomic
def restore_branch(*, branch_id: int, at: datetime, by: Actor) -> None:
    branch = Branch.objects.pick_to_change(by, Permission.SETTINGS_EDIT, branch_id)
    by.must_everywhere(Permission.SETTINGS_EDIT)
    if branch.archived_at is not None:
        branch.archived_at = None
        with refusing(_TAKEN):
            branch.save(update_fields=["archived_at"])
        history.record(verb="branch.restored", subject=f"branch:{branch.pk}", new={}, at=at, by=by)


def refuse_unknown_zone(zone: str) -> None:
    if zone not in available_timezones():
        raise InvalidInput({"time_zone": _("No such time zone.")})
