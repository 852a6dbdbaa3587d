import gc
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from rollbook.operations.bench import BENCHES, Figures, NotToBeMeasured, figures
from rollbook.operations.bench.declaration import Budget

HEAD = (
    f"{'bench':<16}{'scale':<6}{'size':<12}{'p50 ms':>16}{'p95 ms':>16}{'statements':>13}"
    f"{'by hand':>9}{'ratio':>7}{'CPU':>7}"
)


class Command(BaseCommand):
    help = "Measures the performance targets on this database, a demo. Names: " + ", ".join(BENCHES)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (default: all)")
        parser.add_argument("--json", action="store_true", help="one object a line, for programs")
        parser.add_argument("-n", type=int, metavar="TIMES", help="how often (default: as each bench says)")
        parser.add_argument("--as", dest="login", metavar="LOGIN", help="who asks (default: the first owner)")
        parser.add_argument("--i-know", action="store_true", help="read-only ones also where the data are real")

    @no_translations
    def handle(self, *, names: list[str], n: int | None, login: str | None, i_know: bool, **options: Any) -> None:
        if n is not None and n < 1:
            raise CommandError("-n is a number from 1 on.")
        say = _as_json if options["json"] else _as_text
        if not options["json"]:
            self.stdout.write(HEAD)
        try:
            with _as_served():
                for found in figures(names, n=n, login=login, no_demo=i_know):
                    self.stdout.write(say(found))
                    self.stdout.flush()
        except NotToBeMeasured as reason:
            raise CommandError(str(reason)) from reason


@contextmanager
def _as_served() -> Iterator[None]:
    """As in a process that serves: what was loaded is out of the collector's sight (config/wsgi.py), and each request
    writes its line of the log; it is written to nowhere."""
    gc.collect()
    gc.freeze()
    try:
        with open(os.devnull, "w") as nowhere, redirect_stderr(nowhere):
            yield
    finally:
        gc.unfreeze()


def _as_json(found: Figures) -> str:
    return json.dumps({
        "name": found.bench.name, "scale": found.scale, "n": found.n, "p50_ms": round(found.p50_ms, 1),
        "p95_ms": round(found.p95_ms, 1), "statements": found.statements, "sql_ratio": round(found.sql_ratio, 2),
    })  # fmt: skip


def _as_text(found: Figures) -> str:
    budget: Budget = found.bench.budget
    return (
        f"{found.bench.name:<16}{found.scale:<6}{found.size:<12}"
        f"{_beside(found.p50_ms, budget.p50):>16}{_beside(found.p95_ms, budget.p95):>16}"
        f"{_beside(found.statements, budget.statements, places=0):>13}"
        f"{found.by_hand_ms:>9.1f}{found.sql_ratio:>7.2f}{found.cpu_ms:>7.1f}  {'kept' if found.is_kept else 'MISSED'}"
    )


def _beside(figure: float, allowed: float | None, *, places: int = 1) -> str:
    return f"{figure:.{places}f}" if allowed is None else f"{figure:.{places}f} of {allowed:g}"
