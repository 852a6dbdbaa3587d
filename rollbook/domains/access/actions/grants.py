"""Who holds what, where. Nobody gives, or takes away, a right which they do not hold there themselves."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access import rules
from rollbook.domains.access.actor import Actor, Permission, Reach
from rollbook.domains.access.actor import Grant as GrantValue
from rollbook.domains.access.models import Branch, Grant, Role, User
from rollbook.domains.history import actions as history
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound, Refused


class LastOwner(Refused):
    sentence = gettext_lazy("This is the last owner. Make somebody else an owner first.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A role as far as it is to reach; `groups` tells the branch of each group."""

    role_id: int
    reach: Reach
    branch_ids: Collection[int] = ()
    groups: Mapping[int, int] = field(default_factory=dict)


@transaction.atomic
def give_grant(*, user_id: int, wanted: Wanted, at: datetime, by: Actor) -> int:
    """Give a role to a user, as far as `by` holds each of its permissions there, and the right to manage access.

    The branches of groups are told by the workflow that picked them, for access stands below groups.
    """
    user = User.objects.pick_to_change(by, Permission.ACCESS_MANAGE, user_id)
    role = to_give(wanted, own_in=own_branches(user_id), by=by)
    grant = keep_grant(user, role, wanted)
    history.record(verb="grant.given", subject=f"user:{user_id}", new=told(grant, wanted), at=at, by=by)
    return grant.pk


@transaction.atomic
def take_grant(*, user_id: int, grant_id: int, at: datetime, by: Actor) -> None:
    """Take a role of a user away again; whoever could give it may. LastOwner where nobody would be left to manage
    all."""
    User.objects.pick_to_change(by, Permission.ACCESS_MANAGE, user_id)
    held = Grant.objects.select_related("role").select_for_update(of=("self",))
    grant = held.filter(pk=grant_id, user=user_id).first()
    if grant is None:
        raise NotFound
    wanted = as_wanted(grant)
    refuse_more_than_held(grant.role, wanted, own_in=own_branches(user_id), by=by)
    refuse_last_owner(without_grant=grant_id)
    grant.delete()
    history.record(verb="grant.taken", subject=f"user:{user_id}", old=told(grant, wanted), new={}, at=at, by=by)


def to_give(wanted: Wanted, *, own_in: frozenset[int], by: Actor) -> Role:
    """The role, where `by` may give it so; InvalidInput, NotFound or NotAllowed where not."""
    by.must(Permission.ACCESS_MANAGE)
    role = Role.objects.filter(pk=wanted.role_id).first()
    if role is None:
        raise InvalidInput({"role_id": _("There is no such role.")})
    if wanted.reach == Reach.BRANCHES and not wanted.branch_ids:
        raise InvalidInput({"branch_ids": _("Choose one branch at least.")})
    if wanted.reach == Reach.GROUPS and not wanted.groups:
        raise InvalidInput({"group_ids": _("Choose one group at least.")})
    branches = frozenset(wanted.branch_ids)
    if Branch.objects.visible_to(by, Permission.ACCESS_MANAGE).filter(pk__in=branches).count() != len(branches):
        raise NotFound
    refuse_more_than_held(role, wanted, own_in=own_in, by=by)
    return role


def refuse_more_than_held(role: Role, wanted: Wanted, *, own_in: frozenset[int], by: Actor) -> None:
    value = GrantValue(
        role.known_permissions(), wanted.reach, frozenset(wanted.branch_ids), frozenset(wanted.groups),
        is_owners=role.code == Role.OWNER,
    )
    if not rules.may_give(by.grants, value, branch_of=wanted.groups, own_in=own_in):
        raise NotAllowed(_("You cannot give or take away more than you hold there yourself."))


def keep_grant(user: User, role: Role, wanted: Wanted) -> Grant:
    grant = Grant.objects.create(user=user, role=role, reach=wanted.reach)
    if wanted.reach == Reach.BRANCHES:
        grant.branches.set(wanted.branch_ids)
    if wanted.reach == Reach.GROUPS:
        grant.groups.set(wanted.groups)  # declared on groups.Group, which stands above
    return grant


def refuse_unmanaged(user_id: int, *, by: Actor) -> None:
    """NotAllowed where the user holds anything that `by` could not have given."""
    own_in = own_branches(user_id)
    for grant in Grant.objects.select_related("role").filter(user=user_id).order_by("pk"):
        refuse_more_than_held(grant.role, as_wanted(grant), own_in=own_in, by=by)


def refuse_last_owner(*, without_grant: int | None = None, without_user: int | None = None) -> None:
    """LastOwner where, without these, no active user would own all. Locks their role: two who let the other one go at
    once have each locked a user by now, so of users there is no order in which to wait."""
    list(Role.objects.select_for_update(no_key=True).filter(code=Role.OWNER))
    owners = Grant.objects.filter(role__code=Role.OWNER, reach=Reach.EVERYTHING, user__is_active=True)
    standing = list(owners.values_list("pk", "user"))
    if standing and all(pk == without_grant or user_id == without_user for pk, user_id in standing):
        raise LastOwner


def own_branches(user_id: int) -> frozenset[int]:
    return Branch.objects.own_of([user_id])[user_id]


def as_wanted(grant: Grant) -> Wanted:
    branches = Branch.objects.filter(grants=grant).values_list("pk", flat=True)
    groups = Grant.objects.filter(pk=grant.pk, groups__isnull=False).values_list("groups", "groups__branch")
    return Wanted(grant.role_id, Reach(grant.reach), tuple(branches), dict(groups))


def told(grant: Grant, wanted: Wanted) -> dict[str, object]:
    """As history keeps it."""
    where = {"branches": sorted(wanted.branch_ids), "groups": sorted(wanted.groups)}
    role = grant.role.name or grant.role.code
    return {"role": role, "reach": wanted.reach.value} | {name: ids for name, ids in where.items() if ids}
