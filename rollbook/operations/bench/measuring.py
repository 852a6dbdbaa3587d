"""How a bench is measured."""

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from statistics import median
from typing import Any

from django.db import connection, connections, transaction

from rollbook.operations.bench.browser import Browser
from rollbook.operations.bench.declaration import Bench, Case

WARM_UP = 20  # one request for so many that are measured
TRANSACTION_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
WHO_ASKS = ("access_session", '"access_user"', "access_grant")
FEW_MS = 15
"""A page that is no more than this above its SQL is near enough, whatever the ratio (spec 11)."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What came out, in milliseconds of the clock; `cpu_ms` are those of this process, the database's left out."""

    bench: Bench
    scale: str
    n: int
    p50_ms: float
    p95_ms: float
    statements: int
    by_hand_ms: float
    cpu_ms: float
    size: str

    @property
    def sql_ratio(self) -> float:
        return self.p50_ms / self.by_hand_ms

    @property
    def is_kept(self) -> bool:
        budget = self.bench.budget
        return (
            self.p95_ms <= budget.p95
            and (budget.p50 is None or self.p50_ms <= budget.p50)
            and (budget.statements is None or self.statements <= budget.statements)
            and (budget.ratio is None or self.sql_ratio <= budget.ratio or self.p50_ms - self.by_hand_ms <= FEW_MS)
        )


def measure(bench: Bench, cases: Sequence[Case], browser: Browser, *, scale: str, n: int) -> Figures:
    """Case by case in turn, the request and then its SQL by hand, so that both meet the same moods of the machine."""
    statements: list[int] = []
    for case in islice(cycle(cases), max(1, n // WARM_UP)):
        bench.before(browser, case)
        with counted() as counts:
            bench.act(browser, case)
        bench.after(browser, case)
        statements.append(counts.total())
        written_by_hand(bench, case, browser)
    asked, cpu, by_hand = [], [], []
    with bench.beside():
        for case in islice(cycle(cases), n):
            bench.before(browser, case)
            wall, of_process = timed(partial(bench.act, browser, case))
            bench.after(browser, case)
            asked.append(wall)
            cpu.append(of_process)
            by_hand.append(written_by_hand(bench, case, browser)[0])
    sizes = sorted(str(case["size"]) for case in cases[:n] if "size" in case)
    return Figures(
        bench, scale, n, median(asked), percentile(asked, 95), max(statements), median(by_hand), median(cpu),
        sizes[len(sizes) // 2] if sizes else "",
    )


def written_by_hand(bench: Bench, case: Case, browser: Browser) -> tuple[float, list[list[Any]]]:
    """How long the SQL by hand took, and the rows of each of its statements."""
    bench.before(browser, case)
    answers: list[list[Any]] = []
    wall, _cpu = timed(lambda: answers.extend(by_hand(bench.by_hand, case)))
    bench.after(browser, case)
    return wall, answers


def by_hand(statements: Sequence[str], case: Case) -> Iterator[list[Any]]:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, case)
            yield cursor.fetchall() if cursor.description else []


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The statements of all connections while inside, but for transaction control and the reading of who asks."""
    counts: Counter[str] = Counter()

    def count(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        said = str(sql)
        if not said.startswith(TRANSACTION_CONTROL) and not any(table in said for table in WHO_ASKS):
            counts[said] += 1
        return execute(sql, params, many, context)

    with ExitStack() as wrapped:
        for alias in connections:
            wrapped.enter_context(connections[alias].execute_wrapper(count))
        yield counts


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of the clock and of this thread's processor."""
    wall, cpu = time.perf_counter(), time.thread_time()
    act()
    return (time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000


def percentile(values: Sequence[float], share: int) -> float:
    """The least value that `share` per cent of all do not exceed."""
    return sorted(values)[math.ceil(len(values) * share / 100) - 1]
