"""All that follows from a marked lesson, in order."""

from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing import queries as tariffs
from rollbook.domains.billing.actions import Covers
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.models import Group
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal import queries as marks_of
from rollbook.domains.journal.actions import Marked, Withdrawn
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.journal.rules import Means
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule import queries as timetable
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import lessons_of_month, month_of
from rollbook.foundation import live
from rollbook.foundation.compiled import Rows
from rollbook.foundation.errors import NotFound

# What marking must know is read under the right to mark: seeing elsewhere must not change what a lesson costs.
_UNDER = Permission.JOURNAL_MARK

_NOTHING: Mapping[int, Mapping[int, int]] = MappingProxyType({})


@transaction.atomic
def mark(
    *,
    lesson_id: int,
    marks: Mapping[int, Status | None],
    seen: Mapping[int, int] | None,
    at: datetime,
    by: Actor,
    minutes_late: Mapping[int, int] | None = None,
) -> Marked:
    """Mark clients of a lesson and charge them; None takes a mark back; whoever is not named stays as they were.

    All or nothing. The lesson is held from its first mark that is no mere plan. Says which marks have changed, and
    which booked visits were withdrawn, since what they were to work off was marked otherwise.
    """
    return _mark(_picked(lesson_id, by), marks, seen, minutes_late, at, by)


def _picked(lesson_id: int, by: Actor) -> Lesson:
    """Locked before anything is read: whoever marks the same lesson waits here and then reads what stands."""
    return Lesson.objects.select_related("group", "branch").pick_to_change(by, _UNDER, lesson_id)


def _mark(
    lesson: Lesson, marks: Mapping[int, Status | None], seen: Mapping[int, int] | None,
    minutes_late: Mapping[int, int] | None, at: datetime, by: Actor, *, settles: bool = True,
    covers: Covers | None = None,
) -> Marked:
    rules = house()
    terms = _terms(lesson, by)
    covers = covers or billing.covers(lessons=[lesson], clients=list(marks))
    means = Means(terms.switches(rules=rules), terms.of_lesson(lessons=_lessons(lesson, terms, by)))
    marked = journal.mark(
        lesson=lesson, marks=marks, minutes_late=minutes_late, seen=seen, at=at, by=by, means=means,
        own=covers.means(lesson=lesson, marks=marks, rules=rules), edit_days=rules.mark_edit_days,
    )
    if marked.ids:
        _hold(lesson, marks.values(), at, by)
        if settles:
            billing.settle(mark_ids=[*marked.ids, *marked.revived], covers=covers.chosen, at=at, by=by)
        groups_told = [lesson.group_id, *sorted(marked.groups)] if lesson.group_id else sorted(marked.groups)
        lessons_told = [lesson.pk, *sorted({visit.lesson_id for visit in marked.withdrawn})]
        live.tell(*(f"group:{pk}" for pk in groups_told), *(f"lesson:{pk}" for pk in lessons_told))
    return marked


@transaction.atomic
def mark_range(
    *,
    group_id: int,
    marks: Mapping[int, Mapping[int, Status | None]],
    seen: Mapping[int, Mapping[int, int]],
    at: datetime,
    by: Actor,
    minutes_late: Mapping[int, Mapping[int, int]] = _NOTHING,
) -> tuple[Withdrawn, ...]:
    """Mark clients in several lessons of a group: all that is given is given by lesson, otherwise like `mark`.

    All or nothing: a cell that somebody has changed meanwhile refuses the whole, and each such cell is told. Returns
    the visits that were booked for rights which are gone now.
    """
    lessons = _picked_of(group_id, marks, by)
    journal.refuse_stale(marks=marks, seen=seen, minutes_late=minutes_late, by=by)
    # At once, for subscriptions and accounts are locked in the order of clients: two who did it lesson by lesson could
    # wait in a ring.
    covers = billing.covers(lessons=lessons, clients={client for asked in marks.values() for client in asked})
    marked = [
        _mark(
            lesson, marks[lesson.pk], seen.get(lesson.pk), minutes_late.get(lesson.pk), at, by, settles=False,
            covers=covers,
        )
        for lesson in lessons
    ]
    changed = [mark_id for each in marked for mark_id in (*each.ids, *each.revived)]
    billing.settle(mark_ids=changed, covers=covers.chosen, at=at, by=by)
    return tuple(visit for each in marked for visit in each.withdrawn)


def _picked_of(group_id: int, lesson_ids: Collection[int], by: Actor) -> list[Lesson]:
    """These lessons of a group, all of which may be marked in; locked in the order of their ids."""
    Group.objects.pick(by, _UNDER, group_id)
    found: list[Lesson] = list(_lessons_of(by, group=group_id, lessons=list(lesson_ids)))
    for lesson_id in set(lesson_ids) - {lesson.pk for lesson in found}:
        Lesson.objects.pick(by, _UNDER, lesson_id)  # says what is in the way
        raise NotFound  # one of another group
    return found


@compiled
def _lessons_of(by: Actor, *, group: Any, lessons: Any) -> Rows:
    mine = Lesson.objects.visible_to(by, _UNDER).filter(group=group, pk__any=lessons)
    return mine.select_related("group", "branch").locked().order_by("pk")


@transaction.atomic
def everyone(*, lesson_id: int, at: datetime, by: Actor) -> tuple[int, ...]:
    """Everyone who is expected was there; whoever has been marked already stays so. Returns the clients marked."""
    lesson = _picked(lesson_id, by)
    cells = marks_of.cells(lesson_ids=[lesson.pk], by=by, under=_UNDER)
    decided = {row.client_id for row in cells if row.cell.status not in {None, Status.PLANNED}}
    waiting = {row.client_id for row in cells if row.cell.status == Status.PLANNED and row.cell.kind != Kind.REGULAR}
    if lesson.group_id:
        waiting |= _expected(lesson, lesson.group_id, by) - decided
    _mark(lesson, dict.fromkeys(sorted(waiting), Status.ATTENDED), None, None, at, by)
    return tuple(sorted(waiting))


def _expected(lesson: Lesson, group_id: int, by: Actor) -> set[int]:
    day = lesson.day
    members = groups.members(group_id=group_id, first=day, last=day, by=by, under=_UNDER)
    coming = {member.client_id for member in members if member.comes_on(day, lesson.moved_from)}
    pauses = groups.freezes(clients=coming, first=day, last=day, by=by, under=_UNDER)
    return coming - {pause.client_id for pause in pauses}


def _terms(lesson: Lesson, by: Actor) -> tariffs.Terms:
    if not lesson.group:
        return tariffs.Terms()
    of = {lesson.group.pk: lesson.group.programme_id}
    return tariffs.terms(groups=of, on=lesson.day, by=by, under=_UNDER)[lesson.group.pk]


def _lessons(lesson: Lesson, terms: tariffs.Terms, by: Actor) -> int:
    """How many lessons the timetable gives in the month of this one; asked only where the price depends on it."""
    if terms.pricing == "fixed" or not lesson.group_id:
        return 1
    first, last = month_of(lesson.day)
    closed = timetable.closing_days(branch_ids=[lesson.branch_id], first=first, last=last, by=by, under=_UNDER)
    slots = timetable.slots(group_ids=[lesson.group_id], by=by, under=_UNDER)
    return lessons_of_month(
        slots=[slot.weekly for slot in slots], closing_days={day for _, day in closed}, day=lesson.day
    )


def _hold(lesson: Lesson, statuses: Collection[Status | None], at: datetime, by: Actor) -> None:
    """A lesson in which somebody was marked took place; one whose last mark was taken back is open again."""
    if {Status.ATTENDED, Status.MISSED} & set(statuses):
        if not lesson.held_at:
            schedule.hold_lesson(lesson_id=lesson.pk, at=at, by=by)
        return
    # Who is excused is marked: it is open again only where no mark but a mere plan is left.
    is_marked = Status.EXCUSED in statuses
    if lesson.held_at and not is_marked and not marks_of.attendance(lesson_ids=[lesson.pk], by=by, under=_UNDER):
        schedule.unhold_lesson(lesson_id=lesson.pk, by=by)
