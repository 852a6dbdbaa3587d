from collections.abc import Collection
from datetime import date, datetime
from typing import NamedTuple, TypedDict

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch, User
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Employee, Management
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.versions import alter


class UserTaken(Refused):
    sentence = _("This sign-in belongs to another employee.")


class EmployeeFields(TypedDict, total=False):
    last_name: str
    first_name: str
    middle_name: str
    branch_id: int
    phone: str
    email: str
    teaches: bool


class Link(NamedTuple):
    """The sign-in of an employee; None is none."""

    user_id: int | None


@transaction.atomic
def add_employee(
    *,
    values: EmployeeFields,
    manages: Collection[int] | None = None,
    link: Link | None = None,
    at: datetime,
    by: Actor,
) -> int:
    """Add an employee, who may manage branches and have a sign-in."""
    Branch.objects.pick_whole(by, Permission.STAFF_EDIT, values["branch_id"])
    employee = Employee.objects.create(**values)
    name = f"{employee.last_name} {employee.first_name}".strip()
    history.record(verb="employee.added", subject=f"employee:{employee.pk}", new={"name": name}, at=at, by=by)
    _place(employee, manages, link, at, by)
    return employee.pk


@transaction.atomic
def change_employee(
    *,
    employee_id: int,
    values: EmployeeFields,
    manages: Collection[int] | None = None,
    link: Link | None = None,
    seen: int | None,
    at: datetime,
    by: Actor,
) -> None:
    """Change an employee; to move one takes the right in both branches. What they manage and how they sign in stays as
    it is unless it is said."""
    employee = Employee.objects.pick_to_change(by, Permission.STAFF_EDIT, employee_id)
    if (branch_id := values.get("branch_id", employee.branch_id)) != employee.branch_id:
        Branch.objects.pick_whole(by, Permission.STAFF_EDIT, branch_id)
    if difference := alter(employee, values, seen=seen):
        employee.save(update_fields=[*difference.new, "version"])
        history.record(
            verb="employee.changed", subject=f"employee:{employee.pk}", old=difference.old, new=difference.new,
            at=at, by=by,
        )
    _place(employee, manages, link, at, by)


def _place(
    employee: Employee, manages: Collection[int] | None, link: Link | None, at: datetime, by: Actor
) -> None:
    if manages is not None:
        manage_branches(employee_id=employee.pk, branch_ids=manages, at=at, by=by)
    if link is not None and link.user_id != employee.user_id:
        link_user(employee_id=employee.pk, user_id=link.user_id, at=at, by=by)


@transaction.atomic
def leave(*, employee_id: int, on: date, at: datetime, by: Actor) -> None:
    """The employee works here no more from this day; what they have done stays theirs."""
    employee = Employee.objects.pick_to_change(by, Permission.STAFF_EDIT, employee_id)
    if employee.left_on != on:
        _note_leaving(employee, on, "employee.left", at, by)


@transaction.atomic
def return_to_work(*, employee_id: int, at: datetime, by: Actor) -> None:
    employee = Employee.objects.pick_to_change(by, Permission.STAFF_EDIT, employee_id)
    if employee.left_on is not None:
        _note_leaving(employee, None, "employee.returned", at, by)


def _note_leaving(employee: Employee, on: date | None, verb: str, at: datetime, by: Actor) -> None:
    old, employee.left_on = employee.left_on, on
    employee.save(update_fields=["left_on"])
    history.record(
        verb=verb, subject=f"employee:{employee.pk}", old={"left_on": old and old.isoformat()},
        new={"left_on": on and on.isoformat()}, at=at, by=by,
    )


@transaction.atomic
def link_user(*, employee_id: int, user_id: int | None, at: datetime, by: Actor) -> None:
    """Say by which sign-in an employee works, or by none: "own" rights of that user reach what the employee teaches.

    So it takes the right to manage access, and everywhere, for users belong to no branch.
    """
    by.must_everywhere(Permission.ACCESS_MANAGE)
    employee = Employee.objects.pick_to_change(by, Permission.STAFF_EDIT, employee_id)
    if employee.user_id == user_id:
        return
    if user_id is not None and not User.objects.filter(pk=user_id, is_active=True).exists():
        raise InvalidInput({"user_id": str(_("Choose a sign-in of the list."))})
    if user_id is not None and employee.left_on is not None:
        raise InvalidInput({"user_id": str(_("Whoever has left does not sign in."))})
    old, employee.user_id = employee.user_id, user_id
    with refusing({"people_employee_user_id_key": UserTaken}):
        employee.save(update_fields=["user"])
    history.record(
        verb="employee.linked", subject=f"employee:{employee.pk}", old={"user_id": old}, new={"user_id": user_id},
        at=at, by=by,
    )


@transaction.atomic
def manage_branches(*, employee_id: int, branch_ids: Collection[int], at: datetime, by: Actor) -> None:
    """Make the employee the manager of these branches and of no other; whoever managed one of them does so no more.

    Branches that `by` may not change stay as they are.
    """
    employee = Employee.objects.pick_to_change(by, Permission.STAFF_EDIT, employee_id)
    standing, wanted = set(employee.managements.values_list("branch", flat=True)), set(branch_ids)
    if standing == wanted:
        return
    reached = set(Branch.objects.whole_to(by, Permission.STAFF_EDIT).values_list("pk", flat=True))
    if wanted - standing - reached:
        raise InvalidInput({"manages": str(_("Choose branches of the list."))})
    gone, new = (standing - wanted) & reached, wanted - standing
    if not (gone or new):
        return
    Management.objects.filter(branch__in=gone).delete()
    Management.objects.bulk_create(
        [Management(branch_id=branch, employee=employee) for branch in sorted(new)],
        update_conflicts=True, unique_fields=["branch"], update_fields=["employee"],
    )
    history.record(
        verb="employee.manages", subject=f"employee:{employee.pk}", old={"branches": sorted(standing)},
        new={"branches": sorted(standing - gone | new)}, at=at, by=by,
    )
