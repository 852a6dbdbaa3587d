"""The list of groups: how full each is, when it meets next, what is not marked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, Count, F, Min, Q, When

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.groups import queries as enrolments
from rollbook.domains.groups.models import Group, GroupState
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.queries import Slot
from rollbook.foundation.compiled import Rows
from rollbook.foundation.keys import Key, Page, cut, following
from rollbook.foundation.periods import local
from rollbook.foundation.texts import pattern, sought

CURRENT = (GroupState.RECRUITING, GroupState.RUNNING)
PAGE = 60
UNMARKED_DAYS = 31
"""How far back a lesson that nobody marked is still asked for."""


@dataclass(frozen=True, slots=True)
class Row:
    group_id: int
    name: str
    programme: str
    branch: str
    teachers: tuple[str, ...]
    slots: tuple[Slot, ...]
    enrolled: int
    capacity: int | None
    minimum: int | None
    next_lesson: datetime | None
    """In the time of the branch."""
    unmarked: int
    """Lessons that have been and are not marked."""

    @property
    def is_thin(self) -> bool:
        return self.minimum is not None and self.enrolled < self.minimum


@dataclass(frozen=True, slots=True)
class Choice:
    branch_id: int
    name: str


@dataclass(frozen=True, slots=True)
class Listed:
    rows: tuple[Row, ...]
    page: Page
    branches: tuple[Choice, ...]
    """Those in which one sees groups, to choose from."""
    may_add: bool


def listed(
    *, at: datetime, by: Actor, words: str = "", branch_id: int | None = None, finished: bool = False,
    after: Key | None = None,
) -> Listed:
    """A page of groups by name, those that run or recruit; with `finished` those that are over."""
    branches = _branches(by)
    patterns = {f"word_{n}": pattern(word) for n, word in enumerate(sought(words))}
    place: dict[str, object] = {"after_search": after.search, "after_pk": after.pk} if after else {}
    chosen = {"branch": branch_id} if branch_id else {}
    rows, page = cut(_named(by, PAGE, finished, len(patterns), **patterns, **chosen, **place), after=after, size=PAGE)
    ids = [row[1] for row in rows]
    zones = {row[1]: row[5] for row in rows}
    slots = _slots({pk: local(at, zone).date() for pk, zone in zones.items()}, by)
    enrolled = enrolments.enrolled(group_ids=ids, at=at, by=by)
    lessons = _lessons(ids, at, by)

    def row(pk: int, name: str, programme: str, branch: str, capacity: int, minimum: int, teachers: list[str]) -> Row:
        coming, unmarked = lessons.get(pk, (None, 0))
        return Row(
            pk, name, programme, branch, tuple(teachers or ()), slots.get(pk, ()), enrolled.get(pk, 0), capacity,
            minimum, local(coming, zones[pk]) if coming else None, unmarked,
        )

    return Listed(
        tuple(row(r[1], r[2], r[3], r[4], r[6], r[7], r[8]) for r in rows), page,
        tuple(Choice(*branch) for branch in branches), by.may_in_some_branch(Permission.GROUP_EDIT),
    )


@compiled
def _branches(by: Actor) -> Rows:
    groups = Group.objects.visible_to(by, Permission.JOURNAL_SEE)
    return groups.order_by("branch__name", "branch").values_list("branch", "branch__name").distinct()


@compiled
def _named(
    by: Actor, size: int, finished: bool, words: int, *, branch: Any = None, after_search: Any = None,
    after_pk: Any = None, **patterns: Any,
) -> Rows:
    seen = Group.objects.visible_to(by, Permission.JOURNAL_SEE)
    groups = seen.exclude(state__in=CURRENT) if finished else seen.filter(state__in=CURRENT)
    for n in range(words):
        groups = groups.filter(search__like=patterns[f"word_{n}"])
    if branch is not None:
        groups = groups.filter(branch=branch)
    after = Key(after_search, after_pk) if after_search is not None else None
    teachers = ArrayAgg("teachers__name", filter=Q(teachers__isnull=False), order_by="teachers__search")
    told = groups.annotate(teacher_names=teachers).values_list(
        "search", "pk", "name", "programme__name", "branch__name", "branch__time_zone", "capacity", "minimum",
        "teacher_names",
    )
    return following(told, after=after, size=size)


def _slots(today: Mapping[int, date], by: Actor) -> dict[int, tuple[Slot, ...]]:
    """By group: the weekly rules that hold today or later; the day is that of its branch."""
    found: dict[int, tuple[Slot, ...]] = {}
    for slot in schedule.slots(group_ids=today.keys(), by=by):
        if slot.valid_until is None or slot.valid_until > today[slot.group_id]:
            found[slot.group_id] = (*found.get(slot.group_id, ()), slot)
    return found


def _lessons(ids: Collection[int], at: datetime, by: Actor) -> dict[int, tuple[datetime | None, int]]:
    """By group: when the next lesson begins, and how many that have been lately are not marked."""
    rows = _coming(by, groups=list(ids), at=at, since=at - timedelta(days=UNMARKED_DAYS))
    return {group: (coming, unmarked) for group, coming, unmarked in rows}


@compiled
def _coming(by: Actor, *, groups: Any, at: Any, since: Any) -> Rows:
    return (
        Lesson.objects.visible_to(by, Permission.JOURNAL_SEE)
        .filter(group__any=groups, cancelled_at=None, starts_at__gt=since)
        .order_by()
        .values("group")
        .annotate(
            coming=Min(Case(When(starts_at__gt=at, then=F("starts_at")))),
            unmarked=Count("pk", filter=Q(held_at=None, ends_at__lte=at)),
        )
        .values_list("group", "coming", "unmarked")
    )
