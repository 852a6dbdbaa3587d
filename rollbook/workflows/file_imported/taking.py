"""A file of one kind, line by line: what can be read is resolved, drafted and loaded as the command's files are, some
thousand lines at a time; what is refused is set aside, and the rest tried again."""

import gc
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from rollbook.domains.imports import actions as imports
from rollbook.domains.imports.rules import Mapped, Origin, Problem, Terms, drafted
from rollbook.domains.imports.rules.kinds import FILE, FileKind
from rollbook.domains.imports.rules.usual import Habits, month_first
from rollbook.domains.imports.rules.values import Unfit
from rollbook.domains.schedule.actions import Overlap
from rollbook.foundation import tables
from rollbook.foundation.tables import N_, Cell, Fault, Table
from rollbook.foundation.tables.apart import Sheet
from rollbook.foundation.tables.written import meant
from rollbook.workflows.data_imported import TARGETS, Run
from rollbook.workflows.file_imported.lines import LINES, PAYMENTS, Lines
from rollbook.workflows.file_imported.standing import Aside, Duplicate, Here, Refs

# So many lines are in memory at once, and are tried anew where some of them are refused.
CHUNK = 1_000
ROUNDS = 12
# So often a line that an earlier one stands in the way of waits whether that one is taken at all.
PATIENCE = 4
# Where more is wrong, the file is not what it is taken for, or nobody would look it all through.
MOST_PROBLEMS = 10_000
FIRST_PROBLEMS = 200


class Added(NamedTuple):
    """A row that was added: its key in the file, what it said there in one word, and what it has become."""

    key: str
    digest: str
    id: int


class LineProblem(NamedTuple):
    """Why a line was set aside: the column of the file, and a sentence in which `{...}` stand for `values`."""

    line: int
    column: str
    reason: str
    values: Mapping[str, str | int]

    def told(self, translate: Callable[[str], str]) -> str:
        sentence = translate(self.reason).format(**self.values)
        return f"{self.column}: {sentence}" if self.column else sentence


class Tally:
    """What came of the lines so far."""

    def __init__(self) -> None:
        self.lines = self.taken = self.joined = self.known = self.skipped = 0
        self.problems: list[LineProblem] = []
        self.overlaps: list[Overlap] = []
        self.rows: dict[str, list[Added]] = defaultdict(list)


class _Read(NamedTuple):
    line: int
    cells: Mapping[str, Cell]


class Taking:
    def __init__(self, *, sheet: Sheet, kind: FileKind, columns: Mapping[str, str], here: Here, at: datetime) -> None:
        self._sheet, self._kind, self._here, self._at = sheet, kind, here, at
        place = {name: number for number, name in enumerate(sheet.about.columns)}
        self._chosen = {place[name]: (name, kind.column(declared)) for name, declared in columns.items()}
        self._heading = {declared: name for name, declared in columns.items()}
        self._mapped = Mapped({}, {}, kind.sections)
        self._columns = _columns_of(kind)
        self._lines: Lines = LINES[kind.name](here, self._heading)
        self._habits = self._column_habits()
        self.tally = Tally()

    def all(self, tell: Callable[[int], None]) -> Tally:
        """Take in all lines; `tell` hears how many are done."""
        lines = iter(self._sheet)
        with _undisturbed():
            while chunk := list(islice(lines, CHUNK)):
                gc.freeze()
                self.tally.lines += len(chunk)
                self._take([read for line in chunk if (read := self._read(line))])
                tell(self.tally.lines)
        self.tally.problems.sort(key=lambda problem: problem.line)
        return self.tally

    def _column_habits(self) -> dict[int, Habits]:
        """What is decided by a column as a whole: whether its days have the month in front."""
        habits = Habits(self._here.rules.phone_region, self._here.today)
        days = [place for place, (_, column) in self._chosen.items() if column.reading.shape == "day"]
        told = {place: month_first(self._texts(place)) for place in days}
        return {place: habits._replace(month_first=told.get(place, False)) for place in self._chosen}

    def _texts(self, place: int) -> Iterator[str]:
        return (line.cells[place] for line in self._sheet if not isinstance(line, Fault))

    def _read(self, line: tables.Line | Fault) -> _Read | None:
        """The texts of a line by declared column, in the one form that the sections read; None where it has none."""
        if isinstance(line, Fault):
            self._set_aside(line.line, "", line.reason, dict(line.values))
            return None
        cells: dict[str, Cell] = {}
        wrong = False
        for place, (_, column) in self._chosen.items():
            text = meant(line.cells[place]).strip()
            try:
                if text:
                    cells[column.name] = column.reading.read(text, self._habits[place])
                elif column.required:
                    raise Unfit(N_("Nothing is said here."))
            except Unfit as unfit:
                self._set_aside(line.line, column.name, unfit.reason, unfit.values)
                wrong = True
        if not wrong and (missing := self._missing(cells)):
            self._set_aside(line.line, missing, N_("Nothing is said here."), {})
            wrong = True
        return None if wrong else _Read(line.line, cells)

    def _missing(self, cells: Mapping[str, Cell]) -> str:
        return next((need[0] for need in self._kind.needs if not any(cells.get(name) for name in need)), "")

    def _take(self, lines: Sequence[_Read]) -> None:
        """Make and load the rows of these lines; those that are refused are set aside, and the rest begins again."""
        self._lines.prepare([line.cells for line in lines])
        for tries in range(ROUNDS):
            made = self._made(lines)
            refused = self._load(made)
            told = {line.line: line.cells for line in lines}
            for problem in refused:
                declared = self._declared(problem, told.get(problem.origin.line, {}))
                self._set_aside(problem.origin.line, declared, problem.reason, problem.values)
            broken = {problem.origin.line for problem in refused}
            if not refused or tries >= PATIENCE:
                for number, aside in made.asides.items():
                    self._set_aside(number, aside.column, aside.reason, aside.values)
                broken |= made.asides.keys()
            if not refused:
                return
            lines = [line for line in lines if line.line not in broken]
        first = Origin(FILE, lines[0].line if lines else 1)
        raise imports.NotImported([Problem(first, "", N_("Too many lines stand in each other's way."), {})])

    def _made(self, lines: Sequence[_Read]) -> "_Made":
        """What is made of these lines, if all of it can be loaded."""
        self._lines.forget()
        rows: list[tables.Row] = []
        joined: set[int] = set()
        asides: dict[int, Aside] = {}
        skipped = 0
        for line in lines:
            try:
                found = self._lines.make(line.cells)
            except Aside as aside:
                asides[line.line] = aside
            except Duplicate:
                skipped += 1
            else:
                rows.append(tables.Row(line.line, found.cells))
                joined |= {line.line} if found.joined else set()
        return _Made(rows, joined, asides, skipped)

    def _load(self, made: "_Made") -> Sequence[Problem]:
        """Draft and load; what is refused, and then nothing was done."""
        table = Table(self._columns, tuple(made.rows), ())
        terms = Terms(self._here.rules.phone_region, self._here.today)
        standing: Any = {target: Refs() for target in TARGETS}
        found = drafted(self._mapped, {FILE: table}, targets=TARGETS, known=standing, terms=terms)
        if found.problems:
            return found.problems
        run = Run(PAYMENTS, self._here.branch_id, self._here.rules, self._at, self._here.by, standing)
        try:
            run.take(found.new)
        except imports.NotImported as refused:
            if any(problem.origin.file != FILE for problem in refused.problems):
                raise
            return refused.problems
        self._count(made, run)
        return ()

    def _count(self, made: "_Made", run: Run) -> None:
        tally = self.tally
        new = {draft.origin.line for rows in run.added.values() for draft, _ in rows}
        tally.taken += len(new)
        tally.joined += len(new & made.joined)
        tally.known += len(made.rows) - len(new)
        tally.skipped += made.skipped
        tally.overlaps += run.overlaps
        for target, rows in run.added.items():
            tally.rows[target] += (Added(draft.key, draft.digest, pk) for draft, pk in rows)
        self._lines.settle({target: {draft.key: pk for draft, pk in rows} for target, rows in run.added.items()})

    def _set_aside(self, line: int, declared: str, reason: str, values: Mapping[str, object]) -> None:
        plain = {name: told if isinstance(told, int) else str(told) for name, told in values.items()}
        self.tally.problems.append(LineProblem(line, self._heading.get(declared, ""), reason, plain))
        if len(self.tally.problems) > MOST_PROBLEMS:
            first = sorted(self.tally.problems, key=lambda problem: problem.line)[:FIRST_PROBLEMS]
            raise imports.TooManyWrong(
                Problem(Origin(FILE, each.line), each.column, each.reason, {**each.values}) for each in first
            )

    def _declared(self, problem: Problem, cells: Mapping[str, Cell]) -> str:
        """The chosen column that the field of a row is read from; of several that which says what is wrong."""
        read = [
            take.column for section in self._kind.sections for name, take in section.fields.items()
            if name == problem.field
        ]
        origins = [name for cell in read or [problem.field] for name in (cell, *self._kind.made.get(cell, ()))]
        chosen = [name for name in origins if name in self._heading]
        told = problem.values.get("told", "")
        return next((name for name in chosen if told and cells.get(name) == told), [*chosen, ""][0])


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Whatever is frozen inside, is not searched for garbage with every thousand lines: a fifth of the time."""
    try:
        yield
    finally:
        gc.unfreeze()


class _Made(NamedTuple):
    rows: list[tables.Row]
    joined: set[int]
    asides: dict[int, Aside]
    skipped: int


def _columns_of(kind: FileKind) -> frozenset[str]:
    """All cells that the sections of a kind may read; what is not there is blank."""
    read = {take.column for section in kind.sections for take in section.fields.values()}
    keys = {name for section in kind.sections for name in (*section.only, section.each) if name}
    return frozenset({column.name for column in kind.columns} | set(kind.made) | read | keys)


