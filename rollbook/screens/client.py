"""The card of a client, which is the side panel as well: contacts, groups, why the balance is what it is, history."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rollbook.domains.access.actor import Actor, Permission, Reach
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.queries import Bought, Statement
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.queries import Belonging, Left, Pause
from rollbook.domains.history import queries as history
from rollbook.domains.history.actions import note_reading
from rollbook.domains.history.queries import Line, Opened
from rollbook.domains.people import queries as people
from rollbook.domains.people.models import Client
from rollbook.domains.people.queries import ContactLine
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation.periods import local
from rollbook.screens import announced
from rollbook.screens.announced import Waiting
from rollbook.screens.due import Ahead, ahead, due

PHONES = ("phone", "email", "telegram")
# Of which the notes and reasons tell as much as the sums.
PAYMENTS = (
    "balance.corrected", "balance.transferred", "bonus.given", "charge.discounted", "discount.given", "discount.ended",
    "entry.taken_back", "payment.announced", "payment.confirmed", "payment.declined", "payment.received",
    "payment.refunded", "payment.requested", "payment.taken_back", "transfer.taken_back",
)
SALES = tuple(f"subscription.{done}" for done in ("sold", "ended", "taken_back", "frozen", "moved", "closed"))
LONG_AGO, FAR_AHEAD = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Card:
    client_id: int
    name: str
    middle_name: str
    is_company: bool
    birth_date: date | None
    branch: str
    responsible: str
    note: str
    today: date
    contacts: tuple[ContactLine, ...]
    current: tuple[Belonging, ...]
    former: tuple[Belonging, ...]
    freezes: tuple[Pause, ...]
    left: Left | None
    """How they left, where they are in no group any more."""
    first: date
    last: date
    statement: Statement | None
    """Over the days [first, last]; None for those who may not see money."""
    balance: Decimal | None
    ahead: tuple[Ahead, ...]
    announced: tuple[Waiting, ...]
    """Payments that are said to have been made; never part of the balance."""
    families: frozenset[int]
    """Those of the contacts who pay for others, too, as far as one sees their money."""
    history: Sequence[Line] | None
    """With what follows None for those who may not see it."""
    readings: Sequence[Opened] | None
    """Who saw this card, the latest first; this time is not yet among them."""
    may_edit: bool
    may_take_payment: bool
    may_confirm: bool
    may_enrol: bool
    may_see_comments: bool
    may_sell: bool
    subscriptions: tuple[Bought, ...] | None
    """All of them, the latest first; None for those who may not see money."""

    @property
    def running(self) -> tuple[Bought, ...]:
        """The subscriptions that hold, or will."""
        return tuple(row for row in self.subscriptions or () if not row.is_over(self.today))

    @property
    def ended(self) -> tuple[Bought, ...]:
        return tuple(row for row in self.subscriptions or () if row.is_over(self.today))

    @property
    def is_frozen(self) -> bool:
        return any(pause.covers(self.today) for pause in self.freezes)

    @property
    def due(self) -> Decimal:
        """What would cover this month to its end; zero where it is covered."""
        return due(balance=self.balance or Decimal(0), ahead=self.ahead)


def card(*, client_id: int, at: datetime, by: Actor, month: date | None = None) -> Card:
    """The client with the account over one month (this one without `month`). That it was opened is written down."""
    rows = Client.objects.select_related("branch", "responsible", "account")
    client = rows.pick(by, Permission.CLIENT_SEE, client_id)
    today = local(at, client.branch.time_zone).date()
    first, last = month_of(month or today)
    may = _may(client, by)
    sees_journal = by.may(Permission.JOURNAL_SEE)
    belongings = groups.belongings(clients=[client_id], by=by) if sees_journal else ()
    current = tuple(b for b in belongings if b.until is None or b.until > today)
    sees_money = Permission.MONEY_SEE in may
    pauses = groups.freezes(clients=[client_id], first=LONG_AGO, last=FAR_AHEAD, by=by) if sees_journal else ()
    contacts = people.contacts(
        clients=[client_id], by=by, with_others=sees_money, phones=Permission.PHONE_SEE in may
    )
    return Card(
        client.pk, client.name, client.middle_name, client.is_company, client.birth_date, client.branch.name,
        client.responsible.name if client.responsible else "", client.note, today,
        contacts=contacts, current=current,
        former=tuple(b for b in belongings if b not in current),
        freezes=pauses, left=groups.departure(client_id=client_id, by=by) if sees_journal and not current else None,
        first=first, last=last,
        statement=billing.statement(client_id=client_id, first=first, last=last, by=by) if sees_money else None,
        balance=_balance(client) if sees_money else None,
        ahead=_ahead(current, pauses, today, by) if sees_money else (),
        announced=announced.of(clients=[client_id], by=by) if sees_money else (),
        families=frozenset(line.contact_id for line in contacts if line.pays and line.pays_for_others),
        history=_past(client, may, by), readings=_noted(client, may, at, by),
        may_edit=Permission.CLIENT_EDIT in may, may_take_payment=Permission.PAYMENT_TAKE in may,
        may_confirm=Permission.PAYMENT_CONFIRM in may,
        may_enrol=by.may(Permission.GROUP_EDIT), may_see_comments=Permission.COMMENT_SEE in may,
        may_sell=Permission.SUBSCRIPTION_SELL in may,
        subscriptions=billing.bought(client_id=client_id, by=by) if sees_money else None,
    )


def bought(*, client_id: int, by: Actor) -> tuple[Bought, ...]:
    """What a client has bought, the latest first; NotAllowed where the client is seen, and their money is not."""
    Client.objects.pick(by, Permission.MONEY_SEE, client_id)
    return billing.bought(client_id=client_id, by=by) or ()


WANTED = (
    Permission.CLIENT_EDIT, Permission.PAYMENT_TAKE, Permission.PAYMENT_CONFIRM, Permission.MONEY_SEE,
    Permission.HISTORY_SEE, Permission.PHONE_SEE, Permission.COMMENT_SEE, Permission.SUBSCRIPTION_SELL,
)


def _may(client: Client, by: Actor) -> frozenset[Permission]:
    """What one may do with this client. What a branch gives is known without a statement; of what lies in groups, or is
    somebody's own, the database is asked."""
    held = frozenset(one for one in WANTED if by.may_in_branch(one, client.branch_id))
    open_ = [
        one for one in WANTED
        if one not in held and any(grant.reach in {Reach.GROUPS, Reach.OWN} for grant in by.holding(one))
    ]
    return held | (Client.objects.all().held_on(by, client.pk, *open_) if open_ else frozenset())


def _balance(client: Client) -> Decimal:
    account = getattr(client, "account", None)  # which begins with the first entry
    return account.balance if account else Decimal(0)


def _past(client: Client, may: Collection[Permission], by: Actor) -> Sequence[Line] | None:
    """What was done, without what the same person may not see of the client elsewhere."""
    if Permission.HISTORY_SEE not in may:
        return None
    hidden = () if Permission.MONEY_SEE in may else (*PAYMENTS, *SALES)
    lines = history.of(subject=f"client:{client.pk}", zone=client.branch.time_zone, by=by, apart_from=hidden)
    return lines if Permission.PHONE_SEE in may else tuple(line.without(PHONES) for line in lines)


def _noted(client: Client, may: Collection[Permission], at: datetime, by: Actor) -> Sequence[Opened] | None:
    """Nobody reads a card without being written down, so it is done here and not by those who show it."""
    subject, zone = f"client:{client.pk}", client.branch.time_zone
    readings = history.readings_of(subject=subject, zone=zone, by=by) if Permission.HISTORY_SEE in may else None
    note_reading(subject=subject, at=at, by=by)
    return readings


def _ahead(current: Sequence[Belonging], pauses: Sequence[Pause], today: date, by: Actor) -> tuple[Ahead, ...]:
    """Of the one client whose belongings these are."""
    found = ahead(belongings=current, pauses=pauses, today=today, by=by)
    return next(iter(found.values()), ())
