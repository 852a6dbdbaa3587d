"""Which subscription stands for which mark, and what it says of the price."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, OuterRef, Q, Subquery, Sum

from rollbook.domains.access.queries import House
from rollbook.domains.billing.models import Charged, CoveredMark, Subscription
from rollbook.domains.billing.queries import ZERO, switches_of
from rollbook.domains.billing.rules import nth_price
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.rules import Means
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.compiled import Rows, once


@dataclass(slots=True)
class _Left:
    """What a subscription has left while marks are set, one after another."""

    row: Any
    places: list[tuple[int, date, date | None]]
    used: int
    spent: Decimal

    @property
    def lessons(self) -> int | None:
        return None if self.row.lessons is None else self.row.lessons - self.row.frozen

    @property
    def has_room(self) -> bool:
        return self.lessons is None or self.used < self.lessons

    @property
    def price(self) -> Decimal:
        """Of the lesson that would be used next."""
        if self.lessons is None:
            return Decimal(self.row.unit)
        amount = self.row.amount - self.row.frozen * self.row.unit
        return nth_price(
            amount=amount, unit=self.row.unit, lessons=self.lessons, others=self.spent, used=self.used
        )

    def covers(self, group_id: int | None, day: date) -> bool:
        return any(
            group == group_id and since <= day and (until is None or day < until)
            for group, since, until in self.places
        )


@dataclass(frozen=True, slots=True)
class Covers:
    """The subscriptions of some clients, locked; `chosen` says which of them stand for which cells."""

    of_client: Mapping[int, Sequence[_Left]]
    standing: Mapping[tuple[int, int], Any]
    chosen: dict[tuple[int, int], int] = field(default_factory=dict)

    def means(
        self, *, lesson: Lesson, marks: Mapping[int, Status | None], rules: House, charged: bool | None = None
    ) -> dict[int, Means]:
        """What marks of a lesson mean to those clients whom a subscription covers, by client: of several that which
        ends first and has a lesson left. The one that stands for a mark already goes on doing so; a visit belongs to
        that of what it works off. `charged`, where somebody decides that a lesson is used up or not."""
        found = {}
        for client, status in marks.items():
            mine = self.of_client.get(client)
            if mine and status and (means := self._of(lesson, client, status, mine, rules, charged)):
                found[client] = means
        return found

    def _of(
        self, lesson: Lesson, client: int, status: Status, mine: Sequence[_Left], rules: House, charged: bool | None
    ) -> Means | None:
        old = self.standing.get((lesson.pk, client))
        if old and old.kind == Kind.TRIAL:
            return None
        if old and old.counted:
            for left in mine:
                if left.row.pk == old.covered_by:
                    left.used, left.spent = left.used - 1, left.spent - old.price
        for left in self._candidates(old, lesson, mine):
            switches = switches_of(left.row, rules=rules)
            uses = (switches[status].uses_lesson if charged is None else charged) and not (old and old.miss_uses)
            if uses and not left.has_room:
                continue
            self.chosen[lesson.pk, client] = left.row.pk
            using = left.price if uses else None
            if uses:
                left.used, left.spent = left.used + 1, left.spent + (using or ZERO)
            return Means(switches, left.row.unit, using, left.row.charged == Charged.START)
        return None

    def _candidates(self, old: Any, lesson: Lesson, mine: Sequence[_Left]) -> Iterable[_Left]:
        if old and (named := old.covered_by or old.miss_covered_by):
            yield from (left for left in mine if left.row.pk == named)
        if old and old.makes_up_id:
            return
        yield from (left for left in mine if left.covers(lesson.group_id, lesson.day))


NOBODY = Covers({}, {})


def covers(*, lessons: Collection[Lesson], clients: Collection[int]) -> Covers:
    """The subscriptions of these clients that may stand for marks of these lessons, locked in the order of their keys.
    The lessons were picked by the workflow and are locked."""
    if not clients or not lessons:
        return NOBODY
    of_client: dict[int, dict[int, _Left]] = defaultdict(dict)
    for row in _subscriptions(clients=list(clients), day=min(lesson.day for lesson in lessons)):
        left = of_client[row.client_id].setdefault(row.pk, _Left(row, [], row.used, row.spent or ZERO))
        left.places.append((row.place, row.place_since, row.place_until))
    if not of_client:
        return NOBODY
    standing = {
        (row.lesson_id, row.client_id): row
        for row in _marks(lessons=[lesson.pk for lesson in lessons], clients=list(of_client))
    }
    return Covers(
        {client: sorted(mine.values(), key=_soonest) for client, mine in of_client.items()}, standing
    )


def _soonest(left: _Left) -> tuple[date, int]:
    return left.row.until or date.max, left.row.pk


@once
def _subscriptions(*, clients: Any, day: Any) -> Rows:
    uses = CoveredMark.objects.filter(subscription=OuterRef("pk"), uses=True).order_by().values("subscription")
    return (
        Subscription.objects.standing()
        .filter(Q(closed_on=None) | Q(until__gt=day), client__any=clients)
        .annotate(
            place=F("groups__group"), place_since=F("groups__since"), place_until=F("groups__until"),
            spent=Subquery(uses.annotate(spent=Sum("mark__price")).values("spent")),
        )
        .locked()
        .order_by("pk")
    )


@once
def _marks(*, lessons: Any, clients: Any) -> Rows:
    return Mark.objects.filter(lesson__any=lessons, client__any=clients).annotate(
        covered_by=F("covered__subscription"), counted=F("covered__uses"), miss_uses=F("makes_up__uses_lesson"),
        miss_covered_by=F("makes_up__covered__subscription"),
    )
