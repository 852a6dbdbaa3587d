"""A subscription: what was sold, what it was used for, what is left, and how its amount came about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.models import Charged, DiscountKind, Subscription, TariffKind
from rollbook.domains.billing.queries import Burned, Covered, Place
from rollbook.domains.billing.rules import from_json, instalments, months_later
from rollbook.domains.history import queries as history
from rollbook.domains.history.queries import Line
from rollbook.foundation.periods import local
from rollbook.screens.reckoning import in_words
from rollbook.screens.rules_in_words import rules_in_words


@dataclass(frozen=True, slots=True)
class Part:
    """An instalment."""

    day: date
    amount: Decimal
    is_charged: bool


@dataclass(frozen=True, slots=True)
class Discounted:
    """What was taken off, and who allowed it, where it was given for this one."""

    kind: DiscountKind
    sum: Decimal
    reason: str
    allowed_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    subscription_id: int
    client_id: int
    client: str
    branch: str
    tariff: str
    kind: TariffKind
    places: tuple[Place, ...]
    since: date
    until: date | None
    """The first day on which it holds no more."""
    lessons: int | None
    """None: not counted."""
    used: int
    frozen: int
    price: Decimal
    amount: Decimal
    unit: Decimal
    discounts: tuple[Discounted, ...]
    covered: tuple[Covered, ...]
    burned: tuple[Burned, ...]
    parts: tuple[Part, ...]
    """Without any it is written off as lessons happen."""
    words: tuple[str, ...]
    rules: tuple[str, ...]
    contract: str
    signed_on: date | None
    note: str
    sold_at: datetime
    """In the time of the branch."""
    sold_by: str
    closed_on: date | None
    taken_back_at: datetime | None
    history: Sequence[Line] | None
    """None for those who may not see it."""
    may_sell: bool
    version: int
    today: date

    @property
    def left(self) -> int | None:
        return None if self.lessons is None else self.lessons - self.used - self.frozen

    @property
    def last(self) -> date | None:
        """The last day on which it holds."""
        return self.until and self.until - timedelta(days=1)

    @property
    def is_over(self) -> bool:
        return self.until is not None and self.until <= self.today

    @property
    def may_end(self) -> bool:
        return self.may_sell and not self.taken_back_at and not self.is_over

    @property
    def may_take_back(self) -> bool:
        return self.may_sell and not self.taken_back_at and not self.used


def page(*, subscription_id: int, language: str, at: datetime, by: Actor) -> Page:
    """Of one that was taken back, too."""
    rows = Subscription.objects.select_related("client__branch", "tariff", "contract", "sold_by")
    row = rows.pick(by, Permission.MONEY_SEE, subscription_id)
    zone = row.client.branch.time_zone
    today = local(at, zone).date()
    may = Subscription.objects.all().held_on(by, row.pk, Permission.SUBSCRIPTION_SELL, Permission.HISTORY_SEE)
    rules = house()
    given = row.discounts.select_related("allowed_by").order_by("pk")
    return Page(
        subscription_id=row.pk, client_id=row.client_id, client=row.client.name, branch=row.client.branch.name,
        tariff=row.tariff.name, kind=TariffKind(row.kind),
        places=billing.places_of(subscription_id=row.pk, by=by), since=row.since, until=row.until,
        lessons=row.lessons, used=row.used, frozen=row.frozen, price=row.price, amount=row.amount, unit=row.unit,
        discounts=tuple(
            Discounted(
                DiscountKind(one.kind), one.sum, one.reason, one.allowed_by.name if one.allowed_by else ""
            )
            for one in given
        ),
        covered=billing.covered_by(subscription_id=row.pk, by=by),
        burned=billing.burned_of(subscription_id=row.pk, by=by), parts=_parts(row, by),
        words=in_words(from_json(row.reckoning), currency=rules.currency, language=language),
        rules=rules_in_words(row, instalments=row.instalments, house=rules),
        contract=row.contract.number if row.contract else "",
        signed_on=row.contract.signed_on if row.contract else None, note=row.note, sold_at=local(row.sold_at, zone),
        sold_by=row.sold_by.name if row.sold_by else "", closed_on=row.closed_on,
        taken_back_at=local(row.taken_back_at, zone) if row.taken_back_at else None,
        history=history.of(subject=f"subscription:{row.pk}", zone=zone, by=by)
        if Permission.HISTORY_SEE in may else None,
        may_sell=Permission.SUBSCRIPTION_SELL in may, version=row.version, today=today,
    )


def _parts(row: Subscription, by: Actor) -> tuple[Part, ...]:
    """What is frozen costs nothing."""
    if row.charged != Charged.START or row.taken_back_at:
        return ()
    charged = billing.charged_parts(subscription_id=row.pk, by=by)
    amounts = instalments(amount=row.amount - row.frozen * row.unit, number=row.instalments)
    return tuple(
        Part(months_later(row.since, number), amount, number + 1 in charged) for number, amount in enumerate(amounts)
    )
