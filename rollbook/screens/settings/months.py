"""The months of branches that are over: which are closed, and what is still unfinished in the others."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncMonth

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.billing.models import AnnouncedPayment
from rollbook.domains.schedule.models import ClosedMonth, Lesson
from rollbook.foundation.periods import local

SHOWN = 12


@dataclass(frozen=True, slots=True)
class Month:
    month: date
    """Its first day."""
    lessons: int
    """That were not cancelled."""
    unmarked: int
    """Of these, that nobody has marked, or said to have taken place."""
    announced: int
    """Payments said to have been made in it that nobody has confirmed or declined."""
    closed_at: datetime | None = None
    """In the time of the branch; None: it is open."""
    closed_by: str = ""

    @property
    def name(self) -> str:
        """As it stands in addresses: 2026-03."""
        return f"{self.month:%Y-%m}"


@dataclass(frozen=True, slots=True)
class Place:
    branch_id: int
    branch: str
    months: tuple[Month, ...]
    """The latest first."""
    may_reopen: bool


def rows(*, at: datetime, by: Actor) -> tuple[Place, ...]:
    """The last months that are over, of each branch that one may close months of; none before the first in which there
    was something."""
    branches = Branch.objects.whole_to(by, Permission.MONTH_CLOSE).filter(archived_at=None)
    return _places(list(branches.order_by("name", "pk")), at, by)


def of_branch(*, branch_id: int, at: datetime, by: Actor) -> Place:
    """The same of one branch."""
    return _places([Branch.objects.pick_whole(by, Permission.MONTH_CLOSE, branch_id)], at, by)[0]


def _places(branches: Collection[Branch], at: datetime, by: Actor) -> tuple[Place, ...]:
    over = {branch.pk: _over(local(at, branch.time_zone).date()) for branch in branches}
    since = min((months[-1] for months in over.values()), default=date.max)
    lessons = _lessons(over, since, at)
    announced = _announced(over, since)
    closed = {
        (row.branch_id, row.month): row
        for row in ClosedMonth.objects.select_related("closed_by").filter(branch__in=over, month__gte=since)
    }

    def month(branch: Branch, first: date) -> Month:
        where = branch.pk, first
        number, unmarked = lessons.get(where, (0, 0))
        row = closed.get(where)
        if row is None:
            return Month(first, number, unmarked, announced.get(where, 0))
        name = row.closed_by.name if row.closed_by else ""
        return Month(first, number, unmarked, announced.get(where, 0), local(row.closed_at, branch.time_zone), name)

    return tuple(
        Place(
            branch.pk, branch.name, _begun([month(branch, first) for first in over[branch.pk]]),
            by.may_in_branch(Permission.MONTH_REOPEN, branch.pk),
        )
        for branch in branches
    )


def _begun(months: list[Month]) -> tuple[Month, ...]:
    """Without those before the branch began to work; the last one stands always."""
    while len(months) > 1 and not (months[-1].lessons or months[-1].announced or months[-1].closed_at):
        months.pop()
    return tuple(months)


def _over(today: date) -> tuple[date, ...]:
    """The first days of the last months that are over, the latest first."""
    months = [today.replace(day=1)]
    while len(months) <= SHOWN:
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    return tuple(months[1:])


def _lessons(branches: Collection[int], since: date, at: datetime) -> dict[tuple[int, date], tuple[int, int]]:
    """By branch and month: how many lessons there are, and how many of them nobody has marked."""
    standing = Lesson.objects.filter(branch__in=branches, day__gte=since, cancelled_at=None, ends_at__lte=at)
    counted = standing.order_by().annotate(month=TruncMonth("day")).values("branch", "month")
    told = counted.annotate(number=Count("pk"), unmarked=Count("pk", filter=Q(held_at=None)))
    return {
        (branch, month): (number, unmarked)
        for branch, month, number, unmarked in told.values_list("branch", "month", "number", "unmarked")
    }


def _announced(branches: Collection[int], since: date) -> dict[tuple[int, date], int]:
    waiting = AnnouncedPayment.objects.filter(
        client__branch__in=branches, paid_on__gte=since, payment=None, declined_at=None
    )
    counted = waiting.order_by().annotate(month=TruncMonth("paid_on")).values("client__branch", "month")
    told = counted.annotate(number=Count("pk")).values_list("client__branch", "month", "number")
    return {(branch, month): number for branch, month, number in told}
