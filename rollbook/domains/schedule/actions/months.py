"""Months of a branch that are over and accounted for: what was marked and charged in them stays as it is."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import connection, transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.access.queries import roles_that_may
from rollbook.domains.history import actions as history
from rollbook.domains.schedule.models import ClosedMonth, Lesson
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation import formats
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local


class MonthIsClosed(Refused):
    """Nothing in this month is marked, charged or moved any more."""


class NotOver(Refused):
    """The month still lasts, by the clock of the branch."""


@transaction.atomic
def close_month(*, branch_id: int, month: date, at: datetime, by: Actor) -> bool:
    """Close the month of the branch in which the day `month` lies; False where it is closed already.

    Any month that is over may be closed, whether those before it are or not: what concerns a closed one is booked in
    the first open month after it. What is unfinished in it stays so. Whoever marks in it, or books for it, is waited
    for.
    """
    branch = Branch.objects.pick_whole(by, Permission.MONTH_CLOSE, branch_id)
    first, last = month_of(month)
    if local(at, branch.time_zone).date() <= last:
        raise NotOver(_("{month} is not over yet: it can be closed from the next day on.").format(month=_said(first)))
    # As whoever marks locks the lesson first: no mark slips in between.
    lessons = Lesson.objects.filter(branch=branch, day__range=(first, last)).locked()
    list(lessons.order_by("pk").values_list("pk"))
    _lock("pg_advisory_xact_lock", [branch.pk])
    _closed, is_new = ClosedMonth.objects.get_or_create(
        branch=branch, month=first, defaults={"closed_at": at, "closed_by_id": by.user_id}
    )
    if is_new:
        _tell("month.closed", branch, first, at, by)
    return is_new


@transaction.atomic
def reopen_month(*, branch_id: int, month: date, at: datetime, by: Actor) -> bool:
    """Open the month of the branch again, to put something right after all; False where it is open. What was booked
    elsewhere meanwhile stays there."""
    branch = Branch.objects.pick_whole(by, Permission.MONTH_REOPEN, branch_id)
    first, _last = month_of(month)
    gone, _of = ClosedMonth.objects.filter(branch=branch, month=first).delete()
    if gone:
        _tell("month.reopened", branch, first, at, by)
    return bool(gone)


def keep_open(*, branch_ids: Collection[int]) -> None:
    """Until the transaction ends, no month of these branches is closed that is open now. For whoever books on a day,
    and holds no lesson of it. Asks no right of its own."""
    _lock("pg_advisory_xact_lock_shared", sorted(set(branch_ids)))


def refuse_closed(branch: Branch, *days: date, at: datetime, by: Actor) -> None:
    """MonthIsClosed where one of these days lies in a closed month of the branch. The lessons of these days are locked
    by whoever asks.

    Only what is over can be closed: of the present month, and of days to come, nobody needs to ask the database.
    """
    present = local(at, branch.time_zone).date().replace(day=1)
    months = {day.replace(day=1) for day in days if day < present}
    if not months:
        return
    if closed := ClosedMonth.objects.filter(branch=branch, month__in=months).order_by("month").first():
        sentence = _("{month} is closed for {branch}: what was marked and charged in it stays as it is.")
        told = sentence.format(month=_said(closed.month), branch=branch.name)
        raise MonthIsClosed(f"{told} {_who_may(branch, by)}")


def _who_may(branch: Branch, by: Actor) -> str:
    """Who may reopen it: oneself, or those of which role."""
    if by.may_in_branch(Permission.MONTH_REOPEN, branch.pk):
        return _("You may reopen it: Settings, Closed months.")
    roles = roles_that_may(permission=Permission.MONTH_REOPEN, by=by)
    return _("It can be reopened by: {roles}.").format(roles=", ".join(roles))


def _lock(how: str, branch_ids: Collection[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {how}(hashtext('schedule.months'), id) FROM unnest(%s::int[]) id", [list(branch_ids)])  # noqa: S608


def _tell(verb: str, branch: Branch, month: date, at: datetime, by: Actor) -> None:
    history.record(
        verb=verb, subject=f"branch:{branch.pk}", new={"month": month.isoformat()}, at=at, by=by
    )


def _said(month: date) -> str:
    return formats.month(month, language=(get_language() or "en").partition("-")[0])
