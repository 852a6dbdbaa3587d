"""People at work: writers that mark and take payments over HTTP, and remember what was acknowledged."""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from itertools import cycle
from threading import Event, Thread
from typing import Any
from uuid import uuid4

STATUSES = ("attended", "missed", "excused", None)
PAUSE = 0.2  # seconds before what got no answer is sent again


class NoAnswer(Exception):
    """Cut off, or told that the database is away: nobody knows whether it was done."""


class Caller:
    """A client of the API that keeps its connection, and after a fall goes to the next of the servers."""

    def __init__(self, ports: Sequence[int], key: str, timeout: float = 60) -> None:
        self.key, self.timeout = key, timeout
        self.ports = cycle(ports)
        self.connection = HTTPConnection("127.0.0.1", next(self.ports), timeout=timeout)

    def call(self, verb: str, address: str, body: object = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        try:
            self.connection.request(verb, f"/api/v1{address}", json.dumps(body) if body else None, headers)
            answer = self.connection.getresponse()
            said = answer.read()
        except (OSError, HTTPException) as error:
            self._move_on()
            raise NoAnswer(type(error).__name__) from error
        if answer.status >= 500:
            self._move_on()
            raise NoAnswer(str(answer.status))
        return answer.status, json.loads(said)

    def close(self) -> None:
        self.connection.close()

    def _move_on(self) -> None:
        self.close()
        self.connection = HTTPConnection("127.0.0.1", next(self.ports), timeout=self.timeout)


@dataclass(frozen=True)
class Cell:
    lesson: int
    client: int


@dataclass
class Payment:
    client: int
    amount: str
    payment_id: int


@dataclass
class Work:
    """What one writer was told is done, and how often it had to ask again."""

    marks: dict[Cell, list[str | None]] = field(default_factory=dict)
    """Each cell, with the statuses that were acknowledged, in order."""
    began: dict[Cell, tuple[int, str | None]] = field(default_factory=dict)
    """The version and status each cell had before."""
    payments: dict[str, Payment] = field(default_factory=dict)
    again: dict[str, float] = field(default_factory=dict)
    """What was sent again (a payment by its key, a mark by lesson, client and version), and when the last time."""
    unanswered: dict[str, int] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)
    acknowledged: int = 0


class Writer(Thread):
    """One person: cells of lessons that nobody else marks, one after another; each fifth act is a payment."""

    def __init__(self, name: str, caller: Caller, cells: Iterable[tuple[Cell, int, str | None]], stop: Event) -> None:
        super().__init__(name=name, daemon=True)
        self.caller, self.stop, self.work = caller, stop, Work()
        self.pays = True
        self.cells = list(cells)
        self.today = datetime.now(UTC).date().isoformat()

    def run(self) -> None:
        now = {cell: (version, status) for cell, version, status in self.cells}
        for number, (cell, *_) in enumerate(cycle(self.cells)):
            if self.stop.is_set():
                return
            if self.pays and number % 5 == 4:
                self._pay(cell.client)
            else:
                now[cell] = self._mark(cell, *now[cell])

    def _mark(self, cell: Cell, version: int, status: str | None) -> tuple[int, str | None]:
        wanted = STATUSES[(STATUSES.index(status) + 1) % len(STATUSES)]
        body = {"marks": [{"client_id": cell.client, "status": wanted, "seen": version}]}
        name = f"{cell.lesson} {cell.client} {version + 1}"
        code, said = self._until_answered(name, f"/lessons/{cell.lesson}/marks", body)
        shown = next((row["cell"] for row in said.get("rows", ()) if row["client_id"] == cell.client), {})
        if code != 200 or shown.get("version") != version + 1:
            self.work.surprises.append(f"mark {name} {wanted}: {code} {shown or said}")
            return version, status
        self.work.began.setdefault(cell, (version, status))
        self.work.marks.setdefault(cell, []).append(wanted)
        self.work.acknowledged += 1
        return version + 1, wanted

    def _pay(self, client: int) -> None:
        key, amount = f"{self.name}{uuid4().hex}", "12.50"
        body = {"amount": amount, "method": "cash", "on": self.today, "key": key}
        code, said = self._until_answered(key, f"/clients/{client}/payments", body)
        if code == 201:
            self.work.payments[key] = Payment(client, amount, said["payment_id"])
            self.work.acknowledged += 1
        else:
            self.work.surprises.append(f"payment {key}: {code} {said}")

    def _until_answered(self, name: str, address: str, body: object) -> tuple[int, Any]:
        while True:
            try:
                return self.caller.call("POST", address, body)
            except NoAnswer as error:
                self.work.unanswered[str(error)] = self.work.unanswered.get(str(error), 0) + 1
                time.sleep(PAUSE)
                self.work.again[name] = time.time()


class Load:
    """Several writers at once; what they were told, together."""

    def __init__(self, caller: Callable[[], Caller], cells: Sequence[tuple[Any, ...]], writers: int) -> None:
        self.halt = Event()
        self.keys = f"faults-{uuid4().hex[:8]}-"
        self.writers = [
            Writer(
                self.keys,
                caller(),
                [(Cell(lesson, client), version, status) for lesson, client, version, status in cells
                 if lesson % writers == number],
                self.halt,
            )
            for number in range(writers)
        ]  # fmt: skip

    def __enter__(self) -> "Load":
        for writer in self.writers:
            writer.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Whoever is in the middle of an act goes on until it is answered."""
        self.halt.set()
        for writer in self.writers:
            writer.join(180)
        assert not any(writer.is_alive() for writer in self.writers), "a writer never got its answer"
        for writer in self.writers:
            writer.caller.close()

    @property
    def works(self) -> list[Work]:
        return [writer.work for writer in self.writers]

    @property
    def acknowledged(self) -> int:
        return sum(work.acknowledged for work in self.works)

    @property
    def surprises(self) -> list[str]:
        return [surprise for work in self.works for surprise in work.surprises]

    @property
    def unanswered(self) -> dict[str, int]:
        told: dict[str, int] = {}
        for work in self.works:
            for kind, count in work.unanswered.items():
                told[kind] = told.get(kind, 0) + count
        return told


# Cells that may be marked anew: regular ones of lessons that were, of whom no make-up depends.
CELLS = """
    SELECT mark.lesson_id, mark.client_id, mark.version, mark.status
    FROM journal_mark mark JOIN schedule_lesson lesson ON lesson.id = mark.lesson_id
    WHERE lesson.cancelled_at IS NULL AND lesson.day < current_date - 1 AND mark.kind = 'regular'
      AND mark.status IN ('attended', 'missed', 'excused') AND mark.worked_off_on IS NULL
      AND NOT EXISTS (SELECT FROM journal_mark visit WHERE visit.makes_up_id = mark.id)
    ORDER BY lesson.day DESC, mark.id LIMIT 3000
"""
