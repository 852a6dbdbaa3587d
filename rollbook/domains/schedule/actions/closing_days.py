from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history import actions as history
from rollbook.domains.schedule.models import ClosingDay
from rollbook.foundation.errors import InvalidInput

LONGEST = 366


@transaction.atomic
def close_days(
    *, branch_id: int, first: date, last: date, reason: str = "", at: datetime, by: Actor
) -> tuple[date, ...]:
    """The branch does not work on the days [first, last]; returns those on which it was to work until now."""
    branch = Branch.objects.locked().pick_whole(by, Permission.SETTINGS_EDIT, branch_id)
    if last < first:
        raise InvalidInput({"last": _("Not before the first day, please.")})
    if (last - first).days >= LONGEST:
        raise InvalidInput({"last": _("A year at most, please.")})
    days = {first + timedelta(days=n) for n in range((last - first).days + 1)}
    known = ClosingDay.objects.filter(branch=branch, day__range=(first, last)).values_list("day", flat=True)
    new = sorted(days - set(known))
    if new:
        ClosingDay.objects.bulk_create(ClosingDay(branch=branch, day=day, reason=reason) for day in new)
        told = {"days": [day.isoformat() for day in new], "reason": reason}
        history.record(verb="branch.closed", subject=f"branch:{branch.pk}", new=told, at=at, by=by)
    return tuple(new)


@transaction.atomic
def open_day(*, closing_day_id: int, at: datetime, by: Actor) -> tuple[int, date]:
    """The branch works on that day after all; returns both."""
    closed = ClosingDay.objects.pick_to_change(by, Permission.SETTINGS_EDIT, closing_day_id)
    by.must_in_branch(Permission.SETTINGS_EDIT, closed.branch_id)
    closed.delete()
    old = {"day": closed.day.isoformat(), "reason": closed.reason}
    history.record(verb="branch.opened", subject=f"branch:{closed.branch_id}", old=old, new={}, at=at, by=by)
    return closed.branch_id, closed.day
