"""One lesson: who is expected and who came, as a list; and what may be done with the lesson itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups import queries as groups
from rollbook.domains.history import queries as history
from rollbook.domains.history.queries import Line
from rollbook.domains.journal import queries as journal
from rollbook.domains.journal.models import Status
from rollbook.domains.journal.queries import NOBODY, Cell
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.models import Lesson, LessonTeacher, LessonType, Room
from rollbook.domains.schedule.queries import reason_in_words
from rollbook.foundation.periods import local
from rollbook.screens import clients
from rollbook.screens.choices import Pairs

_OFFERED = (
    Permission.JOURNAL_MARK, Permission.LESSON_EDIT, Permission.LESSON_JOIN, Permission.VISIT_BOOK,
    Permission.HISTORY_SEE, Permission.COMMENT_SEE,
)


@dataclass(frozen=True, slots=True)
class Row:
    client_id: int
    name: str
    birth_date: date | None
    cell: Cell
    is_frozen: bool
    is_guest: bool


@dataclass(frozen=True, slots=True)
class Teacher:
    employee_id: int
    name: str
    is_free: bool
    """Has no other lesson at that time."""


@dataclass(frozen=True, slots=True)
class Page:
    lesson_id: int
    group_id: int | None
    group: str
    branch: str
    branch_id: int
    day: date
    moved_from: date | None
    starts_at: datetime
    """In the time of the branch, as all times here."""
    ends_at: datetime
    today: date
    room_id: int | None
    room: str
    teacher_ids: tuple[int, ...]
    teachers: tuple[str, ...]
    topic: str
    note: str
    is_joint: bool
    is_trial: bool
    """Then every guest comes for a trial."""
    held_at: datetime | None
    cancelled_at: datetime | None
    cancelled_for: int | None
    cancel_reason: str
    """In words: what was chosen, and what is said beside it."""
    version: int
    rows: tuple[Row, ...]
    may: frozenset[Permission]
    """On this lesson, of what a page offers."""
    may_add: bool
    """Whether a new client may be added in the branch."""
    is_closed: bool
    """Its month is: nothing in it is marked, charged or moved any more."""
    history: tuple[Line, ...] | None
    """None for those who may not see it."""
    offered_teachers: tuple[Teacher, ...] = ()
    """Those of the branch, who is free first; nobody for those who may not change the lesson."""
    offered_rooms: Pairs = ()
    found: tuple[clients.Row, ...] = ()
    """Clients who fit the words that were asked."""

    @property
    def came(self) -> int:
        return sum(row.cell.status == Status.ATTENDED for row in self.rows)

    @property
    def may_mark(self) -> bool:
        return Permission.JOURNAL_MARK in self.may and not self.cancelled_at and not self.is_closed

    @property
    def may_edit(self) -> bool:
        return Permission.LESSON_EDIT in self.may

    @property
    def may_change(self) -> bool:
        """Whether its time, place and teachers may be changed: a cancelled lesson is restored first."""
        return self.may_edit and not self.cancelled_at

    @property
    def may_describe(self) -> bool:
        return bool(self.may & {Permission.JOURNAL_MARK, Permission.LESSON_EDIT})

    @property
    def may_see_comments(self) -> bool:
        return Permission.COMMENT_SEE in self.may

    @property
    def may_join(self) -> bool:
        return Permission.LESSON_JOIN in self.may

    @property
    def may_book(self) -> bool:
        return Permission.VISIT_BOOK in self.may and not self.cancelled_at and not self.is_closed

    @property
    def may_hold(self) -> bool:
        """Whether it can be said that the lesson took place, or that it did not after all."""
        decided = {Status.ATTENDED, Status.MISSED}
        is_marked = any(row.cell.status in decided for row in self.rows)
        return self.may_mark and self.day <= self.today and not (self.held_at and is_marked)

    @property
    def minutes(self) -> int:
        return int((self.ends_at - self.starts_at).total_seconds() // 60)


def page(
    *, lesson_id: int, words: str = "", offers: bool = False, under: Permission = Permission.JOURNAL_SEE, at: datetime,
    by: Actor,
) -> Page:
    """The lesson with all who are expected at it or marked in it, by name, guests last.

    With `offers` what its forms offer, and the clients that fit the words; for whoever holds `under` on it.
    """
    rows = Lesson.objects.select_related("group", "branch", "room", "lesson_type", "cancelled_for")
    lesson = rows.pick(by, under, lesson_id)
    zone = lesson.branch.time_zone
    may = Lesson.objects.all().held_on(by, lesson_id, *_OFFERED)
    taught = dict(lesson.teachers.order_by("search").values_list("pk", "name"))
    changes = offers and Permission.LESSON_EDIT in may and not lesson.cancelled_at
    because = lesson.cancelled_for.names if lesson.cancelled_for else None
    return Page(
        lesson_id=lesson.pk, group_id=lesson.group_id, group=lesson.group.name if lesson.group else "",
        branch=lesson.branch.name, branch_id=lesson.branch_id, day=lesson.day, moved_from=lesson.moved_from,
        starts_at=local(lesson.starts_at, zone), ends_at=local(lesson.ends_at, zone), today=local(at, zone).date(),
        room_id=lesson.room_id, room=lesson.room.name if lesson.room else "", teacher_ids=tuple(taught),
        teachers=tuple(taught.values()), topic=lesson.topic, note=lesson.note, is_joint=lesson.is_joint,
        is_trial=lesson.lesson_type.code == LessonType.TRIAL,
        held_at=local(lesson.held_at, zone) if lesson.held_at else None,
        cancelled_at=local(lesson.cancelled_at, zone) if lesson.cancelled_at else None,
        cancelled_for=lesson.cancelled_for_id, cancel_reason=reason_in_words(because, lesson.cancel_reason),
        version=lesson.version, rows=_rows(lesson, by), may=may,
        is_closed=schedule.is_closed(
            branch_id=lesson.branch_id, day=lesson.day, today=local(at, zone).date(), by=by
        ),
        may_add=offers and by.may_in_branch(Permission.CLIENT_EDIT, lesson.branch_id),
        history=(
            tuple(history.of(subject=f"lesson:{lesson.pk}", zone=zone, by=by))
            if Permission.HISTORY_SEE in may else None
        ),
        offered_teachers=_teachers(lesson, taught, by) if changes else (),
        offered_rooms=_rooms(lesson) if changes else (),
        found=clients.found(words=words, at=at, by=by) if offers and Permission.VISIT_BOOK in may else (),
    )


def _rows(lesson: Lesson, by: Actor) -> tuple[Row, ...]:
    cells = {row.client_id: row for row in journal.cells(lesson_ids=[lesson.pk], by=by)}
    members = _members(lesson, by)
    pausing = {
        pause.client_id for pause in groups.freezes(clients=members, first=lesson.day, last=lesson.day, by=by)
    }
    expected = [
        Row(pk, member.name, member.birth_date, cells[pk].cell if pk in cells else NOBODY, pk in pausing, False)
        for pk, member in members.items()
    ]
    guests = [row for row in cells.values() if row.client_id not in members and row.cell.status]
    guests.sort(key=lambda guest: (guest.name, guest.client_id))
    return (*expected, *(Row(guest.client_id, guest.name, None, guest.cell, False, True) for guest in guests))


def _members(lesson: Lesson, by: Actor) -> dict[int, groups.Member]:
    if not lesson.group_id:
        return {}
    belonging = groups.members(group_id=lesson.group_id, first=lesson.day, last=lesson.day, by=by)
    return {member.client_id: member for member in belonging if member.comes_on(lesson.day, lesson.moved_from)}


def _teachers(lesson: Lesson, standing: Collection[int], by: Actor) -> tuple[Teacher, ...]:
    """A teacher of another branch who teaches it already stays, although whoever asks does not see that branch."""
    seen = Employee.objects.none()
    if by.may(Permission.STAFF_SEE):
        of_branch = Employee.objects.visible_to(by, Permission.STAFF_SEE).filter(branch=lesson.branch_id)
        seen = of_branch.filter(teaches=True, left_on=None)
    then = LessonTeacher.objects.filter(
        employee=OuterRef("pk"), counts=True, during__overlap=(lesson.starts_at, lesson.ends_at)
    )
    rows = Employee.objects.filter(Q(pk__in=standing) | Q(pk__in=seen.values("pk")))
    named = rows.annotate(is_free=~Exists(then.exclude(lesson=lesson))).order_by("-is_free", "search", "pk")
    return tuple(Teacher(*row) for row in named.values_list("pk", "name", "is_free"))


def _rooms(lesson: Lesson) -> Pairs:
    rooms = Room.objects.filter(Q(archived_at=None) | Q(pk=lesson.room_id), branch=lesson.branch_id)
    return tuple(rooms.order_by("name", "pk").values_list("pk", "name"))
