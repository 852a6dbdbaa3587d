"""What is done for the house as a whole, each night or when somebody asks: examined, backed up, proven.

The history of the subject `house` keeps how each ended (docs/adr/0015), and pages read it there.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_noop as _
from procrastinate.exceptions import AlreadyEnqueued

from rollbook.domains.access import queries as access
from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.history import queries
from rollbook.domains.history.queries import Line
from rollbook.foundation.author import Author
from rollbook.foundation.errors import NotFound
from rollbook.foundation.queue import later
from rollbook.operations import backup, doctor
from rollbook.operations.backup import Made, NotTried, Proof, Restored, Unkept, archive
from rollbook.operations.doctor.lacking import lacking

SUBJECT = "house"
NIGHT = time(2)  # by the clock of the organisation
# How the history says what was tried, and with what end.
EXAMINED, BACKED_UP, BACKUP_FAILED = "house.examined", "house.backed_up", "house.backup_failed"
PROVEN, PROOF_FAILED, NOT_TRIED = "house.proven", "house.proof_failed", "house.not_tried"
RESTORED = "house.restored"
OF_FILES = (BACKUP_FAILED, PROVEN, PROOF_FAILED, NOT_TRIED)
NIGHTLY = ("examine", "back_up")
TRIES, TRIES_OF_A_FILE = 3, 2  # of a night
ROWS = 5  # of what is broken, to look at
MOST_SAID = 500  # letters

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
    _record(verb=EXAMINED, new={"promises": len(found), "broken": broken, "lacks": lacks}, at=at, by=by)


def back_up(*, folder: Path | None = None, at: datetime, by: Author) -> Made:
    """One whole file; the newest proven one is never among those that go for it."""
    where = _where(folder or settings.BACKUP_FOLDER)
    there = archive.all_in(settings.BACKUP_FOLDER)
    with _told(BACKUP_FAILED, {"folder": where}, at=at, by=by):
        made = backup.back_up(at=at, folder=folder, spare=_newest_proven(there, by=by), ours=_known(there, by=by))
    told = {
        "file": made.path.name, "folder": where, "made_at": _in_words(made.manifest.made_at), "bytes": made.bytes,
        "rows": made.manifest.rows, "seconds": round(made.seconds, 1),
    }  # fmt: skip
    _record(verb=BACKED_UP, new=told, at=at, by=by)
    return made


def prove(path: Path, *, at: datetime, by: Author, tell: Tell = lambda _: None) -> Proof:
    """That this backup would come back whole."""
    which = {"file": path.name, "folder": _where(path.parent)}
    with _told(PROOF_FAILED, which, at=at, by=by):
        proof = backup.prove(path, tell=tell)
    told = which | {
        "made_at": _in_words(proof.manifest.made_at), "rows": proof.manifest.rows, "seconds": round(proof.seconds, 1)
    }  # fmt: skip
    _record(verb=PROVEN, new=told, at=at, by=by)
    return proof


def to_be_proven(*, at: datetime, by: Author) -> Path | None:
    """The newest file of this night, while nothing is known of it, or only that a proof failed, which a second one may
    not; where there is none, or it failed again, another one is to be made."""
    newest = next(reversed(archive.all_in(settings.BACKUP_FOLDER)), None)
    if newest is None or (made := archive.made_at(newest)) < _night(at=at):
        return None
    told = [line.verb for line in _of_nights(since=made, by=by) if line.new.get("file") == newest.name]
    failed = told.count(PROOF_FAILED)
    return newest if failed < TRIES_OF_A_FILE and not {PROVEN, NOT_TRIED} & set(told) else None


def restore(path: Path, *, over: str, at: datetime, by: Author, tell: Tell = lambda _: None) -> Restored:
    """The backup lives; what is written down of it is written in what lives now."""
    done = backup.restore(path, over=over, at=at, tell=tell)
    told = {"file": path.name, "made_at": _in_words(done.proof.manifest.made_at)}
    _record(verb=RESTORED, new=told, at=at, by=by)
    return done


def is_due(what: str, *, at: datetime, by: Author) -> bool:
    """Whether it was not done since the last night began, though it did not fail too often; never before there is an
    organisation. A backup is done when one that was made since then, and lies where they are kept, was proven too, or
    nobody can try it here."""
    try:
        night = _night(at=at)
    except NotFound:
        return False
    if what == "examine":
        return not queries.since(subject=SUBJECT, verbs=[EXAMINED], at=night, by=by)
    told = _of_nights(since=night, by=by)
    tried = [archive.made_at(Path(str(line.new["file"]))) for line in told if line.verb in (PROVEN, NOT_TRIED)]
    failures = [line for line in told if line.verb in (BACKUP_FAILED, PROOF_FAILED) and line.via == "job"]
    return not any(made and made >= night for made in tried) and len(failures) < TRIES


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


def _night(*, at: datetime) -> datetime:
    """When the one began that is, or was last."""
    return next_night(at=at) - timedelta(days=1)


def _of_nights(*, since: datetime, by: Author) -> list[Line]:
    """What befell files in the folder of backups. What is made or tried elsewhere, by hand, is none of them."""
    told, here = queries.since(subject=SUBJECT, verbs=OF_FILES, at=since, by=by), _where(settings.BACKUP_FOLDER)
    return [line for line in told if line.new.get("folder") == here]


def _where(folder: Path) -> str:
    """However it is spelled."""
    return str(folder.resolve())


def _newest_proven(files: Sequence[Path], *, by: Author) -> set[str]:
    """Of these, unless its last proof failed."""
    told = _of_nights(since=archive.made_at(files[0]), by=by) if files else []
    verdicts = {line.new["file"]: line.verb for line in told if line.verb in (PROVEN, PROOF_FAILED)}
    return set([path.name for path in files if verdicts.get(path.name) == PROVEN][-1:])


def _known(files: Sequence[Path], *, by: Author) -> set[str]:
    """Those that this history tells of, wherever its database was: made from it, or what it was restored from."""
    made = archive.made_at(files[0]) if files else None
    told = queries.since(subject=SUBJECT, verbs=[BACKED_UP, RESTORED], at=made, by=by) if made else ()
    return {str(line.new["file"]) for line in told}


def _in_words(moment: datetime) -> str:
    """In UTC, so that it can be compared as it stands."""
    return moment.astimezone(UTC).isoformat()


@contextmanager
def _told(verb: str, what: dict[str, object], *, at: datetime, by: Author) -> Iterator[None]:
    """A failure is written down, too, and goes on its way. Of what cannot be tried here nobody failed."""
    try:
        yield
    except NotTried:
        _record(verb=NOT_TRIED, new=what, at=at, by=by)
        raise
    except Unkept as refusal:
        _record(verb=verb, new=what | {"why": refusal.said, "details": refusal.details}, at=at, by=by)
        raise
    except Exception as error:
        why = {"why": _("It broke off: {error}."), "details": {"error": _said(error)}}
        _record(verb=verb, new=what | why, at=at, by=by)
        raise


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".strip()[:MOST_SAID]


def _record(*, verb: str, new: Mapping[str, object], at: datetime, by: Author) -> None:
    history.record(verb=verb, subject=SUBJECT, new=new, at=at, by=by)
