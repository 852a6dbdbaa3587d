"""What a subscription that is written off at the start costs, on the days on which that is due."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal

from rollbook.domains.billing.actions.by_hand import without_discounts
from rollbook.domains.billing.actions.reversing import in_open_months, reversal
from rollbook.domains.billing.models import Charged, EntryKind, LedgerEntry, Subscription
from rollbook.domains.billing.rules import instalments, months_later


def charge_instalments(*, subscriptions: Collection[Subscription], today: Mapping[int, date], at: datetime) -> int:
    """Make the ledger say what these cost until `today` (by subscription): parts a month apart, the first on the first
    day. A wrong charge is reversed, a missing one added; twice changes nothing. Returns how many lines were written.

    They follow from a sale, a freeze or the night; the rows are locked, or just made.
    """
    rows = [row for row in subscriptions if row.charged == Charged.START and row.taken_back_at is None]
    if not rows:
        return 0
    charges = LedgerEntry.objects.standing_charges()
    standing = {
        (entry.subscription_id, entry.instalment): entry
        for entry in charges.filter(subscription__in=[row.pk for row in rows], instalment__isnull=False)
    }
    branches = dict(
        Subscription.objects.filter(pk__in=[row.pk for row in rows]).values_list("pk", "group__branch")
    )
    written = []
    for row in sorted(rows, key=lambda row: (row.client_id, row.pk)):
        for number, (day, amount) in enumerate(due(row), start=1):
            old = standing.get((row.pk, number))
            if day > today[row.pk] or (old.amount if old else Decimal(0)) == -amount:
                continue
            if old:
                written.append(reversal(old, day=old.day, at=at))
            if amount:
                written.append(
                    LedgerEntry(
                        client_id=row.client_id, branch_id=branches[row.pk], group_id=row.group_id,
                        kind=EntryKind.CHARGE, amount=-amount, subscription=row, instalment=number, day=day, made_at=at,
                    )
                )
    gone = [entry.reverses for entry in written if entry.reverses]
    LedgerEntry.objects.bulk_create([*in_open_months(written), *without_discounts(gone, at=at)])
    return len(written)


def due(row: Subscription) -> list[tuple[date, Decimal]]:
    """The instalments of a subscription, by the day on which each is due; what is frozen costs nothing."""
    parts = instalments(amount=row.amount - row.frozen * row.unit, number=row.instalments)
    return [(months_later(row.since, number), part) for number, part in enumerate(parts)]
