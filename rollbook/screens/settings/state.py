"""The state of the house: how the last examination ended, how old the last backup is, and the last one that was proven.

All of it is in the history of the subject `house`, where jobs and commands write it (operations/house.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.history import queries as history
from rollbook.domains.history.queries import Line
from rollbook.foundation.periods import local

SUBJECT = "house"
EXAMINED = "house.examined"
BACKED_UP, BACKUP_FAILED = "house.backed_up", "house.backup_failed"
PROVEN, PROOF_FAILED = "house.proven", "house.proof_failed"
VERBS = (EXAMINED, BACKED_UP, BACKUP_FAILED, PROVEN, PROOF_FAILED)

SOON, OVERDUE = timedelta(hours=26), timedelta(hours=48)  # a night, and what it takes; two nights
OVERDUE_SAID = "proofs_go_on"  # the promise of the doctor that says the same
WORKER_IS_AWAY = timedelta(minutes=1)  # it is heard of every ten seconds
LATEST = 10


@dataclass(frozen=True, slots=True)
class Broken:
    promise: str
    count: int
    rows: tuple[str, ...]
    """The first of them: "client:7"."""


@dataclass(frozen=True, slots=True)
class Examination:
    at: datetime
    promises: int
    broken: tuple[Broken, ...]
    lacks: Mapping[str, Mapping[str, str]]
    """By the name of what is lacking: what its sentence is filled with."""


@dataclass(frozen=True, slots=True)
class Done:
    """A backup or a proof of one."""

    at: datetime
    age: timedelta
    """Since the file was made, for that long what was done since is in none."""
    file: str
    bytes: int
    rows: int
    seconds: float

    @property
    def tone(self) -> str:
        return "due" if self.age < SOON else "soon" if self.age < OVERDUE else "overdue"


@dataclass(frozen=True, slots=True)
class Failure:
    at: datetime
    why: str
    details: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class State:
    now: datetime
    """In the zone of the organisation, as all of it."""
    examination: Examination | None
    backup: Done | None
    proof: Done | None
    backup_failed: Failure | None
    """Where the last one that was tried failed."""
    proof_failed: Failure | None
    examining: bool
    backing_up: bool
    worker_is_there: bool
    history: tuple[Line, ...]

    @property
    def under_way(self) -> bool:
        return self.examining or self.backing_up


def state(*, at: datetime, by: Actor) -> State:
    by.must_everywhere(Permission.SETTINGS_EDIT)
    zone = house().time_zone
    now = local(at, zone)
    newest = history.newest(subject=SUBJECT, verbs=VERBS)
    jobs = ProcrastinateJob.objects.filter(
        Q(task_name="house.nightly", status="doing")
        | Q(task_name__in=["house.examine", "house.back_up"], status__in=["todo", "doing"])
    )
    tasks = set(jobs.values_list("task_name", flat=True))
    workers = ProcrastinateWorker.objects.filter(last_heartbeat__gt=at - WORKER_IS_AWAY)
    return State(
        now=now, examination=_examination(newest.get(EXAMINED), zone),
        backup=_done(newest.get(BACKED_UP), now), proof=_done(_proof(by), now),
        backup_failed=_failure(newest, BACKUP_FAILED, BACKED_UP, zone),
        proof_failed=_failure(newest, PROOF_FAILED, PROVEN, zone),
        examining=bool(tasks & {"house.examine", "house.nightly"}),
        backing_up=bool(tasks & {"house.back_up", "house.nightly"}), worker_is_there=workers.exists(),
        history=tuple(history.of(subject=SUBJECT, zone=zone, by=by, limit=LATEST)),
    )  # fmt: skip


def troubles(*, at: datetime, by: Actor) -> int:
    """How many things whoever looks after the house should look at: what is broken, and proofs that are overdue."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    newest = history.newest(subject=SUBJECT, verbs=[EXAMINED])
    broken: Mapping[str, object] = newest[EXAMINED].new["broken"] if EXAMINED in newest else {}  # type: ignore[assignment]
    proof = _proof(by)
    overdue = proof is None or at - _made_at(proof) > OVERDUE
    return len(broken.keys() | ({OVERDUE_SAID} if overdue else set()))


def _examination(line: Line | None, zone: str) -> Examination | None:
    if line is None:
        return None
    told: Mapping[str, Any] = line.new
    broken = (Broken(name, each["count"], tuple(each["rows"])) for name, each in told["broken"].items())
    return Examination(local(line.at, zone), told["promises"], tuple(broken), told["lacks"])


def _done(line: Line | None, now: datetime) -> Done | None:
    if line is None:
        return None
    told: Mapping[str, Any] = line.new
    return Done(
        line.at.astimezone(now.tzinfo), now - _made_at(line), told["file"], told.get("bytes", 0), told["rows"],
        told["seconds"],
    )  # fmt: skip


def _proof(by: Actor) -> Line | None:
    """Of the newest file that was ever proven, though an older one may have been since."""
    return history.greatest(subject=SUBJECT, verb=PROVEN, told="made_at", by=by)


def _made_at(line: Line) -> datetime:
    """The file that this act was upon."""
    return datetime.fromisoformat(str(line.new["made_at"])) if "made_at" in line.new else line.at


def _failure(newest: Mapping[str, Line], failed: str, done: str, zone: str) -> Failure | None:
    """The last one, unless it went well since."""
    line = newest.get(failed)
    if line is None or (done in newest and newest[done].at > line.at):
        return None
    told: Mapping[str, Any] = line.new
    return Failure(local(line.at, zone), told["why"], told["details"])
