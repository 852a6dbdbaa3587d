from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import House
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing.models import EntryKind, LedgerEntry, TariffUse
from rollbook.domains.billing.rules import lesson_price
from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.journal.rules import Switches, switches
from rollbook.domains.people.models import Client
from rollbook.foundation.compiled import Rows

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a lesson costs; a group without a tariff costs nothing."""

    pricing: str = "fixed"
    price: Decimal = ZERO
    missed_share: int = 0
    excused_share: int = 0
    make_up_days: int | None = None
    tariff: str = ""
    make_ups_a_month: int | None = None
    """None: any number."""
    lapsed_share: int = 0

    def of_lesson(self, *, lessons: int) -> Decimal:
        """The price of one whole lesson in a month that gives `lessons`."""
        return lesson_price(pricing=self.pricing, price=self.price, lessons=lessons)

    def switches(self, *, rules: House) -> Mapping[str, Switches]:
        """What each status means, by this tariff and the rules of the organisation."""
        return switches_of(self, rules=rules)


def switches_of(terms: Any, *, rules: House) -> Mapping[str, Switches]:
    """What each status means by a tariff or a subscription, and by the rules of the organisation."""
    return _switches(
        terms.missed_share, terms.excused_share, terms.lapsed_share,
        (terms.make_up_days or rules.make_up_days) if rules.make_ups else None, rules.missed_may_be_worked_off,
    )


@lru_cache(maxsize=256)
def _switches(
    missed: int, excused: int, lapsed: int, days: int | None, missed_may_be_worked_off: bool
) -> Mapping[str, Switches]:
    return switches(
        missed_share=missed, excused_share=excused, lapsed_share=lapsed, make_up_days=days,
        missed_may_be_worked_off=missed_may_be_worked_off,
    )


def terms(
    *, groups: Mapping[int, int], on: date, by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> dict[int, Terms]:
    """The terms of each group (given with its programme) on a day; a group's own tariff goes before its programme's.

    For those who mark in it or see it: that a lesson costs something needs no right to see what others have paid.
    """
    rows = _tariffs(by, under, groups=list(groups), programmes=list(groups.values()), on=on)
    of_group: dict[int, Terms] = {}
    of_programme: dict[int, Terms] = {}
    for group, programme, *told in rows:
        (of_group if group else of_programme)[group or programme] = Terms(*told)
    return {
        group: of_group.get(group) or of_programme.get(programme) or Terms() for group, programme in groups.items()
    }


@compiled
def _tariffs(by: Actor, under: Permission, *, groups: Any, programmes: Any, on: Any) -> Rows:
    return (
        TariffUse.objects.visible_to(by, under)
        .on(on)
        .filter(Q(group__any=groups) | Q(programme__any=programmes))
        .values_list(
            "group", "programme", "tariff__pricing", "tariff__price", "tariff__missed_share", "tariff__excused_share",
            "tariff__make_up_days", "tariff__name", "tariff__make_ups_a_month", "tariff__lapsed_share",
        )
    )


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
    rows = _entries(by, client=client_id, first=first, last=last)
    lines = tuple(
        Line(
            pk, day, EntryKind(kind), amount, group or "", Kind(mark_kind) if mark_kind else None,
            Status(status) if status else None, share or 0, method or "", note or "", payment,
        )
        for pk, day, kind, amount, group, mark_kind, status, share, method, note, payment in rows
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
            "payment__method", "payment__note", "payment",
        )
    )


def revenue(*, group_id: int, first: date, last: date, by: Actor) -> Decimal | None:
    """What was charged for the lessons of a group on the days [first, last]; None where it may not be seen.

    Revenue is what was charged for marks, never payments (spec 12, 6). It is that of the group and seen with its money,
    wherever its clients belong: a part of it would be a wrong sum.
    """
    if not by.may(Permission.MONEY_SEE):
        return None
    return next((sum_ for (sum_,) in _revenue(by, group=group_id, first=first, last=last)), None)


@compiled
def _revenue(by: Actor, *, group: Any, first: Any, last: Any) -> Rows:
    charges = LedgerEntry.objects.filter(group=OuterRef("pk"), day__range=(first, last), mark__isnull=False)
    charged = charges.order_by().values("group").annotate(sum=-Sum("amount")).values("sum")
    seen = Group.objects.visible_to(by, Permission.MONEY_SEE).filter(pk=group)
    return seen.annotate(charged=Coalesce(Subquery(charged), ZERO)).values_list("charged")
