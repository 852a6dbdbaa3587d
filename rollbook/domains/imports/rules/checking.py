"""What must hold between rows of one target."""

from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from datetime import date
from typing import Protocol, TypeVar

from rollbook.domains.imports.rules.values import Problem, Row
from rollbook.foundation.tables import N_

R = TypeVar("R", bound=Row)


class _Lasting(Protocol):
    @property
    def since(self) -> date: ...

    @property
    def until(self) -> date | None: ...

    def refused(self, field: str, reason: str, **values: object) -> Problem: ...


L = TypeVar("L", bound=_Lasting)


def twice(
    rows: Iterable[R], field: str, *, of: Callable[[R], Hashable], standing: Collection[Hashable] = ()
) -> list[Problem]:
    """Those that say again what an earlier one, or one that stands already, has said."""
    seen, problems = set(standing), []
    for row in rows:
        said = of(row)
        if said in seen:
            problems.append(row.refused(field, N_("There is one of these already.")))
        seen.add(said)
    return problems


def overlapping(rows: Iterable[L], *, of: Callable[[L], Hashable]) -> list[Problem]:
    """Those whose days [since, until) are in no order, or are shared with another row of the same `of`."""
    problems = []
    by_owner: dict[Hashable, list[L]] = defaultdict(list)
    for row in rows:
        if row.until is not None and row.until <= row.since:
            problems.append(row.refused("until", N_("It ends before it begins.")))
        else:
            by_owner[of(row)].append(row)
    for together in by_owner.values():
        end = date.min
        for row in sorted(together, key=lambda row: row.since):
            if row.since < end:
                problems.append(row.refused("since", N_("It shares days with another one.")))
            else:
                end = row.until or date.max
    return problems
