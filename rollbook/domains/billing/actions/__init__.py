"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.billing.actions.announced import (
    AnsweredAlready,
    announce_payment,
    confirm_announced,
    decline_announced,
)
from rollbook.domains.billing.actions.ledger import settle
from rollbook.domains.billing.actions.loading import load_payments, load_tariff_uses, load_tariffs
from rollbook.domains.billing.actions.payments import (
    AnotherPayment,
    receive_family_payment,
    receive_payment,
    take_back_payment,
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
    "AnotherPayment", "AnsweredAlready", "TariffFields", "TariffInUse", "add_tariff", "announce_payment",
    "archive_tariff", "change_tariff", "confirm_announced", "decline_announced", "load_payments", "load_tariff_uses",
    "load_tariffs", "price_group", "price_programme", "receive_family_payment", "receive_payment", "restore_tariff",
    "settle", "take_back_payment", "unload_payments", "unload_tariff_uses", "unload_tariffs",
]
