"""How long does it take? Each figure of the performance targets, measured through the whole stack, on this database.

A bench is one declaration (declaration.py): what is asked, what it may cost, the same answer by SQL written by hand,
how it is put back. They stand in one file for each area, and are gathered here.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from django.db import connection

from rollbook.domains.access.models import User
from rollbook.operations.bench import clients, groups, journal, lessons, marking
from rollbook.operations.bench.browser import signed_in
from rollbook.operations.bench.declaration import Bench, Case
from rollbook.operations.bench.measuring import Figures, measure
from rollbook.operations.bench.place import is_demo, planned_once, scale, who

__all__ = ["BENCHES", "Figures", "NotToBeMeasured", "figures"]

BENCHES: Mapping[str, Bench] = MappingProxyType({
    bench.name: bench
    for area in (journal, marking, groups, clients, lessons)
    for bench in area.BENCHES
})  # fmt: skip


class NotToBeMeasured(Exception):
    """The sentence says what is in the way, for whoever has asked."""


def figures(names: Sequence[str], *, n: int | None, login: str | None, no_demo: bool) -> Iterator[Figures]:
    """The figures of these benches, or of all, one by one as they are measured; `n` times each or as declared."""
    asked = [_named(name) for name in names] or [*BENCHES.values()]
    if not is_demo():
        _refuse_real_data(asked, reading_is_fine=no_demo)
    user = who(login)
    if user is None:
        raise NotToBeMeasured("There is nobody to sign in as: found the organisation, or name a login that exists.")
    measured_at = scale()
    with signed_in(user) as browser:
        for bench in asked:
            cases = cases_of(bench, user)
            with planned_once():
                found = measure(bench, cases, browser, scale=measured_at, n=n or bench.n)
            yield found


def cases_of(bench: Bench, user: User) -> list[Case]:
    with connection.cursor() as cursor:
        cursor.execute(bench.cases, {"user": user.pk, **bench.given})
        columns = [column.name for column in cursor.description or ()]
        found: list[Case] = [{"user": user.pk, **dict(zip(columns, row, strict=True))} for row in cursor.fetchall()]
    if not found:
        raise NotToBeMeasured(f"There is nothing in this database to measure {bench.name} on.")
    return found


def _named(name: str) -> Bench:
    if name not in BENCHES:
        raise NotToBeMeasured(f"There is no bench {name}. Known are: {', '.join(BENCHES)}.")
    return BENCHES[name]


def _refuse_real_data(asked: Sequence[Bench], *, reading_is_fine: bool) -> None:
    if writing := [bench.name for bench in asked if bench.writes]:
        raise NotToBeMeasured(
            f"This database was not made by `rollbook demo`: {', '.join(writing)} would write into real data. "
            "Measure on a demo (`make bench`)."
        )
    if not reading_is_fine:
        raise NotToBeMeasured(
            "This database was not made by `rollbook demo`. These benches only read; with --i-know they run here, too."
        )
