"""Money of one client is another's from now on: the ledger says so on both sides, and open pages are told."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing import actions as billing
from rollbook.workflows.journals_told import tell


@transaction.atomic
def transfer(
    *, from_client_id: int, to_client_id: int, amount: Decimal, reason: str, key: str, at: datetime, by: Actor,
    over_balance: bool = False,
) -> int:
    """Move money today; the same `key` again changes nothing. Returns the id of the transfer."""
    transfer_id = billing.transfer_money(
        from_client_id=from_client_id, to_client_id=to_client_id, amount=amount, reason=reason, key=key,
        over_balance=over_balance, at=at, by=by,
    )
    tell(from_client_id, to_client_id, at=at)
    return transfer_id


@transaction.atomic
def take_back(*, transfer_id: int, reason: str, at: datetime, by: Actor) -> tuple[int, ...]:
    """Reverse both sides; twice changes nothing. Returns the two clients, from whom it went first."""
    clients = billing.take_back_transfer(transfer_id=transfer_id, reason=reason, at=at, by=by)
    tell(*clients, at=at)
    return clients
