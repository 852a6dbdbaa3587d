from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.fields.rules import FINISHED, Names, told
from rollbook.domains.groups.models import ChurnRecord, ChurnRecordQuerySet, Enrolment, Freeze
from rollbook.foundation.compiled import Rows
from rollbook.foundation.periods import local_day

NAMES = ("choice__name_ru", "choice__name_uk", "choice__name_en")


@dataclass(frozen=True, slots=True)
class Member:
    """A client in a group on the days [since, until)."""

    enrolment_id: int
    client_id: int
    name: str
    search: str
    birth_date: date | None
    since: date
    until: date | None
    weekdays: frozenset[int] | None
    left_for: Names | None = None
    """Why they left, where that was their last group; None where nobody said so."""
    left_note: str = ""

    def comes_on(self, day: date, moved_from: date | None = None) -> bool:
        """Whether the client is expected on that day, freezes aside; at a lesson that was moved there from another day
        who comes on the weekday of that one."""
        inside = self.since <= day and (self.until is None or day < self.until)
        return inside and (self.weekdays is None or (moved_from or day).isoweekday() in self.weekdays)


def members(
    *, group_id: int, first: date, last: date, by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> tuple[Member, ...]:
    """Who belonged to the group on at least one of the days [first, last], by name."""
    rows = _members(by, under, group=group_id, first=first, last=last)
    return tuple(
        Member(*(*row[:7], frozenset(row[7]) if row[7] else None, _names(row[8:11]), row[11] or "")) for row in rows
    )


@compiled
def _members(by: Actor, under: Permission, *, group: Any, first: Any, last: Any) -> Rows:
    return (
        Enrolment.objects.visible_to(by, under)
        .within(first, last)
        .filter(group=group)
        .order_by("client__search", "client", "since")
        .values_list(
            "pk", "client", "client__name", "client__search", "client__birth_date", "since", "until", "weekdays",
            *(f"churn_record__{name}" for name in NAMES), "churn_record__note",
        )
    )


def _names(of: Sequence[str | None]) -> Names | None:
    """What a choice is called, where one was chosen."""
    return Names(*(name or "" for name in of)) if any(of) else None


@dataclass(frozen=True, slots=True)
class Pause:
    """A freeze on the days [since, until)."""

    freeze_id: int
    client_id: int
    since: date
    until: date
    reason: str
    """What was noted beside the choice."""
    choice: Names | None = None

    def covers(self, day: date) -> bool:
        return self.since <= day < self.until

    def why(self, language: str) -> str:
        return told(self.choice, self.reason, language=language)


def freezes(
    *, clients: Collection[int], first: date, last: date, by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> tuple[Pause, ...]:
    """The freezes of clients that cover at least one of the days [first, last], in time order."""
    rows = _freezes(by, under, clients=list(clients), first=first, last=last)
    return tuple(Pause(*(*row[:5], _names(row[5:]))) for row in rows)


@compiled
def _freezes(by: Actor, under: Permission, *, clients: Any, first: Any, last: Any) -> Rows:
    return (
        Freeze.objects.visible_to(by, under)
        .within(first, last)
        .filter(client__any=clients)
        .order_by("since", "pk")
        .values_list("pk", "client", "since", "until", "reason", *NAMES)
    )


@dataclass(frozen=True, slots=True)
class Belonging:
    """A group of a client, seen from the client."""

    enrolment_id: int
    client_id: int
    group_id: int
    branch_id: int
    programme_id: int
    group: str
    since: date
    until: date | None
    weekdays: frozenset[int] | None


def belongings(*, clients: Collection[int], by: Actor) -> tuple[Belonging, ...]:
    """All enrolments of clients, the latest first."""
    rows = _belongings(by, clients=list(clients))
    return tuple(Belonging(*(*row[:8], frozenset(row[8]) if row[8] else None)) for row in rows)


@compiled
def _belongings(by: Actor, *, clients: Any) -> Rows:
    return (
        Enrolment.objects.visible_to(by, Permission.JOURNAL_SEE)
        .filter(client__any=clients)
        .order_by("-since", "-pk")
        .values_list(
            "pk", "client", "group", "group__branch", "group__programme", "group__name", "since", "until", "weekdays"
        )
    )


def enrolled(*, group_ids: Collection[int], at: datetime, by: Actor) -> dict[int, int]:
    """By group: how many belong to it today, by its branch's calendar, the frozen included (they keep their seat)."""
    return dict(_enrolled(by, groups=list(group_ids), at=at))


@compiled
def _enrolled(by: Actor, *, groups: Any, at: Any) -> Rows:
    return (
        Enrolment.objects.visible_to(by, Permission.JOURNAL_SEE)
        .on(local_day(at, "group__branch__time_zone"))
        .filter(group__any=groups)
        .order_by()
        .values("group")
        .annotate(number=Count("client", distinct=True))
        .values_list("group", "number")
    )


@dataclass(frozen=True, slots=True)
class Left:
    """A client who left and did not come back soon: the last day they did not come any more, why, and from where."""

    client_id: int
    client: str
    enrolment_id: int
    group_id: int
    group: str
    branch_id: int
    teacher: str
    left_on: date
    credited_to: str
    finished: bool
    """They finished the course, and are not counted as lost."""
    choice: Names | None
    note: str

    def why(self, language: str) -> str:
        return told(self.choice, self.note, language=language)


def churn(
    *, first: date, last: date, branch_id: int | None = None, group_id: int | None = None, by: Actor
) -> tuple[Left, ...]:
    """Who left on the days [first, last], by day: everywhere, or in one branch or group."""
    records = ChurnRecord.objects.visible_to(by, Permission.JOURNAL_SEE).standing()
    records = records.filter(left_on__range=(first, last))
    if branch_id is not None:
        records = records.filter(group__branch=branch_id)
    if group_id is not None:
        records = records.filter(group=group_id)
    return _left(records.order_by("left_on", "client__search", "pk"))


def departure(*, client_id: int, by: Actor) -> Left | None:
    """How a client left the last time, where they did and have not come back soon."""
    records = ChurnRecord.objects.visible_to(by, Permission.JOURNAL_SEE).standing()
    return next(iter(_left(records.filter(client=client_id).order_by("-left_on", "-pk")[:1])), None)


def _left(records: ChurnRecordQuerySet) -> tuple[Left, ...]:
    rows = records.values_list(
        "client", "client__name", "enrolment", "group", "group__name", "group__branch", "teacher__name", "left_on",
        "credited_to__name", "choice__code", *NAMES, "note",
    )
    return tuple(
        Left(*(*row[:6], row[6] or "", row[7], row[8] or "", row[9] == FINISHED, _names(row[10:13]), row[13]))
        for row in rows
    )
