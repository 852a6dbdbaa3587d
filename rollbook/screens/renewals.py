"""The subscriptions of a month that its members have not bought yet, each with its price; and those made already."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.models import Tariff, TariffKind
from rollbook.domains.billing.queries import Held, Priced
from rollbook.domains.billing.rules import months_later
from rollbook.domains.groups.models import Enrolment, GroupState
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation.periods import local
from rollbook.screens import selling
from rollbook.screens.reckoning import in_words
from rollbook.screens.selling import Offer, Wanted

MOST = 1000
"""Renewals of one page, and of one sending of it."""
LOOKED_BACK = timedelta(days=124)
"""Whoever has bought nothing for longer, a summer away, begins by the tariff of the group."""


class Problem(StrEnum):
    """Why a renewal is not chosen by itself."""

    ARCHIVED = "archived"
    """Its tariff is sold no more, and the group has no other one by the month."""
    NO_LESSONS = "no_lessons"
    LEAVES = "leaves"
    """The client leaves the group before the month is over: somebody is to look at the price."""


class Door(NamedTuple):
    """A branch or a group to narrow the list by."""

    pk: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What a client is to buy for a group; without an offer there is nothing that could be sold."""

    enrolment_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    branch_id: int
    tariff: str
    offer: Offer | None
    words: tuple[str, ...]
    problem: Problem | None
    leaves_on: date | None
    renews_id: int | None
    key: str
    was_taken_back: bool
    """It was made before, and somebody has taken it back: so it is not made by itself again."""

    @property
    def may_be_made(self) -> bool:
        return self.offer is not None and self.problem not in {Problem.ARCHIVED, Problem.NO_LESSONS}

    @property
    def is_chosen(self) -> bool:
        return self.may_be_made and self.problem is None and not self.was_taken_back

    @property
    def amount(self) -> Decimal:
        return self.offer.reckoning.amount if self.offer else Decimal(0)


class Made(NamedTuple):
    subscription_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Listed:
    first: date
    """Of the month."""
    rows: tuple[Renewal, ...]
    made: tuple[Made, ...]
    more: int
    """How many more there are than are listed."""
    branches: tuple[Door, ...]
    groups: tuple[Door, ...]
    members: frozenset[int]
    """The enrolments that were looked at: those of whom nothing is listed have bought it, or need nothing."""

    @property
    def chosen(self) -> tuple[Renewal, ...]:
        return tuple(row for row in self.rows if row.is_chosen)

    @property
    def amount(self) -> Decimal:
        return sum((row.amount for row in self.chosen), Decimal(0))


class _Stay(NamedTuple):
    enrolment_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    programme_id: int
    branch_id: int
    branch: str
    since: date
    until: date | None


class _Due(NamedTuple):
    stay: _Stay
    since: date
    tariff_id: int | None
    before: Held | None
    times: int
    """How often it was made and taken back."""


def next_month(*, at: datetime) -> date:
    """The first day of the month that is renewed now, by the calendar of the organisation."""
    return months_later(local(at, house().time_zone).date().replace(day=1), 1)


def listed(
    *, month: date, branch_id: int | None = None, group_id: int | None = None, most: int | None = MOST, language: str,
    by: Actor,
) -> Listed:
    """The renewals of the month in which this day lies: of clients to whom whoever asks may sell, who belong on its
    first day, or join within it, to a group that costs by the month, or who have paid so until now, and have bought
    nothing for it yet. The statements that it takes do not grow with them."""
    first, last = month_of(month)
    stays = _stays(first, last, by)
    have: dict[int, list[Held]] = defaultdict(list)
    clients = {stay.client_id for stay in stays}
    for row in billing.held(clients=clients, since=first - LOOKED_BACK, last=last, by=by) if stays else ():
        have[row.client_id].append(row)
    own = billing.priced(groups={(stay.group_id, stay.programme_id) for stay in stays}, on=first, by=by)
    due, seen = [], set()
    for stay in stays:
        if (cell := (stay.client_id, stay.group_id)) not in seen:
            seen.add(cell)
            found = _due(stay, have[stay.client_id], own.get(stay.group_id), first, last)
            due += [found] if found else []

    def asked(branch: int, group: int) -> bool:
        return branch_id in (None, branch) and group_id in (None, group)

    shown = [one for one in due if asked(one.stay.branch_id, one.stay.group_id)]
    rows = _renewals(shown[:most], last, language, by)
    made = _made(have.values(), first, last)
    branch_of = {stay.group_id: stay.branch_id for stay in stays}
    return Listed(
        first, tuple(rows),
        tuple(row for row in made if row.group_id in branch_of and asked(branch_of[row.group_id], row.group_id)),
        len(shown) - len(rows),
        _doors((stay.branch_id, stay.branch) for stay in stays),
        _doors((stay.group_id, stay.group) for stay in stays if branch_id in (None, stay.branch_id)),
        frozenset(stay.enrolment_id for stay in stays),
    )


def _stays(first: date, last: date, by: Actor) -> list[_Stay]:
    """By branch, group and name."""
    buyers = Client.objects.visible_to(by, Permission.SUBSCRIPTION_SELL)
    rows = (
        Enrolment.objects.visible_to(by, Permission.JOURNAL_SEE)
        .within(first, last)
        .filter(client__in=buyers.values("pk"), group__state__in=[GroupState.RECRUITING, GroupState.RUNNING])
        .order_by("group__branch__name", "group__branch", "group__search", "group", "client__search", "client", "since")
    )
    return [
        _Stay(*row) for row in rows.values_list(
            "pk", "client", "client__name", "group", "group__name", "group__programme", "group__branch",
            "group__branch__name", "since", "until",
        )
    ]


def _due(stay: _Stay, have: Sequence[Held], own: Priced | None, first: date, last: date) -> _Due | None:
    here = [row for row in have if stay.group_id in (row.place, row.group_id)]
    months = [row for row in here if row.is_standing and row.kind == TariffKind.MONTH]
    before = max((row for row in months if row.since < first), key=lambda row: row.since, default=None)
    since = max(first, stay.since)
    by_month = own is not None and own.kind == TariffKind.MONTH and not own.is_archived
    if before and not before.is_archived:
        tariff, from_first = before.tariff_id, before.from_first
    elif own and by_month:
        tariff, from_first = own.tariff_id, own.from_first
    elif before:
        tariff, from_first = None, False
    else:
        return None
    if from_first and before and before.until:
        since = max(since, before.until)
    if since > last or (stay.until is not None and stay.until <= since):
        return None
    if any(_stands(row, since, last) for row in here):
        return None
    key = _key(stay.enrolment_id, first)
    # What somebody else goes on from is renewed already, in another group.
    if before and any(row.renews_id == before.subscription_id for row in have):
        before = None
    times = len({row.subscription_id for row in here if not row.is_standing and row.key.startswith(key)})
    return _Due(stay, since, tariff, before, times)


def _stands(row: Held, since: date, last: date) -> bool:
    """Whether it is bought already: a month that overlaps, or something else that has a lesson left."""
    holds = row.is_standing and row.since <= last and (row.until is None or row.until > since)
    return holds and (row.kind == TariffKind.MONTH or row.has_room)


def _key(enrolment_id: int, first: date) -> str:
    return f"renewal:{enrolment_id}:{first:%Y-%m}"


def _renewals(due: Collection[_Due], last: date, language: str, by: Actor) -> list[Renewal]:
    wanted = {
        one.stay.enrolment_id: Wanted(one.stay.client_id, one.stay.group_id, one.tariff_id, one.since)
        for one in due if one.tariff_id
    }
    offers = dict(zip(wanted, selling.offers(wanted=list(wanted.values()), by=by), strict=True)) if wanted else {}
    names = dict(Tariff.objects.filter(pk__in={one.tariff_id for one in due}).values_list("pk", "name"))
    currency = house().currency
    found = []
    for one in due:
        stay, offer = one.stay, offers.get(one.stay.enrolment_id)
        leaves = stay.until if stay.until and stay.until <= last else None
        key = _key(stay.enrolment_id, last)
        found.append(
            Renewal(
                enrolment_id=stay.enrolment_id, client_id=stay.client_id, client=stay.client, group_id=stay.group_id,
                group=stay.group, branch_id=stay.branch_id, tariff=names.get(one.tariff_id or 0, ""), offer=offer,
                words=in_words(offer.reckoning, currency=currency, language=language) if offer else (),
                problem=_problem(offer, leaves), leaves_on=leaves,
                renews_id=one.before.subscription_id if one.before else None,
                key=f"{key}:{one.times}" if one.times else key, was_taken_back=one.times > 0,
            )
        )
    return found


def _problem(offer: Offer | None, leaves: date | None) -> Problem | None:
    if offer is None:
        return Problem.ARCHIVED
    if not offer.reckoning.lessons:
        return Problem.NO_LESSONS
    return Problem.LEAVES if leaves else None


def _made(have: Iterable[Collection[Held]], first: date, last: date) -> list[Made]:
    """The standing months that begin within this one, by group and client."""
    rows = {
        row.subscription_id: row for some in have for row in some
        if row.is_standing and row.kind == TariffKind.MONTH and first <= row.since <= last
    }
    made = [
        Made(row.subscription_id, row.client_id, row.client, row.group_id, row.group, row.amount)
        for row in rows.values()
    ]
    return sorted(made, key=lambda row: (row.group, row.group_id, row.client, row.subscription_id))


def _doors(named: Iterable[tuple[int, str]]) -> tuple[Door, ...]:
    return tuple(Door(pk, name) for pk, name in dict(named).items())
