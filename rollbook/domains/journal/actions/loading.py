"""Many at once, from files. What a person could not do by hand is refused here, too; only for how long
marks may be changed does not matter: what was, was."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.history import actions as history
from rollbook.domains.imports.actions import refuse
from rollbook.domains.imports.rules import Problem, plain, twice
from rollbook.domains.journal.actions.rights import MISSES
from rollbook.domains.journal.fields import MarkRow, WorkedOffRow
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.rules import Means, make_up_until, of_kind, of_make_up
from rollbook.domains.schedule.actions import keep_open
from rollbook.domains.schedule.models import ClosedMonth, Lesson, LessonType
from rollbook.foundation.periods import local
from rollbook.foundation.tables import N_

_SAID = (
    "kind", "status", "minutes_late", "present", "uses_lesson", "pays_teacher", "share", "lapse_share", "price",
    "make_up_until", "makes_up", "lapsed_on", "charged", "marked_at", "marked_by", "version",
)


class _Meeting(NamedTuple):
    group: int | None
    day: date
    cancelled: bool
    is_to_come: bool
    is_trial: bool
    is_closed: bool
    """Its month is."""


@transaction.atomic
def load_marks(*, rows: Sequence[MarkRow], means: Mapping[int, Means], at: datetime, by: Actor) -> list[int]:
    """The ids of new marks, in the order of the rows; `means` knows each of their lessons.

    Refused for those who are not expected at a lesson, where something else is worked off than a miss, and in months
    that are closed.
    """
    by.must_everywhere(Permission.JOURNAL_MARK)
    of_these = Lesson.objects.filter(pk__in={row.lesson for row in rows})
    branches = set(of_these.values_list("branch", flat=True))
    keep_open(branch_ids=branches)
    closed = set(ClosedMonth.objects.filter(branch__in=branches).values_list("branch", "month"))
    lessons = {
        pk: _Meeting(
            group, day, cancelled is not None, day > local(at, zone).date(), kind == LessonType.TRIAL,
            (branch, day.replace(day=1)) in closed,
        )
        for pk, group, day, cancelled, zone, kind, branch in of_these.values_list(
            "pk", "group", "day", "cancelled_at", "branch__time_zone", "lesson_type__code", "branch"
        )
    }
    misses = Mark.objects.in_bulk([row.makes_up for row in rows if row.makes_up])
    refuse([*_nonsense(rows, lessons), *_doubled(rows), *_strangers(rows, lessons), *_no_misses(rows, misses)])
    made = [_mark(row, lessons[row.lesson].day, means[row.lesson], misses, at, by) for row in rows]
    _write(made)
    _tell(rows, lessons, at, by)
    return [mark.pk for mark in made]


def _write(marks: Sequence[Mark]) -> None:
    """A cell has one row for ever: where a mark was taken back, the new one stands in its row, as its next version."""
    empty = Mark.objects.filter(lesson__in={mark.lesson_id for mark in marks}, status=None).locked().order_by("pk")
    rows = {(lesson, client): (pk, version) for pk, lesson, client, version in empty.values_list(
        "pk", "lesson", "client", "version"
    )}
    again = [mark for mark in marks if (mark.lesson_id, mark.client_id) in rows]
    for mark in again:
        mark.pk, version = rows[mark.lesson_id, mark.client_id]
        mark.version = version + 1
    Mark.objects.bulk_update(again, _SAID, batch_size=1000)
    Mark.objects.bulk_create([mark for mark in marks if mark.pk is None], batch_size=5000)


def _mark(
    row: MarkRow, day: date, means: Means, misses: Mapping[int, Mark], at: datetime, by: Actor
) -> Mark:
    switches, price = means.switches[row.status], means.price
    if row.makes_up:
        miss = misses[row.makes_up]
        switches = of_make_up(switches, miss_share=miss.share, miss_uses=miss.uses_lesson)
        price = miss.price
    else:
        switches = of_kind(switches, kind=row.kind)
    return Mark(
        client_id=row.client, lesson_id=row.lesson, day=day, kind=row.kind, status=row.status,
        minutes_late=row.minutes_late, present=switches.present, uses_lesson=switches.uses_lesson,
        pays_teacher=switches.pays_teacher, share=switches.share, price=price,
        lapse_share=switches.lapse_share, make_up_until=make_up_until(day=day, row=switches),
        makes_up_id=row.makes_up, marked_at=at, marked_by_id=by.user_id,
    )


def _tell(rows: Sequence[MarkRow], lessons: Mapping[int, _Meeting], at: datetime, by: Actor) -> None:
    """One entry for each lesson, as marking it by hand writes."""
    told: dict[int, dict[str, str]] = defaultdict(dict)
    for row in rows:
        told[row.lesson][str(row.client)] = row.status
    changes = [
        history.Change(f"lesson:{pk}", new, within=f"group:{lessons[pk].group}" if lessons[pk].group else "")
        for pk, new in told.items()
    ]
    history.record_many(verb="lesson.marked", changes=changes, at=at, by=by)


def _nonsense(rows: Iterable[MarkRow], lessons: Mapping[int, _Meeting]) -> Iterable[Problem]:
    for row in rows:
        if row.minutes_late and row.status != Status.ATTENDED:
            yield row.refused("minutes_late", N_("Only who came can have come late."))
        if row.makes_up and row.kind != Kind.MAKE_UP:
            yield row.refused("kind", N_("What works a miss off is of the kind make_up."))
        if lessons[row.lesson].is_trial and row.kind in (Kind.ONE_OFF, Kind.MAKE_UP):
            yield row.refused("kind", N_("In a trial lesson every guest is a trial."))
        if lessons[row.lesson].cancelled:
            yield row.refused("lesson", N_("The lesson is cancelled: nobody can be marked in it."))
        if lessons[row.lesson].is_to_come and row.status in (Status.ATTENDED, Status.MISSED):
            yield row.refused("lesson", N_("The lesson has not been yet: who came can be marked on its day."))
        if lessons[row.lesson].is_closed:
            yield row.refused("lesson", N_("The month of the lesson is closed: nothing in it is marked any more."))


def _doubled(rows: Sequence[MarkRow]) -> list[Problem]:
    of_lessons = Mark.objects.standing().filter(lesson__in={row.lesson for row in rows})
    standing = set(of_lessons.values_list("lesson", "client"))
    return twice(rows, "client", of=lambda row: (row.lesson, row.client), standing=standing)


def _strangers(rows: Sequence[MarkRow], lessons: Mapping[int, _Meeting]) -> Iterable[Problem]:
    """Regular marks are for those who are enrolled on that weekday and do not pause."""
    clients = {row.client for row in rows}
    enrolled: dict[tuple[int, int | None], list[tuple[date, date, list[int] | None]]] = defaultdict(list)
    frozen: dict[int, list[tuple[date, date]]] = defaultdict(list)
    for client, group, since, until, weekdays in Enrolment.objects.filter(client__in=clients).values_list(
        "client", "group", "since", "until", "weekdays"
    ):
        enrolled[client, group].append((since, until or date.max, weekdays))
    for client, since, until in Freeze.objects.filter(client__in=clients).values_list("client", "since", "until"):
        frozen[client].append((since, until))
    for row in rows:
        if row.kind != Kind.REGULAR:
            continue
        day = lessons[row.lesson].day
        if not any(
            since <= day < until and (weekdays is None or day.isoweekday() in weekdays)
            for since, until, weekdays in enrolled[row.client, lessons[row.lesson].group]
        ):
            yield row.refused("client", N_("The client is not in the group on {day}."), day=day.isoformat())
        elif any(since <= day < until for since, until in frozen[row.client]):
            yield row.refused("client", N_("The client is frozen on {day}."), day=day.isoformat())


def _no_misses(rows: Sequence[MarkRow], misses: Mapping[int, Mark]) -> Iterable[Problem]:
    used = set(Mark.objects.holding().filter(makes_up__in=misses).values_list("makes_up", flat=True))
    for row in rows:
        if not row.makes_up:
            continue
        miss = misses[row.makes_up]
        counts = row.status in (Status.PLANNED, Status.ATTENDED)
        if miss.client_id != row.client or miss.status not in MISSES or miss.make_up_until is None:
            yield row.refused("makes_up", N_("This is no miss of the client that may be worked off."))
        elif counts and (row.makes_up in used or miss.worked_off_on):
            yield row.refused("makes_up", N_("This miss is worked off already."))
        if counts:
            used.add(row.makes_up)


@transaction.atomic
def load_worked_off(*, rows: Sequence[WorkedOffRow], at: datetime, by: Actor) -> list[int]:
    """Misses that were worked off by hand; returns their marks, in the order of the rows."""
    by.must_everywhere(Permission.JOURNAL_MARK)
    marks = Mark.objects.select_for_update().order_by("pk").in_bulk([row.mark for row in rows])
    used = set(Mark.objects.holding().filter(makes_up__in=marks).values_list("makes_up", flat=True))
    problems = []
    for row in rows:
        mark = marks[row.mark]
        if mark.status not in MISSES or mark.make_up_until is None:
            problems.append(row.refused("mark", N_("This is no miss of the client that may be worked off.")))
        elif mark.worked_off_on or mark.pk in used:
            problems.append(row.refused("mark", N_("This miss is worked off already.")))
        mark.worked_off_on, mark.worked_off_note, mark.lapsed_on = row.day, row.note, None
        mark.version += 1
    refuse(problems)
    changed = ["worked_off_on", "worked_off_note", "lapsed_on", "version"]
    Mark.objects.bulk_update(marks.values(), changed, batch_size=1000)
    changes = [
        history.Change(f"mark:{row.mark}", plain(row), within=f"client:{marks[row.mark].client_id}") for row in rows
    ]
    history.record_many(verb="mark.worked_off", changes=changes, at=at, by=by)
    return [row.mark for row in rows]
