"""A payer with all for whom they pay: what each has, what is due of each, and how a payment would fall on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.rules import Due, split
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.queries import Belonging, Pause
from rollbook.domains.people.models import Client, Contact, Relation
from rollbook.foundation.compiled import Rows
from rollbook.foundation.errors import NotFound
from rollbook.foundation.periods import local
from rollbook.screens import announced
from rollbook.screens.announced import Waiting
from rollbook.screens.due import Ahead, ahead, due, dues, first_afterwards

ZERO = Decimal("0.00")
LONG_AGO, FAR_AHEAD = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Place:
    """A group in which a child is."""

    group_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Child:
    client_id: int
    name: str
    branch: str
    groups: tuple[Place, ...]
    balance: Decimal
    due: Decimal
    """What would cover this month to its end."""
    may_take_payment: bool


@dataclass(frozen=True, slots=True)
class Family:
    """Of the children those whose money one sees; all sums are of these alone."""

    contact_id: int
    name: str
    today: date
    children: tuple[Child, ...]
    announced: tuple[Waiting, ...]
    is_whole: bool
    """Whether one sees all money there is, so that nobody can be left out."""
    may_confirm: bool
    shares: Mapping[int, Decimal]
    """How the amount that was asked of, or all that is due, would fall on those for whom one may take it."""

    @property
    def balance(self) -> Decimal:
        return sum((child.balance for child in self.children), ZERO)

    @property
    def due(self) -> Decimal:
        return sum((child.due for child in self.children), ZERO)

    @property
    def payable(self) -> tuple[Child, ...]:
        return tuple(child for child in self.children if child.may_take_payment)

    @property
    def proposed(self) -> Decimal:
        return sum(self.shares.values(), ZERO)


def family(*, contact_id: int, at: datetime, by: Actor, amount: Decimal | None = None) -> Family:
    """The family of a payer; `amount` is what is to be split, all that is due without it.

    NotFound where they pay for nobody whose money may be seen.
    """
    payer = Contact.objects.pick(by, Permission.MONEY_SEE, contact_id)
    paid_for = list(_paid_for(by, contact=contact_id))
    if not paid_for:
        raise NotFound
    clients = [client for client, *_told in paid_for]
    days = {client: local(at, zone).date() for client, _name, _branch, zone, _may in paid_for}
    balances = billing.balances(clients=clients, by=by)
    belongings, pauses = _belonging(clients, days, by)
    coming: dict[int, tuple[Ahead, ...]] = {}
    for today in sorted(set(days.values())):  # one, but around midnight in two time zones
        there = [b for b in belongings if days[b.client_id] == today]
        coming |= ahead(belongings=there, pauses=pauses, today=today, by=by)
    children = tuple(
        Child(
            client, name, branch,
            tuple(Place(b.group_id, b.group) for b in belongings if b.client_id == client and b.since <= days[client]),
            balances[client], due(balance=balances[client], ahead=coming.get(client, ())), may,
        )
        for client, name, branch, _zone, may in paid_for
    )
    payable = [child.client_id for child in children if child.may_take_payment]
    owed = [each for each in dues(balances=balances, ahead=coming, by=by) if each.client_id in payable]
    today = min(days.values())
    return Family(
        contact_id, payer.name, today, children, announced.of(clients=clients, by=by),
        by.may_everywhere(Permission.MONEY_SEE), by.may(Permission.PAYMENT_CONFIRM),
        _shares(amount, owed, payable, belongings, pauses, today, by) if payable else {},
    )


def _belonging(
    clients: Sequence[int], days: Mapping[int, date], by: Actor
) -> tuple[tuple[Belonging, ...], tuple[Pause, ...]]:
    """In which groups they are or will be, and when they pause."""
    if not by.may(Permission.JOURNAL_SEE):
        return (), ()
    current = tuple(
        b for b in groups.belongings(clients=clients, by=by) if b.until is None or b.until > days[b.client_id]
    )
    return current, groups.freezes(clients=clients, first=LONG_AGO, last=FAR_AHEAD, by=by)


def _shares(
    amount: Decimal | None, owed: Sequence[Due], payable: Sequence[int], belongings: Sequence[Belonging],
    pauses: Sequence[Pause], today: date, by: Actor,
) -> dict[int, Decimal]:
    whole = sum((each.amount for each in owed), ZERO)
    if amount is None or amount <= whole:
        then = payable[0]  # nothing is over
    else:
        afterwards = first_afterwards(belongings=belongings, pauses=pauses, today=today, by=by)
        then = min(payable, key=lambda client: (afterwards.get(client, FAR_AHEAD), payable.index(client)))
    return split(amount=whole if amount is None else amount, dues=owed, clients=payable, then=then)


@compiled
def _paid_for(by: Actor, *, contact: Any) -> Rows:
    relations = Relation.objects.filter(contact=contact, pays=True)
    clients = Client.objects.visible_to(by, Permission.MONEY_SEE).filter(pk__in=relations.values("client"))
    return clients.order_by("search", "pk").values_list(
        "pk", "name", "branch__name", "branch__time_zone", clients.holds(by, Permission.PAYMENT_TAKE)
    )
