"""Table files as people send them: rows of texts that know their lines. CSV in the encodings and with the separators
that offices use, JSON as a list of flat objects, sheets of workbooks. What cannot be read becomes a fault of its line,
never an error.

`read` is for files of the operator. Files that come over the network are read by `apart`, in a process of its own, and
what goes out to people is written by `written`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import chain

from rollbook.foundation.tables import csv_rows, json_rows
from rollbook.foundation.tables.csv_rows import SEPARATORS
from rollbook.foundation.tables.decoding import ENCODINGS, decoded
from rollbook.foundation.tables.parts import (
    MAX_BYTES,
    MAX_CELL,
    MAX_COLUMNS,
    MAX_FAULTS,
    MAX_ROWS,
    N_,
    Cell,
    Fault,
    Line,
    Record,
    Row,
    Table,
    Torn,
    torn,
    unfit,
)

__all__ = [
    "ENCODINGS", "MAX_BYTES", "MAX_CELL", "MAX_COLUMNS", "MAX_FAULTS", "MAX_ROWS", "SEPARATORS", "Cell", "Fault",
    "Line", "N_", "Row", "Table", "read",
]


def read(
    name: str, data: bytes, *, encoding: str | None = None, separator: str | None = None, header: int = 1
) -> Table:
    """The table in a file of this name; its kind is told by the ending.

    Without `encoding` a CSV file has the one that is recognised, likewise without `separator`. `header` is the line of
    the column names, of which each must be there, and once. Never raises: look at `faults`.
    """
    try:
        if len(data) > MAX_BYTES:
            raise torn(1, N_("The file is larger than {limit} MB."), limit=MAX_BYTES // 1024**2)
        ending = name.rpartition(".")[2].lower()
        if ending == "json":
            return _gathered(json_rows.rows_of(decoded(data, "utf-8")[0]))
        if ending in {"csv", "tsv", "txt"}:
            return _gathered(_of_csv(decoded(data, encoding or "")[0], separator, header))
        raise torn(1, N_("Files that end in .csv or .json can be read; this one cannot."))
    except Torn as end:
        return Table(frozenset(), (), (end.fault,))


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
                raise torn(item.line, N_("The file has more than {limit} rows."), limit=MAX_ROWS)
            if len(faults) > MAX_FAULTS:
                raise torn(item.line, N_("Too many faults: the rest of the file was not read."))
    except Torn as end:
        faults.append(end.fault)
    return Table(frozenset(columns), tuple(rows), tuple(faults))


def _unfit(row: Row) -> Fault | None:
    if len(row.cells) > MAX_COLUMNS:
        return Fault(row.line, N_("More than {limit} columns."), {"limit": MAX_COLUMNS}, row.number)
    cells = ((cell,) if isinstance(cell, str) else cell for cell in row.cells.values())
    fault = unfit(row.line, [*row.cells, *chain.from_iterable(cells)])
    return fault and fault._replace(number=row.number)


def _of_csv(text: str, separator: str | None, header: int) -> Iterator[Row | Fault]:
    lines = csv_rows.lines_of(text)
    found = separator or max(SEPARATORS, key="".join(lines[header - 1 : header]).count)
    records = ((line + header - 1, cells) for line, cells in csv_rows.records(lines[header - 1 :], found))
    columns = _columns(next(records, (header, [])), header)
    for line, cells in records:
        if isinstance(cells, Fault):
            yield cells._replace(line=line)
        elif len(cells) != len(columns):
            yield Fault(
                line, N_("{found} cells, where the header has {expected}."),
                {"found": len(cells), "expected": len(columns)},
            )
        else:
            yield Row(line, dict(zip(columns, cells, strict=True)))


def _columns(first: Record, header: int) -> list[str]:
    if isinstance(first[1], Fault):
        raise Torn(first[1])
    names = [name.strip() for name in first[1]]
    if not names:
        raise torn(header, N_("There is no line with the names of the columns."))
    if len(names) > MAX_COLUMNS:
        raise torn(header, N_("More than {limit} columns."), limit=MAX_COLUMNS)
    if "" in names:
        raise torn(header, N_("Column {number} has no name."), number=names.index("") + 1)
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise torn(header, N_("Two columns are named {name}."), name=twice[0])
    return names
