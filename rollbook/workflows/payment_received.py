"""Money has come, or was booked by mistake: the ledger follows, and open pages are told."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Method
from rollbook.workflows.journals_told import tell


@transaction.atomic
def receive(
    *, client_id: int, amount: Decimal, method: Method, on: date, note: str, key: str, at: datetime, by: Actor
) -> int:
    """Book money that came for a client; the same `key` again changes nothing. Returns the id of the payment."""
    payment = billing.receive_payment(
        client_id=client_id, amount=amount, method=method, on=on, note=note, key=key, at=at, by=by
    )
    tell(client_id, at=at)
    return payment


@transaction.atomic
def receive_family(
    *, contact_id: int, amount: Decimal, shares: Mapping[int, Decimal], method: Method, on: date, note: str, key: str,
    at: datetime, by: Actor,
) -> int:
    """Book one payment for several clients, by their shares; the same `key` again changes nothing. Returns its id."""
    payment = billing.receive_family_payment(
        contact_id=contact_id, amount=amount, shares=shares, method=method, on=on, note=note, key=key, at=at, by=by
    )
    tell(*(client_id for client_id, share in shares.items() if share), at=at)
    return payment


@transaction.atomic
def take_back(*, payment_id: int, reason: str, at: datetime, by: Actor) -> tuple[int, ...]:
    """Put a payment that was booked by mistake right; twice changes nothing. Returns whose it was."""
    clients = billing.take_back_payment(payment_id=payment_id, reason=reason, at=at, by=by)
    tell(*clients, at=at)
    return clients
