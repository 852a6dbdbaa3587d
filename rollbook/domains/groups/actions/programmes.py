from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Group, GroupState, Programme
from rollbook.domains.history import actions as history
from rollbook.foundation.constraints import NameTaken, refusing
from rollbook.foundation.errors import NotFound, Refused
from rollbook.foundation.versions import alter

_TAKEN = {"programme_name_once": NameTaken}


class StillTaught(Refused):
    sentence = _("Groups are being taught by this programme: finish them or give them another one first.")


class ProgrammeFields(TypedDict, total=False):
    """Ages in whole years, both inclusive."""

    name: str
    min_age: int | None
    max_age: int | None
    minutes: int
    capacity: int | None


@transaction.atomic
def add_programme(*, values: ProgrammeFields, at: datetime, by: Actor) -> int:
    by.must_everywhere(Permission.SETTINGS_EDIT)
    with refusing(_TAKEN):
        programme = Programme.objects.create(**values)
    history.record(
        verb="programme.added", subject=f"programme:{programme.pk}", new={"name": programme.name}, at=at, by=by
    )
    return programme.pk


@transaction.atomic
def change_programme(*, programme_id: int, values: ProgrammeFields, seen: int | None, at: datetime, by: Actor) -> None:
    programme = _pick(programme_id, by)
    if difference := alter(programme, values, seen=seen):
        with refusing(_TAKEN):
            programme.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="programme.changed", subject=f"programme:{programme.pk}", old=difference.old, new=difference.new,
            at=at, by=by,
        )


@transaction.atomic
def archive_programme(*, programme_id: int, at: datetime, by: Actor) -> None:
    """Offer the programme nowhere any more. Refused while a group is recruiting or running by it."""
    programme = _pick(programme_id, by)
    if programme.archived_at is not None:
        return
    if Group.objects.filter(programme=programme, state__in=[GroupState.RECRUITING, GroupState.RUNNING]).exists():
        raise StillTaught
    programme.archived_at = at
    programme.save(update_fields=["archived_at"])
    history.record(verb="programme.archived", subject=f"programme:{programme.pk}", new={}, at=at, by=by)


@transaction.atomic
def restore_programme(*, programme_id: int, at: datetime, by: Actor) -> None:
    programme = _pick(programme_id, by)
    if programme.archived_at is None:
        return
    programme.archived_at = None
    with refusing(_TAKEN):
        programme.save(update_fields=["archived_at"])
    history.record(verb="programme.restored", subject=f"programme:{programme.pk}", new={}, at=at, by=by)


def _pick(programme_id: int, by: Actor) -> Programme:
    """Programmes belong to the organisation as a whole."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    if programme := Programme.objects.select_for_update().filter(pk=programme_id).first():
        return programme
    raise NotFound
