"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.billing.actions.covering import Covers, covers
from rollbook.domains.billing.actions.ending import charge_due, close_ended
from rollbook.domains.billing.actions.following import NextOneBegins, follow_freezes, follow_transfer
from rollbook.domains.billing.actions.instalments import due
from rollbook.domains.billing.actions.ledger import UsedUp, settle
from rollbook.domains.billing.actions.loading import load_payments, load_tariff_uses, load_tariffs
from rollbook.domains.billing.actions.payments import AnotherPayment, receive_payment, take_back_payment
from rollbook.domains.billing.actions.requests import AnotherRequest, Asked, NothingDue, request_payment
from rollbook.domains.billing.actions.subscriptions import (
    AnotherSale,
    ContractTaken,
    DiscountTooHigh,
    Sale,
    SoldAlready,
    UsedAlready,
    end_subscription,
    once,
    sell,
    take_back_sale,
)
from rollbook.domains.billing.actions.tariffs import (
    TariffFields,
    TariffInUse,
    add_tariff,
    archive_tariff,
    change_tariff,
    price_group,
    price_programme,
    restore_tariff,
)
from rollbook.domains.billing.actions.unloading import unload_payments, unload_tariff_uses, unload_tariffs

__all__ = [
    "AnotherPayment", "AnotherRequest", "AnotherSale", "Asked", "ContractTaken", "Covers", "DiscountTooHigh",
    "NextOneBegins", "NothingDue", "Sale", "SoldAlready", "TariffFields", "TariffInUse", "UsedAlready",
    "UsedUp", "add_tariff", "archive_tariff", "change_tariff", "charge_due", "close_ended", "covers", "due",
    "end_subscription", "follow_freezes", "follow_transfer", "load_payments", "load_tariff_uses",
    "load_tariffs", "once", "price_group", "price_programme", "receive_payment", "request_payment",
    "restore_tariff", "sell", "settle", "take_back_payment", "take_back_sale", "unload_payments",
    "unload_tariff_uses", "unload_tariffs",
]
