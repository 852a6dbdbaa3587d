"""Files that people send, told apart by what is in them: a name and a type are only what the sender says.

Nothing is unpacked here. Whoever reads on sees to what is inside; whoever gives a file away again gives it as a
download (web/files.py).
"""

import re
from enum import StrEnum
from pathlib import PureWindowsPath

from rollbook.foundation.texts import clean_line


class Kind(StrEnum):
    """What is let in anywhere. Each has a shape that can be recognised, and none runs when somebody opens it."""

    TEXT = "text"
    JSON = "json"
    XLSX = "xlsx"


LONGEST_NAME = 100
_SAMPLE = 64 * 1024
_ZIP, _MACROS = b"PK\x03\x04", b"vbaProject.bin"
_XLSX = (b"[Content_Types].xml", b"xl/workbook")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
# Signs that stand in no text of any 8-bit encoding; programs, archives and pictures have them within a few bytes.
_BINARY = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_UNFIT_IN_NAMES = re.compile(r'[<>:"/\\|?*;]')
# Windows opens a device where a file is named so, whatever its ending.
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def kind_of(data: bytes) -> Kind | None:
    """By the content alone. Macros, pages, pictures, programs, other archives and nothing at all are None."""
    if data.startswith(_ZIP):
        sheet = all(mark in data for mark in _XLSX) and _MACROS not in data
        return Kind.XLSX if sheet else None
    begin = data[:_SAMPLE]
    if begin.startswith(_WIDE):
        return Kind.TEXT if len(data) > len(_WIDE[0]) else None
    text = begin.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text or _BINARY.search(begin) or text.startswith((b"<", b"%PDF", b"{\\rtf", b"%!PS", b"#!")):
        return None
    return Kind.JSON if text.startswith((b"[", b"{")) else Kind.TEXT


def clean_name(name: str) -> str:
    """The last part of a path, without what cannot be seen, turns the direction of writing or means something to a
    system; at most 100 characters, the ending kept. Never empty."""
    last = _UNFIT_IN_NAMES.sub("_", clean_line(PureWindowsPath(name.replace("\x00", "")).name)).strip(" .")
    stem, dot, ending = last.rpartition(".")
    if len(last) > LONGEST_NAME:
        last = f"{stem[: LONGEST_NAME - 11]}.{ending[:10]}" if dot else last[:LONGEST_NAME]
    return f"_{last}" if _DEVICES.fullmatch(last) else last or "file"
