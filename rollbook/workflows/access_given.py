"""Somebody is given a role, or invited to one: where groups and employees lie decides who may give it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rollbook.domains.access import actions as access
from rollbook.domains.access.actor import Actor, Permission, Reach
from rollbook.domains.access.models import Branch
from rollbook.domains.groups.models import Group
from rollbook.domains.people.models import Employee
from rollbook.foundation.errors import NotFound


@dataclass(frozen=True, slots=True)
class Grant:
    """A role as far as it is to reach."""

    role_id: int
    reach: Reach
    branch_ids: Collection[int] = ()
    group_ids: Collection[int] = ()


@transaction.atomic
def give(*, user_id: int, grant: Grant, at: datetime, by: Actor) -> int:
    """Give a user a role, as far as `by` holds it there."""
    return access.give_grant(user_id=user_id, wanted=_wanted(grant, by), at=at, by=by)


@transaction.atomic
def invite(*, name: str, email: str, grant: Grant, employee_id: int | None, at: datetime, by: Actor) -> str:
    """The secret of a link by which a person joins with this role, and as this employee, if one is named."""
    wanted = _wanted(grant, by)
    if employee_id is not None:
        Employee.objects.filter(user=None, left_on=None).pick(by, Permission.ACCESS_MANAGE, employee_id)
    own_in = places_of(employee_id)
    return access.invite(
        name=name, email=email, wanted=wanted, employee_id=employee_id, own_in=own_in, at=at, by=by
    )


def places_of(employee_id: int | None) -> frozenset[int]:
    """The branches where something is of an employee's own."""
    return frozenset() if employee_id is None else Branch.objects.own_of([employee_id], key="pk")[employee_id]


def branches_of(group_ids: Collection[int]) -> dict[int, int]:
    return dict(Group.objects.filter(pk__in=group_ids).values_list("pk", "branch"))


def _wanted(grant: Grant, by: Actor) -> access.Wanted:
    groups = branches_of(grant.group_ids) if grant.reach == Reach.GROUPS else {}
    seen = Group.objects.visible_to(by, Permission.ACCESS_MANAGE).filter(pk__in=groups).count()
    if grant.reach == Reach.GROUPS and seen != len(set(grant.group_ids)):
        raise NotFound
    branches = grant.branch_ids if grant.reach == Reach.BRANCHES else ()
    return access.Wanted(grant.role_id, grant.reach, branches, groups)
