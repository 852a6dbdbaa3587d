"""The mapping: which column of which file becomes which field, as a school writes it down in TOML."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Any, NamedTuple

from rollbook.domains.imports.rules.values import Origin, Problem, Row, kinds_of, required_of
from rollbook.foundation.tables import ENCODINGS, N_, SEPARATORS, Cell
from rollbook.foundation.texts import clean_line

MAX_LENGTH = 200_000
_FILE = re.compile(r"[\w][\w .-]{0,99}")
_PART = re.compile(r"-?[1-9]|[1-9]\.\.")
_ORGANISATION = {
    "name": str, "currency": str, "time_zone": str, "phone_region": str, "language": str, "branch": str,
    "missed_may_be_worked_off": bool, "make_up_days": int,
}
_OBLIGATORY = {"name", "currency", "time_zone", "phone_region", "language", "branch"}


class Format(NamedTuple):
    """How a file is written, where that cannot be told from it."""

    encoding: str | None = None
    separator: str | None = None
    header: int = 1


@dataclass(frozen=True, slots=True)
class Take:
    """Where the text of a field comes from (a column, a text with columns in braces, or the same for all rows), and
    what is done with it, in this order: split, part, map."""

    column: str = ""
    template: str = ""
    value: Cell | None = None
    split: str = ""
    part: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    otherwise: str | None = None
    format: str = ""
    is_plain: bool = field(init=False)
    """A column as it stands, as most are."""

    def __post_init__(self) -> None:
        done = self.template or self.value is not None or self.split or self.map or self.otherwise is not None
        object.__setattr__(self, "is_plain", not done)


@dataclass(frozen=True, slots=True)
class LayOut:
    """Rows that have no time of day: in each group of rows with the same `each` one after another from `start`."""

    each: tuple[str, ...]
    start: time
    minutes: str
    into: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """Rows of one file (or `given` in the mapping itself) that become rows of one target."""

    place: str
    target: str
    file: str
    key: str
    fields: Mapping[str, Take]
    given: tuple[Mapping[str, Cell], ...] = ()
    each: str = ""
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unless: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    distinct: bool = False
    lay_out: LayOut | None = None


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping that makes sense."""

    organisation: Mapping[str, Any]
    formats: Mapping[str, Format]
    sections: tuple[Section, ...]


class BadMapping(Exception):
    """The mapping makes no sense; `problems` says where and why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"{len(problems)} problems in the mapping")
        self.problems = tuple(problems)


class _Nonsense(Exception):
    def __init__(self, place: str, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.problem = Problem(Origin("mapping", 1), place, reason, values)


def files_of(mapped: Mapped) -> tuple[str, ...]:
    """The files that it reads, each once, in its order."""
    return tuple(dict.fromkeys(section.file for section in mapped.sections if section.file))


def read_mapping(written: str, *, targets: Mapping[str, type[Row]]) -> Mapped:
    """The mapping that is written there, for rows of these targets; BadMapping where it makes no sense."""
    try:
        if len(written) > MAX_LENGTH:
            raise _Nonsense("", N_("The mapping is longer than {limit} signs."), limit=MAX_LENGTH)
        told = tomllib.loads(written)
        _only(told, {"organisation", "files", "rows"}, "")
        organisation = _organisation(_table(told, "organisation", ""))
        formats = {name: _format(name, _table(told["files"], name, "files")) for name in _table(told, "files", "")}
        rows = _taken(told, "rows", list, "") or []
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadMapping([_Nonsense("", N_("This is no TOML: {error}."), error=str(error)).problem]) from error
    except _Nonsense as nonsense:
        raise BadMapping([nonsense.problem]) from nonsense
    sections, problems = [], []
    for number, row in enumerate(rows, 1):
        try:
            sections.append(_section(row, f"rows {number}", targets))
        except _Nonsense as nonsense:
            problems.append(nonsense.problem)
    if problems:
        raise BadMapping(problems)
    return Mapped(organisation, formats, tuple(sections))


def _organisation(told: Mapping[str, Any]) -> Mapping[str, Any]:
    _only(told, _ORGANISATION, "organisation")
    if missing := sorted(_OBLIGATORY - told.keys()):
        raise _Nonsense("organisation", N_("{names} must be given."), names=", ".join(missing))
    if not 1 <= (_taken(told, "make_up_days", int, "organisation") or 1) <= 366:
        raise _Nonsense("organisation", N_("`make_up_days` is a number from 1 to 366."))
    taken = {name: _taken(told, name, kind, "organisation") for name, kind in _ORGANISATION.items() if name in told}
    return {name: clean_line(value) if isinstance(value, str) else value for name, value in taken.items()}


def _format(name: str, told: Mapping[str, Any]) -> Format:
    place = f"files {name}"
    _only(told, {"encoding", "separator", "header"}, place)
    encoding, separator = _taken(told, "encoding", str, place), _taken(told, "separator", str, place)
    header = _taken(told, "header", int, place) or 1
    if encoding not in (None, *ENCODINGS):
        raise _Nonsense(place, N_("{told} is none of {values}."), told=encoding, values=", ".join(ENCODINGS))
    if separator not in (None, *SEPARATORS) or not 1 <= header <= 100:
        raise _Nonsense(place, N_("A separator is a comma, a semicolon or a tab, a header one of the first 100 lines."))
    return Format(encoding, separator, header)


def _section(told: Any, number: str, targets: Mapping[str, type[Row]]) -> Section:
    if not isinstance(told, dict):
        raise _Nonsense(number, N_("A table [[rows]] is expected."))
    target = _taken(told, "become", str, number) or ""
    place = f"{number} ({target})"
    _only(told, {"become", "of", "given", "key", "each", "only", "unless", "distinct", "lay_out", "fields"}, place)
    if target not in targets:
        raise _Nonsense(place, N_("{told} is none of {values}."), told=target, values=", ".join(targets))
    file = _taken(told, "of", str, place) or ""
    if bool(file) == ("given" in told) or (file and not _FILE.fullmatch(file)):
        raise _Nonsense(place, N_("Rows are either `of` a file, named without its folder, or `given`."))
    key = _taken(told, "key", str, place)
    if not key:
        raise _Nonsense(place, N_("{names} must be given."), names="key")
    return Section(
        place=place, target=target, file=file, key=key,
        fields=_fields(_table(told, "fields", place), place, targets[target]),
        given=tuple(_given(row, place) for row in _taken(told, "given", list, place) or ()),
        each=_taken(told, "each", str, place) or "",
        only=_conditions(told, "only", place), unless=_conditions(told, "unless", place),
        distinct=bool(_taken(told, "distinct", bool, place)),
        lay_out=_lay_out(_table(told, "lay_out", place), place) if "lay_out" in told else None,
    )


def _fields(told: Mapping[str, Any], place: str, row: type[Row]) -> dict[str, Take]:
    _only(told, kinds_of(row), place)
    if missing := sorted(required_of(row) - told.keys()):
        raise _Nonsense(place, N_("{names} must be given."), names=", ".join(missing))
    return {name: _take(spec, f"{place} {name}") for name, spec in told.items()}


def _take(told: Any, place: str) -> Take:
    """A bare text is the name of a column."""
    if isinstance(told, str):
        return Take(column=told)
    if not isinstance(told, dict):
        raise _Nonsense(place, N_("A column or a table of what is to be done is expected."))
    _only(told, {"column", "text", "value", "split", "part", "map", "otherwise", "format"}, place)
    if len(told.keys() & {"column", "text", "value"}) != 1:
        raise _Nonsense(place, N_("One of {names} must be given."), names="column, text, value")
    part = str(told.get("part", ""))
    if part and not (_PART.fullmatch(part) and "split" in told):
        raise _Nonsense(place, N_("`part` is a number (from the end below zero) or `2..`, beside `split`."))
    return Take(
        column=_taken(told, "column", str, place) or "", template=_taken(told, "text", str, place) or "",
        value=_constant(told["value"], place) if "value" in told else None,
        split=_taken(told, "split", str, place) or "", part=part,
        map={name: str(_constant(value, place)) for name, value in _table(told, "map", place).items()},
        otherwise=_taken(told, "otherwise", str, place), format=_taken(told, "format", str, place) or "",
    )


def _lay_out(told: Mapping[str, Any], place: str) -> LayOut:
    _only(told, {"each", "from", "minutes", "into"}, place)
    each, into = (_texts(told.get(name), place) for name in ("each", "into"))
    start = told.get("from")
    minutes = _taken(told, "minutes", str, place)
    if not (each and len(into) == 2 and isinstance(start, time) and minutes):
        raise _Nonsense(
            place, N_("`lay_out` takes `each` (columns), `from` (a time), `minutes` (a column), `into` (two columns).")
        )
    return LayOut(each, start, minutes, (into[0], into[1]))


def _conditions(told: Mapping[str, Any], name: str, place: str) -> dict[str, tuple[str, ...]]:
    return {column: _texts(texts, place) for column, texts in _table(told, name, place).items()}


def _given(row: Any, place: str) -> dict[str, Cell]:
    if not isinstance(row, dict):
        raise _Nonsense(place, N_("`given` is a list of tables."))
    return {name: _constant(value, place) for name, value in row.items()}


def _constant(value: Any, place: str) -> Cell:
    """What a cell of a file would say."""
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float() | date() | time():
            return str(value)
        case list():
            return _texts([str(part) for part in value], place)
    raise _Nonsense(place, N_("A text, a number, a day, a time or a list of them is expected."))


def _texts(told: Any, place: str) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(isinstance(text, str) for text in told):
        raise _Nonsense(place, N_("A list of texts is expected."))
    return tuple(told)


def _table(told: Mapping[str, Any], name: str, place: str) -> dict[str, Any]:
    found: dict[str, Any] = _taken(told, name, dict, place) or {}
    return found


def _taken(told: Mapping[str, Any], name: str, kind: type, place: str) -> Any:
    value = told.get(name)
    if value is not None and (not isinstance(value, kind) or (kind is int and isinstance(value, bool))):
        raise _Nonsense(place, N_("{name} is of another kind than it must be."), name=name)
    return value


def _only(told: Mapping[str, Any], allowed: Mapping[str, Any] | set[str], place: str) -> None:
    if unknown := sorted(told.keys() - set(allowed)):
        raise _Nonsense(
            place, N_("{unknown} is not known here; there are {values}."),
            unknown=", ".join(unknown), values=", ".join(sorted(allowed)),
        )
