from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history.queries import Line
from rollbook.domains.people.models import Employee
from rollbook.screens.settings import Row, past


@dataclass(frozen=True, slots=True)
class Card:
    last_name: str
    first_name: str
    middle_name: str
    branch_id: int
    phone: str | None
    """None for those who may not see phones, nor change them; with it the next."""
    email: str | None
    teaches: bool
    user_id: int | None
    manages: tuple[int, ...]
    left_on: date | None
    version: int
    archived: bool
    history: tuple[Line, ...]


def rows(*, archived: bool, by: Actor) -> tuple[Row, ...]:
    """Those who work here, or worked here: branch, whether they teach, what they manage; by which login they sign in,
    for whoever may change them: to others it is one half of a way in."""
    known = Employee.objects.visible_to(by, Permission.STAFF_SEE).filter(left_on__isnull=not archived)
    editable = set()
    if by.may(Permission.STAFF_EDIT):
        editable = set(Employee.objects.visible_to(by, Permission.STAFF_EDIT).values_list("pk", flat=True))
    manages = ArrayAgg("managed_branches__name", order_by="managed_branches__name", filter=Q(managements__isnull=False))
    named = known.annotate(manages=manages).order_by("search", "pk").values_list(
        "pk", "name", "branch__name", "teaches", "manages", "user__username"
    )
    return tuple(
        Row(
            pk, name,
            (branch, _("yes") if teaches else "", ", ".join(manages or ()), login if login and pk in editable else ""),
            pk in editable,
        )
        for pk, name, branch, teaches, manages, login in named
    )


def card(*, pk: int, by: Actor) -> Card:
    row = Employee.objects.pick(by, Permission.STAFF_EDIT, pk)
    manages = row.managements.order_by("branch").values_list("branch", flat=True)
    sees = Permission.PHONE_SEE in Employee.objects.all().held_on(by, pk, Permission.PHONE_SEE)
    lines = past(word="employee", pk=pk, rows=Employee.objects.all(), by=by)
    return Card(
        row.last_name, row.first_name, row.middle_name, row.branch_id, row.phone if sees else None,
        row.email if sees else None, row.teaches, row.user_id,
        tuple(manages), row.left_on, row.version, row.left_on is not None,
        lines if sees else tuple(line.without(("phone", "email")) for line in lines),
    )


def blank(*, by: Actor) -> None:
    """An employee needs a branch: whoever may change staff in none may add none."""
    Branch.objects.whole_to(by, Permission.STAFF_EDIT)
