"""Parts of a plan into the tables, by as many processes as one likes; nothing here needs Django."""

import gc
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice, repeat
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread
from typing import NamedTuple

import psycopg

from rollbook.operations.demo.book import Row
from rollbook.operations.demo.plan import Plan

LINES_AT_ONCE = 5000


class Target(NamedTuple):
    """Where the rows of one kind go."""

    copy: str
    """COPY, with its columns: those that a plan names, then those that it does not."""
    rest: tuple[object, ...]
    """What stands in the latter."""


Targets = Mapping[type[Row], Target]


def copy_all(
    plan: Callable[[], Plan], parts: int, targets: Targets, *, address: str, processes: int,
    tell: Callable[[int, int], object],
) -> None:
    """Load every part of the plan. Of each that is done `tell` is given its number and how many rows it has.

    Each part is a transaction. `plan` is called once in each process, which holds one part in memory at a time.
    """
    # Spawned, not forked: what is forked shares the connections of its parent.
    pool = ProcessPoolExecutor(processes, get_context("spawn"), _begin, (plan, targets, address))
    try:
        asked = {pool.submit(_copy_part, number): number for number in range(parts)}
        for done in as_completed(asked):
            tell(asked[done], done.result())
    finally:
        pool.shutdown(cancel_futures=True)


def lines(batch: Iterable[Row], rest: Sequence[object] = ()) -> Iterator[str]:
    """The rows as COPY reads them, each ending with the same columns `rest`. By columns, for speed."""
    columns = [_column(values) for values in zip(*batch, strict=True)]
    return map("\t".join, zip(*columns, *(repeat(_text_of(value)) for value in rest), strict=False))


# ------------------------------------------------------------------------------------- inside a process of its own

_work: "tuple[Plan, Targets, psycopg.Connection[tuple[object, ...]]]"


def _begin(plan: Callable[[], Plan], targets: Targets, address: str) -> None:
    global _work  # noqa: PLW0603
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everybody at the terminal; the parent sees to it
    Thread(target=_end_with_the_parent, daemon=True).start()
    gc.disable()  # a part is millions of objects that all live until it is done
    db = psycopg.connect(address, autocommit=True)
    db.execute("SET statement_timeout = 0; SET synchronous_commit = off")
    _work = plan(), targets, db


def _end_with_the_parent() -> None:
    """Whoever killed the parent begins anew, and finds nobody who still writes."""
    if parent := parent_process():
        wait([parent.sentinel])
        os._exit(1)


def _copy_part(number: int) -> int:
    plan, targets, db = _work
    written = 0
    with db.transaction(), db.cursor() as cursor:
        for table, batch in plan.part(number):
            target, told = targets[table], len(batch)
            written += told
            with cursor.copy(target.copy) as copy:
                text = lines(batch, target.rest)
                while block := list(islice(text, LINES_AT_ONCE)):
                    copy.write("\n".join([*block, ""]))
    gc.collect()
    return written


# --------------------------------------------------------------------------------------------------- values as text

_SPECIAL = str.maketrans({"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"})


def _escaped(text: str) -> str:
    return text.translate(_SPECIAL)


def _array(values: list[object]) -> str:
    return f"{{{','.join(map(str, values))}}}"


_WRITTEN: Mapping[type, Callable[..., str]] = {
    type(None): lambda _nothing: r"\N",
    bool: lambda yes: "t" if yes else "f",
    int: str, Decimal: str, date: str, datetime: str, time: str,
    str: _escaped,
    list: _array,
}


def _text_of(value: object) -> str:
    return _WRITTEN[type(value)](value)


def _column(values: Sequence[object]) -> Iterable[str]:
    """All values of a column. Looked at together, most need no look at each."""
    kinds = set(map(type, values))
    if kinds == {str}:
        texts: Sequence[str] = values  # type: ignore[assignment]
        together = "".join(texts)
        return map(_escaped, texts) if any(special in together for special in "\\\t\n\r") else texts
    return map(_WRITTEN[kinds.pop()], values) if len(kinds) == 1 else map(_text_of, values)
