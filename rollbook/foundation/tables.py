"""Table files as people send them: rows of texts that know their lines. CSV in the encodings and with the separators
that offices use, JSON as a list of flat objects. What cannot be read becomes a fault of its line, never an error."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from rollbook.foundation.texts import UNFIT

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CELL = 10_000
# Behind a torn file every line may be wrong, and nobody reads a thousand faults.
MAX_FAULTS = 1_000

ENCODINGS = ("utf-8", "windows-1251")
SEPARATORS = (",", ";", "\t")

Cell = str | tuple[str, ...]

_BLANKS = re.compile(r"[ \t\r\n]*")


def N_(sentence: str) -> str:
    """Marks a sentence for translation that is translated only where it is shown."""
    return sentence


class Row(NamedTuple):
    """One row: the line it begins on, and its texts (or lists of texts) by column. `number` counts the rows of the file
    where another one begins on the same line before."""

    line: int
    cells: Mapping[str, Cell]
    number: int = 0


class Fault(NamedTuple):
    """Why a line cannot be read; `values` are what `{...}` in the sentence stands for."""

    line: int
    reason: str
    values: Mapping[str, object] = {}
    number: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    columns: frozenset[str]
    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]


class _Torn(Exception):
    """From here on nothing in the file can be read."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.reason)
        self.fault = fault


def _torn(line: int, reason: str, **values: object) -> _Torn:
    return _Torn(Fault(line, reason, values))


def read(
    name: str, data: bytes, *, encoding: str | None = None, separator: str | None = None, header: int = 1
) -> Table:
    """The table in a file of this name; its kind is told by the ending.

    Without `encoding` a CSV file is UTF-8 where it can be, else Windows-1251; without `separator` it is the one the
    header has most of. `header` is the line of the column names. Never raises: look at `faults`.
    """
    try:
        if len(data) > MAX_BYTES:
            raise _torn(1, N_("The file is larger than {limit} MB."), limit=MAX_BYTES // 1024**2)
        ending = name.rpartition(".")[2].lower()
        if ending == "json":
            return _gathered(_of_json(_decoded(data, "utf-8")))
        if ending in {"csv", "tsv", "txt"}:
            return _gathered(_of_csv(_decoded(data, encoding), separator, header))
        raise _torn(1, N_("Files that end in .csv or .json can be read; this one cannot."))
    except _Torn as torn:
        return Table(frozenset(), (), (torn.fault,))


def _gathered(found: Iterable[Row | Fault]) -> Table:
    columns: set[str] = set()
    rows: list[Row] = []
    faults: list[Fault] = []
    try:
        for item in found:
            if isinstance(item, Fault):
                faults.append(item)
            elif fault := _unfit(item):
                faults.append(fault)
            else:
                rows.append(item)
                columns |= item.cells.keys()
            if len(rows) > MAX_ROWS:
                raise _torn(item.line, N_("The file has more than {limit} rows."), limit=MAX_ROWS)
            if len(faults) > MAX_FAULTS:
                raise _torn(item.line, N_("Too many faults: the rest of the file was not read."))
    except _Torn as torn:
        faults.append(torn.fault)
    return Table(frozenset(columns), tuple(rows), tuple(faults))


def _unfit(row: Row) -> Fault | None:
    if len(row.cells) > MAX_COLUMNS:
        return Fault(row.line, N_("More than {limit} columns."), {"limit": MAX_COLUMNS}, row.number)
    for column, cell in row.cells.items():
        for text in (column, *((cell,) if isinstance(cell, str) else cell)):
            if len(text) > MAX_CELL:
                return Fault(row.line, N_("A cell is longer than {limit} signs."), {"limit": MAX_CELL}, row.number)
            if UNFIT.search(text):
                return Fault(row.line, N_("There is a sign in it that is part of no text."), {}, row.number)
    return None


def _decoded(data: bytes, encoding: str | None) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise _torn(1, N_("The file is UTF-16; save it as UTF-8."))
    if encoding is None:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            encoding = "windows-1251"
    try:
        return data.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _torn(line, N_("This is no text in {encoding}."), encoding=encoding) from error


def _of_csv(text: str, separator: str | None, header: int) -> Iterator[Row | Fault]:
    lines = io.StringIO(text, newline="")
    for _ in range(header - 1):
        lines.readline()
    begun = lines.tell()
    found = separator or max(SEPARATORS, key=lines.readline().count)
    lines.seek(begun)
    records = _records(lines, found, header)
    columns = _columns(next(records, (header, [])), header)
    for line, cells in records:
        if isinstance(cells, Fault):
            yield cells
        elif len(cells) != len(columns):
            yield Fault(
                line, N_("{found} cells, where the header has {expected}."),
                {"found": len(cells), "expected": len(columns)},
            )
        else:
            yield Row(line, dict(zip(columns, cells, strict=True)))


def _records(text: Iterable[str], separator: str, header: int) -> Iterator[tuple[int, list[str] | Fault]]:
    """Each record that is not blank, with the line on which it begins; the first is the header."""
    reader = csv.reader(text, delimiter=separator, strict=True)
    while True:
        line = reader.line_num + header
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield line, Fault(line, N_("This is no row of a table: {error}."), {"error": str(error)})
        else:
            if any(cells):
                yield line, cells


def _columns(first: tuple[int, list[str] | Fault], header: int) -> list[str]:
    if isinstance(first[1], Fault):
        raise _Torn(first[1])
    names = [name.strip() for name in first[1]]
    if not names:
        raise _torn(header, N_("There is no line with the names of the columns."))
    if len(names) > MAX_COLUMNS:
        raise _torn(header, N_("More than {limit} columns."), limit=MAX_COLUMNS)
    if "" in names:
        raise _torn(header, N_("Column {number} has no name."), number=names.index("") + 1)
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise _torn(header, N_("Two columns are named {name}."), name=twice[0])
    return names


def _of_json(text: str) -> Iterator[Row | Fault]:
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_not_a_number
    )
    place = _after_blanks(text, 0)
    if text[place : place + 1] != "[":
        raise _torn(1, N_("A list of objects is expected: [{{...}}, {{...}}]."))
    line, counted = 1, 0
    place = _after_blanks(text, place + 1)
    for number in count(1):
        if text[place : place + 1] == "]":
            break
        before = line if number > 1 else 0
        line, counted = line + text.count("\n", counted, place), place
        try:
            value, place = decoder.raw_decode(text, place)
        except RecursionError as error:
            raise _torn(line, N_("Lists within lists within lists: too deep.")) from error
        except ValueError as error:
            message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise _torn(line, N_("This is no JSON: {error}."), error=message) from error
        yield _row(line, value, number if line == before else 0)
        place = _after_blanks(text, place)
        if text[place : place + 1] == ",":
            place = _after_blanks(text, place + 1)
        elif text[place : place + 1] != "]":
            raise _torn(line, N_("This is no JSON: {error}."), error="Expecting ',' or ']'")
    if _after_blanks(text, place + 1) != len(text):
        raise _torn(line, N_("This is no JSON: {error}."), error="Extra data")


def _row(line: int, value: object, number: int) -> Row | Fault:
    if not isinstance(value, dict):
        return Fault(line, N_("An object is expected, each of its names once."), {}, number)
    return Row(line, {name: cell for name, part in value.items() if (cell := _cell(part)) is not None}, number)


def _cell(value: object) -> Cell | None:
    """A text or a list of texts; what is nested deeper is no cell."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case list():
            return tuple(str(part) for part in value) if all(isinstance(part, str) for part in value) else None
    return None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object] | None:
    found = dict(pairs)
    return found if len(found) == len(pairs) else None


def _not_a_number(word: str) -> str:
    raise ValueError(f"{word} is no number")


def _after_blanks(text: str, place: int) -> int:
    found = _BLANKS.match(text, place)
    return found.end() if found else place
