"""The journal of a group: clients down, lessons across, each cell a state; and what the head of the page says."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property, lru_cache
from itertools import repeat
from statistics import mean
from typing import Any, NamedTuple

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.rules import lessons_covered
from rollbook.domains.comments import queries as comments
from rollbook.domains.comments.queries import NO_CORNERS, Corners
from rollbook.domains.fields.rules import Names, told
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.models import Group, GroupState
from rollbook.domains.groups.queries import Member, Pause
from rollbook.domains.journal import queries as journal
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.journal.queries import NOBODY, Cell
from rollbook.domains.journal.rules import attended_share
from rollbook.domains.people import queries as people
from rollbook.domains.people.models import Employee, Kinship
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.queries import LessonHead, Slot
from rollbook.domains.schedule.rules import lessons_of_month, month_of
from rollbook.foundation.compiled import Rows
from rollbook.foundation.errors import NotFound
from rollbook.foundation.periods import local

MOST_DAYS = 366
"""The longest range one page shows."""
LAST_LESSONS = 8
# What decides what a page offers, in the order of _Group.
OFFERED = (
    Permission.JOURNAL_MARK, Permission.LESSON_EDIT, Permission.GROUP_EDIT, Permission.MONEY_SEE, Permission.VISIT_BOOK,
    Permission.CLIENT_SEE, Permission.CLIENT_EDIT, Permission.PAYMENT_TAKE, Permission.COMMENT_SEE,
    Permission.COMMENT_WRITE, Permission.SUBSCRIPTION_SELL,
)


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

    is_open: bool
    """Whether it can be marked."""

    def __init__(self, value: str) -> None:
        self.is_open = value not in {"frozen", "cancelled", "none"}


SHUT = tuple(state for state in State if not state.is_open)


class Square(NamedTuple):
    """One cell, as it is shown. A tuple: there are thousands, and most of a page are one of a few."""

    state: State
    cell: Cell = NOBODY
    comment: str = ""
    """"note" where something is said on it, "ask" where that is open."""


class Column(NamedTuple):
    lesson: LessonHead
    starts_at: datetime
    """In the time of the branch."""
    is_today: bool
    is_past: bool
    came: int
    expected: int
    """Whoever could be marked there, frozen ones left out."""
    comment: str = ""
    """As of a cell."""
    is_closed: bool = False
    """Its month is: nothing in it is marked any more."""


@dataclass(frozen=True, slots=True)
class Payer:
    name: str
    kinship: Kinship
    phone: str | None
    telegram: str | None = None


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
    enrolment_id: int | None = None
    """The one that lasts; guests and those who left have none."""
    left_for: Names | None = None
    """Why, where that was their last group and somebody said so; `left_note` is what was noted beside it."""
    left_note: str = ""

    comment: str = ""
    """"ask" where something open is said on the client."""

    def why_left(self, language: str) -> str:
        return told(self.left_for, self.left_note, language=language)


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
    open_comments: int | None


@dataclass(frozen=True, slots=True)
class Sheet:
    head: Head
    first: date
    last: date
    today: date
    closed: tuple[date, ...]
    """The first days of the months shown that are closed."""
    columns: tuple[Column, ...]
    members: tuple[Row, ...]
    guests: tuple[Row, ...]
    gone: tuple[Row, ...]
    may_mark: bool
    may_edit_lessons: bool
    may_edit_group: bool
    may_see_money: bool
    may_book: bool
    may_see_clients: bool
    may_edit_clients: bool
    may_take_payment: bool
    may_see_comments: bool
    may_comment: bool
    may_sell: bool

    @property
    def may_open_cells(self) -> bool:
        """Whether there is anything to be done with a cell: mark it, work it off, write to it."""
        return self.may_mark or self.may_book or self.may_comment

    @property
    def rows(self) -> tuple[Row, ...]:
        return self.members + self.guests + self.gone


def sheet(*, group_id: int, at: datetime, by: Actor, first: date | None = None, last: date | None = None) -> Sheet:
    """The journal of a group over the local days [first, last] (this month without them), at most a year."""
    group = _group(group_id, at, by)
    now = local(at, group.zone)
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
    belonging = [m for m in members if m.since <= today and (m.until is None or m.until > today)]
    corners = _corners(group_id, lessons, clients, {m.client_id for m in belonging}, by)
    rows = _Rows(
        now=now, lessons=lessons, cells=_by_client(marked), pauses=pauses,
        payers={line.client_id: line for line in people.contacts(clients=clients, by=by, payers_only=True)},
        balances=balances, covered=billing.covered(clients=clients - balances.keys(), by=by), price=price,
        corners=corners or NO_CORNERS,
    )
    by_client: dict[int, list[Member]] = {}
    for member in shown:
        by_client.setdefault(member.client_id, []).append(member)
    member_rows = [rows.of_member(client, of) for client, of in by_client.items()]
    guests = {m.client_id: m for m in marked if m.client_id not in by_client and m.cell.status}
    guest_rows = [rows.of_guest(g.client_id, g.name, g.cell.kind) for g in sorted(guests.values(), key=_by_name)]

    trend = _trend(lessons, marked, until=today) if last >= today else None
    if trend is None:
        trend = journal.last_attendance(group_id=group_id, until=today, number=LAST_LESSONS, by=by)
    closed = _closed(group.branch_id, first, last, today, by)
    head = Head(
        group_id=group_id, name=group.name, state=str(GroupState(group.state).label), programme=group.programme,
        branch=group.branch, branch_id=group.branch_id, teachers=tuple(group.teachers),
        rooms=tuple(dict.fromkeys(s.room for s in slots if s.room and _is_current(s, today))),
        slots=tuple(s for s in slots if _is_current(s, today)), enrolled=len({m.client_id for m in belonging}),
        capacity=group.capacity, minimum=group.minimum, attended=attended_share(trend),
        trend=tuple(round(100 * came / of) for came, of in trend.values()),
        average_months=_average_months(belonging, today),
        revenue=billing.revenue(group_id=group_id, first=first, last=last, by=by),
        next_lesson=local(group.next_lesson, group.zone) if group.next_lesson else None, tariff=terms.tariff,
        price=price, open_comments=corners.open if corners else None,
    )
    return Sheet(
        head=head, first=first, last=last, today=today, closed=tuple(sorted(closed)),
        columns=_columns(lessons, member_rows + guest_rows, now, corners or NO_CORNERS, closed),
        members=tuple(r for r in member_rows if r.left_on is None), guests=tuple(guest_rows),
        gone=tuple(r for r in member_rows if r.left_on), may_mark=group.may_mark,
        may_edit_lessons=group.may_edit_lessons, may_edit_group=group.may_edit, may_see_money=group.may_see_money,
        may_book=group.may_book, may_see_clients=group.may_see_clients, may_edit_clients=group.may_edit_clients,
        may_take_payment=group.may_take_payment, may_see_comments=group.may_see_comments,
        may_comment=group.may_comment, may_sell=group.may_sell,
    )


def _closed(branch_id: int, first: date, last: date, today: date, by: Actor) -> frozenset[date]:
    """Only what is over can be closed: of the present month, and of later ones, nothing is asked."""
    if first >= today.replace(day=1):
        return frozenset()
    return schedule.closed_months(branch_id=branch_id, first=first, last=last, by=by)


def _trend(
    lessons: Iterable[LessonHead], marked: Iterable[journal.Marked], *, until: date
) -> dict[int, tuple[int, int]] | None:
    """What `last_attendance` says, of what the sheet shows; None where that is not enough. The lessons are in order,
    and reach until that day at least."""
    held = [lesson.lesson_id for lesson in lessons if lesson.held and lesson.day <= until][-LAST_LESSONS:]
    if len(held) < LAST_LESSONS:
        return None
    said: dict[int, list[Status]] = {lesson: [] for lesson in held}
    for _client, lesson, _name, cell in marked:
        if lesson in said and cell.status not in {None, Status.PLANNED}:
            said[lesson].append(cell.status)
    return {lesson: (statuses.count(Status.ATTENDED), len(statuses)) for lesson, statuses in said.items() if statuses}


def _corners(
    group_id: int, lessons: Iterable[LessonHead], clients: Collection[int], members: Collection[int], by: Actor
) -> Corners | None:
    """None for those who see no comments at all."""
    if not by.may(Permission.COMMENT_SEE):
        return None
    return comments.corners(
        group_id=group_id, lesson_ids=[lesson.lesson_id for lesson in lessons], clients={*clients, *members},
        members=members, by=by,
    )


class _Group(NamedTuple):
    """What the group itself says, and what whoever asks may do in it."""

    name: str
    state: str
    capacity: int | None
    minimum: int | None
    programme_id: int
    programme: str
    branch_id: int
    branch: str
    zone: str
    teachers: list[str]
    next_lesson: datetime | None
    may_mark: bool
    may_edit_lessons: bool
    may_edit: bool
    may_see_money: bool
    may_book: bool
    may_see_clients: bool
    may_edit_clients: bool
    may_take_payment: bool
    may_see_comments: bool
    may_comment: bool
    may_sell: bool


def _group(group_id: int, at: datetime, by: Actor) -> _Group:
    for row in _groups(by, group=group_id, at=at):
        return _Group(*row)
    raise NotFound


@compiled
def _groups(by: Actor, *, group: Any, at: Any) -> Rows:
    held = by.holding(Permission.JOURNAL_SEE)
    coming = Lesson.objects.reached_by(by, held).filter(group=OuterRef("pk"), starts_at__gt=at, cancelled_at=None)
    teachers = Employee.objects.filter(groups=OuterRef("pk")).order_by("search", "pk")
    rows = Group.objects.reached_by(by, held).filter(pk=group)
    return rows.values_list(
        "name", "state", "capacity", "minimum", "programme", "programme__name", "branch", "branch__name",
        "branch__time_zone", ArraySubquery(teachers.values("name")),
        Subquery(coming.order_by("starts_at", "pk").values("starts_at")[:1]),
        *(rows.holds(by, permission) for permission in OFFERED),
    )


@dataclass(frozen=True, slots=True)
class Changed:
    """Cells that were just marked, by lesson and client, and the balances that followed."""

    squares: Mapping[tuple[int, int], Square]
    balances: Mapping[int, Decimal]


def changed(*, lesson_id: int, clients: Collection[int], by: Actor) -> Changed:
    """How the cells of these clients stand now. For whoever has just marked them: they are open ones."""
    return changed_range(marked={lesson_id: clients}, by=by)


def changed_range(*, marked: Mapping[int, Collection[int]], by: Actor) -> Changed:
    """The same of several lessons, each with its clients."""
    clients = {client for of_lesson in marked.values() for client in of_lesson}
    cells = journal.cells(lesson_ids=marked, clients=clients, by=by)
    squares = {
        (m.lesson_id, m.client_id): Square(_marked(m.cell) or State.UNMARKED, m.cell)
        for m in cells if m.client_id in marked[m.lesson_id]
    }
    return Changed(squares, billing.balances(clients=clients, by=by))


@dataclass(frozen=True)
class _Rows:
    """What the rows of a sheet are made from."""

    now: datetime
    lessons: tuple[LessonHead, ...]
    cells: Mapping[int, Mapping[int, Cell]]
    """By client, then by lesson."""
    pauses: tuple[Pause, ...]
    payers: Mapping[int, people.ContactLine]
    balances: Mapping[int, Decimal]
    covered: Mapping[int, Decimal]
    price: Decimal
    corners: Corners

    def of_member(self, client: int, of: list[Member]) -> Row:
        pauses = [pause for pause in self.pauses if pause.client_id == client]
        squares = self._squares(client, [any(days) for days in zip(*map(self._days_of, of), strict=True)], pauses)
        today, last = self.now.date(), max(of, key=lambda member: member.until or date.max)
        left = last if last.until and last.until <= today else None
        return self._row(
            client, of[0].name, of[0].birth_date, squares, left=left,
            enrolment_id=next((m.enrolment_id for m in of if m.until is None or m.until > today), None),
        )

    def of_guest(self, client: int, name: str, kind: Kind) -> Row:
        squares = self._squares(client, [False] * len(self.lessons), pauses=[])
        return self._row(client, name, None, squares, guest=kind)

    def _row(
        self, client: int, name: str, born: date | None, squares: tuple[Square, ...], guest: Kind | None = None,
        left: Member | None = None, enrolment_id: int | None = None,
    ) -> Row:
        balance, payer = self.balances.get(client), self.payers.get(client)
        known = balance if balance is not None else self.covered.get(client)
        said = [cell.status for state, cell, _comment in squares if cell.status and state.is_open]
        came, marked = said.count(Status.ATTENDED), len(said) - said.count(Status.PLANNED)
        return Row(
            client, name, born, _has_birthday(born, self.now.date()),
            Payer(payer.name, payer.kinship, payer.phone, payer.telegram) if payer else None, balance,
            lessons_covered(balance=balance, price=self.price) if balance is not None and self.price else None,
            None if known is None or not self.price or guest else known >= self.price,
            squares, round(100 * came / marked) if marked else None, guest, left.until if left else None, enrolment_id,
            left.left_for if left else None, left.left_note if left else "",
            "ask" if client in self.corners.clients else "",
        )

    def _days_of(self, member: Member) -> list[bool]:
        """Of each lesson, whether it is one of the days on which this member comes."""
        if member.weekdays:
            return [member.comes_on(lesson.day, lesson.moved_from) for lesson in self.lessons]
        since, until = member.since, member.until or date.max
        return [since <= lesson.day < until for lesson in self.lessons]

    def _squares(self, client: int, expected: Iterable[bool], pauses: Collection[Pause]) -> tuple[Square, ...]:
        cells, said = self.cells.get(client, {}), self.corners.cells.get(client, {})
        return tuple([
            square(
                cells.get(lesson_id, NOBODY), is_expected, is_cancelled, has_begun,
                bool(pauses) and any(pause.covers(day) for pause in pauses), said.get(lesson_id, ""),
            )
            for (lesson_id, day, is_cancelled, has_begun), is_expected in zip(self.times, expected, strict=True)
        ])

    @cached_property
    def times(self) -> list[tuple[int, date, bool, bool]]:
        """Of each lesson: which, when, whether it is cancelled, whether it has begun."""
        now = self.now
        return [(lesson.lesson_id, lesson.day, lesson.cancelled, lesson.starts_at <= now) for lesson in self.lessons]


@lru_cache(maxsize=10_000)
def square(
    cell: Cell, is_expected: bool, is_cancelled: bool, has_begun: bool, is_paused: bool, comment: str = ""
) -> Square:
    """One for all that look the same: most of a page are one of a few."""
    return Square(_state(cell, is_expected, is_cancelled, has_begun, is_paused), cell, comment)


def _state(cell: Cell, is_expected: bool, is_cancelled: bool, has_begun: bool, is_paused: bool) -> State:
    if is_cancelled:
        return State.CANCELLED if is_expected or cell.status else State.NOT_EXPECTED
    if state := _marked(cell):
        return state
    if not is_expected:
        return State.NOT_EXPECTED
    if is_paused:
        return State.FROZEN
    return State.UNMARKED if has_begun else State.FUTURE


def _by_client(marked: Iterable[journal.Marked]) -> dict[int, dict[int, Cell]]:
    found: dict[int, dict[int, Cell]] = {}
    for client, lesson, _name, cell in marked:
        found.setdefault(client, {})[lesson] = cell
    return found


def _marked(cell: Cell) -> State | None:
    if cell.worked_off_on:
        return State.WORKED_OFF
    return State(cell.status) if cell.status else None


def _columns(
    lessons: Iterable[LessonHead], rows: list[Row], now: datetime, corners: Corners, closed: Collection[date]
) -> tuple[Column, ...]:
    today = now.date()
    states = zip(*([square[0] for square in row.squares] for row in rows), strict=True) if rows else repeat(())
    return tuple(
        Column(
            lesson, lesson.starts_at.astimezone(now.tzinfo), lesson.day == today, lesson.starts_at <= now,
            came=column.count(State.ATTENDED), expected=len(column) - sum(map(column.count, SHUT)),
            comment=corners.lessons.get(lesson.lesson_id, ""),
            is_closed=bool(closed) and lesson.day.replace(day=1) in closed,
        )
        for lesson, column in zip(lessons, states, strict=False)
    )


def _range(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    if first is None or last is None:
        return month_of(first or last or today)
    first, last = min(first, last), max(first, last)
    return first, min(last, first + timedelta(days=MOST_DAYS - 1))


def _lessons_of_month(
    terms: billing.Terms, slots: Collection[Slot], branch_id: int, day: date, by: Actor
) -> int:
    if terms.pricing != "month":
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
