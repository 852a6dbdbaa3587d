"""A file was sent to be taken in: what it seems to be, what the person says it is, and the order to take it in."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.imports import actions as imports
from rollbook.domains.imports import queries as imported
from rollbook.domains.imports.actions import ChosenOtherwise, NoFile, Reading
from rollbook.domains.imports.models import KnownHeader
from rollbook.domains.imports.queries import UploadCard
from rollbook.foundation.errors import Declined, NotFound
from rollbook.foundation.tables import apart
from rollbook.foundation.tables.apart import Described, Options
from rollbook.workflows import file_imported


def send(*, name: str, data: bytes, at: datetime, by: Actor) -> int:
    """Keep a file that was sent, with what is recognised in it; returns the upload. A file whose first line is known is
    taken as the last one was, if it can be. Declined where it is no table."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    described = apart.describe(name=name, data=data)
    first = file_imported.fingerprint(described.columns)
    known = imported.header(fingerprint=first, by=by)
    reading = (known and _as_last_time(known, name, data, described, by)) or _recognised(
        described, Options(), "", _branch(None, by), "join", first, by
    )
    return imports.add_upload(name=name, data=data, reading=reading, at=at, by=by)


def _as_last_time(known: KnownHeader, name: str, data: bytes, described: Described, by: Actor) -> Reading | None:
    """None where the file cannot be read so: its sheet has another name, or none of the columns is there."""
    first, options = file_imported.fingerprint(described.columns), Options(**known.options)
    if options != Options():
        try:
            described = apart.describe(name=name, data=data, options=options)
        except Declined:
            return None
    columns = _there(known.columns, described)
    return Reading(
        known.options, _plain(described, first), known.kind, columns, _branch(known.branch_id, by), known.duplicates,
        dict.fromkeys(columns, 100),
    ) if columns else None


def read_again(
    *, upload_id: int, options: Options, kind: str, branch_id: int | None, duplicates: str, by: Actor
) -> None:
    """Read a file by other options, or as something else; what its columns mean is recognised anew."""
    standing = imported.upload(upload_id=upload_id, by=by)
    if standing.described is None:
        raise NoFile
    data = imported.content(upload_id=upload_id, by=by)
    described = apart.describe(name=standing.name, data=data, options=options)
    reading = _recognised(described, options, kind, branch_id, duplicates, standing.described["first"], by)
    imports.change_upload(upload_id=upload_id, reading=reading, by=by)


def choose(
    *, upload_id: int, columns: Mapping[str, str], branch_id: int | None, duplicates: str, by: Actor
) -> None:
    """Say which column means what, where all of it goes, and what becomes of those who are here already."""
    standing = imported.upload(upload_id=upload_id, by=by)
    if standing.described is None:
        raise NoFile
    file_imported.refuse_nonsense(
        kind=standing.kind, columns=columns, branch_id=branch_id, duplicates=duplicates
    )
    reading = Reading(
        standing.options, standing.described, standing.kind, columns, branch_id, duplicates,
        dict.fromkeys(columns, 100),
    )
    imports.change_upload(upload_id=upload_id, reading=reading, by=by)


@transaction.atomic
def order(*, upload_id: int, is_trial: bool, at: datetime, by: Actor) -> int:
    """Have a file taken in as it was said; returns the run, which a worker carries out. The same twice is one run."""
    upload = imported.upload(upload_id=upload_id, by=by)
    if upload.described is None:
        raise NoFile
    file_imported.refuse_nonsense(
        kind=upload.kind, columns=upload.columns, branch_id=upload.branch_id, duplicates=upload.duplicates
    )
    if not is_trial:
        reading = Reading(
            upload.options, {}, upload.kind, upload.columns, upload.branch_id, upload.duplicates
        )
        for header in {upload.described["first"], file_imported.fingerprint(upload.described["columns"])}:
            imports.know_header(fingerprint=header, reading=reading, at=at, by=by)
    return imports.ask(upload_id=upload_id, is_trial=is_trial, at=at, by=by)


def order_tried(*, run_id: int, at: datetime, by: Actor) -> int:
    """Have taken in what a trial has tried; returns the run. ChosenOtherwise where the file is meant otherwise now."""
    return order(upload_id=as_read(run_id=run_id, by=by).upload_id, is_trial=False, at=at, by=by)


def as_read(*, run_id: int, by: Actor) -> UploadCard:
    """The file of a run, to be read as the run has read it: ChosenOtherwise where it would not be any more."""
    run = imported.run(run_id=run_id, by=by)
    if run.upload_id is None:
        raise NotFound
    upload = imported.upload(upload_id=run.upload_id, by=by)
    if run.result.get("reading", upload.reading) != upload.reading:
        raise ChosenOtherwise
    return upload


def _recognised(
    described: Described, options: Options, kind: str, branch_id: int | None, duplicates: str, first: str, by: Actor
) -> Reading:
    found = file_imported.recognise(described=described, kind=kind, by=by)
    guesses = {column: guess for column, guess in found.columns.items() if guess.column}
    return Reading(
        asdict(options), _plain(described, first), found.kind,
        {column: guess.column for column, guess in guesses.items()}, branch_id, duplicates,
        {column: guess.certainty for column, guess in guesses.items()},
    )


def _plain(described: Described, first: str) -> dict[str, Any]:
    """As JSON keeps it; `first` is the first line as it was read when nobody had said how."""
    rows = [{"line": row.line, "cells": list(row.cells)} for row in described.rows]
    faults = [{"line": f.line, "reason": f.reason, "values": dict(f.values)} for f in described.faults]
    return {**asdict(described), "rows": rows, "faults": faults, "first": first}


def _there(columns: Mapping[str, str], described: Described) -> dict[str, str]:
    return {column: meaning for column, meaning in columns.items() if column in described.columns}


def _branch(wanted: int | None, by: Actor) -> int | None:
    """The one of the last time, if it still works; else the only one."""
    ids = list(
        Branch.objects.visible_to(by, Permission.SETTINGS_EDIT).filter(archived_at=None).values_list("pk", flat=True)
    )
    return wanted if wanted in ids else ids[0] if len(ids) == 1 else None
