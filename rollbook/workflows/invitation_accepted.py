"""An invited person makes a sign-in of their own, and becomes the employee they were invited as."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from rollbook.domains.access import actions as access
from rollbook.domains.access import queries
from rollbook.domains.access.actor import Actor, operator
from rollbook.domains.people import actions as people
from rollbook.domains.people.models import Employee
from rollbook.workflows.access_given import branches_of, places_of


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What a person says of themselves."""

    name: str
    username: str
    email: str
    password: str
    language: str


@transaction.atomic
def accept(*, secret: str, newcomer: Newcomer, at: datetime, by: Actor) -> int:
    """The new user. DeadLink where the link was used, taken back, has expired, or promises what nobody may give now."""
    promised = queries.promised(secret=secret, at=at)
    if promised is None or _is_taken(promised.employee_id):
        raise access.DeadLink
    user_id = access.accept_invitation(
        secret=secret, name=newcomer.name, username=newcomer.username, email=newcomer.email,
        password=newcomer.password, language=newcomer.language, groups=branches_of(promised.group_ids),
        own_in=places_of(promised.employee_id), at=at, by=by,
    )
    if promised.employee_id is not None:
        people.link_user(
            employee_id=promised.employee_id, user_id=user_id, at=at, by=operator(newcomer.name, via="invitation")
        )
    return user_id


def _is_taken(employee_id: int | None) -> bool:
    """Whether the employee signs in by now, by another invitation or as somebody said, or has left. Locked, so that of
    two who are invited as one only one comes."""
    if employee_id is None:
        return False
    return Employee.objects.filter(pk=employee_id, user=None, left_on=None).locked().first() is None
