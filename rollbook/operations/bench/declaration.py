"""What a bench is: a request, what it may cost, and the same answer by SQL written by hand."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from rollbook.operations.bench.browser import Browser

Case = Mapping[str, Any]
Act = Callable[[Browser, Case], object]


def nothing(browser: Browser, case: Case) -> None:
    """For what leaves nothing to prepare or to put back."""


@dataclass(frozen=True)
class Budget:
    """What spec 11 allows, in milliseconds; None where it says nothing."""

    p95: float
    statements: int | None
    p50: float | None = None
    ratio: float | None = 3
    """Of the request to the same answer by SQL. A page that is only a few milliseconds above it keeps it, too."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One figure. Whoever adds one declares it and names it in BENCHES; nothing else is to be done."""

    name: str
    budget: Budget
    cases: str
    """SQL that finds what it is tried on, in turn: a row is a case, its columns are what the rest is told. `%(user)s`
    is who is signed in. A column `size` is shown beside the figures."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What this SQL is told besides."""
    act: Act
    """What is measured."""
    by_hand: tuple[str, ...]
    """SQL that fetches the same answer, or writes the same rows: statement by statement, in one transaction."""
    before: Act = nothing
    """Makes a case ready; not measured."""
    after: Act = nothing
    """Puts back what was written; not measured."""
    beside: Callable[[], AbstractContextManager[object]] = nullcontext
    """What else goes on meanwhile."""
    writes: bool = False
    n: int = 200
