"""Rows of a JSON file: a list of flat objects."""

import json
import re
from collections.abc import Iterator
from itertools import count

from rollbook.foundation.tables.decoding import decoded
from rollbook.foundation.tables.parts import MAX_COLUMNS, N_, Cell, Fault, Grid, Line, Row, Torn, torn

MAX_DEPTH = 5
_BLANKS = re.compile(r"[ \t\r\n]*")


def grid(data: bytes, *, encoding: str = "") -> Grid:
    """The table in a JSON file: its columns are all names, in the order in which they come up. The objects are counted,
    since several may stand on a line."""
    text, found = decoded(data, encoding or "utf-8")
    rows = list(rows_of(text))
    columns = tuple(dict.fromkeys(name for row in rows if isinstance(row, Row) for name in row.cells))
    if not columns:
        raise torn(1, N_("There is no table in this file."))
    if len(columns) > MAX_COLUMNS:
        raise torn(1, N_("More than {limit} columns."), status=413, limit=MAX_COLUMNS)
    return Grid(0, columns, (_line(number, row, columns) for number, row in enumerate(rows, 1)), encoding=found)


def _line(number: int, row: Row | Fault, columns: tuple[str, ...]) -> Line | Fault:
    if isinstance(row, Fault):
        return row._replace(line=number, number=0)
    told = (row.cells.get(column, "") for column in columns)
    return Line(number, tuple(cell if isinstance(cell, str) else ", ".join(cell) for cell in told))


def rows_of(text: str) -> Iterator[Row | Fault]:
    decoder = json.JSONDecoder(object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_not_a_number)
    place = _after_blanks(text, 0)
    if text[place : place + 1] != "[":
        raise torn(1, N_("A list of objects is expected: [{{...}}, {{...}}]."))
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
            raise torn(line, N_("Lists within lists within lists: too deep.")) from error
        except ValueError as error:
            raise _no_json(line, error.lineno if isinstance(error, json.JSONDecodeError) else line) from error
        yield _row(line, value, number if line == before else 0)
        place = _after_blanks(text, place)
        if text[place : place + 1] == ",":
            place = _after_blanks(text, place + 1)
        elif text[place : place + 1] != "]":
            raise _no_json(line, line)
    if _after_blanks(text, place + 1) != len(text):
        raise _no_json(line, line)


def _no_json(begins: int, wrong: int) -> Torn:
    return torn(begins, N_("This is no JSON: look at line {number}."), number=wrong)


def _row(line: int, value: object, number: int) -> Row | Fault:
    if not isinstance(value, dict):
        return Fault(line, N_("An object is expected, each of its names once."), {}, number)
    if _depth(value) > MAX_DEPTH:
        return Fault(line, N_("Lists within lists within lists: too deep."), {}, number)
    return Row(line, {name: cell for name, part in value.items() if (cell := _cell(part)) is not None}, number)


def _depth(value: object) -> int:
    """How many lists and objects stand within each other; no more than needed is looked at."""
    level, depth = [value], 0
    while level and depth <= MAX_DEPTH:
        nested = [part for part in level if isinstance(part, list | dict)]
        level = [part for found in nested for part in (found.values() if isinstance(found, dict) else found)]
        depth += bool(nested)
    return depth


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
