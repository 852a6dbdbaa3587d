"""What a piece of work asks of the database: how many statements, how long they take, which of them are a loop."""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import Any

import structlog
from django.conf import settings
from django.db import connections

OFTEN = 10
"""Statements of one shape within one piece of work, from which on they are a loop that should be a set."""
LONGEST_TOLD = 1000
PACKAGE = Path(__file__).resolve().parent.parent
SERVE_EVERYBODY = (PACKAGE / "foundation", PACKAGE / "domains" / "access" / "scoping.py")

log = structlog.get_logger(__name__)


class Tally:
    """Counted while `counting`."""

    def __init__(self, *, slow_seconds: float, shapes: bool) -> None:
        self.slow_seconds = slow_seconds
        self.count = 0
        self.seconds = 0.0
        self._shapes: Counter[str] | None = Counter() if shapes else None
        self._places: dict[str, str] = {}

    def __call__(self, run: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        began = perf_counter()
        try:
            return run(sql, params, many, context)
        finally:
            self._add(_shape(sql), perf_counter() - began)

    def _add(self, shape: str, took: float) -> None:
        self.count += 1
        self.seconds += took
        if took >= self.slow_seconds:
            log.warning("slow statement", ms=round(took * 1000), sql=shape[:LONGEST_TOLD], at=_place())
        if self._shapes is not None:
            self._shapes[shape] += 1
            if self._shapes[shape] == OFTEN:
                self._places[shape] = _place()

    @property
    def repeated(self) -> int:
        """How many statements are of a shape that came too often."""
        return sum(self._shapes[shape] for shape in self._places) if self._shapes else 0

    def tell_of_loops(self) -> None:
        for shape, place in self._places.items():
            times = self._shapes[shape] if self._shapes else 0
            log.warning("the same statement again and again", times=times, sql=shape[:LONGEST_TOLD], at=place)


@contextmanager
def counting() -> Iterator[Tally]:
    """Counts what this thread asks of any database while inside."""
    tally = Tally(slow_seconds=settings.SLOW_MS / 1000, shapes=settings.DEBUG)
    with ExitStack() as stack:
        for connection in connections.all():
            stack.enter_context(connection.execute_wrapper(tally))
        yield tally
    tally.tell_of_loops()


def _shape(sql: object) -> str:
    """As it was written, without values; lists of any length are one shape. What is put together may hold values."""
    return re.sub(r"%s(?:, %s)+", "%s, …", sql) if isinstance(sql, str) else f"<{type(sql).__name__}>"


def _place() -> str:
    """The line that asked: nearest to the database, above what serves everybody."""
    frame: FrameType | None = sys._getframe(1)
    while frame := frame.f_back if frame else None:
        file = Path(frame.f_code.co_filename)
        if file.is_relative_to(PACKAGE) and not any(file.is_relative_to(shared) for shared in SERVE_EVERYBODY):
            return f"{file.relative_to(PACKAGE.parent)}:{frame.f_lineno} {frame.f_code.co_name}"
    return ""
