"""The journal of a group: clients down, lessons across, each cell a state; and what the head of the page says."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from statistics import mean
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.rules import lessons_covered
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.models import Group
from rollbook.domains.groups.queries import Member, Pause
from rollbook.domains.journal import queries as journal
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.journal.queries import NOBODY, Cell
from rollbook.domains.journal.rules import attended_share
from rollbook.domains.people import queries as people
from rollbook.domains.people.models import Kinship
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.queries import LessonHead, Slot
from rollbook.domains.schedule.rules import lessons_of_month, month_of
from rollbook.foundation.periods import local

MOST_DAYS = 366
"""The longest range one page shows."""
LAST_LESSONS = 8


class State(StrEnum):
    """What a cell shows (spec 02)."""

    ATTENDED = "attended"
    MISSED = "missed"
    EXCUSED = "excused"
    WORKED_OFF = "workedoff"
    PLANNED = "planned"
    FROZEN = "frozen"
    CANCELLED = "cancelled"
    UNMARKED = "unmarked"
    FUTURE = "future"
    NOT_EXPECTED = "none"

    @property
    def is_open(self) -> bool:
        """Whether it can be marked."""
        return self not in {State.FROZEN, State.CANCELLED, State.NOT_EXPECTED}


@dataclass(frozen=True, slots=True)
class Square:
    """One cell, as it is shown."""

    state: State
    cell: Cell = NOBODY


@dataclass(frozen=True, slots=True)
class Column:
    lesson: LessonHead
    starts_at: datetime
    """In the time of the branch."""
    is_today: bool
    is_past: bool
    came: int
    expected: int
    """Whoever could be marked there, frozen ones left out."""


@dataclass(frozen=True, slots=True)
class Payer:
    name: str
    kinship: Kinship
    phone: str | None


@dataclass(frozen=True, slots=True)
class Row:
    client_id: int
    name: str
    birth_date: date | None
    has_birthday: bool
    """Within this week."""
    payer: Payer | None
    balance: Decimal | None
    """None for those who may not see money."""
    lessons_left: int | None
    is_paid: bool | None
    """Whether the next lesson is; None where nobody can tell."""
    squares: tuple[Square, ...]
    share: int | None
    """Per cent of the marked lessons at which the client was."""
    guest: Kind | None = None
    left_on: date | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a group at a glance. None is not known, or not to be seen."""

    group_id: int
    name: str
    state: str
    programme: str
    branch: str
    branch_id: int
    teachers: tuple[str, ...]
    rooms: tuple[str, ...]
    slots: tuple[Slot, ...]
    enrolled: int
    capacity: int | None
    minimum: int | None
    attended: int | None
    """Per cent over the last lessons."""
    trend: tuple[int, ...]
    """Per cent of each of the last lessons, the oldest first."""
    average_months: int | None
    revenue: Decimal | None
    next_lesson: datetime | None
    tariff: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class Sheet:
    head: Head
    first: date
    last: date
    today: date
    columns: tuple[Column, ...]
    members: tuple[Row, ...]
    guests: tuple[Row, ...]
    gone: tuple[Row, ...]
    may_mark: bool
    may_edit_lessons: bool
    may_edit_group: bool
    may_see_money: bool

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.members + self.guests + self.gone


def sheet(*, group_id: int, at: datetime, by: Actor, first: date | None = None, last: date | None = None) -> Sheet:
    """The journal of a group over the local days [first, last] (this month without them), at most a year."""
    # Annotated, hence Any.
    group: Any = (
        Group.objects.select_related("programme", "branch")
        .annotate(
            teacher_names=ArrayAgg("teachers__name", filter=Q(teachers__isnull=False), order_by="teachers__search")
        )
        .pick(by, Permission.JOURNAL_SEE, group_id)
    )
    now = local(at, group.branch.time_zone)
    today = now.date()
    first, last = _range(first, last, today)

    lessons = schedule.lessons(group_id=group_id, first=first, last=last, by=by)
    members = groups.members(group_id=group_id, first=min(first, today), last=max(last, today), by=by)
    marked = journal.cells(lesson_ids=[lesson.lesson_id for lesson in lessons], by=by)
    shown = [m for m in members if m.since <= last and (m.until is None or m.until > first)]
    clients = {m.client_id for m in shown} | {m.client_id for m in marked if m.cell.status}
    pauses = groups.freezes(clients=clients, first=first, last=last, by=by)
    slots = schedule.slots(group_ids=[group_id], by=by)
    # What is shown of prices is what they are today, or were or will be on the nearest day shown.
    nearest = min(max(today, first), last)
    terms = billing.terms(groups={group_id: group.programme_id}, on=nearest, by=by)[group_id]
    price = terms.of_lesson(lessons=_lessons_of_month(terms, slots, group.branch_id, nearest, by))
    balances = billing.balances(clients=clients, by=by)
    rows = _Rows(
        now=now, lessons=lessons, cells={(m.client_id, m.lesson_id): m.cell for m in marked}, pauses=pauses,
        payers={line.client_id: line for line in people.contacts(clients=clients, by=by, payers_only=True)},
        balances=balances, covered=billing.covered(clients=clients - balances.keys(), by=by), price=price,
    )
    by_client: dict[int, list[Member]] = {}
    for member in shown:
        by_client.setdefault(member.client_id, []).append(member)
    member_rows = [rows.of_member(client, of) for client, of in by_client.items()]
    guests = {m.client_id: m for m in marked if m.client_id not in by_client and m.cell.status}
    guest_rows = [rows.of_guest(g.client_id, g.name, g.cell.kind) for g in sorted(guests.values(), key=_by_name)]

    trend = journal.last_attendance(group_id=group_id, until=today, number=LAST_LESSONS, by=by)
    belonging = [m for m in members if m.since <= today and (m.until is None or m.until > today)]
    head = Head(
        group_id=group.pk, name=group.name, state=group.get_state_display(), programme=group.programme.name,
        branch=group.branch.name, branch_id=group.branch_id, teachers=tuple(group.teacher_names or ()),
        rooms=tuple(dict.fromkeys(s.room for s in slots if s.room and _is_current(s, today))),
        slots=tuple(s for s in slots if _is_current(s, today)), enrolled=len({m.client_id for m in belonging}),
        capacity=group.capacity, minimum=group.minimum, attended=attended_share(trend),
        trend=tuple(round(100 * came / of) for came, of in trend.values()),
        average_months=_average_months(belonging, today),
        revenue=billing.revenue(group_id=group_id, first=first, last=last, by=by),
        next_lesson=_next_lesson(group_id, at, group.branch.time_zone, by), tariff=terms.tariff, price=price,
    )
    may = Group.objects.all().held_on(
        by, group_id, Permission.JOURNAL_MARK, Permission.LESSON_EDIT, Permission.GROUP_EDIT, Permission.MONEY_SEE
    )
    return Sheet(
        head=head, first=first, last=last, today=today, columns=_columns(lessons, member_rows + guest_rows, now),
        members=tuple(r for r in member_rows if r.left_on is None), guests=tuple(guest_rows),
        gone=tuple(r for r in member_rows if r.left_on), may_mark=Permission.JOURNAL_MARK in may,
        may_edit_lessons=Permission.LESSON_EDIT in may, may_edit_group=Permission.GROUP_EDIT in may,
        may_see_money=Permission.MONEY_SEE in may,
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """The cells of a lesson that were just marked, and the balances that followed."""

    lesson_id: int
    squares: Mapping[int, Square]
    balances: Mapping[int, Decimal]


def changed(*, lesson_id: int, clients: Collection[int], by: Actor) -> Changed:
    """How the cells of these clients stand now. For whoever has just marked them: they are open ones."""
    cells = journal.cells(lesson_ids=[lesson_id], clients=clients, by=by)
    squares = {m.client_id: Square(_marked(m.cell) or State.UNMARKED, m.cell) for m in cells}
    return Changed(lesson_id, squares, billing.balances(clients=clients, by=by))


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the rows of a sheet are made from."""

    now: datetime
    lessons: tuple[LessonHead, ...]
    cells: Mapping[tuple[int, int], Cell]
    pauses: tuple[Pause, ...]
    payers: Mapping[int, people.ContactLine]
    balances: Mapping[int, Decimal]
    covered: Mapping[int, Decimal]
    price: Decimal

    def of_member(self, client: int, of: list[Member]) -> Row:
        pauses = [pause for pause in self.pauses if pause.client_id == client]
        squares = tuple(
            self._square(client, lesson, any(m.comes_on(lesson.day) for m in of), pauses) for lesson in self.lessons
        )
        today = self.now.date()
        ends = [m.until for m in of]
        left_on = None if None in ends else max(day for day in ends if day)
        return self._row(
            client, of[0].name, of[0].birth_date, squares, left_on=left_on if left_on and left_on <= today else None
        )

    def of_guest(self, client: int, name: str, kind: Kind) -> Row:
        squares = tuple(self._square(client, lesson, expected=False, pauses=[]) for lesson in self.lessons)
        return self._row(client, name, None, squares, guest=kind)

    def _row(
        self, client: int, name: str, born: date | None, squares: tuple[Square, ...], guest: Kind | None = None,
        left_on: date | None = None,
    ) -> Row:
        balance, payer = self.balances.get(client), self.payers.get(client)
        known = balance if balance is not None else self.covered.get(client)
        said = [s.cell for s in squares if s.cell.status and s.cell.status != Status.PLANNED and s.state.is_open]
        came = sum(1 for cell in said if cell.status == Status.ATTENDED)
        return Row(
            client, name, born, _has_birthday(born, self.now.date()),
            Payer(payer.name, payer.kinship, payer.phone) if payer else None, balance,
            lessons_covered(balance=balance, price=self.price) if balance is not None and self.price else None,
            None if known is None or not self.price or guest else known >= self.price,
            squares, round(100 * came / len(said)) if said else None, guest, left_on,
        )

    def _square(self, client: int, lesson: LessonHead, expected: bool, pauses: Iterable[Pause]) -> Square:
        cell = self.cells.get((client, lesson.lesson_id), NOBODY)
        if lesson.cancelled:
            return Square(State.CANCELLED if expected or cell.status else State.NOT_EXPECTED, cell)
        if state := _marked(cell):
            return Square(state, cell)
        if not expected:
            return Square(State.NOT_EXPECTED, cell)
        if any(pause.covers(lesson.day) for pause in pauses):
            return Square(State.FROZEN, cell)
        return Square(State.UNMARKED if lesson.starts_at <= self.now else State.FUTURE, cell)


def _marked(cell: Cell) -> State | None:
    if cell.worked_off_on:
        return State.WORKED_OFF
    return State(cell.status) if cell.status else None


def _columns(lessons: Iterable[LessonHead], rows: list[Row], now: datetime) -> tuple[Column, ...]:
    def column(index: int, lesson: LessonHead) -> Column:
        squares = [row.squares[index] for row in rows]
        return Column(
            lesson, lesson.starts_at.astimezone(now.tzinfo), lesson.day == now.date(), lesson.starts_at <= now,
            came=sum(s.state == State.ATTENDED for s in squares), expected=sum(s.state.is_open for s in squares),
        )

    return tuple(column(index, lesson) for index, lesson in enumerate(lessons))


def _range(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    if first is None or last is None:
        return month_of(first or last or today)
    first, last = min(first, last), max(first, last)
    return first, min(last, first + timedelta(days=MOST_DAYS - 1))


def _next_lesson(group_id: int, at: datetime, zone: str, by: Actor) -> datetime | None:
    coming = Lesson.objects.visible_to(by, Permission.JOURNAL_SEE).filter(
        group=group_id, starts_at__gt=at, cancelled_at=None
    )
    starts_at = coming.order_by("starts_at", "pk").values_list("starts_at", flat=True).first()
    return local(starts_at, zone) if starts_at else None


def _lessons_of_month(
    terms: billing.Terms, slots: Collection[Slot], branch_id: int, day: date, by: Actor
) -> int:
    if terms.pricing == "fixed":
        return 1
    first, last = month_of(day)
    closed = schedule.closing_days(branch_ids=[branch_id], first=first, last=last, by=by)
    return lessons_of_month(slots=[s.weekly for s in slots], closing_days={closing for _, closing in closed}, day=day)


def _is_current(slot: Slot, today: date) -> bool:
    return slot.valid_until is None or slot.valid_until > today


def _average_months(members: Iterable[Member], today: date) -> int | None:
    born = {m.client_id: m.birth_date for m in members if m.birth_date}
    ages = [(today.year - day.year) * 12 + today.month - day.month for day in born.values()]
    return round(mean(ages)) if ages else None


def _has_birthday(born: date | None, today: date) -> bool:
    if not born:
        return False
    monday = today - timedelta(days=today.weekday())
    return any((born.month, born.day) == (day.month, day.day) for day in (monday + timedelta(n) for n in range(7)))


def _by_name(guest: journal.Marked) -> tuple[str, int]:
    return guest.name.lower().replace("ё", "е"), guest.client_id
