"""Files of strangers are read in a process apart: whatever is in them, that one alone runs out of memory or time."""

import json
import os
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.utils.translation import gettext as _

from rollbook.foundation.errors import Declined, InvalidInput, TooLarge, WrongKind
from rollbook.foundation.tables.child import SECONDS
from rollbook.foundation.tables.csv_rows import SEPARATORS
from rollbook.foundation.tables.decoding import ENCODINGS
from rollbook.foundation.tables.parts import MAX_BYTES, MAX_FAULTS, MAX_ROWS, Fault, Line
from rollbook.foundation.uploads import Kind, kind_of

PREVIEW = 20
_ROOT = Path(__file__).parents[3]
_ALL = MAX_ROWS + MAX_FAULTS


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read; what is blank is recognised. `header` is the line of the column names."""

    encoding: str = ""
    separator: str = ""
    sheet: str = ""
    header: int = 0


@dataclass(frozen=True, slots=True)
class Described:
    """What a file turned out to be: its columns, its first rows, and how many rows there are."""

    format: str
    encoding: str
    separator: str
    sheets: tuple[str, ...]
    sheet: str
    header: int
    columns: tuple[str, ...]
    count: int
    rows: tuple[Line, ...] = ()
    faults: tuple[Fault, ...] = ()


class Sheet:
    """All lines of a table, which can be gone through again and again; they lie in a file, not in memory."""

    def __init__(self, about: Described, lines: IO[bytes]) -> None:
        self.about = about
        self._lines = lines

    def __iter__(self) -> Iterator[Line | Fault]:
        self._lines.seek(0)
        for line in self._lines:
            if isinstance(told := json.loads(line), list):
                yield Line(told[0], tuple(told[1:]))
            elif "reason" in told:
                yield Fault(told["line"], told["reason"], told["values"], cells=tuple(told["cells"]))


def describe(*, name: str, data: bytes, options: Options = Options()) -> Described:
    """What the file is, its first rows, and the lines that cannot be read. TooLarge, WrongKind or InvalidInput (at
    `file`, or at the option that does not fit) where it is no table."""
    with _sheet(name, data, options, PREVIEW, MAX_FAULTS) as sheet:
        told, about = list(sheet), sheet.about
    return Described(
        about.format, about.encoding, about.separator, about.sheets, about.sheet, about.header, about.columns,
        about.count, tuple(line for line in told if isinstance(line, Line)),
        tuple(fault for fault in told if isinstance(fault, Fault)),
    )


def read(*, name: str, data: bytes, options: Options = Options()) -> AbstractContextManager[Sheet]:
    """The whole table, as long as the block lasts; refused as by `describe`."""
    return _sheet(name, data, options, _ALL, _ALL)


@contextmanager
def _sheet(name: str, data: bytes, options: Options, rows: int, faults: int) -> Iterator[Sheet]:
    form = _format(name, data)
    _check(options)
    request = {
        "format": form, "encoding": options.encoding, "separator": options.separator, "sheet": options.sheet,
        "header": options.header, "rows": rows, "faults": faults,
    }
    # What the child says waits in a file without a name, so that its time is not that of whoever reads it.
    with tempfile.TemporaryFile() as answer:
        _ask(json.dumps(request).encode() + b"\n" + data, answer)
        told = _last(answer)
        if "refused" in told:
            raise _declined(told)
        about = Described(
            form, told["encoding"], told["separator"], tuple(told["sheets"]), told["sheet"], told["header"],
            tuple(told["columns"]), told["count"],
        )
        yield Sheet(about, answer)


def _format(name: str, data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise TooLarge(_("The file is larger than {limit} MB.").format(limit=MAX_BYTES // 1024**2))
    if not data.strip():
        raise InvalidInput({"file": _("There is nothing in this file.")})
    match kind_of(data):
        case Kind.XLSX:
            return "xlsx"
        case Kind.JSON if not name.lower().endswith((".csv", ".tsv", ".txt")):
            return "json"
        case Kind.JSON | Kind.TEXT:
            return "csv"
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise WrongKind(_("This is an old .xls file, or one with a password. Save it as .xlsx without a password."))
    if data.startswith(b"PK") and b"vbaProject.bin" in data:
        raise WrongKind(_("There are macros in this file. Save it as .xlsx without macros."))
    if data.startswith(b"%PDF"):
        raise WrongKind(_("This is a PDF, whatever its name says. A table is needed: CSV, XLSX or JSON."))
    raise WrongKind(_("This is no table. CSV, XLSX and JSON files can be read."))


def _check(options: Options) -> None:
    wrong = {}
    if options.encoding and options.encoding not in ENCODINGS:
        wrong["encoding"] = _("Choose one of the list.")
    if options.separator and options.separator not in SEPARATORS:
        wrong["separator"] = _("Choose one of the list.")
    if not 0 <= options.header <= MAX_ROWS:
        wrong["header"] = _("There is no such line.")
    if wrong:
        raise InvalidInput(wrong)


def _ask(request: bytes, answer: IO[bytes]) -> None:
    """Have the child answer. It gets no settings and no secrets."""
    try:
        done = subprocess.run(
            [sys.executable, "-E", "-s", "-m", "rollbook.foundation.tables.child"],
            input=request, stdout=answer, stderr=subprocess.DEVNULL, timeout=SECONDS, cwd=_ROOT, check=False,
            env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
        )
    except subprocess.TimeoutExpired as late:
        raise TooLarge(_("This file takes too long to read. Split it, or save it as CSV.")) from late
    if done.returncode:  # Killed, or out of memory: whatever else goes wrong it says itself.
        raise TooLarge(
            _("This file takes more memory or time than a table needs. Delete what stands far from the table, split "
              "it, or save it as CSV.")
        )


def _last(lines: IO[bytes]) -> dict[str, Any]:
    lines.seek(0)
    told: dict[str, Any] = json.loads(deque(lines, maxlen=1).pop())
    return told


def _declined(told: dict[str, Any]) -> Declined:
    sentence = _(told["reason"]).format(**told["values"])
    match told["refused"]:
        case 413:
            return TooLarge(sentence)
        case 415:
            return WrongKind(sentence)
    return InvalidInput({told["field"]: sentence})
