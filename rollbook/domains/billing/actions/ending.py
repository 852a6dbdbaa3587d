"""What happens to subscriptions by themselves, at night: instalments come due, and what has ended is settled."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Sum

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.instalments import charge_instalments
from rollbook.domains.billing.actions.reversing import in_open_months, reversal
from rollbook.domains.billing.models import Charged, CoveredMark, EntryKind, LedgerEntry, Subscription
from rollbook.domains.history import actions as history
from rollbook.domains.journal.models import Mark
from rollbook.foundation.periods import local, local_day

AT_ONCE = 1_000
"""Subscriptions in one transaction."""
LATEST_ZONE = timedelta(hours=14)


@transaction.atomic
def charge_due(*, after: int, at: datetime, by: Actor) -> int:
    """Charge what is due of subscriptions that are written off at the start, at most AT_ONCE of them in the order of
    their keys, those beyond `after`. Returns the last one, 0 where there is no more."""
    by.must_everywhere(Permission.SUBSCRIPTION_SELL)
    rows: list[Any] = list(
        Subscription.objects.standing()
        .filter(pk__gt=after, charged=Charged.START, closed_on=None, since__lte=(at + LATEST_ZONE).date())
        .annotate(zone=F("group__branch__time_zone"))
        .locked()
        .order_by("pk")[:AT_ONCE]
    )
    today = {row.pk: local(at, row.zone).date() for row in rows}
    charge_instalments(subscriptions=rows, today=today, at=at)
    return rows[-1].pk if len(rows) == AT_ONCE else 0


@transaction.atomic
def close_ended(*, at: datetime, by: Actor) -> int:
    """Settle subscriptions whose last day has passed, at most AT_ONCE of them: lessons that were not used burn, or come
    back where they were paid before, as the rules say. One waits while a lesson of it may still be worked off. Returns
    how many."""
    by.must_everywhere(Permission.SUBSCRIPTION_SELL)
    rights = Mark.objects.rights().filter(
        ~Exists(Mark.objects.holding().filter(makes_up=OuterRef("pk"), status="attended")),
        covered__subscription=OuterRef("pk"), make_up_until__gte=local_day(at, "lesson__branch__time_zone"),
    )
    rows: list[Any] = list(
        Subscription.objects.standing()
        .filter(~Exists(rights), closed_on=None, until__lte=(at + LATEST_ZONE).date())
        .filter(until__lte=local_day(at, "group__branch__time_zone"))
        .annotate(branch_id=F("group__branch"), zone=F("group__branch__time_zone"))
        .locked()
        .order_by("pk")[:AT_ONCE]
    )
    of_these = CoveredMark.objects.filter(subscription__in=rows, uses=True).values("subscription")
    spent = dict(of_these.annotate(spent=Sum("mark__price")).values_list("subscription", "spent"))
    lapses = LedgerEntry.objects.standing(EntryKind.LAPSE).filter(subscription__in=rows, lapse_of=None)
    known = {entry.subscription_id: entry for entry in lapses}
    entries = []
    for row in sorted(rows, key=lambda row: (row.client_id, row.pk)):
        row.closed_on = local(at, row.zone).date()
        amount = _left(row, spent.get(row.pk) or Decimal(0))
        old = known.get(row.pk)
        if (old.amount if old else Decimal(0)) == amount:
            continue
        entries += [reversal(old, day=old.day, at=at)] if old else []
        if amount:
            entries.append(
                LedgerEntry(
                    client_id=row.client_id, branch_id=row.branch_id, kind=EntryKind.LAPSE, amount=amount,
                    subscription=row, day=row.until, made_at=at,
                )
            )
    LedgerEntry.objects.bulk_create(in_open_months(entries))
    Subscription.objects.bulk_update(rows, ["closed_on"])
    history.record_many(
        verb="subscription.closed", at=at, by=by,
        changes=[
            history.Change(
                f"subscription:{row.pk}", {"lessons_left": (row.lessons or 0) - row.frozen - row.used},
                within=f"client:{row.client_id}",
            )
            for row in rows if row.lessons and row.lessons > row.frozen + row.used
        ],
    )
    return len(rows)


def _left(row: Subscription, spent: Decimal) -> Decimal:
    """What the lessons that nobody used change in the account: burned, they are charged where that was not done at the
    start; else they come back where it was."""
    if row.lessons is None or row.lessons <= row.frozen + row.used:
        return Decimal(0)
    rest = row.amount - row.frozen * row.unit - spent
    if row.charged == Charged.START:
        return Decimal(0) if row.burns else rest
    return -rest if row.burns else Decimal(0)

