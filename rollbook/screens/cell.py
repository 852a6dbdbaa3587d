"""One cell: who, at which lesson; what it says and why, where it was or may be worked off, and who set it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups import queries as groups
from rollbook.domains.history import queries as history
from rollbook.domains.history.queries import Line
from rollbook.domains.journal import queries as journal
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.journal.queries import NOBODY
from rollbook.domains.people.models import Client
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.errors import NotFound
from rollbook.foundation.periods import local
from rollbook.screens.journal import Square, square
from rollbook.screens.make_ups import Proposal, proposals


@dataclass(frozen=True, slots=True)
class Half:
    """The other half of a make-up: the visit that works a miss off, or the miss. Of a lesson that one may not see only
    the day is told."""

    mark_id: int
    day: date
    status: Status
    lesson_id: int | None
    group_id: int | None
    group: str
    starts_at: datetime | None


@dataclass(frozen=True, slots=True)
class Page:
    client_id: int
    client: str
    lesson_id: int
    group_id: int | None
    group: str
    branch: str
    day: date
    starts_at: datetime
    """In the time of the branch, as all times here."""
    ends_at: datetime
    today: date
    mark_id: int | None
    square: Square
    gives_right: bool
    """Whether it may be worked off, be that booked already or not."""
    visit: Half | None
    """That works it off, or is to."""
    miss: Half | None
    """That this visit works off."""
    proposals: tuple[Proposal, ...]
    may_mark: bool
    may_book: bool
    may_correct: bool
    may_decide: bool
    may_see_client: bool
    may_see_comments: bool
    is_closed: bool
    """The month of the lesson is: what is marked and charged stays as it is."""
    history: tuple[Line, ...] | None
    """None for those who may not see it."""

    @property
    def is_marked(self) -> bool:
        return self.square.cell.status is not None

    @property
    def is_decided(self) -> bool:
        """Whether it is known if the client was there: then it may be decided what that costs."""
        return self.square.cell.status not in {None, Status.PLANNED}


def page(*, lesson_id: int, client_id: int, at: datetime, by: Actor) -> Page:
    """The cell of a client in a lesson; NotFound where they are neither expected nor marked."""
    lesson = Lesson.objects.select_related("group", "branch").pick(by, Permission.JOURNAL_SEE, lesson_id)
    zone, now = lesson.branch.time_zone, local(at, lesson.branch.time_zone)
    told = journal.cells(lesson_ids=[lesson.pk], clients=[client_id], by=by)
    members = [
        member
        for member in groups.members(group_id=lesson.group_id or 0, first=lesson.day, last=lesson.day, by=by)
        if member.client_id == client_id
    ]
    if not told and not members:
        raise NotFound
    pauses = groups.freezes(clients=[client_id], first=lesson.day, last=lesson.day, by=by)
    shown = square(
        told[0].cell if told else NOBODY, any(member.comes_on(lesson.day) for member in members),
        lesson.cancelled_at is not None, lesson.starts_at <= at, bool(pauses),
    )
    mark = Mark.objects.filter(lesson=lesson, client=client_id).first()
    may = Lesson.objects.all().held_on(
        by, lesson.pk, Permission.JOURNAL_MARK, Permission.VISIT_BOOK, Permission.JOURNAL_CORRECT,
        Permission.CHARGE_DECIDE, Permission.HISTORY_SEE, Permission.COMMENT_SEE,
    )
    is_closed = schedule.is_closed(branch_id=lesson.branch_id, day=lesson.day, today=now.date(), by=by)
    is_right = bool(
        mark and mark.make_up_until and not (mark.worked_off_on or mark.lapsed_on or mark.stands_aside)
    )
    visit = _half(Mark.objects.holding().filter(makes_up=mark.pk).first(), at, by) if mark else None
    wanted = mark and is_right and not visit and Permission.VISIT_BOOK in may
    return Page(
        client_id, (told or members)[0].name, lesson.pk, lesson.group_id, lesson.group.name if lesson.group else "",
        lesson.branch.name, lesson.day, local(lesson.starts_at, zone), local(lesson.ends_at, zone), now.date(),
        mark.pk if mark else None, shown, is_right, visit,
        _half(Mark.objects.filter(pk=mark.makes_up_id).first(), at, by) if mark and mark.makes_up_id else None,
        proposals(miss_id=mark.pk, at=at, by=by) if mark and wanted else (),
        Permission.JOURNAL_MARK in may and shown.state.is_open and not is_closed, Permission.VISIT_BOOK in may,
        Permission.JOURNAL_CORRECT in may, Permission.CHARGE_DECIDE in may and not is_closed,
        by.may(Permission.CLIENT_SEE)
        and Client.objects.visible_to(by, Permission.CLIENT_SEE).filter(pk=client_id).exists(),
        Permission.COMMENT_SEE in may, is_closed,
        tuple(_history(lesson, client_id, mark, zone, by)) if Permission.HISTORY_SEE in may else None,
    )


def of_mark(*, mark_id: int, at: datetime, by: Actor) -> Page:
    """The cell in which a mark stands."""
    mark = Mark.objects.pick(by, Permission.JOURNAL_SEE, mark_id)
    return page(lesson_id=mark.lesson_id, client_id=mark.client_id, at=at, by=by)


def _half(mark: Mark | None, at: datetime, by: Actor) -> Half | None:
    if mark is None or mark.status is None:
        return None
    seen = Lesson.objects.visible_to(by, Permission.JOURNAL_SEE).select_related("group", "branch")
    lesson = seen.filter(pk=mark.lesson_id).first()
    if lesson is None:
        return Half(mark.pk, mark.day, Status(mark.status), None, None, "", None)
    return Half(
        mark.pk, mark.day, Status(mark.status), lesson.pk, lesson.group_id, lesson.group.name if lesson.group else "",
        local(lesson.starts_at, lesson.branch.time_zone),
    )


def _history(lesson: Lesson, client_id: int, mark: Mark | None, zone: str, by: Actor) -> tuple[Line, ...]:
    """Of all that was marked in the lesson, what says something of this client; and what was done with the mark."""
    lines = history.about(
        subject=f"lesson:{lesson.pk}", key=str(client_id), also=f"mark:{mark.pk if mark else 0}", zone=zone, by=by
    )
    return tuple(
        Line(
            line.at, line.by_name, line.via, "mark.set", line.subject, _of(line.old, client_id),
            _of(line.new, client_id),
        )
        if line.verb == "lesson.marked" else line
        for line in lines
    )


def _of(told: Mapping[str, object], client_id: int) -> dict[str, object]:
    return {"status": told[str(client_id)]} if str(client_id) in told else {}
