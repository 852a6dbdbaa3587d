"""The next month's subscriptions of all members are made: by one click, or by themselves on a set day."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from django.utils.translation import get_language

from rollbook.domains.access.actor import Actor
from rollbook.domains.access.models import Branch
from rollbook.domains.access.queries import house
from rollbook.domains.billing.rules import months_later
from rollbook.foundation.errors import NotFound
from rollbook.foundation.periods import local
from rollbook.screens import renewals
from rollbook.screens.renewals import Renewal
from rollbook.workflows import subscription_sold
from rollbook.workflows.subscription_sold import Order

AT_ONCE = 500
"""Subscriptions in one transaction of the night."""


def renew(
    *, month: date, chosen: Mapping[int, Decimal | None] | None, branch_id: int | None = None,
    group_id: int | None = None, at: datetime, by: Actor,
) -> tuple[int, ...]:
    """Make the renewals of a month: those that are `chosen`, by their enrolments, at the amounts that were shown, or
    all that are chosen by themselves. All of a branch or none of it. What was bought meanwhile is left alone,
    so twice changes nothing; NotFound where one was never proposed to whoever asks. Returns the subscriptions."""
    listed = renewals.listed(
        month=month, branch_id=branch_id, group_id=group_id, most=None,
        language=(get_language() or "en").partition("-")[0], by=by,
    )
    if chosen is None:
        return _make(listed.chosen, {}, at, by)
    rows = [row for row in listed.rows if row.enrolment_id in chosen]
    if not listed.members.issuperset(chosen) or not all(row.may_be_made for row in rows):
        raise NotFound
    return _make(rows, chosen, at, by)


def renew_due(*, at: datetime, by: Actor) -> int:
    """On the day of the month that the organisation has set, or later in it: make the next month's subscriptions of
    each branch by its own calendar, but those that somebody has to look at, or has taken back. What is made already is
    left alone, so it may be done any number of times. Returns how many were made."""
    rules, number = house(), 0
    if rules.renewal_day is None:
        return 0
    for branch, zone in Branch.objects.filter(archived_at=None).order_by("pk").values_list("pk", "time_zone"):
        today = local(at, zone).date()
        if today.day < rules.renewal_day:
            continue
        month = months_later(today.replace(day=1), 1)
        listed = renewals.listed(month=month, branch_id=branch, most=None, language=rules.language, by=by)
        rows = listed.chosen
        for some in (rows[first : first + AT_ONCE] for first in range(0, len(rows), AT_ONCE)):
            number += len(_make(some, {}, at, by))
    return number


def _make(
    rows: Iterable[Renewal], shown: Mapping[int, Decimal | None], at: datetime, by: Actor
) -> tuple[int, ...]:
    made: list[int] = []
    for _branch, some in groupby(sorted(rows, key=lambda row: row.branch_id), lambda row: row.branch_id):
        made += subscription_sold.sell(orders=_orders(list(some), shown), at=at, by=by)
    return tuple(made)


def _orders(rows: Sequence[Renewal], shown: Mapping[int, Decimal | None]) -> list[Order]:
    return [
        Order(wanted=row.offer.wanted, key=row.key, shown=shown.get(row.enrolment_id), renews_id=row.renews_id)
        for row in rows if row.offer
    ]
