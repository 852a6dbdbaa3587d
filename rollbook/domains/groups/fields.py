"""What can be imported here. The names of fields are those of a mapping (docs/guides/import.md)."""

from dataclasses import dataclass
from datetime import date

from rollbook.domains.groups.models import GroupState
from rollbook.domains.imports.rules import Row, choice, day, line, numbers, ref, refs, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeRow(Row):
    """Ages in whole years, both inclusive."""

    name: str = line(100)
    min_age: int | None = whole(0, 120, None)
    max_age: int | None = whole(0, 120, None)
    minutes: int = whole(5, 600, 60)
    capacity: int | None = whole(1, 1000, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow(Row):
    name: str = line(100)
    programme: int = ref("programmes")
    teachers: tuple[int, ...] = refs("employees", ())
    minimum: int | None = whole(0, 1000, None)
    capacity: int | None = whole(1, 1000, None)
    state: str = choice(GroupState.values, GroupState.RUNNING)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentRow(Row):
    """On the days [since, until); no `weekdays` (1 = Monday) are all on which the group meets."""

    client: int = ref("clients")
    group: int = ref("groups")
    since: date = day()
    until: date | None = day(None)
    weekdays: tuple[int, ...] = numbers(1, 7, ())
