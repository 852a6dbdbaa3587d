"""A balance was set right by hand, a bonus given, a charge lessened: the ledger says why, and open pages are told."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import LedgerEntry
from rollbook.workflows.journals_told import tell


@transaction.atomic
def correct(*, client_id: int, amount: Decimal, reason: str, on: date, key: str, at: datetime, by: Actor) -> int:
    """Set a balance right by an amount above or below zero; returns the id of the entry."""
    entry = billing.correct_balance(
        client_id=client_id, amount=amount, reason=reason, on=on, key=key, at=at, by=by
    )
    tell(client_id, at=at)
    return entry


@transaction.atomic
def give_bonus(*, client_id: int, amount: Decimal, reason: str, on: date, key: str, at: datetime, by: Actor) -> int:
    entry = billing.give_bonus(client_id=client_id, amount=amount, reason=reason, on=on, key=key, at=at, by=by)
    tell(client_id, at=at)
    return entry


@transaction.atomic
def discount(
    *, entry_id: int, reason: str, key: str, at: datetime, by: Actor, percent: Decimal | None = None,
    amount: Decimal | None = None,
) -> int:
    """Let a client off a part of one charge; returns whose charge it is."""
    billing.discount_charge(entry_id=entry_id, percent=percent, amount=amount, reason=reason, key=key, at=at, by=by)
    client_id = LedgerEntry.objects.values_list("client", flat=True).get(pk=entry_id)
    tell(client_id, at=at)
    return client_id


@transaction.atomic
def take_back(*, entry_id: int, reason: str, at: datetime, by: Actor) -> int:
    """Reverse what was booked by hand; twice changes nothing. Returns whose it was."""
    client_id = billing.take_back_entry(entry_id=entry_id, reason=reason, at=at, by=by)
    tell(client_id, at=at)
    return client_id
