import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.imports.models import ImportedRow, KnownHeader, Run, State, Upload
from rollbook.domains.imports.rules import Known
from rollbook.domains.imports.rules.usual import digest
from rollbook.foundation.errors import NotFound


def known(*, source: str, by: Actor) -> Mapping[str, Mapping[str, Known]]:
    """What was imported from this source before, by target and key there."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    found: dict[str, dict[str, Known]] = defaultdict(dict)
    rows = ImportedRow.objects.filter(source=source).values_list("target", "key", "subject_id", "digest")
    for target, key, subject_id, said in rows.iterator(chunk_size=10_000):
        found[target][key] = Known(subject_id, said)
    return found


def numbered(*, target: str, keys: Collection[str], by: Actor) -> Mapping[str, set[int]]:
    """What has become of rows with these keys, in whatever file of a person they stood."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    found: dict[str, set[int]] = defaultdict(set)
    rows = ImportedRow.objects.filter(target=target, key__in=keys, source__startswith="file-")
    for key, pk in rows.values_list("key", "subject_id"):
        found[key] |= {pk}
    return found


def rows_of(*, run_id: int, by: Actor) -> Mapping[str, QuerySet[ImportedRow, Any]]:
    """What a run has added, by target: the ids of the objects, as a set that the database keeps."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    rows = ImportedRow.objects.filter(run=run_id)
    targets = rows.order_by().values_list("target", flat=True).distinct()
    return {target: rows.filter(target=target).values("subject_id") for target in targets}


def stood(*, run_id: int, target: str, by: Actor) -> Mapping[int, str]:
    """How each object that a run has added stood at its end, in one word."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    return dict(ImportedRow.objects.filter(run=run_id, target=target).values_list("subject_id", "stood"))


@dataclass(frozen=True, slots=True)
class UploadCard:
    upload_id: int
    name: str
    size: int
    digest: str
    sent_at: datetime
    sent_by: str
    options: Mapping[str, Any]
    described: Mapping[str, Any] | None
    """None where the file has been forgotten."""
    kind: str
    columns: Mapping[str, str]
    branch_id: int | None
    duplicates: str

    @property
    def reading(self) -> str:
        """How it is taken in, in one word: the same until somebody chooses otherwise."""
        told = [self.options, self.kind, self.columns, self.branch_id, self.duplicates]
        return digest(json.dumps(told, sort_keys=True))


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that waits to be taken in, as a list names it."""

    upload_id: int
    name: str
    sent_at: datetime
    sent_by: str


@dataclass(frozen=True, slots=True)
class RunCard:
    run_id: int
    source: str
    upload_id: int | None
    file: str
    """The name of the file; empty where a command took files in."""
    kind: str
    is_trial: bool
    state: State
    by_id: int | None
    by_name: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    stage: str
    done: int
    total: int
    added: Mapping[str, int]
    result: Mapping[str, Any]
    trouble: str
    undone_at: datetime | None
    undone_by: str
    may_be_undone: bool
    has_file: bool


def upload(*, upload_id: int, by: Actor) -> UploadCard:
    by.must_everywhere(Permission.SETTINGS_EDIT)
    row = Upload.objects.defer("data").filter(pk=upload_id).first()
    if row is None:
        raise NotFound
    return UploadCard(
        row.pk, row.name, row.size, row.digest, row.sent_at, row.sent_by_name, row.options, row.described, row.kind,
        row.columns, row.branch_id, row.duplicates,
    )


def content(*, upload_id: int, by: Actor) -> bytes:
    """The file itself; NotFound where it has been forgotten."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    data = Upload.objects.filter(pk=upload_id).values_list("data", flat=True).first()
    if data is None:
        raise NotFound
    return bytes(data)


def uploads_without_import(*, by: Actor, limit: int) -> Sequence[Sent]:
    """Files that were sent and wait to be taken in, newest first."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    taken = Run.objects.filter(upload__isnull=False, is_trial=False).values("upload")
    rows = Upload.objects.exclude(pk__in=taken).filter(described__isnull=False).order_by("-pk")
    return [Sent(*row) for row in rows.values_list("pk", "name", "sent_at", "sent_by_name")[:limit]]


def header(*, fingerprint: str, by: Actor) -> KnownHeader | None:
    """How a file with this first line was taken in the last time."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    return KnownHeader.objects.filter(fingerprint=fingerprint).first()


def run(*, run_id: int, by: Actor) -> RunCard:
    by.must_everywhere(Permission.SETTINGS_EDIT)
    found = _cards(Run.objects.filter(pk=run_id))
    if not found:
        raise NotFound
    return found[0]


def runs(*, before: int | None = None, limit: int, by: Actor) -> Sequence[RunCard]:
    """Imports, trials left out, newest first: those before the one of this id."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    rows = Run.objects.filter(is_trial=False)
    return _cards((rows.filter(pk__lt=before) if before else rows).order_by("-pk")[:limit])


def runs_of(*, digest: str, by: Actor) -> Sequence[RunCard]:
    """Imports of this very content that stand, newest first."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    return _cards(Run.objects.filter(upload__digest=digest, is_trial=False, state=State.DONE).order_by("-pk")[:5])


def latest_run(*, upload_id: int, by: Actor) -> RunCard | None:
    """What was last done with a file, or is being done."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    return next(iter(_cards(Run.objects.filter(upload=upload_id).order_by("-pk")[:1])), None)


def problems(*, run_id: int, by: Actor) -> Sequence[Mapping[str, Any]]:
    """What was wrong, in the order of the lines."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    found = Run.objects.filter(pk=run_id).values_list("problems", flat=True).first()
    if found is None:
        raise NotFound
    return tuple(found)


def _cards(rows: QuerySet[Run]) -> list[RunCard]:
    """Of the file only what a list says of it: what it looks like may be large."""
    known = rows.defer("problems").annotate(
        file=Coalesce("upload__name", Value("")), kind=Coalesce("upload__kind", Value("")),
        has_file=Q(upload__described__isnull=False),
    )
    return [
        RunCard(
            run.pk, run.source, run.upload_id, run.file, run.kind, run.is_trial, State(run.state), run.by_id,
            run.by_name, run.asked_at, run.started_at, run.finished_at, run.stage, run.done, run.total, run.added,
            run.result, run.trouble, run.undone_at, run.undone_by_name,
            may_be_undone=run.state == State.DONE and not run.is_trial and bool(run.shape or not run.added),
            has_file=run.has_file,
        )
        for run in known
    ]
