"""One lesson as a list: who is expected, who came; for a phone, and wherever no script runs."""

from dataclasses import dataclass
from datetime import date, datetime

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups import queries as groups
from rollbook.domains.history import queries as history
from rollbook.domains.history.queries import Line
from rollbook.domains.journal import queries as journal
from rollbook.domains.journal.models import Status
from rollbook.domains.journal.queries import NOBODY, Cell
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.periods import local


@dataclass(frozen=True, slots=True)
class Row:
    client_id: int
    name: str
    birth_date: date | None
    cell: Cell
    is_frozen: bool


@dataclass(frozen=True, slots=True)
class Page:
    lesson_id: int
    group_id: int | None
    group: str
    branch: str
    day: date
    starts_at: datetime
    """In the time of the branch, as all times here."""
    ends_at: datetime
    room: str
    teachers: tuple[str, ...]
    topic: str
    note: str
    is_joint: bool
    held_at: datetime | None
    cancelled_at: datetime | None
    cancel_reason: str
    rows: tuple[Row, ...]
    may_mark: bool
    may_edit: bool
    history: tuple[Line, ...] | None
    """None for those who may not see it."""

    @property
    def came(self) -> int:
        return sum(row.cell.status == Status.ATTENDED for row in self.rows)


def page(*, lesson_id: int, at: datetime, by: Actor) -> Page:
    """The lesson with all who are expected at it or marked in it, by name, guests last."""
    lesson = Lesson.objects.select_related("group", "branch", "room").pick(by, Permission.JOURNAL_SEE, lesson_id)
    zone = lesson.branch.time_zone
    cells = {row.client_id: row for row in journal.cells(lesson_ids=[lesson_id], by=by)}
    members = _members(lesson, by)
    pausing = {
        pause.client_id for pause in groups.freezes(clients=members, first=lesson.day, last=lesson.day, by=by)
    }
    rows = [
        Row(pk, member.name, member.birth_date, cells[pk].cell if pk in cells else NOBODY, pk in pausing)
        for pk, member in members.items()
    ]
    guests = [row for row in cells.values() if row.client_id not in members and row.cell.status]
    rows += [Row(g.client_id, g.name, None, g.cell, False) for g in sorted(guests, key=lambda g: (g.name, g.client_id))]
    may = Lesson.objects.all().held_on(
        by, lesson_id, Permission.JOURNAL_MARK, Permission.LESSON_EDIT, Permission.HISTORY_SEE
    )
    return Page(
        lesson.pk, lesson.group_id, lesson.group.name if lesson.group else "", lesson.branch.name, lesson.day,
        local(lesson.starts_at, zone), local(lesson.ends_at, zone), lesson.room.name if lesson.room else "",
        tuple(lesson.teachers.order_by("search").values_list("name", flat=True)), lesson.topic, lesson.note,
        lesson.is_joint, local(lesson.held_at, zone) if lesson.held_at else None,
        local(lesson.cancelled_at, zone) if lesson.cancelled_at else None, lesson.cancel_reason, tuple(rows),
        Permission.JOURNAL_MARK in may and not lesson.cancelled_at, Permission.LESSON_EDIT in may,
        tuple(history.of(subject=f"lesson:{lesson.pk}", zone=zone, by=by)) if Permission.HISTORY_SEE in may else None,
    )


def _members(lesson: Lesson, by: Actor) -> dict[int, groups.Member]:
    if not lesson.group_id:
        return {}
    belonging = groups.members(group_id=lesson.group_id, first=lesson.day, last=lesson.day, by=by)
    return {member.client_id: member for member in belonging if member.comes_on(lesson.day)}


