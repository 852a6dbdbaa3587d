"""What is done for the house as a whole, each night or when somebody asks: examined, backed up, proven.

The history of the subject `house` keeps how each ended (docs/adr/0015), and pages read it there.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.db import transaction
from procrastinate.exceptions import AlreadyEnqueued

from rollbook.domains.access import queries as access
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.history import queries
from rollbook.foundation.author import Author
from rollbook.foundation.errors import NotFound
from rollbook.foundation.queue import later
from rollbook.operations import backup, doctor
from rollbook.operations.backup import Made, NotTried, Proof, Restored, Unkept
from rollbook.operations.doctor.lacking import lacking

SUBJECT = "house"
NIGHT = time(2)  # by the clock of the organisation
# What is done each night, and how the history says that it was tried.
FAILED = ("house.backup_failed", "house.proof_failed")
NIGHTLY = {"examine": ("house.examined",), "back_up": ("house.backed_up", "house.proven", *FAILED)}
TRIES = 3  # of a night
ROWS = 5  # of what is broken, to look at

Tell = Callable[[str], object]


def examine(*, at: datetime, by: Author) -> None:
    """Every promise over the whole database, and what the settings lack."""
    found = list(doctor.examine())
    broken = {
        finding.promise.name: {"count": finding.broken, "rows": list(finding.rows[:ROWS])}
        for finding in found
        if finding.broken
    }
    lacks = {lack.name: dict(lack.details) for lack in lacking()}
    _record(verb="house.examined", new={"promises": len(found), "broken": broken, "lacks": lacks}, at=at, by=by)


def back_up(*, folder: Path | None = None, at: datetime, by: Author) -> Made:
    """One whole file; the newest proven one is never among those that go for it."""
    proven = queries.newest(subject=SUBJECT, verbs=["house.proven"]).get("house.proven")
    spare = {str(proven.new["file"])} if proven else set()
    with _told("house.backup_failed", {}, at=at, by=by):
        made = backup.back_up(at=at, folder=folder, spare=spare)
    told = {
        "file": made.path.name, "bytes": made.bytes, "rows": made.manifest.rows, "seconds": round(made.seconds, 1)
    }  # fmt: skip
    _record(verb="house.backed_up", new=told, at=at, by=by)
    return made


def prove(path: Path, *, at: datetime, by: Author, tell: Tell = lambda _: None) -> Proof:
    """That this backup would come back whole."""
    with _told("house.proof_failed", {"file": path.name}, at=at, by=by):
        proof = backup.prove(path, tell=tell)
    told = {"file": path.name, "rows": proof.manifest.rows, "seconds": round(proof.seconds, 1)}
    _record(verb="house.proven", new=told, at=at, by=by)
    return proof


def restore(path: Path, *, over: str, at: datetime, by: Author, tell: Tell = lambda _: None) -> Restored:
    """The backup lives; what is written down of it is written in what lives now."""
    done = backup.restore(path, over=over, at=at, tell=tell)
    told = {"file": path.name, "made_at": done.proof.manifest.made_at.isoformat()}
    _record(verb="house.restored", new=told, at=at, by=by)
    return done


def is_due(what: str, *, at: datetime, by: Author) -> bool:
    """Whether it was not done since the last night began, or failed last, though not too often; never before there is
    an organisation."""
    try:
        night = next_night(at=at) - timedelta(days=1)
    except NotFound:
        return False
    tried = queries.since(subject=SUBJECT, verbs=NIGHTLY[what], at=night, by=by)
    failures = [verb for verb in tried if verb in FAILED]
    return not tried or (tried[-1] in FAILED and len(failures) < TRIES)


def next_night(*, at: datetime) -> datetime:
    """In the zone of the organisation."""
    here = at.astimezone(ZoneInfo(access.house().time_zone))
    tonight = here.replace(hour=NIGHT.hour, minute=NIGHT.minute, second=0, microsecond=0)
    return tonight if tonight > here else tonight + timedelta(days=1)


def order_examination(*, by: Actor) -> None:
    by.must_everywhere(Permission.SETTINGS_EDIT)
    _order("house.examine")


def order_backup(*, by: Actor) -> None:
    by.must_everywhere(Permission.SETTINGS_EDIT)
    _order("house.back_up")


def _order(task: str) -> None:
    """Once, however often it is asked for before it begins."""
    with suppress(AlreadyEnqueued), transaction.atomic():
        later(task)


@contextmanager
def _told(verb: str, what: dict[str, object], *, at: datetime, by: Author) -> Iterator[None]:
    """A failure is written down, too, and goes on its way."""
    try:
        yield
    except NotTried:  # nobody failed
        raise
    except Unkept as refusal:
        _record(verb=verb, new=what | {"why": refusal.said, "details": refusal.details}, at=at, by=by)
        raise


def _record(*, verb: str, new: Mapping[str, object], at: datetime, by: Author) -> None:
    history.record(verb=verb, subject=SUBJECT, new=new, at=at, by=by)
