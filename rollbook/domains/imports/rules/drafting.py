"""From rows of texts, by a mapping, to rows that a domain can take."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, NamedTuple, TypeVar

from rollbook.domains.imports.rules.mapping import LayOut, Mapped, Section, Take
from rollbook.domains.imports.rules.values import Kind, Origin, Problem, Row, Terms, Unfit, kinds_of, required_of
from rollbook.foundation import tables
from rollbook.foundation.tables import N_, Cell, Table

R = TypeVar("R", bound=Row)

MAX_KEY = 90
_COLUMN = re.compile(r"\{([^{}]+)\}")
_MINUTES = re.compile(r"[0-9]{1,3}", re.ASCII)


class Ref(NamedTuple):
    """A row of another target, by its key in the source."""

    target: str
    key: str


class Known(NamedTuple):
    """What a row became that was imported before, and what it said then."""

    id: int
    digest: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A row with all its values read; only its references are not ids yet."""

    target: str
    key: str
    origin: Origin
    values: Mapping[str, object]

    @property
    def digest(self) -> str:
        """The same for the same values, in whatever run."""
        return blake2b(repr(sorted(self.values.items())).encode(), digest_size=16).hexdigest()

    def refs(self) -> Iterator[tuple[str, Ref]]:
        for name, value in self.values.items():
            for part in value if isinstance(value, tuple) and not isinstance(value, Ref) else (value,):
                if isinstance(part, Ref):
                    yield name, part


@dataclass(frozen=True, slots=True)
class Drafted:
    """What there is to add, by target; what was imported before, and what of that says something else by now."""

    new: Mapping[str, tuple[Draft, ...]]
    unchanged: int
    changed: tuple[Draft, ...]
    problems: tuple[Problem, ...]


def drafted(
    mapped: Mapped,
    files: Mapping[str, Table],
    *,
    targets: Mapping[str, type[Row]],
    known: Mapping[str, Mapping[str, Known]],
    terms: Terms,
) -> Drafted:
    """The rows of all files, read by a mapping. Rows that are wrong are told in `problems`, each with its line."""
    problems = [
        Problem(Origin(name, fault.line, fault.number), "", fault.reason, dict(fault.values))
        for name, table in files.items() for fault in table.faults
    ]
    drafts: dict[Ref, Draft] = {}
    broken: set[Ref] = set()
    for section in mapped.sections:
        reading = _Reading(section, targets[section.target], terms, problems)
        for found in reading.drafts(files.get(section.file)):
            if isinstance(found, Ref):
                broken.add(found)
            elif reading.is_first(found, drafts):
                drafts[Ref(found.target, found.key)] = found
    problems += _dangling(drafts, known, broken)
    new: dict[str, list[Draft]] = {target: [] for target in targets}
    changed = []
    for draft in drafts.values():
        before = known.get(draft.target, {}).get(draft.key)
        if before is None:
            new[draft.target].append(draft)
        elif before.digest != draft.digest:
            changed.append(draft)
    count = len(drafts) - sum(map(len, new.values())) - len(changed)
    return Drafted({target: tuple(rows) for target, rows in new.items()}, count, tuple(changed), tuple(problems))


def resolved(drafts: Iterable[Draft], row: type[R], *, ids: Mapping[str, Mapping[str, int]]) -> tuple[R, ...]:
    """The rows themselves: each reference is an id by now."""
    return tuple(
        row(key=draft.key, origin=draft.origin, **{name: _id(value, ids) for name, value in draft.values.items()})
        for draft in drafts
    )


def _id(value: Any, ids: Mapping[str, Mapping[str, int]]) -> object:
    if isinstance(value, Ref):
        return ids[value.target][value.key]
    if isinstance(value, tuple):
        return tuple(_id(part, ids) for part in value)
    return value


def _dangling(
    drafts: Mapping[Ref, Draft], known: Mapping[str, Mapping[str, Known]], broken: set[Ref]
) -> Iterator[Problem]:
    """References to nothing. What points at a row that is wrong itself is not told again."""
    for draft in drafts.values():
        for name, ref in draft.refs():
            if ref not in drafts and ref.key not in known.get(ref.target, {}) and ref not in broken:
                told: dict[str, object] = {"target": ref.target, "key": ref.key[:60]}
                yield Problem(draft.origin, name, N_("There are no {target} with the key {key}."), told)


class _Reading:
    """One section of the mapping, applied to its file; what is wrong goes to `problems`."""

    def __init__(self, section: Section, row: type[Row], terms: Terms, problems: list[Problem]) -> None:
        self._section, self._problems = section, problems
        self._kinds, self._required = kinds_of(row), required_of(row)
        self._terms = {name: terms._replace(format=take.format) for name, take in section.fields.items()}

    def drafts(self, table: Table | None) -> Iterator[Draft | Ref]:
        """The rows that make sense, and references to those that do not."""
        section = self._section
        if section.given:
            rows: Iterable[tables.Row] = [tables.Row(number, row) for number, row in enumerate(section.given, 1)]
        elif table is not None and self._has_columns(table):
            rows = table.rows
        else:
            return
        meant = (part for row in rows if self._is_meant(row) for part in self._each(row))
        yield from map(self._draft, self._laid_out(meant))

    def is_first(self, draft: Draft, drafts: Mapping[Ref, Draft]) -> bool:
        first = drafts.get(Ref(draft.target, draft.key))
        if first is None:
            return True
        if not (self._section.distinct and first.values == draft.values):
            self._say(
                draft.origin, "key", N_("The key {key} stands in {place} already."),
                key=draft.key[:60], place=first.origin.place,
            )
        return False

    def _draft(self, row: tables.Row) -> Draft | Ref:
        section, origin = self._section, self._origin(row)
        key = _filled(section.key, row.cells)
        if not key or len(key) > MAX_KEY:
            self._say(origin, "key", N_("A key has 1 to {limit} signs."), limit=MAX_KEY)
            return Ref(section.target, key)
        values, before = {}, len(self._problems)
        for name, take in section.fields.items():
            try:
                if (value := self._value(name, take, row.cells)) is not None:
                    values[name] = value
            except Unfit as unfit:
                self._say(origin, name, unfit.reason, **unfit.values)
        return Ref(section.target, key) if len(self._problems) > before else Draft(section.target, key, origin, values)

    def _value(self, name: str, take: Take, cells: Mapping[str, Cell]) -> object:
        """None where nothing is said and nothing need be."""
        kind = self._kinds[name]
        told = _taken(take, cells)
        texts = (told,) if isinstance(told, str) else told
        parts = [part for text in texts if (part := text.strip())]
        if not parts:
            if name in self._required:
                raise Unfit(N_("Nothing is said here."))
            return None
        if not kind.many:
            if len(parts) > 1:
                raise Unfit(N_("One value is expected, not a list."))
            return _read(kind, parts[0], self._terms[name])
        return tuple(_read(kind, part, self._terms[name]) for part in parts)

    def _has_columns(self, table: Table) -> bool:
        section = self._section
        made = set(section.lay_out.into) if section.lay_out else set()
        if missing := sorted(_columns_of(section) - table.columns - made):
            if table.rows or not table.faults:
                self._say(Origin(section.file, 1), ", ".join(missing), N_("There is no such column."))
            return False
        return True

    def _is_meant(self, row: tables.Row) -> bool:
        return all(row.cells.get(column, "") in texts for column, texts in self._section.only.items()) and not any(
            row.cells.get(column, "") in texts for column, texts in self._section.unless.items()
        )

    def _each(self, row: tables.Row) -> Iterator[tables.Row]:
        """A row for each element of a list, where the section says so."""
        if not (column := self._section.each):
            yield row
            return
        told = row.cells.get(column, "")
        for part in (told,) if isinstance(told, str) else told:
            yield row._replace(cells={**row.cells, column: part})

    def _laid_out(self, rows: Iterable[tables.Row]) -> Iterator[tables.Row]:
        if (plan := self._section.lay_out) is None:
            yield from rows
            return
        ends: dict[tuple[Cell, ...], int] = {}
        for row in rows:
            told = row.cells.get(plan.minutes, "")
            group = tuple(row.cells.get(column, "") for column in plan.each)
            since = ends.get(group, plan.start.hour * 60 + plan.start.minute)
            until = since + (int(told) if isinstance(told, str) and _MINUTES.fullmatch(told) else 0)
            if since == until or until >= 24 * 60:
                self._say(self._origin(row), plan.minutes, N_("There is no room for it in the day."))
                continue
            ends[group] = until
            yield row._replace(cells={**row.cells, **_clocks(plan, since, until)})

    def _origin(self, row: tables.Row) -> Origin:
        return Origin(self._section.file or "mapping", row.line, row.number)

    def _say(self, origin: Origin, field: str, reason: str, **values: object) -> None:
        self._problems.append(Problem(origin, field, reason, values))


def _clocks(plan: LayOut, since: int, until: int) -> dict[str, Cell]:
    first, last = (f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (since, until))
    return {plan.into[0]: first, plan.into[1]: last}


def _read(kind: Kind, told: str, terms: Terms) -> object:
    value = kind.read(told, terms)
    return Ref(kind.target, told) if kind.target else value


def _taken(take: Take, cells: Mapping[str, Cell]) -> Cell:
    """The text or texts of a field, after all that the mapping says is to be done with it."""
    if take.is_plain:
        return cells.get(take.column, "")
    if take.value is not None:
        told = take.value
    else:
        told = _filled(take.template, cells) if take.template else cells.get(take.column, "")
    if take.split and isinstance(told, str):
        parts = told.split(take.split if take.split != " " else None)
        told = _part(parts, take) if take.part else tuple(parts)
    if take.map or take.otherwise is not None:
        return _mapped(take, told) if isinstance(told, str) else tuple(_mapped(take, part) for part in told)
    return told


def _part(parts: list[str], take: Take) -> str:
    if take.part.endswith(".."):
        return take.split.join(parts[int(take.part[:-2]) - 1 :])
    place = int(take.part)
    place -= place > 0
    return parts[place] if -len(parts) <= place < len(parts) else ""


def _mapped(take: Take, told: str) -> str:
    if told in take.map:
        return take.map[told]
    if take.otherwise is not None:
        return take.otherwise
    if not told:
        return ""
    raise Unfit(N_("{told} is none of {values}."), told=told, values=", ".join(take.map))


def _filled(template: str, cells: Mapping[str, Cell]) -> str:
    """The template with its columns; blank where it has columns and all of them are blank."""
    columns = _COLUMN.findall(template)
    told = {column: _joined(cells.get(column, "")) for column in columns}
    if columns and not any(told.values()):
        return ""
    return _COLUMN.sub(lambda found: told[found[1]], template)


def _joined(cell: Cell) -> str:
    return cell.strip() if isinstance(cell, str) else ", ".join(cell)


def _columns_of(section: Section) -> set[str]:
    """The columns that a section reads."""
    found = {*section.only, *section.unless, *_COLUMN.findall(section.key)}
    if section.each:
        found.add(section.each)
    if section.lay_out:
        found |= {*section.lay_out.each, section.lay_out.minutes}
    for take in section.fields.values():
        found |= {take.column} if take.column else set(_COLUMN.findall(take.template))
    return found
