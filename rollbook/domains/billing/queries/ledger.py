"""What clients have, how that came about, and what was charged."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing.models import ClientDiscount, EntryKind, LedgerEntry
from rollbook.domains.billing.queries.terms import ZERO
from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.people.models import Client
from rollbook.foundation.compiled import Rows


@dataclass(frozen=True, slots=True)
class StandingDiscount:
    """What a client is let off of whatever is sold on the days [since, until): per cent of the price, or an amount."""

    discount_id: int
    percent: Decimal | None
    amount: Decimal | None
    reason: str
    since: date
    until: date | None
    allowed_by: str


def discounts_of(
    *, clients: Collection[int], on: date | None, by: Actor, under: Permission = Permission.MONEY_SEE
) -> dict[int, tuple[StandingDiscount, ...]]:
    """The permanent discounts of each client on a day (None: all there were and will be), the latest first; nothing of
    those whose money may not be seen. Nobody without any is named."""
    if not by.may(under):
        return {}
    rows = ClientDiscount.objects.visible_to(by, under).filter(client__in=list(clients))
    if on is not None:
        rows = rows.filter(Q(until=None) | Q(until__gt=on), since__lte=on)
    found: dict[int, tuple[StandingDiscount, ...]] = {}
    for row in rows.select_related("allowed_by").order_by("-since", "-pk"):
        name = row.allowed_by.name if row.allowed_by else ""
        given = StandingDiscount(row.pk, row.percent, row.amount, row.reason, row.since, row.until, name)
        found[row.client_id] = (*found.get(row.client_id, ()), given)
    return found


def balances(*, clients: Collection[int], by: Actor) -> dict[int, Decimal]:
    """What each client has (or, below zero, owes) today; nothing of those whose money may not be seen."""
    if not by.may(Permission.MONEY_SEE):
        return {}
    return dict(_balances(by, Permission.MONEY_SEE, clients=list(clients)))


@compiled
def _balances(by: Actor, under: Permission, *, clients: Any) -> Rows:
    visible = Client.objects.visible_to(by, under).filter(pk__any=clients)
    return visible.values_list("pk", Coalesce("account__balance", ZERO))


def balance(*, client_id: int, at: date, by: Actor) -> Decimal:
    """What a client had (or, below zero, owed) at the end of a day; nothing but the index of their entries is read.
    What was booked later and concerns that day or one before it is of the day on which it was booked."""
    return next((sum_ for (sum_,) in _balance_at(by, client=client_id, at=at)), ZERO)


@compiled
def _balance_at(by: Actor, *, client: Any, at: Any) -> Rows:
    visible = Client.objects.visible_to(by, Permission.MONEY_SEE).filter(pk=client)
    entries = LedgerEntry.objects.filter(client=OuterRef("pk"), day__lte=at)
    told = entries.order_by().values("client").annotate(sum=Sum("amount")).values("sum")
    return visible.annotate(then=Coalesce(Subquery(told), ZERO)).values_list("then")


def covered(*, clients: Collection[int], by: Actor) -> dict[int, Decimal]:
    """The balances of clients in lessons of those who mark, to say paid or not: never to be shown as sums."""
    if not clients or not by.may(Permission.CLIENT_SEE):
        return {}
    return dict(_balances(by, Permission.CLIENT_SEE, clients=list(clients)))


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement, and why it stands there."""

    entry_id: int
    day: date
    kind: EntryKind
    amount: Decimal
    group: str
    mark_kind: Kind | None
    status: Status | None
    share: int
    method: str
    note: str
    payment_id: int | None
    about: date | None = None
    """The day that it concerns, where that lies in a month which was closed when it was booked."""
    reason: str = ""
    """Why, of what was booked by hand."""
    other: str = ""
    """Of a transfer the other client, if their name may be known."""
    other_id: int | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A client's account over the days [first, last]. What was written and taken back again is left out of the
    lines: it cancels out, and the history keeps it."""

    opening: Decimal
    lines: tuple[Line, ...]
    closing: Decimal


def statement(*, client_id: int, first: date, last: date, by: Actor) -> Statement | None:
    """None where the money of this client may not be seen."""
    if not by.may(Permission.MONEY_SEE):
        return None
    opening = next((sum_ for (sum_,) in _opening(by, client=client_id, first=first)), ZERO)
    rows = list(_entries(by, client=client_id, first=first, last=last))
    others = others_of(transfers=[row[-1] for row in rows if row[-1]], client_id=client_id, by=by)
    lines = tuple(
        Line(
            pk, day, EntryKind(kind), amount, group or "", Kind(mark_kind) if mark_kind else None,
            Status(status) if status else None, share or 0, method or "", note or "", payment, about, reason,
            *others.get(transfer, ("", None)),
        )
        for pk, day, kind, amount, group, mark_kind, status, share, method, note, payment, about, reason, transfer
        in rows
    )
    return Statement(opening, lines, opening + sum((line.amount for line in lines), ZERO))


@compiled
def _opening(by: Actor, *, client: Any, first: Any) -> Rows:
    before = LedgerEntry.objects.visible_to(by, Permission.MONEY_SEE).filter(client=client, day__lt=first)
    return before.order_by().values("client").annotate(sum=Sum("amount")).values_list("sum")


@compiled
def _entries(by: Actor, *, client: Any, first: Any, last: Any) -> Rows:
    return (
        LedgerEntry.objects.visible_to(by, Permission.MONEY_SEE)
        .filter(client=client, day__range=(first, last))
        .exclude(kind=EntryKind.REVERSAL, reverses__day__range=(first, last))
        .exclude(reversed_by__day__range=(first, last))
        .order_by("day", "pk")
        .values_list(
            "pk", "day", "kind", "amount", "group__name", "mark__kind", "mark__status", "mark__share",
            "payment__method", "payment__note", "payment", "about", "reason", "transfer",
        )
    )


def others_of(*, transfers: Collection[int], client_id: int, by: Actor) -> dict[int, tuple[str, int]]:
    """Of transfers to or from a client the other one, with their name; nothing of those whom one may not see. Without
    transfers no statement."""
    if not transfers or not by.may(Permission.CLIENT_SEE):
        return {}
    return {transfer: (name, pk) for transfer, name, pk in _others(by, transfers=list(transfers), client=client_id)}


@compiled
def _others(by: Actor, *, transfers: Any, client: Any) -> Rows:
    seen = Client.objects.visible_to(by, Permission.CLIENT_SEE)
    moved = LedgerEntry.objects.filter(kind=EntryKind.TRANSFER, transfer__any=transfers, client__in=seen.values("pk"))
    return moved.exclude(client=client).values_list("transfer", "client__name", "client")


def revenue(*, group_id: int, first: date, last: date, by: Actor) -> Decimal | None:
    """What was charged for the lessons of a group on the days [first, last]; None where it may not be seen.

    Revenue is what was charged for marks, and for subscriptions at their start, never payments (spec 12, 6); what
    burned is none of it. It is that of the group and seen with its money, wherever its clients belong: a part of it
    would be a wrong sum.
    """
    if not by.may(Permission.MONEY_SEE):
        return None
    return next((sum_ for (sum_,) in _revenue(by, group=group_id, first=first, last=last)), None)


@compiled
def _revenue(by: Actor, *, group: Any, first: Any, last: Any) -> Rows:
    charges = LedgerEntry.objects.filter(group=OuterRef("pk"), day__range=(first, last))
    charged = charges.order_by().values("group").annotate(sum=-Sum("amount")).values("sum")
    seen = Group.objects.visible_to(by, Permission.MONEY_SEE).filter(pk=group)
    return seen.annotate(charged=Coalesce(Subquery(charged), ZERO)).values_list("charged")
