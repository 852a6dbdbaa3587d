"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.billing.actions.closing import Booked, booked_on, open_days
from rollbook.domains.billing.actions.ledger import settle
from rollbook.domains.billing.actions.loading import load_payments, load_tariff_uses, load_tariffs
from rollbook.domains.billing.actions.payments import AnotherPayment, receive_payment, take_back_payment
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
    "AnotherPayment", "Booked", "TariffFields", "TariffInUse", "add_tariff", "archive_tariff", "booked_on",
    "change_tariff", "load_payments", "load_tariff_uses", "load_tariffs", "open_days", "price_group",
    "price_programme", "receive_payment",
    "restore_tariff", "settle", "take_back_payment", "unload_payments", "unload_tariff_uses", "unload_tariffs",
]
