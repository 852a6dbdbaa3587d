"""A file is taken in by a worker, in the name of whoever asked for it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from rollbook.domains.access.actor import Actor
from rollbook.domains.access.queries import user_to_sign_in
from rollbook.domains.imports import actions as imports
from rollbook.domains.imports import queries as imported
from rollbook.domains.imports.actions import NotImported
from rollbook.domains.imports.queries import RunCard
from rollbook.domains.schedule.actions import Overlap
from rollbook.foundation import live
from rollbook.foundation.errors import Declined, NotAllowed
from rollbook.foundation.tables.apart import Options
from rollbook.workflows import file_imported, import_undone

# How often it is told how far it is, and how many overlaps are kept.
TELL_EACH = timedelta(seconds=0.4)
MOST_OVERLAPS = 500
# So often a run begins anew that others stood in the way of.
TRIES = 5


def carry_out(*, run_id: int, at: datetime, by: Actor) -> None:
    """Take the file of a run in, once, whoever tries: one that somebody else carries out, or has, is left alone, one
    whose worker died is broken off. What it comes to stands in the run; only a fault is raised, for the log."""
    run = imported.run(run_id=run_id, by=by)
    user = user_to_sign_in(user_id=run.by_id) if run.by_id else None
    with translation.override(user.language if user else translation.get_language()):
        try:
            taken = _take_again(run, user.as_actor(via="import") if user else by, at, by)
        except NotImported as refused:
            imports.break_off(
                run_id=run_id, trouble=str(refused), problems=[_of_file(problem) for problem in refused.problems],
                at=timezone.now(), by=by,
            )
        except Declined as declined:
            why = " ".join(map(str, [declined, *declined.fields.values()]))
            imports.break_off(run_id=run_id, trouble=why, at=timezone.now(), by=by)
        except GaveWay:
            why = _("People were working with the same accounts all along. Nothing was kept: try when it is quieter.")
            imports.break_off(run_id=run_id, trouble=why, at=timezone.now(), by=by)
        except Exception:
            why = _("Something broke on our side. It has been written down, and nothing was kept.")
            imports.break_off(run_id=run_id, trouble=why, at=timezone.now(), by=by)
            raise
        else:
            if not taken:
                imports.rescue(run_id=run_id, at=timezone.now(), by=by)


class GaveWay(Exception):
    """Of two who wait for each other the database stops one; this time it was the import, each time anew."""


def _take_again(run: RunCard, who: Actor, at: datetime, by: Actor) -> bool:
    """From the beginning where the database has stopped it, so that somebody who works with the same accounts goes
    on: they may be the first to come, but not for long."""
    for _time in range(TRIES):
        try:
            return _take(run, who, at, by)
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected):
                raise
            imports.wait_again(run_id=run.run_id, by=by)
    raise GaveWay


@transaction.atomic
def _take(run: RunCard, who: Actor, at: datetime, by: Actor) -> bool:
    """False where it was not there to be begun."""
    imports.alone(wait=True, by=by)
    if not imports.claim(run_id=run.run_id, at=at, by=by):
        return False
    if run.upload_id is None:
        raise NotAllowed
    upload = imported.upload(upload_id=run.upload_id, by=who)
    shape: dict[str, list[str]] = {}

    def remember(added: Mapping[str, Sequence[Any]]) -> None:
        ids = {target: [row.id for row in rows] for target, rows in added.items()}
        stood, of = import_undone.stood(added=ids, by=who)
        shape.update(of)
        imports.keep(run_id=run.run_id, source=run.source, added=added, stood=stood, by=who)
        live.tell(*import_undone.topics(run_id=run.run_id, by=who))

    outcome = file_imported.take_in(
        name=upload.name, file=imported.content(upload_id=upload.upload_id, by=who), options=Options(**upload.options),
        kind=upload.kind, columns=upload.columns, branch_id=upload.branch_id, duplicates=upload.duplicates,
        dry_run=run.is_trial, source=run.source, tell=_teller(run.run_id, by),
        remember=remember, at=at, by=who,
    )
    imports.finish(
        run_id=run.run_id, added=outcome.added, shape=shape, at=max(at, timezone.now()), by=by,
        problems=[_of_line(problem) for problem in outcome.problems],
        result={
            "reading": upload.reading,
            "lines": outcome.lines, "taken": outcome.taken, "joined": outcome.joined, "known": outcome.known,
            "skipped": outcome.skipped, "broken": outcome.broken, "problems": len(outcome.problems),
            "overlaps": [_of_overlap(overlap) for overlap in outcome.overlaps[:MOST_OVERLAPS]],
            "overlapping": len(outcome.overlaps),
        },
    )
    return True


def _teller(run_id: int, by: Actor) -> Callable[[str, int, int], None]:
    """Tells how far it is: each stage at its beginning, then every now and then."""
    told, told_at = "", timezone.now()

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal told, told_at
        now = timezone.now()
        if stage != told or now - told_at >= TELL_EACH:
            told, told_at = stage, now
            imports.tell(run_id=run_id, stage=stage, done=done, total=total, at=now, by=by)

    return tell


def _of_line(problem: Any) -> dict[str, object]:
    return {
        "line": problem.line, "column": problem.column, "reason": str(problem.reason), "values": dict(problem.values)
    }


def _of_file(problem: Any) -> dict[str, object]:
    """What stands against a file as a whole, or against a row that only others speak of."""
    values = {name: value if isinstance(value, int) else str(value) for name, value in problem.values.items()}
    return {"line": problem.origin.line, "column": problem.field, "reason": str(problem.reason), "values": values}


def _of_overlap(overlap: Overlap) -> dict[str, object]:
    return {
        "line": overlap.origin.line, "other": overlap.other.line if overlap.other else None,
        "day": overlap.day.isoformat(), "starts": overlap.starts.isoformat("minutes"), "room": overlap.room,
        "teacher": overlap.teacher,
    }
