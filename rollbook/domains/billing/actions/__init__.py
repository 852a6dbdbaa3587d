"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.billing.actions.ledger import settle
from rollbook.domains.billing.actions.payments import AnotherPayment, receive_payment, take_back_payment

__all__ = ["AnotherPayment", "receive_payment", "settle", "take_back_payment"]
