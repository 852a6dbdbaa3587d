"""What a part of the demo is written into: rows by table, and the history of how they came about."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from operator import itemgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rollbook.operations.demo import rows

Row = tuple[object, ...]
Batch = tuple[type[Row], list[Row]]
Fields = Mapping[str, object]


class Ids:
    """Running numbers, of each table its own."""

    def __init__(self) -> None:
        self._next: defaultdict[type, Iterator[int]] = defaultdict(lambda: count(1))

    def take(self, table: type) -> int:
        return next(self._next[table])


class Who(NamedTuple):
    """Whoever did something, as history keeps them."""

    user_id: int | None
    name: str
    via: str = "web"


JOB = Who(None, "rollbook", "job")


class Clock:
    """Wall time in one place. Clocks change at night, when nobody teaches: a day has the offset of its noon."""

    def __init__(self, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._offsets: dict[date, timedelta] = {}

    def at(self, day: date, minutes: int) -> datetime:
        """The instant of a local time, given in minutes from midnight."""
        if day not in self._offsets:
            noon = datetime.combine(day, time(12), self._zone)
            self._offsets[day] = noon.utcoffset() or timedelta()
        return datetime.combine(day, time(minutes // 60, minutes % 60), UTC) - self._offsets[day]


class Book:
    """Rows in the order in which they were added, each table apart."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._rows: defaultdict[type[Row], list[Row]] = defaultdict(list)
        self._told: list[tuple[datetime, Who, str, str, str, Fields, Fields]] = []

    def id(self, table: type) -> int:
        return self._ids.take(table)

    def add(self, row: Row) -> None:
        self._rows[type(row)].append(row)

    def tell(
        self, verb: str, subject: str, at: datetime, by: Who, new: Fields, *,
        old: Fields | None = None, within: str = "",
    ) -> None:
        """One act, as the actions of the domains write it down."""
        self._told.append((at, by, verb, subject, within, old or {}, new))

    def batches(self) -> Iterator[Batch]:
        """All that was added; history last, oldest first."""
        yield from self._rows.items()
        yield rows.History, [
            rows.History(self.id(rows.History), at, *by, verb, subject, within, _json(old), _json(new))
            for at, by, verb, subject, within, old, new in sorted(self._told, key=itemgetter(0))
        ]


_json = json.JSONEncoder(ensure_ascii=False).encode
