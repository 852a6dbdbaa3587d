"""The receipt of a payment: who paid, for whom, how much, by which way, and who took it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing.models import EntryKind, LedgerEntry, Method, Payment
from rollbook.domains.history import queries as history
from rollbook.domains.people import queries as people
from rollbook.foundation.errors import NotAllowed
from rollbook.foundation.periods import local
from rollbook.screens.statement import language_of

_OF_MONEY = (EntryKind.PAYMENT, EntryKind.REFUND)


class Part(NamedTuple):
    """What one client got of it."""

    client_id: int
    client: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Receipt:
    payment_id: int
    """Which is its number, too."""
    organisation: str
    currency: str
    branch: str
    on: date
    made_at: datetime
    method: Method
    note: str
    is_refund: bool
    amount: Decimal
    parts: tuple[Part, ...]
    payer: str
    """Empty where nobody pays for them, or where contacts may not be seen."""
    taken_by: str
    """Empty where it came from a file of before."""
    taken_back_at: datetime | None
    language: str
    """Of whoever pays."""


def receipt(*, payment_id: int, by: Actor) -> Receipt:
    """A payment is seen whole or not at all: a part of it would be another sum."""
    payment = Payment.objects.pick(by, Permission.MONEY_SEE, payment_id)
    entries = list(
        LedgerEntry.objects.filter(payment=payment, kind__in=_OF_MONEY)
        .select_related("client__branch", "reversed_by").order_by("client__search", "pk")
    )
    visible = LedgerEntry.objects.visible_to(by, Permission.MONEY_SEE).filter(payment=payment, kind__in=_OF_MONEY)
    if visible.count() != len(entries):
        raise NotAllowed
    first = entries[0]
    zone = first.client.branch.time_zone
    contacts = people.contacts(clients=[first.client_id], by=by, payers_only=True)
    reversals = [entry.reversed_by for entry in entries if hasattr(entry, "reversed_by")]
    rules = house()
    return Receipt(
        payment.pk, rules.name, rules.currency, first.client.branch.name, payment.received_on,
        local(first.made_at, zone), Method(payment.method), payment.note, payment.is_refund, payment.amount,
        tuple(Part(entry.client_id, entry.client.name, abs(entry.amount)) for entry in entries),
        contacts[0].name if contacts else "", _taken_by(first, by),
        # Its parts are taken back together.
        max((local(entry.made_at, zone) for entry in reversals), default=None),
        language_of(client_id=first.client_id, by=by),
    )


def _taken_by(entry: LedgerEntry, by: Actor) -> str:
    """The name that a receipt bears is no secret to whoever sees the payment."""
    done = history.since(
        subject=f"client:{entry.client_id}", verbs=("payment.received", "payment.refunded", "payment.confirmed"),
        at=entry.made_at, by=by,
    )
    return next((line.by_name for line in done if line.new.get("entry") == entry.pk), "")
