"""Which row of which source became which object, so that the same file again adds nothing, and all of an import can be
found again. Objects are known by plain words and numbers; what they are is known above."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from django.db import transaction
from django.db.models import QuerySet

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.imports.models import ImportedRow, Run, State
from rollbook.foundation.copying import copy_in
from rollbook.foundation.references import free, parts

Ids = Collection[int] | QuerySet[Any, Any]
Stood = Mapping[str, Mapping[int, str]]
Shape = Mapping[str, Sequence[str]]


class Kept(Protocol):
    """A row that was added: its key in its source, what it said there in one word, and what it has become."""

    @property
    def key(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def id(self) -> int: ...


class Told(Protocol):
    """A row as its source tells it: a draft, or what became of one."""

    @property
    def key(self) -> str: ...
    @property
    def digest(self) -> str: ...


class _Became(NamedTuple):
    key: str
    digest: str
    id: int


@transaction.atomic
def remember(
    *,
    source: str,
    added: Mapping[str, Sequence[tuple[Told, int]]],
    started_at: datetime,
    finished_at: datetime,
    stood: Stood | None = None,
    shape: Shape | None = None,
    by: Actor,
) -> int:
    """Keep what was imported in one run that had no upload: which row of the source, by target, has become what.
    Returns the run."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    run = Run.objects.create(
        source=source, by_id=by.user_id, by_name=by.name, asked_at=started_at, started_at=started_at,
        finished_at=finished_at, state=State.DONE, shape=shape or {},
        added={target: len(rows) for target, rows in added.items() if rows},
    )
    rows = {target: [_Became(row.key, row.digest, pk) for row, pk in pairs] for target, pairs in added.items()}
    keep(run_id=run.pk, source=source, added=rows, stood=stood or {}, by=by)
    return run.pk


@transaction.atomic
def keep(*, run_id: int, source: str, added: Mapping[str, Iterable[Kept]], stood: Stood, by: Actor) -> None:
    """Keep what a run has added, by target; `stood` says how each object stood at its end, in one word."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    copy_in(
        ImportedRow, ("run", "source", "target", "key", "subject_id", "digest", "stood"),
        (
            (run_id, source, target, row.key, row.id, row.digest, stood.get(target, {}).get(row.id, ""))
            for target, rows in added.items()
            for row in rows
        ),
    )


def take_away(
    *,
    rows: QuerySet[Any],
    word: str,
    within: str = "",
    subject: str = "pk",
    kept_as: Mapping[str, object] | None = None,
    at: datetime,
    by: Actor,
) -> tuple[int, ...]:
    """Take rows of an import away again: those at which nothing points any more are deleted. The rest the ledger holds:
    they become what `kept_as` says. Returns the ids of these.

    `word` and `subject` name them in the history (client, client_id), `within` what they are shown in (group).
    Called by the action of the domain, which has asked for the right.
    """
    told = rows.order_by("pk").values_list("pk", subject, *([f"{within}_id"] if within else []))
    changes = {
        pk: history.Change(f"{word}:{key}", {}, within=f"{within}:{around[0]}" if around and around[0] else "")
        for pk, key, *around in told
    }
    # What points at another of them goes first, and sets it free. The database sees to it that nothing else does.
    while free(rows).exists():
        for part in parts(rows.model):
            part.model._base_manager.filter(**{f"{part.name}__in": free(rows)})._raw_delete("default")
        free(rows)._raw_delete("default")
    kept = tuple(rows.order_by("pk").values_list("pk", flat=True))
    if kept and kept_as is not None:
        rows.model._base_manager.filter(pk__in=kept).update(**kept_as)
    history.record_many(verb="import.undone", changes=list(changes.values()), at=at, by=by)
    return kept
