"""Runs, from being asked for to being undone. What happens while one is under way is written over a second connection
(`aside`, which commits at once), since nobody else sees what its transaction does."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.imports.models import ImportedRow, Run, State, Upload
from rollbook.foundation.errors import NotFound, Refused
from rollbook.foundation.queue import later, yet_to_do

# So long after its last word a run is looked at, whether its worker still lives.
SILENCE = timedelta(minutes=1)
LONGEST_TROUBLE = 500
# Held by whoever takes anything in, or an import back: one after another.
_ALONE = "SELECT {}(hashtext('imports'), 0)"
# Held by the transaction that carries a run out, and so by a living worker alone.
_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext('imports.run'), %s::int)"


class RunsAlready(Refused):
    sentence = gettext_lazy(
        "This file is being imported, or has been already. To take in more of it, another sheet, send it once more."
    )


class ChosenOtherwise(Refused):
    """Somebody has chosen since how the file is to be read or what its columns mean."""

    sentence = gettext_lazy("What the file is taken for has been changed since: look at the file once more.")


class NotAlone(Refused):
    sentence = gettext_lazy("Another import is under way: try again as soon as it has ended.")


class NoFile(Refused):
    sentence = gettext_lazy("The file has been forgotten meanwhile: send it once more.")


class CannotBeUndone(Refused):
    """It is under way, or undone, or somebody has gone on working with what it added; `values` says with what."""


def alone(*, wait: bool = False, by: Actor) -> None:
    """Until the transaction ends nobody else takes anything in, nor an import back: each looks at what the one before
    has left. NotAlone where somebody does just now, unless it may `wait` for them."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    with connection.cursor() as cursor:
        cursor.execute(_ALONE.format("pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"))
        if cursor.fetchone()[0] is False:
            raise NotAlone


@transaction.atomic
def ask(*, upload_id: int, is_trial: bool, at: datetime, by: Actor) -> int:
    """Ask for a file to be taken in, by a worker; returns the run. The same asked twice is one run."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    upload = Upload.objects.defer("data").select_for_update().filter(pk=upload_id).first()
    if upload is None:
        raise NotFound
    if upload.described is None:
        raise NoFile
    standing = Run.objects.filter(upload=upload, is_trial=is_trial, state__in=[State.WAITING, State.RUNNING])
    if (pk := standing.values_list("pk", flat=True).first()) is not None:
        return pk
    try:
        with transaction.atomic():
            run = Run.objects.create(
                upload=upload, source=f"file-{upload.digest[:16]}", is_trial=is_trial, by_id=by.user_id,
                by_name=by.name, asked_at=at,
            )
    except IntegrityError as error:
        raise RunsAlready from error
    later("imports.run", run_id=run.pk)
    return run.pk


def claim(*, run_id: int, at: datetime, by: Actor) -> bool:
    """Begin a run that waits; False where somebody else has. To be called in the transaction that carries it out:
    until its end nobody takes its worker for dead."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    if not _locked(run_id):
        return False
    waiting = Run.objects.using("aside").filter(pk=run_id, state=State.WAITING)
    return bool(waiting.update(state=State.RUNNING, started_at=at, told_at=at))


@transaction.atomic
def wait_again(*, run_id: int, by: Actor) -> None:
    """A run that had to give way to somebody has yet to begin: all that it did was taken back."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    Run.objects.filter(pk=run_id, state=State.RUNNING).update(
        state=State.WAITING, started_at=None, told_at=None, stage="", done=0, total=0
    )


def tell(*, run_id: int, stage: str, done: int, total: int, at: datetime, by: Actor) -> None:
    """How far a run is, for whoever looks."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    Run.objects.using("aside").filter(pk=run_id, state=State.RUNNING).update(
        stage=stage, done=done, total=total, told_at=at
    )


@transaction.atomic
def finish(
    *,
    run_id: int,
    added: Mapping[str, int],
    result: Mapping[str, object],
    problems: Sequence[Mapping[str, object]],
    shape: Mapping[str, Sequence[str]],
    at: datetime,
    by: Actor,
) -> None:
    """What a run has done, and of what the rows consist that it added. In the same transaction with it, so that it
    says so only if it is so; as its last word, for from here on nobody else can write to the run."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    Run.objects.filter(pk=run_id).update(
        state=State.DONE, finished_at=at, added=dict(added), result=dict(result), problems=list(problems),
        shape=dict(shape),
    )


@transaction.atomic
def break_off(
    *, run_id: int, trouble: str, problems: Sequence[Mapping[str, object]] = (), at: datetime, by: Actor
) -> None:
    """A run has come to nothing, and why; nothing of it was kept."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    Run.objects.filter(pk=run_id, state__in=[State.WAITING, State.RUNNING]).update(
        state=State.BROKEN, finished_at=at, trouble=trouble[:LONGEST_TROUBLE], problems=list(problems)
    )


@transaction.atomic
def rescue(*, at: datetime, run_id: int | None = None, by: Actor) -> int:
    """Runs whose worker has died are broken off; returns how many. One that is at work holds its lock, however long it
    is silent. Of one run, at once; else of all that have been silent for a while, and of those that wait for a worker
    who was never told of them, or is not any more."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    running = Run.objects.filter(state=State.RUNNING)
    running = running.filter(told_at__lt=at - SILENCE) if run_id is None else running.filter(pk=run_id)
    dead = [pk for pk in running.values_list("pk", flat=True) if _locked(pk)]
    if run_id is None:
        waiting = Run.objects.filter(state=State.WAITING, asked_at__lt=at - SILENCE)
        dead += waiting.exclude(pk__in=yet_to_do("imports.run", "run_id")).values_list("pk", flat=True)
    why = _("Whoever carried it out has stopped. Nothing was kept: try again.")
    for pk in dead:
        break_off(run_id=pk, trouble=why, at=at, by=by)
    return len(dead)


def _locked(run_id: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [run_id])
        return bool(cursor.fetchone()[0])


def pick_to_undo(*, run_id: int, by: Actor) -> Run:
    """The run, locked until the transaction ends; CannotBeUndone where there is nothing to undo."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    if run is None:
        raise NotFound
    if run.state == State.UNDONE:
        raise CannotBeUndone(_("This import has been undone already."))
    if run.state != State.DONE or run.is_trial:
        raise CannotBeUndone(_("There is nothing to undo: nothing of it was kept."))
    if run.added and not run.shape:
        raise CannotBeUndone(_("This import is of an earlier version, which did not remember how to undo it."))
    return run


@transaction.atomic
def mark_undone(*, run_id: int, at: datetime, by: Actor) -> None:
    """What it added is not known any more, so that it can be imported again."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    ImportedRow.objects.filter(run=run_id).delete()
    Run.objects.filter(pk=run_id).update(state=State.UNDONE, undone_at=at, undone_by_name=by.name)
