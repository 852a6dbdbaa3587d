"""Money was given back: the ledger follows, and open pages are told. It is taken back as a payment is."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Method
from rollbook.workflows.journals_told import tell


@transaction.atomic
def refund(
    *, client_id: int, amount: Decimal, method: Method, on: date, note: str, key: str, at: datetime, by: Actor,
    over_balance: bool = False,
) -> int:
    """Book money that was given back to a client; the same `key` again changes nothing. Returns the payment's id."""
    payment = billing.refund(
        client_id=client_id, amount=amount, method=method, on=on, note=note, key=key, over_balance=over_balance, at=at,
        by=by,
    )
    tell(client_id, at=at)
    return payment
