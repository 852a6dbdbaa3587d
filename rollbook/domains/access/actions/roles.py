from collections.abc import Set
from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access import rules
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Role
from rollbook.domains.history import actions as history
from rollbook.foundation.constraints import NameTaken, refusing
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound, Refused
from rollbook.foundation.texts import clean_line
from rollbook.foundation.versions import alter

_TAKEN = {"role_name_once": NameTaken}


class OwnerHoldsAll(Refused):
    sentence = gettext_lazy("An owner holds every permission: that cannot be changed.")


class RoleIsHeld(Refused):
    sentence = gettext_lazy("Somebody holds this role. Take it away from all before you delete it.")


class RoleFields(TypedDict, total=False):
    name: str
    permissions: Set[Permission]
    mfa_required: bool


@transaction.atomic
def add_role(*, values: RoleFields, at: datetime, by: Actor) -> int:
    """Add a role; what its permissions imply comes with them."""
    _refuse_more_than_held(rules.completed(values.get("permissions", frozenset())), None, by)
    columns = _columns(values, code=None)
    with refusing(_TAKEN):
        role = Role.objects.create(**columns)
    history.record(verb="role.added", subject=f"role:{role.pk}", new=columns, at=at, by=by)
    return role.pk


@transaction.atomic
def change_role(*, role_id: int, values: RoleFields, seen: int | None, at: datetime, by: Actor) -> None:
    """Change a role for all who hold it, from their next request on. Only whoever holds everywhere all that it carries,
    before and after."""
    role = _to_change(role_id, by)
    wanted = rules.completed(values.get("permissions", role.known_permissions()))
    if role.code == Role.OWNER and wanted != frozenset(Permission):
        raise OwnerHoldsAll
    _refuse_more_than_held(wanted, role.code, by)
    if difference := alter(role, _columns(values, code=role.code), seen=seen):
        with refusing(_TAKEN):
            role.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="role.changed", subject=f"role:{role_id}", old=difference.old, new=difference.new, at=at, by=by
        )


@transaction.atomic
def remove_role(*, role_id: int, at: datetime, by: Actor) -> None:
    """Delete a role of one's own making that nobody holds."""
    role = _to_change(role_id, by)
    if role.code is not None or role.grants.exists():
        raise RoleIsHeld
    role.delete()
    history.record(verb="role.removed", subject=f"role:{role_id}", old={"name": role.name}, new={}, at=at, by=by)


def _to_change(role_id: int, by: Actor) -> Role:
    by.must_everywhere(Permission.ACCESS_MANAGE)
    role = Role.objects.select_for_update().filter(pk=role_id).first()
    if role is None:
        raise NotFound
    _refuse_more_than_held(role.known_permissions(), role.code, by)
    return role


def _refuse_more_than_held(permissions: Set[Permission], code: str | None, by: Actor) -> None:
    by.must_everywhere(Permission.ACCESS_MANAGE)
    if not rules.may_edit_role(by.grants, permissions, is_owners=code == Role.OWNER):
        raise NotAllowed(_("This role carries more than you hold yourself."))


def _columns(values: RoleFields, *, code: str | None) -> dict[str, object]:
    """A default role without a name of its own has a translated one."""
    columns: dict[str, object] = dict(values)
    if "name" in values or code is None:
        columns["name"] = name = clean_line(values.get("name", ""))
        if len(name) > 100 or not (name or code):
            raise InvalidInput({"name": _("A name has 1 to 100 characters.")})
    if "permissions" in values:
        columns["permissions"] = sorted(rules.completed(values["permissions"]))
    return columns
