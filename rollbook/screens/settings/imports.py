from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rollbook.domains.access.actor import Actor
from rollbook.domains.access.queries import house
from rollbook.domains.imports import queries as imports
from rollbook.domains.imports.models import State
from rollbook.domains.imports.queries import RunCard, Sent, UploadCard
from rollbook.foundation.periods import local

PAGE = 50
SHOWN = 200  # lines that are wrong; the file of them has all


@dataclass(frozen=True, slots=True)
class Listing:
    """Imports, newest first, and files that were sent and are not taken in yet; moments in the organisation's time."""

    waiting: tuple[Sent, ...]
    runs: tuple[RunCard, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Check:
    """A file before it is taken in."""

    upload: UploadCard
    latest: RunCard | None
    twins: tuple[RunCard, ...]
    """Imports of this very content that stand."""

    @property
    def busy(self) -> bool:
        return bool(self.latest and self.latest.state in {State.WAITING, State.RUNNING})


@dataclass(frozen=True, slots=True)
class Shown:
    """A run: how far it is, or what came of it."""

    run: RunCard
    problems: tuple[Mapping[str, Any], ...]
    """The first of what is wrong, by line."""

    @property
    def goes_on(self) -> bool:
        return self.run.state in {State.WAITING, State.RUNNING}


def listing(*, before: int | None = None, by: Actor) -> Listing:
    zone = house().time_zone
    rows = imports.runs(before=before, limit=PAGE + 1, by=by)
    waiting: Sequence[Sent] = () if before else imports.uploads_without_import(limit=10, by=by)
    return Listing(
        tuple(replace(upload, sent_at=local(upload.sent_at, zone)) for upload in waiting),
        tuple(_local(run, zone) for run in rows[:PAGE]),
        rows[PAGE - 1].run_id if len(rows) > PAGE else None,
    )


def check(*, upload_id: int, by: Actor) -> Check:
    zone = house().time_zone
    upload = imports.upload(upload_id=upload_id, by=by)
    latest = imports.latest_run(upload_id=upload_id, by=by)
    twins = imports.runs_of(digest=upload.digest, by=by)
    return Check(
        replace(upload, sent_at=local(upload.sent_at, zone)), _local(latest, zone) if latest else None,
        tuple(_local(run, zone) for run in twins),
    )


def run(*, run_id: int, by: Actor) -> Shown:
    found = imports.run(run_id=run_id, by=by)
    problems = imports.problems(run_id=run_id, by=by)[:SHOWN] if found.state in {State.DONE, State.BROKEN} else ()
    return Shown(_local(found, house().time_zone), tuple(problems))


def _local(run: RunCard, zone: str) -> RunCard:
    moments: dict[str, Any] = {
        name: local(value, zone)
        for name in ("asked_at", "started_at", "finished_at", "undone_at") if (value := getattr(run, name))
    }
    return replace(run, **moments)
