from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.imports.models import ImportedRow, Run
from rollbook.domains.imports.rules import Draft, Problem
from rollbook.foundation.errors import Refused


class NotImported(Refused):
    """Something in the files makes no sense, so nothing of them was taken; `problems` says what, by line."""

    sentence = _("Nothing was imported: please correct what is named.")

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = tuple(problems)


def refuse(problems: Sequence[Problem]) -> None:
    """NotImported, where there are any."""
    if problems:
        raise NotImported(problems)


@transaction.atomic
def remember(
    *,
    source: str,
    added: Mapping[str, Sequence[tuple[Draft, int]]],
    started_at: datetime,
    finished_at: datetime,
    by: Actor,
) -> int:
    """Keep what was imported in one run: which row of the source, by target, has become what. Returns the run."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    run = Run.objects.create(
        source=source, by_name=by.name, started_at=started_at, finished_at=finished_at,
        added={target: len(rows) for target, rows in added.items() if rows},
    )
    ImportedRow.objects.bulk_create(
        (
            ImportedRow(
                run=run, source=source, target=target, key=draft.key, subject_id=subject_id, digest=draft.digest
            )
            for target, rows in added.items()
            for draft, subject_id in rows
        ),
        batch_size=5000,
    )
    return run.pk
