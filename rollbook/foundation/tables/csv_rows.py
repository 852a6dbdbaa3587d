"""Rows of a CSV file."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from rollbook.foundation.tables.decoding import decoded
from rollbook.foundation.tables.parts import N_, Fault, Grid, Record, headed

SEPARATORS = (";", ",", "\t", "|")
_FIRST_LINES = 20
_QUOTED = re.compile('"[^"]*"')
_SENTENCES = {
    "unexpected end": N_("This is no row of a table: a quotation mark is opened and never closed."),
    "expected after": N_("This is no row of a table: behind a closing quotation mark stands no separator."),
    "field limit": N_("A cell is longer than {limit} signs."),
}


def grid(data: bytes, *, encoding: str = "", separator: str = "", header: int = 0) -> Grid:
    """The table in a CSV file; what is not said is recognised."""
    text, found = decoded(data, encoding)
    lines = lines_of(text)
    between = separator or separator_of(lines)
    line, columns, rows = headed(records(lines, between), header)
    return Grid(line, columns, rows, encoding=found, separator=between)


def lines_of(text: str) -> list[str]:
    """However they end, and each with its end."""
    return list(io.StringIO(text, newline=""))


def separator_of(lines: list[str]) -> str:
    """The sign that stands equally often, outside of quotes, in most of the first lines; of such the most frequent."""
    first = [_QUOTED.sub("", line) for line in islice((line for line in lines if line.strip()), _FIRST_LINES)]

    def fitness(sign: str) -> tuple[int, int]:
        often = Counter(times for line in first if (times := line.count(sign)))
        return max(((lines, times) for times, lines in often.items()), default=(0, 0))

    return max(SEPARATORS, key=fitness)


def records(lines: list[str], separator: str) -> Iterator[Record]:
    """Each record that is not blank, with the line on which it begins. Where a quote is never closed, that line alone
    is a fault, and the next one is read as if nothing had been."""
    place = 0
    while place < len(lines):
        feed = _Feed(lines, place)
        reader = csv.reader(feed, delimiter=separator, strict=True)
        try:
            while True:
                place = feed.place
                cells = next(reader)
                if any(cells):
                    yield place + 1, cells
        except StopIteration:
            return
        except csv.Error as error:
            place += 1
            told = {"limit": csv.field_size_limit()}
            yield place, Fault(place, _sentence(str(error)), told, 0, (lines[place - 1].rstrip(),))


def _sentence(error: str) -> str:
    """What the library says in English, so that it can be translated."""
    return next((sentence for said, sentence in _SENTENCES.items() if said in error), N_("This is no row of a table."))


class _Feed:
    """Lines one by one, that knows how many are gone."""

    def __init__(self, lines: list[str], place: int) -> None:
        self._lines, self.place = lines, place

    def __iter__(self) -> "_Feed":
        return self

    def __next__(self) -> str:
        if self.place == len(self._lines):
            raise StopIteration
        self.place += 1
        return self._lines[self.place - 1]
