"""What is sold at which price: one client's form, and the renewals of a month, reckoned alike."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.db.models import F, Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.models import ClientDiscount, Freezing, MonthFrom, Tariff, TariffKind, TariffUse
from rollbook.domains.billing.rules import Discount, Reckoning, month_around, of_package, of_period
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.people.models import Client, Relation
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.rules import lesson_days
from rollbook.foundation.errors import NotFound

_UNDER = Permission.SUBSCRIPTION_SELL


class Wanted(NamedTuple):
    """A client wants to come to a group by a tariff, from a day on."""

    client_id: int
    group_id: int
    tariff_id: int
    since: date


@dataclass(frozen=True, slots=True)
class Offer:
    """What that costs, for the days [since, until)."""

    wanted: Wanted
    until: date | None
    reckoning: Reckoning

    @property
    def last(self) -> date | None:
        """The last day on which it holds."""
        return self.until and self.until - timedelta(days=1)


class Tariffed(NamedTuple):
    """A tariff that is offered for a group; `is_its_own` is the one by which the group is priced anyway."""

    tariff_id: int
    name: str
    kind: TariffKind
    price: Decimal
    is_its_own: bool


def tariffs_for(*, group_id: int, on: date, by: Actor) -> tuple[Tariffed, ...]:
    """The tariffs by which a group can be bought, its own one first: those that name it or its programme on that day,
    and those that name none at all."""
    group = Group.objects.pick(by, Permission.JOURNAL_SEE, group_id)
    uses = TariffUse.objects.filter(Q(until=None) | Q(until__gt=on))
    here = uses.filter(Q(group=group) | Q(programme=group.programme_id), since__lte=on)
    own = here.order_by(F("group").asc(nulls_last=True)).values_list("tariff", flat=True).first()
    offered = Tariff.objects.filter(
        Q(pk__in=here.values("tariff")) | ~Q(pk__in=uses.values("tariff")), archived_at=None
    ).exclude(kind=TariffKind.LESSON)
    found = [
        Tariffed(pk, name, TariffKind(kind), price, pk == own)
        for pk, name, kind, price in offered.order_by("name", "pk").values_list("pk", "name", "kind", "price")
    ]
    return tuple(sorted(found, key=lambda tariff: not tariff.is_its_own))


def offer(*, wanted: Wanted, once: Discount | None = None, by: Actor) -> Offer:
    """What one client is to pay, and how that is reckoned; `once` is a discount for this sale alone."""
    return offers(wanted=[wanted], once=once, by=by)[0]


def offers(*, wanted: Sequence[Wanted], once: Discount | None = None, by: Actor) -> tuple[Offer, ...]:
    """The same for many, in a number of statements that does not grow with them."""
    _pick_all({one.client_id for one in wanted}, by)
    facts = _Facts.of(wanted, by)
    return tuple(facts.offer(one, once) for one in wanted)


def _pick_all(clients: Collection[int], by: Actor) -> None:
    """What a client is let off is known to those who may sell to them."""
    seen = Client.objects.reached_by(by, by.holding(_UNDER)).filter(pk__in=clients).values_list("pk", flat=True)
    for pk in sorted(set(clients) - set(seen)):
        Client.objects.pick(by, _UNDER, pk)  # which says why not


@dataclass(frozen=True, slots=True)
class _Facts:
    """What prices are reckoned from, by the ids of those whom it concerns."""

    tariffs: Mapping[int, Tariff]
    groups: Mapping[int, Group]
    slots: Mapping[int, Sequence[schedule.Slot]]
    closed: Mapping[int, frozenset[date]]
    stays: Mapping[int, Sequence[Enrolment]]
    """By client, all of theirs that have not ended by the first day that is asked for."""
    pauses: Mapping[int, Sequence[tuple[date, date]]]
    allowed: Mapping[int, Sequence[ClientDiscount]]
    siblings: Mapping[int, frozenset[int]]
    """By client, the other children of their payer who are enrolled."""

    @classmethod
    def of(cls, wanted: Sequence[Wanted], by: Actor) -> "_Facts":
        clients, group_ids = {one.client_id for one in wanted}, {one.group_id for one in wanted}
        first = min((one.since.replace(day=1) for one in wanted), default=date.min)
        last = max((one.since for one in wanted), default=date.min) + timedelta(days=62)
        seen = Group.objects.visible_to(by, Permission.JOURNAL_SEE)
        found = {group.pk: group for group in seen.filter(pk__in=group_ids)}
        tariffs = Tariff.objects.in_bulk({one.tariff_id for one in wanted})
        if found.keys() != group_ids or tariffs.keys() != {one.tariff_id for one in wanted}:
            raise NotFound
        slots = defaultdict(list)
        for slot in schedule.slots(group_ids=group_ids, by=by):
            slots[slot.group_id].append(slot)
        closed: dict[int, set[date]] = defaultdict(set)
        branches = {group.branch_id for group in found.values()}
        for branch, day in schedule.closing_days(branch_ids=branches, first=first, last=last, by=by):
            closed[branch] |= {day}
        siblings = _siblings(clients)
        stays = defaultdict(list)
        everyone = clients.union(*siblings.values())
        current = Enrolment.objects.within(first, last).filter(client__in=everyone).select_related("group")
        for stay in current.order_by("since", "pk"):
            stays[stay.client_id].append(stay)
        pauses = defaultdict(list)
        for pause in groups.freezes(clients=clients, first=first, last=last, by=by):
            pauses[pause.client_id].append((pause.since, pause.until))
        allowed = defaultdict(list)
        for row in ClientDiscount.objects.filter(client__in=clients).order_by("pk"):
            allowed[row.client_id].append(row)
        return cls(
            tariffs, found, slots, {pk: frozenset(days) for pk, days in closed.items()}, stays, pauses, allowed,
            siblings,
        )

    def offer(self, one: Wanted, once: Discount | None) -> Offer:
        tariff = self.tariffs[one.tariff_id]
        discounts = [*self._discounts(one, tariff), *([once] if once else [])]
        if tariff.kind != TariffKind.MONTH:
            reckoning = of_package(
                price=tariff.price, lessons=tariff.lessons, round_to=tariff.round_to, discounts=discounts
            )
            until = one.since + timedelta(days=tariff.days) if tariff.days else None
            return Offer(one, until, reckoning)
        first, last = month_around(one.since, from_first_lesson=tariff.month_from == MonthFrom.FIRST)
        group = self.groups[one.group_id]
        reckoning = of_period(
            pricing=tariff.pricing, price=tariff.price, way=tariff.pro_rata, round_to=tariff.round_to, first=first,
            last=last, since=one.since, timetable=self._timetable(one, first, last),
            closed=self.closed.get(group.branch_id, frozenset()), frozen=self._frozen(one, tariff, first, last),
            discounts=discounts,
        )
        return Offer(one, last + timedelta(days=1), reckoning)

    def _timetable(self, one: Wanted, first: date, last: date) -> list[date]:
        """The days on which the group meets, of those weekdays on which this client comes."""
        weekly = [slot.weekly for slot in self.slots.get(one.group_id, ())]
        stay = self._stay(one)
        return [
            day for day in lesson_days(slots=weekly, closing_days=(), first=first, last=last)
            if not stay or stay.weekdays is None or day.isoweekday() in stay.weekdays
        ]

    def _frozen(self, one: Wanted, tariff: Tariff, first: date, last: date) -> frozenset[date]:
        if tariff.freezing != Freezing.GIVES_BACK:
            return frozenset()
        days = sorted(
            since + timedelta(days=count)
            for since, until in self.pauses.get(one.client_id, ()) for count in range((until - since).days)
        )
        return frozenset([day for day in days if max(first, one.since) <= day <= last][: tariff.freeze_days])

    def _stay(self, one: Wanted) -> Enrolment | None:
        return next(
            (
                stay for stay in self.stays.get(one.client_id, ())
                if stay.group_id == one.group_id and (stay.until is None or stay.until > one.since)
            ),
            None,
        )

    def _discounts(self, one: Wanted, tariff: Tariff) -> list[Discount]:
        found = [
            Discount(kind="permanent", percent=row.percent, amount=row.amount, reason=row.reason)
            for row in self.allowed.get(one.client_id, ())
            if row.since <= one.since and (row.until is None or one.since < row.until)
        ]
        # Of the children of one payer the one who is here longest pays in full; so does a client's first programme.
        if tariff.sibling_discount and any(
            self._is_here(other, one.since) and other < one.client_id
            for other in self.siblings.get(one.client_id, ())
        ):
            found.append(Discount(kind="sibling", percent=Decimal(tariff.sibling_discount)))
        if tariff.second_discount and self._is_second(one):
            found.append(Discount(kind="second", percent=Decimal(tariff.second_discount)))
        return found

    def _is_here(self, client: int, day: date) -> bool:
        return any(_covers(stay, day) for stay in self.stays.get(client, ()))

    def _is_second(self, one: Wanted) -> bool:
        """Whether the client is in a group of another programme, and came there before."""
        programme, mine = self.groups[one.group_id].programme_id, self._stay(one)
        before = (mine.since, mine.pk) if mine else (date.max, 0)
        return any(
            _covers(stay, one.since) and stay.group.programme_id != programme and (stay.since, stay.pk) < before
            for stay in self.stays.get(one.client_id, ())
        )


def _covers(stay: Enrolment, day: date) -> bool:
    return stay.since <= day and (stay.until is None or day < stay.until)


def _siblings(clients: Collection[int]) -> dict[int, frozenset[int]]:
    """By client, the others for whom the same contact pays: read for the price, and not shown."""
    pays = Relation.objects.filter(pays=True)
    found: dict[int, set[int]] = defaultdict(set)
    pairs = pays.filter(client__in=clients, contact__relations__pays=True).values_list(
        "client", "contact__relations__client"
    )
    for client, other in pairs:
        if other != client:
            found[client] |= {other}
    return {client: frozenset(others) for client, others in found.items()}
