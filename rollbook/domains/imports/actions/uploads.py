from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import transaction
from django.db.models import Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.imports.actions.runs import RunsAlready
from rollbook.domains.imports.models import KnownHeader, Run, State, Upload
from rollbook.foundation.errors import NotFound

KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is taken in: read by which options, as what, which column means what, and into which branch."""

    options: Mapping[str, object]
    described: Mapping[str, object]
    kind: str
    columns: Mapping[str, str]
    """By column of the file what it is in Rollbook; what is not named is not taken."""
    branch_id: int | None
    duplicates: str = "join"
    certain: Mapping[str, int] = field(default_factory=dict)
    """By column how sure the recognition was, in per cent."""


@transaction.atomic
def add_upload(*, name: str, data: bytes, reading: Reading, at: datetime, by: Actor) -> int:
    """Keep a file that was sent, and how it seems to be meant; returns its id."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    upload = Upload(
        name=name, size=len(data), digest=sha256(data).hexdigest(), data=data, sent_at=at, sent_by_id=by.user_id,
        sent_by_name=by.name,
    )
    _set(upload, reading, by)
    upload.save()
    return upload.pk


@transaction.atomic
def change_upload(*, upload_id: int, reading: Reading, by: Actor) -> None:
    """Take it in another way; refused while it is taken in, and once it has been."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    upload = Upload.objects.defer("data").select_for_update().filter(pk=upload_id).first()
    if upload is None:
        raise NotFound
    done = Q(is_trial=False, state=State.DONE)
    if Run.objects.filter(done | Q(state__in=[State.WAITING, State.RUNNING]), upload=upload).exists():
        raise RunsAlready
    _set(upload, reading, by)
    upload.save(update_fields=["options", "described", "kind", "columns", "branch", "duplicates"])


def _set(upload: Upload, reading: Reading, by: Actor) -> None:
    if reading.branch_id is not None:
        Branch.objects.pick(by, Permission.SETTINGS_EDIT, reading.branch_id)
    upload.options, upload.described = dict(reading.options), {**reading.described, "certain": dict(reading.certain)}
    upload.kind, upload.columns = reading.kind, dict(reading.columns)
    upload.branch_id, upload.duplicates = reading.branch_id, reading.duplicates


@transaction.atomic
def know_header(*, fingerprint: str, reading: Reading, at: datetime, by: Actor) -> None:
    """The next file with this first line is offered the same."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    said = {
        "kind": reading.kind, "options": dict(reading.options), "columns": dict(reading.columns),
        "branch_id": reading.branch_id, "duplicates": reading.duplicates, "used_at": at,
    }
    KnownHeader.objects.update_or_create(fingerprint=fingerprint, defaults=said)


@transaction.atomic
def forget_files(*, at: datetime, by: Actor) -> int:
    """Files that were sent long ago are needed no more; what was done with them stays known. Returns how many."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    busy = Run.objects.filter(state__in=[State.WAITING, State.RUNNING], upload__isnull=False).values("upload")
    old = Upload.objects.filter(sent_at__lt=at - KEPT).exclude(data=None, described__isnull=True).exclude(pk__in=busy)
    return old.update(data=None, described=None)
