"""What clients have bought, and what has become of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import F, Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing.models import (
    Contract,
    CoveredMark,
    EntryKind,
    LedgerEntry,
    MonthFrom,
    Subscription,
    SubscriptionGroup,
    TariffKind,
    TariffUse,
)
from rollbook.domains.billing.rules import next_numbers
from rollbook.domains.journal.models import Kind, Status
from rollbook.foundation.compiled import Rows


@dataclass(frozen=True, slots=True)
class Bought:
    """A subscription in a line: for the days [since, until), `lessons` of them, where they are counted."""

    subscription_id: int
    tariff: str
    kind: TariffKind
    group_id: int
    group: str
    since: date
    until: date | None
    lessons: int | None
    used: int
    frozen: int
    amount: Decimal
    is_taken_back: bool

    @property
    def left(self) -> int | None:
        return None if self.lessons is None else self.lessons - self.used - self.frozen

    @property
    def last(self) -> date | None:
        """The last day on which it holds."""
        return self.until and self.until - timedelta(days=1)

    def is_over(self, today: date) -> bool:
        """Whether it holds no more; one that begins later is not over."""
        return self.is_taken_back or (self.until is not None and self.until <= today)


def bought(*, client_id: int, by: Actor) -> tuple[Bought, ...] | None:
    """All that a client has bought, the latest first; None where their money may not be seen."""
    if not by.may(Permission.MONEY_SEE):
        return None
    return tuple(
        Bought(*(*row[:2], TariffKind(row[2]), *row[3:11], row[11] is not None))
        for row in _bought(by, client=client_id)
    )


@compiled
def _bought(by: Actor, *, client: Any) -> Rows:
    return (
        Subscription.objects.visible_to(by, Permission.MONEY_SEE)
        .filter(client=client)
        .order_by("-since", "-pk")
        .values_list(
            "pk", "tariff__name", "kind", "group", "group__name", "since", "until", "lessons", "used", "frozen",
            "amount", "taken_back_at",
        )
    )


class Covered(NamedTuple):
    """A mark that a subscription stands for."""

    lesson_id: int
    day: date
    group: str | None
    kind: Kind
    status: Status
    price: Decimal
    share: int
    uses: bool


def covered_by(*, subscription_id: int, by: Actor) -> tuple[Covered, ...]:
    """The marks that a subscription stands for, by day. Whether `by` sees it is asked by whoever shows it."""
    rows = CoveredMark.objects.filter(subscription=subscription_id, mark__status__isnull=False)
    told: Rows = rows.order_by("mark__day", "mark__lesson__starts_at", "pk").values_list(
        "mark__lesson", "mark__day", "mark__lesson__group__name", "mark__kind", "mark__status", "mark__price",
        "mark__share", "uses",
    )
    return tuple(Covered(*(*row[:3], Kind(row[3]), Status(row[4]), *row[5:])) for row in told)


class Burned(NamedTuple):
    """What was burned of a subscription, or came back of it; `about` is the day of the lesson that was not worked off,
    None for what was left at its end."""

    day: date
    about: date | None
    amount: Decimal


def burned_of(*, subscription_id: int, by: Actor) -> tuple[Burned, ...]:
    """Whether `by` sees the subscription is asked by whoever shows it."""
    rows = LedgerEntry.objects.standing(EntryKind.LAPSE).filter(subscription=subscription_id)
    return tuple(Burned(*row) for row in rows.order_by("day", "pk").values_list("day", "lapse_of__day", "amount"))


def charged_parts(*, subscription_id: int, by: Actor) -> frozenset[int]:
    """The numbers of the instalments that are charged. Whether `by` sees it is asked by whoever shows it."""
    rows = LedgerEntry.objects.standing(EntryKind.CHARGE).filter(subscription=subscription_id)
    return frozenset(number for number in rows.values_list("instalment", flat=True) if number)


class Place(NamedTuple):
    group_id: int
    group: str
    since: date
    until: date | None


def places_of(*, subscription_id: int, by: Actor) -> tuple[Place, ...]:
    """In which groups a subscription holds, on which days. Whether `by` sees it is asked by whoever shows it."""
    rows = SubscriptionGroup.objects.filter(subscription=subscription_id).order_by("since", "pk")
    return tuple(Place(*row) for row in rows.values_list("group", "group__name", "since", "until"))


class Held(NamedTuple):
    """What a client has bought for a group, as renewals look at it; `place` is the group in which it holds."""

    subscription_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    place: int
    tariff_id: int
    kind: str
    since: date
    until: date | None
    lessons: int | None
    used: int
    frozen: int
    amount: Decimal
    key: str
    renews_id: int | None
    is_archived: bool
    from_first: bool
    is_standing: bool

    @property
    def has_room(self) -> bool:
        return self.lessons is None or self.used + self.frozen < self.lessons


def held(*, clients: Any, since: date, last: date, by: Actor) -> tuple[Held, ...]:
    """What these clients (ids, or a query of them) have bought that held after `since` and began until `last`, those
    taken back too, in the order in which it began. For whoever may sell to them."""
    by.must(Permission.SUBSCRIPTION_SELL)
    rows: Rows = (
        Subscription.objects.filter(Q(until=None) | Q(until__gt=since), client__in=clients, since__lte=last)
        .annotate(place=F("groups__group"))
        .order_by("since", "pk", "groups__since")
        .values_list(
            "pk", "client", "client__name", "group", "group__name", "place", "tariff", "kind", "since", "until",
            "lessons", "used", "frozen", "amount", "key", "renews", "tariff__archived_at", "tariff__month_from",
            "taken_back_at",
        )
    )
    return tuple(
        Held(*(*row[:16], row[16] is not None, row[17] == MonthFrom.FIRST, row[18] is None)) for row in rows
    )


class Priced(NamedTuple):
    tariff_id: int
    kind: str
    is_archived: bool
    from_first: bool


def priced(*, groups: Collection[tuple[int, int]], on: date, by: Actor) -> dict[int, Priced]:
    """By which tariff each group (given with its programme) is priced on a day; its own goes before its programme's."""
    by.must(Permission.SUBSCRIPTION_SELL)
    rows = TariffUse.objects.on(on).filter(
        Q(group__in={group for group, _programme in groups})
        | Q(programme__in={programme for _group, programme in groups})
    )
    of_group: dict[int, Priced] = {}
    of_programme: dict[int, Priced] = {}
    for group, programme, tariff, kind, archived, month_from in rows.values_list(
        "group", "programme", "tariff", "tariff__kind", "tariff__archived_at", "tariff__month_from"
    ):
        said = Priced(tariff, kind, archived is not None, month_from == MonthFrom.FIRST)
        if group:
            of_group[group] = said
        else:
            of_programme[programme] = said
    found = ((group, of_group.get(group) or of_programme.get(programme)) for group, programme in groups)
    return {group: said for group, said in found if said}


def contract_number(*, client_id: int, on: date, by: Actor) -> str:
    """The number of the contract that a client has, or else the next one that is free."""
    by.must(Permission.SUBSCRIPTION_SELL)
    own = Contract.objects.filter(client=client_id, ended_on=None).order_by("-pk")
    if number := own.values_list("number", flat=True).first():
        return number
    latest = Contract.objects.order_by("-pk").values_list("number", flat=True).first()
    offered = next_numbers(latest or "", year=on.year)
    taken = set(Contract.objects.filter(number__in=offered).values_list("number", flat=True))
    return next((number for number in offered if number not in taken), "")
