"""Is everything as it is promised? One file for each domain; each promise is one statement over the whole database.

A statement answers with the rows that break its promise, in plain words ("client:7"): nothing is the answer hoped for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection

from rollbook.operations.doctor import access, billing, comments, groups, house, journal, people, schedule, settings
from rollbook.operations.doctor.promise import Promise

# Of what the database is and holds, from the ground up; then of what is done for it.
OF_THE_DATA: tuple[Promise, ...] = (
    *settings.PROMISES, *access.PROMISES, *people.PROMISES, *groups.PROMISES, *schedule.PROMISES, *journal.PROMISES,
    *billing.PROMISES, *comments.PROMISES,
)
PROMISES: tuple[Promise, ...] = (*OF_THE_DATA, *house.PROMISES)
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise, and how it stands: how many rows break it, and the first of them."""

    promise: Promise
    broken: int
    rows: tuple[str, ...]


def examine(promises: Iterable[Promise] = PROMISES, *, db: Any = connection) -> Iterator[Finding]:
    """Each promise in turn, the kept ones too. Only reads; each statement sees the database as it stands then."""
    with db.cursor() as cursor:
        for promise in promises:
            cursor.execute(f"SELECT count(*) OVER (), said FROM ({promise.broken}) broken (said) LIMIT {SHOWN}")  # noqa: S608
            found = cursor.fetchall()
            yield Finding(promise, found[0][0] if found else 0, tuple(str(said) for _, said in found))
