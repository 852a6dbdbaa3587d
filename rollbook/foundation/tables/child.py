"""The process in which a file of a stranger is read: it knows nothing of the product, has no address of a database, and
may take so much memory and time and no more.

A request comes in as one line of JSON, the file behind it. Out go lines of JSON: a list is a row, an object with
`reason` a line that cannot be read; the last one says what the table is, or why there is none.
"""

import csv
import json
import resource
import sys
from collections.abc import Mapping
from typing import Any

from rollbook.foundation.tables.parts import (
    MAX_CELL,
    MAX_COLUMNS,
    MAX_FAULTS,
    MAX_ROWS,
    N_,
    Fault,
    Grid,
    Line,
    Torn,
    torn,
    unfit,
)
from rollbook.foundation.texts import UNFIT

MEMORY = 512 * 1024 * 1024
SECONDS = 30
# More than any table within the limits comes to; a cell that is repeated a million times does not fill a disk.
OUT_OF_MEMORY = 3
WRITTEN = 256 * 1024 * 1024


def main() -> None:
    _confine()
    request = json.loads(sys.stdin.buffer.readline())
    data = sys.stdin.buffer.read()
    try:
        _say(_told(request, data))
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except Torn as end:
        said = {"refused": end.status, "field": end.field, "reason": end.fault.reason, "values": end.fault.values}
        _say({**said, "line": end.fault.line})
    except BaseException:  # A fault of the library that reads workbooks is no Exception.
        _say({"refused": 422, "field": "file", "reason": N_("This file cannot be read."), "values": {}})


def _confine() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS), (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    csv.field_size_limit(MAX_CELL)


def _told(request: Mapping[str, Any], data: bytes) -> dict[str, object]:
    """Say each line, up to as many as are asked for, and return what is said of the whole."""
    grid = _grid(request, data)
    rows = faults = 0
    for found in grid.lines:
        item = found if isinstance(found, Fault) else _fit(found)
        if isinstance(item, Fault):
            faults += 1
            if faults > MAX_FAULTS:
                raise torn(item.line, N_("From line {number} on this is no table."), number=item.line)
            if faults <= request["faults"]:
                cells = [UNFIT.sub("\ufffd", cell[:MAX_CELL]) for cell in item.cells[:MAX_COLUMNS]]
                _say({"line": item.line, "reason": item.reason, "values": item.values, "cells": cells})
        else:
            rows += 1
            if rows > MAX_ROWS:
                raise torn(item.line, N_("The file has more than {limit} rows."), status=413, limit=MAX_ROWS)
            if rows <= request["rows"]:
                _say([item.line, *item.cells])
    return {
        "columns": grid.columns, "header": grid.header, "encoding": grid.encoding, "separator": grid.separator,
        "sheets": grid.sheets, "sheet": grid.sheet, "count": rows,
    }


def _grid(request: Mapping[str, Any], data: bytes) -> Grid:
    encoding, header = request["encoding"], request["header"]
    match request["format"]:
        case "xlsx":
            from rollbook.foundation.tables import xlsx_rows

            grid = xlsx_rows.grid(data, sheet=request["sheet"], header=header)
        case "json":
            from rollbook.foundation.tables import json_rows

            grid = json_rows.grid(data, encoding=encoding)
        case _:
            from rollbook.foundation.tables import csv_rows

            grid = csv_rows.grid(data, encoding=encoding, separator=request["separator"], header=header)
    if fault := unfit(grid.header, grid.columns):
        raise Torn(fault)
    return grid


def _fit(line: Line) -> Line | Fault:
    fault = unfit(line.line, line.cells)
    return fault._replace(cells=line.cells) if fault else line


def _say(what: object) -> None:
    sys.stdout.buffer.write(json.dumps(what, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n")


if __name__ == "__main__":
    main()
