"""What can be imported here. The names of fields are those of a mapping (docs/guides/import.md)."""

from dataclasses import dataclass
from datetime import date

from rollbook.domains.imports.rules import Row, choice, day, line, ref, whole
from rollbook.domains.journal.models import Kind, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkRow(Row):
    """A visit that works off a miss is of the kind `make_up` and names that mark by `makes_up`."""

    client: int = ref("clients")
    lesson: int = ref("lessons")
    status: str = choice(Status.values)
    kind: str = choice(Kind.values, Kind.REGULAR)
    minutes_late: int = whole(0, 600, 0)
    makes_up: int | None = ref("marks", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedOffRow(Row):
    """A miss that was worked off by hand, without a visit."""

    mark: int = ref("marks")
    day: date = day()
    note: str = line(200)
