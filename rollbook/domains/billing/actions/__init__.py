"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.billing.actions.announced import (
    AnsweredAlready,
    announce_payment,
    confirm_announced,
    decline_announced,
)
from rollbook.domains.billing.actions.by_hand import (
    BeyondLimit,
    MoreThanCharged,
    NotByHand,
    correct_balance,
    discount_charge,
    give_bonus,
    take_back_entry,
)
from rollbook.domains.billing.actions.closing import Booked, booked_on, open_days
from rollbook.domains.billing.actions.covering import Covers, covers
from rollbook.domains.billing.actions.discounts import DiscountTooHigh, end_discount, give_discount
from rollbook.domains.billing.actions.ending import charge_due, close_ended
from rollbook.domains.billing.actions.entries import AnotherEntry, MoreThanBalance
from rollbook.domains.billing.actions.following import NextOneBegins, follow_freezes, follow_transfer
from rollbook.domains.billing.actions.instalments import due
from rollbook.domains.billing.actions.ledger import UsedUp, settle
from rollbook.domains.billing.actions.loading import load_payments, load_tariff_uses, load_tariffs
from rollbook.domains.billing.actions.payments import (
    AnotherPayment,
    receive_family_payment,
    receive_payment,
    take_back_payment,
)
from rollbook.domains.billing.actions.refunds import refund
from rollbook.domains.billing.actions.requests import AnotherRequest, Asked, NothingDue, request_payment
from rollbook.domains.billing.actions.subscriptions import (
    AnotherSale,
    ContractTaken,
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
from rollbook.domains.billing.actions.transfers import take_back_transfer, transfer_money
from rollbook.domains.billing.actions.unloading import unload_payments, unload_tariff_uses, unload_tariffs

__all__ = [
    "AnotherEntry", "AnotherPayment", "AnotherRequest", "AnotherSale", "AnsweredAlready", "Asked", "BeyondLimit",
    "Booked", "ContractTaken", "Covers", "DiscountTooHigh", "MoreThanBalance", "MoreThanCharged", "NextOneBegins",
    "NotByHand", "NothingDue", "Sale", "SoldAlready", "TariffFields", "TariffInUse", "UsedAlready", "UsedUp",
    "add_tariff", "announce_payment", "archive_tariff", "booked_on", "change_tariff", "charge_due", "close_ended",
    "confirm_announced", "correct_balance", "covers", "decline_announced", "discount_charge", "due", "end_discount",
    "end_subscription", "follow_freezes", "follow_transfer", "give_bonus", "give_discount", "load_payments",
    "load_tariff_uses", "load_tariffs", "once", "open_days", "price_group", "price_programme",
    "receive_family_payment", "receive_payment", "refund", "request_payment", "restore_tariff", "sell", "settle",
    "take_back_entry", "take_back_payment", "take_back_sale", "take_back_transfer", "transfer_money",
    "unload_payments", "unload_tariff_uses", "unload_tariffs",
]
