"""Entries as they are written: on a day of an open month, and taken back whole."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing.actions.closing import booked_on, open_days
from rollbook.domains.billing.models import EntryKind, LedgerEntry


def reversal(
    entry: LedgerEntry, *, day: date, at: datetime, about: date | None = None, reason: str = "", by: Actor | None = None
) -> LedgerEntry:
    """What takes this entry back, whole: the database asks that it names all that the entry does."""
    return LedgerEntry(
        client_id=entry.client_id, branch_id=entry.branch_id, group_id=entry.group_id, kind=EntryKind.REVERSAL,
        amount=-Decimal(entry.amount), mark_id=entry.mark_id, payment_id=entry.payment_id,
        lapse_of_id=entry.lapse_of_id, subscription_id=entry.subscription_id, instalment=entry.instalment,
        transfer_id=entry.transfer_id, reverses=entry, reason=reason, made_by_id=by.user_id if by else None, day=day,
        about=about, made_at=at,
    )


def reversals(
    entries: Iterable[LedgerEntry], *, at: datetime, reason: str = "", by: Actor | None = None
) -> list[LedgerEntry]:
    """What takes these entries back, each on its day, or after it where its month is closed."""
    return in_open_months([
        reversal(entry, day=entry.day, about=entry.about, reason=reason, by=by, at=at) for entry in entries
    ])


def in_open_months(entries: list[LedgerEntry]) -> list[LedgerEntry]:
    """The same new entries; those whose day lies in a closed month are booked in the first open one after it, with a
    reference to the day that they concern."""
    opened = open_days([(entry.branch_id, entry.day) for entry in entries])
    for entry in entries:
        entry.day, entry.about = booked_on(
            branch_id=entry.branch_id, day=entry.day, opened=opened, about=entry.about
        )
    return entries
