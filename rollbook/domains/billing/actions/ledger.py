from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing.actions.by_hand import without_discounts
from rollbook.domains.billing.models import EntryKind, LedgerEntry
from rollbook.domains.billing.rules import charge_of
from rollbook.domains.journal.models import Mark
from rollbook.foundation.compiled import Rows, insert, once


@transaction.atomic(savepoint=False)  # of the workflow's one: two round trips less
def settle(
    *, mark_ids: Collection[int], at: datetime, by: Actor, under: Permission = Permission.JOURNAL_MARK
) -> None:
    """Make the ledger say what the marks say: a wrong charge is reversed, a missing one is added.

    A mark of a cancelled lesson, or one taken back, costs nothing. It follows from another act, so the right `under`
    which that was done is enough. Settling twice changes nothing.
    """
    if not mark_ids:
        return
    marks = list(_locked(by, under, marks=list(mark_ids)))
    charged = {entry.mark_id: entry for entry in _charges(marks=list(mark_ids))}
    entries = [entry for mark in marks for entry in _settling(mark, charged.get(mark.pk), at)]
    gone = [entry.reverses for entry in entries if entry.reverses]
    insert(LedgerEntry, [*entries, *without_discounts(gone, at=at)])


@compiled
def _locked(by: Actor, under: Permission, *, marks: Any) -> Rows:
    """The marks with what else decides what they cost, in the order in which the trigger locks accounts, too."""
    return (
        Mark.objects.visible_to(by, under)
        .filter(pk__any=marks)
        .annotate(
            branch_id=F("lesson__branch"), cancelled_at=F("lesson__cancelled_at"),
            home_group_id=Coalesce("makes_up__lesson__group", "lesson__group"),
        )
        .locked()
        .order_by("client", "pk")
    )


@once
def _charges(*, marks: Any) -> Rows:
    return LedgerEntry.objects.standing_charges().filter(mark__any=marks)


def _settling(mark: Any, old: LedgerEntry | None, at: datetime) -> Iterator[LedgerEntry]:
    counts = mark.status is not None and mark.cancelled_at is None
    price = charge_of(price=mark.price, share=mark.share) if counts else 0
    if old and old.amount == -price:
        return
    if old:
        yield LedgerEntry(
            client_id=old.client_id, branch_id=old.branch_id, group_id=old.group_id, kind=EntryKind.REVERSAL,
            amount=-old.amount, mark=mark, reverses=old, day=old.day, made_at=at,
        )
    if price:
        yield LedgerEntry(
            client_id=mark.client_id, branch_id=mark.branch_id, group_id=mark.home_group_id,
            kind=EntryKind.CHARGE, amount=-price, mark=mark, day=mark.day, made_at=at,
        )
