"""What was booked by hand in a client's account, and what may be."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.models import BY_HAND, Account, EntryKind, LedgerEntry
from rollbook.domains.people.models import Client, Relation
from rollbook.foundation.periods import local
from rollbook.screens import clients

SHOWN = 50
CHARGES = 30
"""So many charges, the latest first, are offered to be let off."""
LISTED = (*BY_HAND, EntryKind.REFUND, EntryKind.TRANSFER)
ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Booked:
    entry_id: int
    kind: EntryKind
    day: date
    amount: Decimal
    reason: str
    """Of a refund its note."""
    by_name: str
    group: str
    """Of a discount that of the charge."""
    charged_on: date | None
    method: str
    payment_id: int | None
    transfer_id: int | None
    other: str
    """Of a transfer the other client, if they may be known."""
    other_id: int | None
    is_gone: bool
    gone_for: str
    """Why it was taken back."""


@dataclass(frozen=True, slots=True)
class Charge:
    entry_id: int
    day: date
    group: str
    amount: Decimal
    left: Decimal
    """What of it is not let off yet."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """To whom money may be moved: the other clients of the same payer first, then whoever was found."""

    client_id: int
    name: str
    branch: str
    is_sibling: bool


@dataclass(frozen=True, slots=True)
class Entries:
    client_id: int
    client: str
    branch: str
    today: date
    balance: Decimal | None
    """With what was booked None for those who may not see money."""
    booked: tuple[Booked, ...] | None
    charges: tuple[Charge, ...]
    receivers: tuple[Receiver, ...]
    may_correct: bool
    may_take_payment: bool


def entries(
    *, client_id: int, at: datetime, by: Actor, under: Permission = Permission.MONEY_SEE, words: str = "",
    chosen: int | None = None,
) -> Entries:
    """The account as far as it was written by hand, the latest first; `words` find whom money may be moved to, beside
    whoever is `chosen` already. `under` is what is to be done there."""
    client = Client.objects.select_related("branch").pick(by, under, client_id)
    rights = (Permission.MONEY_SEE, Permission.BALANCE_CORRECT, Permission.PAYMENT_TAKE)
    may = Client.objects.all().held_on(by, client_id, *rights)
    sees, corrects, takes = (right in may for right in rights)
    return Entries(
        client.pk, client.name, client.branch.name, local(at, client.branch.time_zone).date(),
        balance=Account.objects.filter(client=client).values_list("balance", flat=True).first() or ZERO
        if sees else None,
        booked=_booked(client_id, by) if sees else None,
        charges=_charges(client_id, by) if corrects and sees else (),
        receivers=_receivers(client_id, words, chosen, at, by) if takes else (),
        may_correct=corrects, may_take_payment=takes,
    )


def _booked(client_id: int, by: Actor) -> tuple[Booked, ...]:
    seen = LedgerEntry.objects.visible_to(by, Permission.MONEY_SEE).filter(client=client_id, kind__in=LISTED)
    rows = seen.order_by("-day", "-pk").values_list(
        "pk", "kind", "day", "amount", "reason", "payment__note", "made_by__name", "group__name", "discounts__day",
        "payment__method", "payment", "transfer", "reversed_by", "reversed_by__reason",
    )[:SHOWN]
    found = list(rows)
    others = billing.others_of(transfers=[row[11] for row in found if row[11]], client_id=client_id, by=by)
    return tuple(
        Booked(
            pk, EntryKind(kind), day, amount, reason or note or "", name or "", group or "", charged_on, method or "",
            payment, transfer, other, other_id, gone is not None, why or "",
        )
        for pk, kind, day, amount, reason, note, name, group, charged_on, method, payment, transfer, gone, why in found
        for other, other_id in [others.get(transfer, ("", None))]
    )


def _charges(client_id: int, by: Actor) -> tuple[Charge, ...]:
    """Those that stand and are not let off whole."""
    seen: Any = LedgerEntry.objects.visible_to(by, Permission.BALANCE_CORRECT)
    standing = seen.standing_charges().filter(client=client_id).annotate(
        off=Coalesce(Sum("discounted_by__amount", filter=Q(discounted_by__reversed_by=None)), ZERO)
    )
    rows = standing.order_by("-day", "-pk").values_list("pk", "day", "group__name", "amount", "off")[:CHARGES]
    return tuple(
        Charge(pk, day, group or "", -amount, -amount - off) for pk, day, group, amount, off in rows if off < -amount
    )


def _receivers(client_id: int, words: str, chosen: int | None, at: datetime, by: Actor) -> tuple[Receiver, ...]:
    payers = Relation.objects.filter(client=client_id, pays=True).values("contact")
    siblings = set(Relation.objects.filter(contact__in=payers, pays=True).values_list("client", flat=True))
    found = {row.client_id for row in clients.found(words=words, at=at, by=by)}
    offered = Client.objects.visible_to(by, Permission.PAYMENT_TAKE).filter(
        pk__in=(siblings | found | {chosen or 0}) - {client_id}
    )
    rows = offered.order_by("search", "pk").values_list("pk", "name", "branch__name")
    return tuple(sorted((Receiver(*row, row[0] in siblings) for row in rows), key=lambda row: not row.is_sibling))
