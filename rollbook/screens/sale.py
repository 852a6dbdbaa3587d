"""The form by which one client is sold a subscription: what it offers, and what comes of what was chosen."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.models import Charged, Tariff, TariffKind
from rollbook.domains.billing.rules import Discount, instalments
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.models import Group, GroupState
from rollbook.domains.people.models import Client
from rollbook.foundation.periods import local
from rollbook.screens import selling
from rollbook.screens.reckoning import in_words
from rollbook.screens.rules_in_words import rules_in_words
from rollbook.screens.selling import Offer, Tariffed, Wanted

Named = tuple[int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What may be chosen, and what is proposed."""

    client_id: int
    client: str
    branch: str
    own: tuple[Named, ...]
    """The groups in which the client is, or will be."""
    others: tuple[Named, ...]
    tariffs: tuple[Tariffed, ...]
    group_id: int | None
    tariff_id: int | None
    since: date
    contract: str | None
    """The number that is proposed; None where the organisation makes no contracts."""
    today: date


@dataclass(frozen=True, slots=True)
class Price:
    """What a sale costs, and how that is reckoned."""

    offer: Offer
    words: tuple[str, ...]
    rules: tuple[str, ...]
    at_start: Decimal | None
    """What is written off on the first day; None where lessons are written off as they happen."""
    parts: int
    """In how many parts, a month apart."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Which lessons, times what."""
        return self.words[: -len(self.reductions) - 1]

    @property
    def reductions(self) -> tuple[str, ...]:
        """What is taken off for which reason, and how the rest is rounded."""
        reckoning = self.offer.reckoning
        return self.words[-1 - len(reckoning.discounts) - bool(reckoning.rounded) : -1]

    @property
    def per_lesson(self) -> Decimal | None:
        """None where lessons are not counted."""
        reckoning = self.offer.reckoning
        return reckoning.unit if reckoning.lessons else None


def asked(
    *, client_id: int, group_id: int | None = None, since: date | None = None, at: datetime, by: Actor
) -> Asked:
    """What may be sold to a client: for a group (theirs, where they are in one alone) and from a day on (the next one
    on which they come and have bought nothing yet)."""
    client = Client.objects.select_related("branch").pick(by, Permission.SUBSCRIPTION_SELL, client_id)
    today = local(at, client.branch.time_zone).date()
    stays = [
        stay for stay in groups.belongings(clients=[client_id], by=by) if stay.until is None or stay.until > today
    ]
    own = {stay.group_id: stay.group for stay in reversed(stays)}
    open_ones = Group.objects.visible_to(by, Permission.JOURNAL_SEE).filter(
        state__in=[GroupState.RECRUITING, GroupState.RUNNING]
    )
    others = tuple(open_ones.exclude(pk__in=own).order_by("search", "pk").values_list("pk", "name"))
    if group_id is None and len(own) == 1:
        group_id = next(iter(own))
    if group_id not in own and all(group_id != pk for pk, _name in others):
        group_id = None
    first = since or max(
        [today]
        + [stay.since for stay in stays if stay.group_id == group_id]
        + _bought_until(client_id, group_id, by)
    )
    tariffs = selling.tariffs_for(group_id=group_id, on=first, by=by) if group_id else ()
    usual = next((tariff.tariff_id for tariff in tariffs if tariff.is_its_own or len(tariffs) == 1), None)
    return Asked(
        client_id=client.pk, client=client.name, branch=client.branch.name, own=tuple(own.items()), others=others,
        tariffs=tariffs, group_id=group_id, tariff_id=usual, since=first, today=today,
        contract=billing.contract_number(client_id=client_id, on=today, by=by) if house().contracts else None,
    )


def _bought_until(client_id: int, group_id: int | None, by: Actor) -> list[date]:
    """The days until which months of this group are bought."""
    return [
        row.until for row in billing.bought(client_id=client_id, by=by) or ()
        if row.group_id == group_id and row.kind == TariffKind.MONTH and row.until and not row.is_taken_back
    ]


def price(*, wanted: Wanted, once: Discount | None = None, language: str, by: Actor) -> Price:
    """What that would cost today."""
    offer = selling.offer(wanted=wanted, once=once, by=by)
    tariff = Tariff.objects.get(pk=wanted.tariff_id)
    rules = house()
    at_start = tariff.charged == Charged.START
    return Price(
        offer, in_words(offer.reckoning, currency=rules.currency, language=language),
        rules_in_words(tariff, instalments=tariff.instalments, house=rules),
        instalments(amount=offer.reckoning.amount, number=tariff.instalments)[0] if at_start else None,
        tariff.instalments,
    )
