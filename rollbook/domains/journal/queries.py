from collections.abc import Collection, Iterable
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.groups.models import Enrolment
from rollbook.domains.journal.models import Kind, Mark, MarkQuerySet, Status
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.compiled import Rows


class Cell(NamedTuple):
    """A mark as it is shown; version 0 and no status where nobody has marked yet. A tuple: there are thousands."""

    status: Status | None = None
    kind: Kind = Kind.REGULAR
    version: int = 0
    minutes_late: int = 0
    share: int = 0
    make_up_until: date | None = None
    worked_off_on: date | None = None
    """By a visit, or by hand: then there is a note."""
    worked_off_note: str = ""
    booked_on: date | None = None
    """The day of the visit that is to work it off."""
    lapsed_on: date | None = None
    charged: bool | None = None
    """Whether it is charged, where somebody has decided."""


NOBODY = Cell()


class Marked(NamedTuple):
    client_id: int
    lesson_id: int
    name: str
    cell: Cell


def cells(
    *, lesson_ids: Collection[int], by: Actor, clients: Collection[int] | None = None,
    under: Permission = Permission.JOURNAL_SEE,
) -> tuple[Marked, ...]:
    """The marks of lessons, those taken back too (for their version), with the names of the marked; of `clients`
    alone where they are named."""
    if clients is None:
        rows = _cells(by, under, lessons=list(lesson_ids))
    else:
        rows = _cells(by, under, lessons=list(lesson_ids), clients=list(clients))
    known: dict[tuple[Any, ...], Cell] = {}  # most cells of a page are one of a few
    found = []
    for row in rows:
        said = row[3:]
        cell = known.get(said)
        if cell is None:
            cell = known[said] = _cell(*said)
        found.append(Marked(row[0], row[1], row[2], cell))
    return tuple(found)


def _cell(status: str | None, kind: str, *rest: Any) -> Cell:
    return Cell(Status(status) if status else None, Kind(kind), *rest)


@compiled
def _cells(by: Actor, under: Permission, *, lessons: Any, clients: Any = None) -> Rows:
    holding = Mark.objects.holding().filter(makes_up=OuterRef("pk")).values("day")
    marks = Mark.objects.visible_to(by, under).filter(lesson__any=lessons)
    if clients is not None:
        marks = marks.filter(client__any=clients)
    # Whether a visit worked a miss off, or is to, is asked of misses alone: most cells are none.
    is_miss = Q(status__in=[Status.MISSED, Status.EXCUSED])
    worked_off = Case(
        When(worked_off_on__isnull=False, then=F("worked_off_on")),
        When(is_miss, then=Subquery(holding.filter(status=Status.ATTENDED)[:1])),
        default=Value(None),
    )
    booked = Case(
        When(is_miss, make_up_until__isnull=False, then=Subquery(holding.filter(status=Status.PLANNED)[:1])),
        default=Value(None),
    )
    return marks.annotate(worked_off=worked_off, booked=booked).values_list(
        "client", "lesson", "client__name", "status", "kind", "version", "minutes_late", "share", "make_up_until",
        "worked_off", "worked_off_note", "booked", "lapsed_on", "charged",
    )


def attendance(
    *, lesson_ids: Collection[int], by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> dict[int, tuple[int, int]]:
    """By lesson, in time order: how many came, of how many that were marked at all (planned does not count)."""
    return _counts(_attendance(by, under, lessons=list(lesson_ids)))


@compiled
def _attendance(by: Actor, under: Permission, *, lessons: Any) -> Rows:
    return _counted(Mark.objects.visible_to(by, under).filter(lesson__any=lessons))


def last_attendance(*, group_id: int, until: date, number: int, by: Actor) -> dict[int, tuple[int, int]]:
    """The same of the last `number` lessons of a group that were held until a day."""
    return _counts(_last_attendance(by, number, group=group_id, until=until))


@compiled
def _last_attendance(by: Actor, number: int, *, group: Any, until: Any) -> Rows:
    held = Lesson.objects.filter(group=group, held_at__isnull=False, day__lte=until)
    last = held.order_by("-starts_at", "-pk").values("pk")[:number]
    return _counted(Mark.objects.visible_to(by, Permission.JOURNAL_SEE).filter(lesson__in=last))


def _counts(rows: Iterable[Any]) -> dict[int, tuple[int, int]]:
    return {lesson: (came, marked) for lesson, came, marked in rows}


def _counted(marks: MarkQuerySet) -> Rows:
    return (
        marks.exclude(status=Status.PLANNED)
        .standing()
        .order_by("lesson__starts_at", "lesson")
        .values("lesson", "lesson__starts_at")
        .annotate(came=Count("pk", filter=Q(present=True)), marked=Count("pk"))
        .values_list("lesson", "came", "marked")
    )


def decided(
    *, clients: Collection[int], group_ids: Collection[int], first: date, last: date, by: Actor
) -> frozenset[tuple[int, int, date]]:
    """The lessons that the timetables of groups give on the days [first, last], as (client, group, day), that are
    cancelled or in which it is marked already whether the client was there: what they cost is known, and booked."""
    rows = _decided(by, clients=list(clients), groups=list(group_ids), first=first, last=last)
    return frozenset(
        (client, group, day) for group, day, cancelled, marked in rows if group
        for client in (clients if cancelled else marked)
    )


@partial(compiled, keeps_plan=False)  # how many days are asked for decides the way
def _decided(by: Actor, *, clients: Any, groups: Any, first: Any, last: Any) -> Rows:
    told = Mark.objects.standing().exclude(status=Status.PLANNED).filter(lesson=OuterRef("pk"), client__any=clients)
    lessons = Lesson.objects.visible_to(by, Permission.JOURNAL_SEE).annotate(given=Coalesce("moved_from", "day"))
    known = lessons.filter(
        Q(cancelled_at__isnull=False) | Exists(told), group__any=groups, given__range=(first, last)
    )
    return known.values_list(
        "group", "given", IsNull(F("cancelled_at"), False), ArraySubquery(told.order_by().values("client"))
    )


def mark_ids(*, lesson_id: int, by: Actor, under: Permission = Permission.JOURNAL_SEE) -> tuple[int, ...]:
    """The marks of a lesson that say something."""
    marks = Mark.objects.visible_to(by, under).standing().filter(lesson=lesson_id)
    return tuple(marks.values_list("pk", flat=True))


def worked_off_in(*, lesson_id: int, by: Actor, under: Permission = Permission.JOURNAL_SEE) -> tuple[int, ...]:
    """The misses that visits of a lesson work off, or were to."""
    visits = Mark.objects.visible_to(by, under).filter(lesson=lesson_id)
    return tuple(miss for miss in visits.values_list("makes_up", flat=True) if miss)


def homes_of(*, lesson_id: int, by: Actor, under: Permission = Permission.JOURNAL_SEE) -> frozenset[int]:
    """The groups of the lessons that visits in this one work off: their journals show it, too."""
    visits = Mark.objects.visible_to(by, under).filter(lesson=lesson_id, makes_up__lesson__group__isnull=False)
    return frozenset(visits.values_list("makes_up__lesson__group", flat=True))


def who_is_in(*, lesson_id: int, client_id: int, by: Actor, under: Permission = Permission.JOURNAL_SEE) -> str | None:
    """The name of a client who has a cell in a lesson: marked there, or a member of the group who comes on that day,
    paused or not. None of anybody else."""
    lessons = Lesson.objects.visible_to(by, under).filter(pk=lesson_id)
    names = lessons.filter(marks__client=client_id).values_list("marks__client__name", flat=True)
    for group, day, moved_from in lessons.filter(group__isnull=False).values_list("group", "day", "moved_from"):
        comes = Q(weekdays=None) | Q(weekdays__contains=[(moved_from or day).isoweekday()])
        belonging = Enrolment.objects.on(day).filter(comes, group=group, client=client_id)
        names = names.union(belonging.values_list("client__name", flat=True))
    return next(iter(names), None)
