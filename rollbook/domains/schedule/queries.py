from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import F, Q
from django.db.models.lookups import IsNull
from django.utils.translation import get_language

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.fields.rules import Names, told
from rollbook.domains.schedule.models import ClosedMonth, ClosingDay, Lesson, TimetableSlot
from rollbook.domains.schedule.rules import Weekly
from rollbook.foundation.compiled import Rows


class LessonHead(NamedTuple):
    """A lesson as the head of a column. A tuple: a year has hundreds."""

    lesson_id: int
    day: date
    starts_at: datetime
    ends_at: datetime
    moved_from: date | None
    """The day on which the timetable has it."""
    held: bool
    cancelled: bool
    cancel_reason: str
    """In words, in the language of whoever looks."""
    topic: str
    note: str
    room: str
    teachers: tuple[str, ...]


def lessons(*, group_id: int, first: date, last: date, by: Actor) -> tuple[LessonHead, ...]:
    """The lessons of a group on the local days [first, last], in order, the cancelled ones too."""
    # The index of a group's lessons knows instants: no zone is further than 14 hours from UTC.
    begin = datetime.combine(first, time.min, UTC) - timedelta(days=1)
    end = datetime.combine(last, time.max, UTC) + timedelta(days=1)
    rows = _lessons(by, group=group_id, first=first, last=last, begin=begin, end=end)
    return tuple(
        LessonHead(*(*row[:7], _reason(*row[7:11]), *row[11:13], row[13] or "", tuple(row[14] or ()))) for row in rows
    )


def _reason(note: str, *names: str | None) -> str:
    """Most are cancelled for none."""
    return note if names[0] is None else reason_in_words(Names(*map(str, names)), note)


def reason_in_words(choice: Names | None, note: str) -> str:
    """Why a lesson is cancelled, in the language of whoever looks."""
    return told(choice, note, language=(get_language() or "en").partition("-")[0])


@compiled
def _lessons(by: Actor, *, group: Any, first: Any, last: Any, begin: Any, end: Any) -> Rows:
    return (
        Lesson.objects.visible_to(by, Permission.JOURNAL_SEE)
        .filter(group=group, day__range=(first, last), starts_at__range=(begin, end))
        .annotate(
            names=ArrayAgg("teachers__name", order_by="teachers__search", filter=Q(teachers__isnull=False)),
            # Whether, not when: a journal of a hundred lessons feels each instant that is read.
            held=IsNull(F("held_at"), False), cancelled=IsNull(F("cancelled_at"), False),
        )
        .order_by("starts_at", "pk")
        .values_list(
            "pk", "day", "starts_at", "ends_at", "moved_from", "held", "cancelled", "cancel_reason",
            "cancelled_for__name_ru", "cancelled_for__name_uk", "cancelled_for__name_en", "topic", "note", "room__name",
            "names",
        )
    )


@dataclass(frozen=True, slots=True)
class Slot:
    """A weekly rule as it is shown: local time, ISO weekday."""

    slot_id: int
    group_id: int
    weekday: int
    starts: time
    minutes: int
    room: str
    valid_from: date
    valid_until: date | None

    @property
    def weekly(self) -> Weekly:
        return Weekly(self.weekday, self.valid_from, self.valid_until)


def slots(
    *, group_ids: Collection[int], by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> tuple[Slot, ...]:
    """The weekly rules of groups, past and future ones too, by weekday and time."""
    rows = _slots(by, under, groups=list(group_ids))
    return tuple(Slot(*(*row[:5], row[5] or "", *row[6:])) for row in rows)


@compiled
def _slots(by: Actor, under: Permission, *, groups: Any) -> Rows:
    return (
        TimetableSlot.objects.visible_to(by, under)
        .filter(group__any=groups)
        .order_by("group", "weekday", "starts", "pk")
        .values_list(
            "pk", "group", "weekday", "starts", "minutes", "room__name", "valid_from", "valid_until"
        )
    )


def closing_days(
    *, branch_ids: Collection[int], first: date, last: date, by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> frozenset[tuple[int, date]]:
    """The days [first, last] on which the branches do not work, as (branch, day)."""
    return frozenset(_closing_days(by, under, branches=list(branch_ids), first=first, last=last))


@compiled
def _closing_days(by: Actor, under: Permission, *, branches: Any, first: Any, last: Any) -> Rows:
    closed = ClosingDay.objects.visible_to(by, under).filter(branch__any=branches, day__range=(first, last))
    return closed.values_list("branch", "day")


def closed_months(
    *, branch_id: int, first: date, last: date, by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> frozenset[date]:
    """The first days of those months of a branch that are closed, of those in which the days [first, last] lie."""
    return frozenset(
        month for (month,) in _closed_months(by, under, branch=branch_id, first=first.replace(day=1), last=last)
    )


def is_closed(*, branch_id: int, day: date, today: date, by: Actor) -> bool:
    """Whether the month of a day is closed. Only what is over can be: of the month of `today`, and of later ones,
    nothing is asked."""
    return day < today.replace(day=1) and bool(closed_months(branch_id=branch_id, first=day, last=day, by=by))


@compiled
def _closed_months(by: Actor, under: Permission, *, branch: Any, first: Any, last: Any) -> Rows:
    closed = ClosedMonth.objects.visible_to(by, under).filter(branch=branch, month__range=(first, last))
    return closed.values_list("month")
