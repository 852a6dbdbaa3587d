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
Fields = Mapping[str, object] | str
"""What an act says, or the same as JSON where it is said a million times."""

IDS_OF_A_PART = 1_000_000


def compact(number: int, most: int) -> int:
    """A small number in place of an id, as much its own as long as no part has over `most` of the kind."""
    part, place = divmod(number, IDS_OF_A_PART)
    return part * most + place


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
    """Rows of one part of a plan, in the order in which they were added, each table apart.

    The ids of a part lie in a range of its own: whichever part is written first, and by whom, makes no difference.
    """

    def __init__(self, part: int) -> None:
        self._first = part * IDS_OF_A_PART + 1
        self._next: defaultdict[type, Iterator[int]] = defaultdict(lambda: count(self._first))
        self._rows: defaultdict[type[Row], list[Row]] = defaultdict(list)
        self._told: list[tuple[datetime, Who, str, str, str, Fields, Fields]] = []

    def id(self, table: type) -> int:
        return next(self._next[table])

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
        if max((len(batch) for batch in (self._told, *self._rows.values())), default=0) >= IDS_OF_A_PART:
            raise OverflowError("One part of a demo has more rows than ids.")
        yield from self._rows.items()
        yield rows.History, [
            rows.History(number, at, *by, verb, subject, within, _json(old), _json(new))
            for number, (at, by, verb, subject, within, old, new)
            in enumerate(sorted(self._told, key=itemgetter(0)), self._first)
        ]


def _json(fields: Fields) -> str:
    if isinstance(fields, str):
        return fields
    return _encode(fields) if fields else "{}"


_encode = json.JSONEncoder(ensure_ascii=False).encode
