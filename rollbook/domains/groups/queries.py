from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.foundation.compiled import Rows
from rollbook.foundation.periods import local_day


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
    return tuple(Member(*(*row[:7], frozenset(row[7]) if row[7] else None)) for row in rows)


@compiled
def _members(by: Actor, under: Permission, *, group: Any, first: Any, last: Any) -> Rows:
    return (
        Enrolment.objects.visible_to(by, under)
        .within(first, last)
        .filter(group=group)
        .order_by("client__search", "client", "since")
        .values_list(
            "pk", "client", "client__name", "client__search", "client__birth_date", "since", "until", "weekdays"
        )
    )


@dataclass(frozen=True, slots=True)
class Pause:
    """A freeze on the days [since, until)."""

    freeze_id: int
    client_id: int
    since: date
    until: date
    reason: str

    def covers(self, day: date) -> bool:
        return self.since <= day < self.until


def freezes(
    *, clients: Collection[int], first: date, last: date, by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> tuple[Pause, ...]:
    """The freezes of clients that cover at least one of the days [first, last], in time order."""
    return tuple(Pause(*row) for row in _freezes(by, under, clients=list(clients), first=first, last=last))


@compiled
def _freezes(by: Actor, under: Permission, *, clients: Any, first: Any, last: Any) -> Rows:
    return (
        Freeze.objects.visible_to(by, under)
        .within(first, last)
        .filter(client__any=clients)
        .order_by("since", "pk")
        .values_list("pk", "client", "since", "until", "reason")
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
