"""What is kept: one file for tariffs, what is bought by them, money, and the lines of an account."""

from rollbook.domains.billing.models.accounts import Account
from rollbook.domains.billing.models.ledger import BY_HAND, EntryKind, LedgerEntry
from rollbook.domains.billing.models.payments import AnnouncedPayment, Method, Payment, Transfer
from rollbook.domains.billing.models.requests import PaymentRequest
from rollbook.domains.billing.models.subscriptions import (
    ClientDiscount,
    Contract,
    CoveredMark,
    DiscountKind,
    Subscription,
    SubscriptionDiscount,
    SubscriptionGroup,
)
from rollbook.domains.billing.models.tariffs import (
    RULES,
    WHOLE,
    Charged,
    Freezing,
    MonthFrom,
    Pricing,
    ProRata,
    Tariff,
    TariffKind,
    TariffUse,
)

__all__ = [
    "BY_HAND", "RULES", "WHOLE", "Account", "AnnouncedPayment", "Charged", "ClientDiscount", "Contract", "CoveredMark",
    "DiscountKind", "EntryKind", "Freezing", "LedgerEntry", "Method", "MonthFrom", "Payment", "PaymentRequest",
    "Pricing", "ProRata", "Subscription", "SubscriptionDiscount", "SubscriptionGroup", "Tariff", "TariffKind",
    "TariffUse", "Transfer",
]
