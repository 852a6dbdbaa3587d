"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.billing.actions.by_hand import (
    BeyondLimit,
    MoreThanCharged,
    NotByHand,
    correct_balance,
    discount_charge,
    give_bonus,
    take_back_entry,
)
from rollbook.domains.billing.actions.entries import AnotherEntry, MoreThanBalance
from rollbook.domains.billing.actions.ledger import settle
from rollbook.domains.billing.actions.loading import load_payments, load_tariff_uses, load_tariffs
from rollbook.domains.billing.actions.payments import AnotherPayment, receive_payment, take_back_payment
from rollbook.domains.billing.actions.refunds import refund
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
from rollbook.domains.billing.actions.transfers import take_back_transfer, transfer_money
from rollbook.domains.billing.actions.unloading import unload_payments, unload_tariff_uses, unload_tariffs

__all__ = [
    "AnotherEntry", "AnotherPayment", "BeyondLimit", "MoreThanBalance", "MoreThanCharged", "NotByHand", "TariffFields",
    "TariffInUse", "add_tariff", "archive_tariff", "change_tariff", "correct_balance", "discount_charge", "give_bonus",
    "load_payments", "load_tariff_uses", "load_tariffs", "price_group", "price_programme", "receive_payment", "refund",
    "restore_tariff", "settle", "take_back_entry", "take_back_payment", "take_back_transfer", "transfer_money",
    "unload_payments", "unload_tariff_uses", "unload_tariffs",
]
