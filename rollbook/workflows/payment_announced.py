"""Somebody says that they have paid; the money came, or did not."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import LedgerEntry, Method
from rollbook.workflows.journals_told import tell


def announce(
    *, client_id: int, amount: Decimal, method: Method, on: date, note: str, key: str, at: datetime, by: Actor
) -> int:
    """Write down what is said; the same `key` again changes nothing. No journal is told: it shows balances alone."""
    return billing.announce_payment(
        client_id=client_id, amount=amount, method=method, on=on, note=note, key=key, at=at, by=by
    )


@transaction.atomic
def confirm(
    *, announced_id: int, amount: Decimal | None = None, method: Method | None = None, on: date | None = None,
    at: datetime, by: Actor,
) -> int:
    """Book what came, as it was announced where nothing else is said; twice is once. Returns the id of the payment."""
    payment = billing.confirm_announced(
        announced_id=announced_id, amount=amount, method=method, on=on, at=at, by=by
    )
    tell(*LedgerEntry.objects.filter(payment=payment).values_list("client", flat=True), at=at)
    return payment


def decline(*, announced_id: int, reason: str, at: datetime, by: Actor) -> int:
    """It is not waited for any more; twice changes nothing. Returns whose it was."""
    return billing.decline_announced(announced_id=announced_id, reason=reason, at=at, by=by)
