"""An employee works here no more."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access import actions as access
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import User
from rollbook.domains.groups.models import Group, GroupState
from rollbook.domains.people import actions as people
from rollbook.domains.people.models import Employee
from rollbook.foundation.errors import NotAllowed, NotFound, Refused
from rollbook.foundation.periods import local


class StillTeaches(Refused):
    """The groups are named."""


class StillSignsIn(Refused):
    sentence = gettext_lazy(
        "This employee signs in with rights that you do not manage. Ask somebody who does to disable the sign-in first."
    )


@transaction.atomic
def leave(*, employee_id: int, at: datetime, by: Actor) -> None:
    """The employee works here no more from today on, by the calendar of their branch, and signs in no more from now on.

    Refused while groups that meet count on them as a teacher, and where `by` may not disable their sign-in. Whoever is
    back stays disabled until somebody enables them.
    """
    employee = Employee.objects.select_related("branch").pick_to_change(by, Permission.STAFF_EDIT, employee_id)
    groups = Group.objects.filter(teachers=employee, state__in=[GroupState.RECRUITING, GroupState.RUNNING])
    if names := groups.order_by("search", "pk").values_list("name", flat=True):
        sentence = _("Give these groups another teacher first: {groups}.")
        raise StillTeaches(sentence.format(groups=", ".join(names)))
    people.leave(employee_id=employee_id, on=local(at, employee.branch.time_zone).date(), at=at, by=by)
    # Locked before it is looked at: whoever enables it meanwhile does so before, or sees that they have left.
    user = User.objects.filter(employee=employee_id).locked().first()
    if user is not None and user.is_active:
        _disable(user.pk, at, by)


def _disable(user_id: int, at: datetime, by: Actor) -> None:
    try:
        access.disable_user(user_id=user_id, at=at, by=by)
    except (NotAllowed, NotFound) as error:
        raise StillSignsIn from error
