"""One file of a person is taken in: recognised, read line by line, joined to what stands, and told about.

The same rows, checks and load actions as the command's import (data_imported), but lines that are wrong are set aside,
and the rest is taken.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.access.queries import house
from rollbook.domains.imports import queries as imported
from rollbook.domains.imports.rules.kinds import KINDS, Column, FileKind
from rollbook.domains.imports.rules.recognising import Guess, Recognised, fingerprint, recognised, unmet
from rollbook.domains.imports.rules.usual import Habits
from rollbook.domains.schedule.actions import Overlap
from rollbook.foundation.errors import InvalidInput
from rollbook.foundation.periods import local
from rollbook.foundation.tables import apart, written
from rollbook.foundation.tables.apart import Described, Options
from rollbook.workflows.file_imported.standing import Here
from rollbook.workflows.file_imported.taking import Added, LineProblem, Taking, Tally

__all__ = [
    "KINDS", "Added", "Column", "FileKind", "Guess", "LineProblem", "Outcome", "Recognised", "error_file",
    "fingerprint", "recognise", "refuse_nonsense", "take_in",
]

DUPLICATES = ("join", "skip")
FORMS: Mapping[str, Callable[[Sequence[str], Iterable[Sequence[written.Value]]], bytes]] = {
    "xlsx": written.xlsx_file, "csv": written.csv_file,
}

Tell = Callable[[str, int, int], None]
Remember = Callable[[Mapping[str, Sequence[Added]]], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file. Of its `lines` so many were `taken` (something was added; `joined`: to what stands, or to an
    earlier line), `known` (all of it was here), `skipped` (left out as duplicates) and `broken` (see `problems`)."""

    lines: int
    taken: int
    joined: int
    known: int
    skipped: int
    added: Mapping[str, int]
    problems: tuple[LineProblem, ...]
    overlaps: tuple[Overlap, ...]
    rows: Mapping[str, tuple[Added, ...]]
    """What was added, by target, in the order in which it was made."""

    @property
    def broken(self) -> int:
        return len({problem.line for problem in self.problems})


def recognise(*, described: Described, kind: str = "", by: Actor) -> Recognised:
    """What a file seems to be, or which of its columns is which where it is of a given `kind`."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    if kind and kind not in KINDS:
        raise InvalidInput({"kind": _("Choose one of the list.")})
    rules = house()
    habits = Habits(rules.phone_region, local(timezone.now(), rules.time_zone).date())
    return recognised(described.columns, [line.cells for line in described.rows], habits=habits, kind=kind)


def refuse_nonsense(*, kind: str, columns: Mapping[str, str], branch_id: int | None, duplicates: str) -> int:
    """InvalidInput where a file cannot be taken in so, whatever stands in it; else the branch that was chosen."""
    if kind not in KINDS:
        raise InvalidInput({"kind": _("Choose what the file is about.")})
    fields = {}
    labels = {column.name: _(column.label) for column in KINDS[kind].columns}
    meant = [meaning for meaning in columns.values() if meaning]
    missing = [" / ".join(labels[name] for name in need) for need in unmet(KINDS[kind], meant)]
    twice = sorted({labels[meaning] for meaning in meant if meaning in labels and meant.count(meaning) > 1})
    if set(meant) - set(labels):
        fields["columns"] = _("Choose of the list.")
    elif missing:
        fields["columns"] = _("Say which column is: {names}.").format(names=", ".join(missing))
    elif twice:
        fields["columns"] = _("Chosen for more than one column: {names}.").format(names=", ".join(twice))
    if branch_id is None:
        fields["branch"] = _("Choose a branch.")
    if duplicates not in DUPLICATES:
        fields["duplicates"] = _("Choose of the list.")
    if branch_id is None or fields:
        raise InvalidInput(fields)
    return branch_id


@transaction.atomic
def take_in(
    *,
    name: str,
    file: bytes,
    options: Options,
    kind: str,
    columns: Mapping[str, str],
    branch_id: int | None,
    duplicates: str,
    dry_run: bool = False,
    source: str,
    remember: Remember,
    tell: Tell = lambda *_: None,
    at: datetime,
    by: Actor,
) -> Outcome:
    """Take a file of a `kind` into a branch; `columns` says by column of the file which declared one it is.

    Lines that are wrong are set aside and told; all others are taken, in one transaction. Who is here already (the same
    name with the same birth date or a phone in common, contacts by phone) gets what is missing and is not changed
    (`duplicates` "join"), or the line is left out ("skip"). What came from this `source` before is known. A `dry_run`
    does everything and takes it back. `remember` is given what was added, within the transaction.
    """
    by.must_everywhere(Permission.SETTINGS_EDIT)
    chosen = {name: declared for name, declared in columns.items() if declared}
    into = refuse_nonsense(kind=kind, columns=chosen, branch_id=branch_id, duplicates=duplicates)
    branch = Branch.objects.pick(by, Permission.SETTINGS_EDIT, into)
    tell("reading", 0, 0)
    with apart.read(name=name, data=file, options=options) as sheet:
        if strange := chosen.keys() - set(sheet.about.columns):
            raise InvalidInput({"columns": _("The file has no column {name}.").format(name=min(strange))})
        here = Here(
            branch_id=into, time_zone=branch.time_zone, rules=house(), today=local(at, branch.time_zone).date(),
            skip=duplicates == "skip", known=_known(source, by), by=by,
        )
        total = sheet.about.count
        taking = Taking(sheet=sheet, kind=KINDS[kind], columns=chosen, here=here, at=at)
        tally = taking.all(lambda done: tell("taking", done, max(done, total)))
    rows = {target: tuple(added) for target, added in tally.rows.items() if added}
    if rows and not dry_run:
        tell("writing", tally.lines, tally.lines)
        remember(rows)
    transaction.set_rollback(dry_run)
    return _outcome(tally, rows)


def error_file(
    *, name: str, file: bytes, options: Options, problems: Iterable[LineProblem], form: str = "xlsx", by: Actor
) -> bytes:
    """The lines that were set aside, as they stood, each with its number and what is wrong with it: to be put right
    and sent again."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    reasons: dict[int, list[str]] = defaultdict(list)
    for problem in problems:
        reasons[problem.line].append(problem.told(_))
    with apart.read(name=name, data=file, options=options) as sheet:
        width = len(sheet.about.columns)
        rows: Iterator[list[written.Value]] = (
            [*cells, *[""] * (width - len(cells)), line.line, " ".join(reasons[line.line])]
            for line in sheet if line.line in reasons
            for cells in [line.cells[:width]]
        )
        return FORMS[form]([*sheet.about.columns, _("Line"), _("What is wrong")], rows)


def _known(source: str, by: Actor) -> Mapping[str, dict[str, int]]:
    found = imported.known(source=source, by=by)
    return defaultdict(dict, {target: {key: row.id for key, row in rows.items()} for target, rows in found.items()})


def _outcome(tally: Tally, rows: Mapping[str, tuple[Added, ...]]) -> Outcome:
    return Outcome(
        tally.lines, tally.taken, tally.joined, tally.known, tally.skipped,
        {target: len(added) for target, added in rows.items()}, tuple(tally.problems), tuple(tally.overlaps), rows,
    )
