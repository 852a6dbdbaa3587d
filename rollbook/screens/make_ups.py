"""Where a missed lesson may be worked off; and the list of all that still may be."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    Avg,
    Case,
    Count,
    DateField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    SmallIntegerField,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, ExtractIsoWeekDay

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch, Organisation
from rollbook.domains.access.scoping import compiled
from rollbook.domains.groups.models import Enrolment, EnrolmentQuerySet, Freeze
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.rules import suits
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.compiled import Rows, once
from rollbook.foundation.keys import Key, Page, cut
from rollbook.foundation.periods import local, local_day

MOST = 20
CANDIDATES = 1000
LOOKED_AT = 60
"""Candidates of which it is asked at once how full they are."""
MISSES = (Status.MISSED, Status.EXCUSED)
EXPECTED = (Status.PLANNED, Status.ATTENDED)
BEGINNING = date(2000, 1, 1)
_DAY: Any = OuterRef("day")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A lesson in which a client may work a missed one off."""

    lesson_id: int
    group: str
    branch: str
    starts_at: datetime
    """In the time of the branch."""
    free: int | None
    """Places; None where nobody has said how many there are."""


def proposals(*, miss_id: int, at: datetime, by: Actor) -> tuple[Proposal, ...]:
    """The next lessons in which a miss may be worked off, those of its own branch first, then by time; at most 20.

    They are of groups of the same programme, within the window, not cancelled, with a free place, and open to whoever
    asks; the client is not expected there, does not pause on that day, has no other lesson at that time, is of the age
    of the programme, and at most two years from the middle of the group. Nothing where there is no right.
    """
    miss = Mark.objects.select_related("client", "lesson__group__programme").pick(by, Permission.VISIT_BOOK, miss_id)
    group, until = miss.lesson.group, miss.make_up_until
    if not (group and until) or miss.worked_off_on or miss.lapsed_on or miss.stands_aside:
        return ()
    own = list(_own_lessons(client=miss.client_id, at=at, until=until))
    offered = [
        each for each in map(_Candidate._make, _offered(
            by, CANDIDATES, client=miss.client_id, programme=group.programme_id, branch=miss.lesson.branch_id, at=at,
            until=until,
        ))
        if not any(starts < each.ends_at and each.starts_at < ends for starts, ends in own)
    ]
    found: list[Proposal] = []
    for first in range(0, len(offered), LOOKED_AT):
        some = offered[first : first + LOOKED_AT]
        places = {pk: (members + guests, middle) for pk, members, guests, middle in _places(
            lessons=[each.lesson_id for each in some]
        )}
        for each in some:
            taken, middle = places[each.lesson_id]
            free = None if each.capacity is None else each.capacity - taken
            fits = suits(
                born=miss.client.birth_date, on=each.day, min_age=group.programme.min_age,
                max_age=group.programme.max_age, middle=BEGINNING + middle if middle is not None else None,
            )
            if fits and (free is None or free > 0):
                found.append(Proposal(
                    each.lesson_id, each.group, each.branch, local(each.starts_at, each.zone), free
                ))
        if len(found) >= MOST:
            break
    return tuple(found[:MOST])


class _Candidate(NamedTuple):
    lesson_id: int
    day: date
    starts_at: datetime
    ends_at: datetime
    group: str
    capacity: int | None
    branch: str
    zone: str


@partial(compiled, keeps_plan=False)  # how far ahead is asked for decides the way
def _offered(by: Actor, most: int, *, client: Any, programme: Any, branch: Any, at: Any, until: Any) -> Rows:
    frozen = Freeze.objects.within(_DAY, _DAY).filter(client=client)
    marked = Mark.objects.standing().filter(lesson=OuterRef("pk"), client=client)
    return (
        Lesson.objects.visible_to(by, Permission.VISIT_BOOK)
        .filter(
            ~Exists(_comers().filter(client=client)), ~Exists(frozen), ~Exists(marked),
            Exists(Organisation.objects.filter(make_ups=True)), group__programme=programme, cancelled_at=None,
            starts_at__gt=at, day__lte=until,
        )
        .order_by(Case(When(branch=branch, then=Value(0)), default=Value(1)), "starts_at", "pk")
        .values_list(
            "pk", "day", "starts_at", "ends_at", "group__name", "group__capacity", "branch__name", "branch__time_zone"
        )[:most]
    )


@partial(once, keeps_plan=False)
def _own_lessons(*, client: Any, at: Any, until: Any) -> Rows:
    """When the client has another lesson: as a member, or as a guest."""
    marked = Mark.objects.filter(lesson=OuterRef("pk"), client=client, status__in=EXPECTED)
    mine = Enrolment.objects.filter(client=client).values("group")
    as_guest = Mark.objects.filter(client=client, status=Status.PLANNED).exclude(kind=Kind.REGULAR)
    lessons = Lesson.objects.filter(
        Q(group__in=mine) | Q(pk__in=as_guest.values("lesson")), starts_at__gt=at, day__lte=until, cancelled_at=None
    )
    return lessons.filter(Exists(_comers().filter(client=client)) | Exists(marked)).values_list("starts_at", "ends_at")


@once
def _places(*, lessons: Any) -> Rows:
    """Of lessons, who takes a place in them: members who come, guests. And the middle of the members' births, from
    BEGINNING on."""
    pauses = Freeze.objects.filter(client=OuterRef("client"), until__gt=OuterRef(OuterRef("day")))
    away = Mark.objects.filter(
        lesson=OuterRef(OuterRef("pk")), client=OuterRef("client"), status__in=[Status.MISSED, Status.EXCUSED]
    )
    members = _comers().exclude(Exists(pauses.filter(since__lte=OuterRef(OuterRef("day"))))).exclude(Exists(away))
    guests = Mark.objects.filter(lesson=OuterRef("pk"), status__in=EXPECTED).exclude(kind=Kind.REGULAR)
    of_group = Enrolment.objects.within(_DAY, _DAY).filter(group=OuterRef("group"))
    age = F("client__birth_date") - Value(BEGINNING, DateField())
    return Lesson.objects.filter(pk__any=lessons).values_list(
        "pk", Coalesce(_number(members.values("group")), 0), Coalesce(_number(guests.values("lesson")), 0),
        Subquery(of_group.order_by().values("group").annotate(middle=Avg(age)).values("middle")),
    )


def _comers() -> EnrolmentQuerySet:
    """Those who come to the lesson outside as members, freezes aside."""
    day = Coalesce(OuterRef("moved_from"), OuterRef("day"), output_field=DateField())
    weekday = Func(
        Cast(ExtractIsoWeekDay(day), SmallIntegerField()), template="ARRAY[%(expressions)s]",
        output_field=ArrayField(SmallIntegerField()),
    )
    comes = Q(weekdays=None) | Q(weekdays__contains=weekday)
    return Enrolment.objects.within(_DAY, _DAY).filter(comes, group=OuterRef("group"))


def _number(rows: Rows) -> Subquery:
    return Subquery(rows.order_by().annotate(number=Count("pk")).values("number"))


# ------------------------------------------------------------------------------------------------------ all of them

PAGE = 50
SOON = timedelta(days=7)
A_DAY = timedelta(days=1)
LATELY = timedelta(days=30)
"""What has lapsed, or was booked for a lesson that nobody marked, longer ago is not listed any more."""


class Segment(StrEnum):
    SOON = "soon"
    """Lapse within a week, and nothing is booked."""
    OPEN = "open"
    BOOKED = "booked"
    LAPSED = "lapsed"


@dataclass(frozen=True, slots=True)
class Row:
    mark_id: int
    client_id: int
    client: str
    lesson_id: int
    group_id: int | None
    group: str
    day: date
    until: date
    """The last day on which it may be worked off."""
    booked_on: date | None


@dataclass(frozen=True, slots=True)
class Choice:
    branch_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    rows: tuple[Row, ...]
    page: Page
    branches: tuple[Choice, ...]
    """Those in which one sees journals, to choose from."""


def listed(
    *, segment: Segment, at: datetime, by: Actor, branch_id: int | None = None, after: Key | None = None
) -> Listed:
    """A page of misses that may be worked off, or could have been, those first whose time is over first."""
    since = _day_of(after)
    place: dict[str, object] = {"after": since, "after_pk": after.pk} if after and since else {}
    if branch_id:
        place["branch"] = branch_id
    early, late = _span(segment, at.date())
    told = _rights(by, segment, PAGE, at=at, early=early, late=late, **place)
    rows, page = cut(told, after=after if since else None, size=PAGE)
    return Listed(
        tuple(Row(*(*row[1:6], row[6] or "", *row[7:])) for row in rows),
        Page(page.is_first, Key(str(page.next.search), page.next.pk) if page.next else None),
        tuple(Choice(*branch) for branch in _branches(by)),
    )


def _span(segment: Segment, today: date) -> tuple[date, date]:
    """The days for the index of rights, with one more on either side: what the day is differs from branch to branch."""
    match segment:
        case Segment.SOON:
            return today - A_DAY, today + SOON + A_DAY
        case Segment.OPEN:
            return today - A_DAY, date.max
        case _:
            return today - LATELY - A_DAY, date.max


def _day_of(after: Key | None) -> date | None:
    try:
        return date.fromisoformat(after.search) if after else None
    except ValueError:
        return None


@partial(compiled, keeps_plan=False)  # whether by the days or by the lessons of a branch
def _rights(
    by: Actor, segment: Segment, size: int, *, at: Any, early: Any, late: Any, branch: Any = None, after: Any = None,
    after_pk: Any = None,
) -> Rows:
    today = local_day(at, "lesson__branch__time_zone")
    booked = Mark.objects.holding().filter(makes_up=OuterRef("pk"), status=Status.PLANNED)
    held = Exists(Mark.objects.holding().filter(makes_up=OuterRef("pk")))
    marks = Mark.objects.visible_to(by, Permission.JOURNAL_SEE)
    match segment:
        case Segment.SOON | Segment.OPEN:
            # By the index of rights first, and then by the calendar of each branch: not by both at once.
            dated = marks.rights().alias(ends=Func(F("make_up_until"), template="(%(expressions)s + 0)"))
            in_time = Q(ends__gte=today) & (Q(ends__lte=today + SOON) if segment == Segment.SOON else Q())
            rights = dated.filter(in_time, ~held, make_up_until__range=(early, late))
        case Segment.BOOKED:
            rights = marks.rights().filter(Exists(booked), make_up_until__gte=early)
        case _:
            rights = marks.filter(lapsed_on__gte=early)
    if branch is not None:
        rights = rights.filter(lesson__branch=branch)
    if after is not None:
        rights = rights.filter(Q(make_up_until__gt=after) | Q(make_up_until=after, pk__gt=after_pk))
    return rights.order_by("make_up_until", "pk").values_list(
        "make_up_until", "pk", "client", "client__name", "lesson", "lesson__group", "lesson__group__name", "day",
        "make_up_until", Subquery(booked.values("day")[:1]),
    )[: size + 1]


@compiled
def _branches(by: Actor) -> Rows:
    seen = Branch.objects.visible_to(by, Permission.JOURNAL_SEE).filter(archived_at=None)
    return seen.order_by("name", "pk").values_list("pk", "name")
