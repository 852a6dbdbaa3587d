"""Several processes as one: started together, stopped together, revived when one falls."""

import ctypes
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, gettempdir

PAUSES = (1, 2, 4, 8)  # seconds before each revival; one more fall in a row stops everything
STEADY = 30  # seconds: whoever lived as long may fall anew
FIGURES = re.compile(r"rollbook-figures-(\d{1,9})-\w+", re.ASCII)
GRACE = 10  # seconds to finish what is in hand, unless a program is given more

PR_SET_PDEATHSIG = 1

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str]
    grace: float | None = None
    """Seconds to finish what is in hand."""


class Child:
    """A program that is kept alive."""

    def __init__(self, program: Program, figures: str) -> None:
        self.program = program
        # Its name is said by its log; its figures lie where those of the others are (operations/watch/metrics.py).
        told = {"ROLLBOOK_PROCESS": program.name, "PROMETHEUS_MULTIPROC_DIR": figures}
        self.environment = os.environ | told
        self.falls = 0
        self._start()

    def _start(self) -> None:
        self.resumes_at: float | None = None
        self.started_at = time.monotonic()
        # Its own session: Ctrl-C in the terminal reaches the supervisor alone, which says who stops, and when.
        self.process = subprocess.Popen(  # noqa: S603
            self.program.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )

    def look_after(self) -> bool:
        """Revive it if it fell and its pause is over; False when it has fallen too often."""
        if self.process.poll() is None:
            return True
        if self.resumes_at is None:
            return self._fell()
        if time.monotonic() >= self.resumes_at:
            self._start()
        return True

    def _fell(self) -> bool:
        lived = time.monotonic() - self.started_at
        self.falls = 1 if lived > STEADY else self.falls + 1
        how = f"{self.program.name} ended with {self.process.returncode} after {lived:.0f} s"
        if self.falls > len(PAUSES):
            log.error("%s, %s times in a row: stopping everything.", how, self.falls)
            return False
        pause = PAUSES[self.falls - 1]
        log.warning("%s; starting it again in %s s.", how, pause)
        self.resumes_at = time.monotonic() + pause
        return True

    def ask_to_stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()

    def wait(self, *, asked_at: float) -> None:
        """Gone when this returns, asked or killed."""
        grace = GRACE if self.program.grace is None else self.program.grace
        try:
            self.process.wait(max(0, asked_at + grace - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("%s does not stop: killed.", self.program.name)
            self.process.kill()
            self.process.wait()


def supervise(programs: Sequence[Program], *, answers: Callable[[], bool], greet: Callable[[], None]) -> int:
    """Run them until somebody says stop (0) or one falls too often (1); `greet` once, as soon as it `answers`."""
    with _told_to_stop() as stop, _figures() as figures:
        children = [Child(program, figures) for program in programs]
        try:
            greeted = False
            while not stop.wait(0.2):
                if not all(child.look_after() for child in children):
                    return 1
                if not greeted and answers():
                    greeted = True
                    greet()
            return 0
        finally:
            for child in children:
                child.ask_to_stop()
            asked_at = time.monotonic()
            for child in children:
                child.wait(asked_at=asked_at)


@contextmanager
def _figures() -> Iterator[str]:
    """A folder in which processes share their counts; those of supervisors that were killed go as well."""
    for left in Path(gettempdir()).iterdir():
        if (whose := FIGURES.fullmatch(left.name)) and not alive(int(whose[1])):
            rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"rollbook-figures-{os.getpid()}-") as folder:
        yield folder


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@contextmanager
def _told_to_stop() -> Iterator[threading.Event]:
    """Set by Ctrl-C, by a service manager and by a closed terminal."""
    told = threading.Event()
    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {kind: signal.signal(kind, lambda *_: told.set()) for kind in kinds}
    try:
        yield told
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def die_with_parent() -> None:
    """Even a supervisor that was killed leaves nobody behind to hold its ports. Each process says it for itself."""
    if sys.platform == "linux":
        _libc().prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


_libc = partial(ctypes.CDLL, None)


def say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()
