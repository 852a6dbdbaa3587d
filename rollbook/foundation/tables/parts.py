"""What tables are made of, and how large they may be. Nothing here or beside knows Django, so that a process of its own
reads a file without the product around it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import NamedTuple

from rollbook.foundation.texts import UNFIT, clean_line

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL = 10_000
# Behind a torn file every line may be wrong, and nobody reads a thousand faults.
MAX_FAULTS = 1_000
# The header is looked for in as many rows, and it is filled at least to this share of the fullest of them.
_FIRST_ROWS = 20
_FILLED = 0.6
_LONGEST_NAME = 100

Cell = str | tuple[str, ...]


def N_(sentence: str) -> str:
    """Marks a sentence for translation that is translated only where it is shown."""
    return sentence


class Row(NamedTuple):
    """One row: the line it begins on, and its texts (or lists of texts) by column. `number` counts the rows of the file
    where another one begins on the same line before."""

    line: int
    cells: Mapping[str, Cell]
    number: int = 0


class Line(NamedTuple):
    """One row by its places: the line it begins on, and its texts in the order of the columns."""

    line: int
    cells: tuple[str, ...]


class Fault(NamedTuple):
    """Why a line cannot be read; `values` are what `{...}` in the sentence stands for, `cells` what could be made out
    of it."""

    line: int
    reason: str
    values: Mapping[str, object] = {}
    number: int = 0
    cells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    columns: frozenset[str]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table under way: what is known at its header, and its lines as they are read."""

    header: int
    columns: tuple[str, ...]
    lines: Iterator[Line | Fault]
    encoding: str = ""
    separator: str = ""
    sheets: tuple[str, ...] = ()
    sheet: str = ""


class Torn(Exception):
    """From here on nothing in the file can be read. `status` says why: 413 too much of it, 415 no such file, 422 it
    makes no sense; `field` is the choice that is to be changed."""

    def __init__(self, fault: Fault, status: int = 422, field: str = "file") -> None:
        super().__init__(fault.reason)
        self.fault, self.status, self.field = fault, status, field


def torn(line: int, reason: str, *, status: int = 422, field: str = "file", **values: object) -> Torn:
    return Torn(Fault(line, reason, values), status, field)


Record = tuple[int, Sequence[str] | Fault]


def headed(records: Iterator[Record], wanted: int) -> tuple[int, tuple[str, ...], Iterator[Line | Fault]]:
    """The line of the header, the names of the columns, and the lines below. Without `wanted` the header is the first
    row that is filled nearly as well as the fullest of the first ones: above it stand titles."""
    first = list(islice((record for record in records if record[0] >= wanted), _FIRST_ROWS))
    read = [(number, cells) for number, cells in first if not isinstance(cells, Fault)]
    if not read:
        raise torn(1, N_("There is no table in this file."), field="header" if wanted else "file")
    enough = 0 if wanted else max(map(_filled, (cells for _, cells in read))) * _FILLED
    header, cells = next((number, cells) for number, cells in read if _filled(cells) >= enough)
    width = max(_width(row) for number, row in read if number >= header)
    if width > MAX_COLUMNS:
        raise torn(header, N_("More than {limit} columns."), status=413, limit=MAX_COLUMNS)
    names = _named([*cells, *[""] * width][:width])
    below = chain((record for record in first if record[0] > header), records)
    return header, names, (_line(record, len(names)) for record in below)


def _line(record: Record, width: int) -> Line | Fault:
    number, cells = record
    if isinstance(cells, Fault):
        return cells
    found = tuple(cells)
    if len(found) != width:
        if len(found) < width or any(found[width:]):
            told = {"found": len(found), "expected": width}
            return Fault(number, N_("{found} cells, where the header has {expected}."), told, 0, found)
        found = found[:width]
    return Line(number, found)


def unfit(number: int, texts: Sequence[str]) -> Fault | None:
    """Why these texts are no row, whatever they say."""
    if texts and max(map(len, texts)) > MAX_CELL:
        return Fault(number, N_("A cell is longer than {limit} signs."), {"limit": MAX_CELL})
    if UNFIT.search("".join(texts)):
        return Fault(number, N_("There is a sign in it that is part of no text."))
    return None


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell.strip())


def _width(cells: Sequence[str]) -> int:
    return max((place for place, cell in enumerate(cells, 1) if cell.strip()), default=0)


def _named(cells: Sequence[str]) -> tuple[str, ...]:
    """Each column by a name of its own: one without gets its letter, as in a spreadsheet, a doubled one a number."""
    names: dict[str, None] = {}
    for place, cell in enumerate(cells):
        name = told = clean_line(cell)[:_LONGEST_NAME] or _letter(place)
        number = 1
        while name in names:
            number += 1
            name = f"{told} ({number})"
        names[name] = None
    return tuple(names)


def _letter(place: int) -> str:
    high, low = divmod(place, 26)
    return (_letter(high - 1) if high else "") + chr(ord("A") + low)
