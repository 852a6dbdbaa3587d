from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.schedule.models import ClosingDay, Lesson


@dataclass(frozen=True, slots=True)
class Closed:
    closing_day_id: int
    branch: str
    day: date
    reason: str
    lessons: int
    """Those that somebody has touched stay on the day, to be cancelled by hand."""


def rows(*, since: date, by: Actor) -> tuple[Closed, ...]:
    """The days from one on, on which a branch that one may change does not work."""
    standing = (
        Lesson.objects.filter(branch=OuterRef("branch"), day=OuterRef("day"), cancelled_at=None)
        .order_by()
        .values("branch")
        .annotate(number=Count("pk"))
        .values("number")
    )
    named = (
        ClosingDay.objects.filter(branch__in=Branch.objects.whole_to(by, Permission.SETTINGS_EDIT), day__gte=since)
        .annotate(place=F("branch__name"), lessons=Coalesce(Subquery(standing), 0))
        .order_by("day", "place", "pk")
        .values_list("pk", "place", "day", "reason", "lessons")
    )
    return tuple(Closed(*row) for row in named)


def blank(*, by: Actor) -> None:
    Branch.objects.whole_to(by, Permission.SETTINGS_EDIT)
