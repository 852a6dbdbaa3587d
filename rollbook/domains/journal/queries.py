from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Subquery, Value, When

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.journal.models import Kind, Mark, MarkQuerySet, Status
from rollbook.domains.schedule.models import Lesson


@dataclass(frozen=True, slots=True)
class Cell:
    """A mark as it is shown; version 0 and no status where nobody has marked yet."""

    status: Status | None = None
    kind: Kind = Kind.REGULAR
    version: int = 0
    minutes_late: int = 0
    share: int = 0
    make_up_until: date | None = None
    worked_off_on: date | None = None
    """By a visit, or by hand: then there is a note."""
    worked_off_note: str = ""


NOBODY = Cell()


@dataclass(frozen=True, slots=True)
class Marked:
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
    visit = Mark.objects.visits().filter(makes_up=OuterRef("pk")).values("day")[:1]
    marks = Mark.objects.visible_to(by, under).filter(lesson__in=lesson_ids)
    if clients is not None:
        marks = marks.filter(client__in=clients)
    # Whether a visit worked a miss off is asked of misses alone: most cells are none.
    worked_off = Case(
        When(worked_off_on__isnull=False, then=F("worked_off_on")),
        When(status__in=[Status.MISSED, Status.EXCUSED], then=Subquery(visit)),
        default=Value(None),
    )
    rows = marks.annotate(worked_off=worked_off).values_list(
        "client", "lesson", "client__name", "status", "kind", "version", "minutes_late", "share", "make_up_until",
        "worked_off", "worked_off_note",
    )
    return tuple(
        Marked(
            client, lesson, name,
            Cell(
                Status(status) if status else None, Kind(kind), version, late, share, until, off, note,
            ),
        )
        for client, lesson, name, status, kind, version, late, share, until, off, note in rows
    )


def attendance(
    *, lesson_ids: Collection[int], by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> dict[int, tuple[int, int]]:
    """By lesson, in time order: how many came, of how many that were marked at all (planned does not count)."""
    return _counted(Mark.objects.visible_to(by, under).filter(lesson__in=lesson_ids))


def last_attendance(*, group_id: int, until: date, number: int, by: Actor) -> dict[int, tuple[int, int]]:
    """The same of the last `number` lessons of a group that were held until a day."""
    held = Lesson.objects.filter(group=group_id, held_at__isnull=False, day__lte=until)
    last = held.order_by("-starts_at", "-pk").values("pk")[:number]
    return _counted(Mark.objects.visible_to(by, Permission.JOURNAL_SEE).filter(lesson__in=last))


def _counted(marks: MarkQuerySet) -> dict[int, tuple[int, int]]:
    rows = (
        marks.exclude(status=Status.PLANNED)
        .standing()
        .order_by("lesson__starts_at", "lesson")
        .values("lesson", "lesson__starts_at")
        .annotate(came=Count("pk", filter=Q(present=True)), marked=Count("pk"))
        .values_list("lesson", "came", "marked")
    )
    return {lesson: (came, marked) for lesson, came, marked in rows}


def decided(
    *, client_id: int, group_ids: Collection[int], first: date, last: date, by: Actor
) -> frozenset[tuple[int, date]]:
    """The lessons of groups on the days [first, last], as (group, day), that are cancelled or in which it is marked
    already whether the client was there: what they cost is known, and booked."""
    told = Mark.objects.standing().exclude(status=Status.PLANNED).filter(lesson=OuterRef("pk"), client=client_id)
    lessons = Lesson.objects.visible_to(by, Permission.JOURNAL_SEE).filter(
        Q(cancelled_at__isnull=False) | Exists(told), group__in=group_ids, day__range=(first, last)
    )
    return frozenset((group, day) for group, day in lessons.values_list("group", "day") if group)


def mark_ids(*, lesson_id: int, by: Actor, under: Permission = Permission.JOURNAL_SEE) -> tuple[int, ...]:
    """The marks of a lesson that say something."""
    marks = Mark.objects.visible_to(by, under).standing().filter(lesson=lesson_id)
    return tuple(marks.values_list("pk", flat=True))
