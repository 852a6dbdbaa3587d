"""An employee works here no more."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Group, GroupState
from rollbook.domains.people import actions as people
from rollbook.domains.people.models import Employee
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local


class StillTeaches(Refused):
    """The groups are named."""


@transaction.atomic
def leave(*, employee_id: int, at: datetime, by: Actor) -> None:
    """The employee works here no more from today on, by the calendar of their branch.

    Refused while groups that meet count on them as a teacher.
    """
    employee = Employee.objects.select_related("branch").pick_to_change(by, Permission.STAFF_EDIT, employee_id)
    groups = Group.objects.filter(teachers=employee, state__in=[GroupState.RECRUITING, GroupState.RUNNING])
    if names := groups.order_by("search", "pk").values_list("name", flat=True):
        sentence = _("Give these groups another teacher first: {groups}.")
        raise StillTeaches(sentence.format(groups=", ".join(names)))
    people.leave(employee_id=employee_id, on=local(at, employee.branch.time_zone).date(), at=at, by=by)
