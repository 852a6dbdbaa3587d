"""Rows of a sheet of a workbook. To be run in a process of its own: a small archive unpacks to anything."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal

# Reads 100,000 rows in half a second; openpyxl takes twenty times as long.
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from rollbook.foundation.tables.parts import N_, Grid, Record, headed, torn

MAX_UNPACKED = 100 * 1024 * 1024
MAX_RATIO = 100
MAX_ENTRIES = 1_000
MAX_SHEETS = 50
MAX_BLANK_ROWS = 1_000


def grid(data: bytes, *, sheet: str = "", header: int = 0) -> Grid:
    """The table in a sheet; without `sheet` in the first one that is shown and holds something."""
    _check_archive(data)
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
    except Exception as error:
        raise torn(1, N_("This is no workbook that can be read.")) from error
    names = [
        told.name for told in workbook.sheets_metadata
        if told.typ == SheetTypeEnum.WorkSheet and told.visible == SheetVisibleEnum.Visible
    ][:MAX_SHEETS]
    if not names:
        raise torn(1, N_("There is no table in this file."))
    if sheet and sheet not in names:
        raise torn(1, N_("There is no sheet {name} in this file."), field="sheet", name=sheet[:60])
    chosen = sheet or next((name for name in names if workbook.get_sheet_by_name(name).height), names[0])
    line, columns, rows = headed(_records(workbook.get_sheet_by_name(chosen)), header)
    return Grid(line, columns, rows, sheets=tuple(names), sheet=chosen)


def _check_archive(data: bytes) -> None:
    """By its table of contents alone, before anything is unpacked. Whoever lies there meets the limits of memory."""
    try:
        entries = zipfile.ZipFile(io.BytesIO(data)).infolist()
    except Exception as error:
        raise torn(1, N_("This is no workbook that can be read.")) from error
    names = {entry.filename.lower() for entry in entries}
    if any(name.endswith("vbaproject.bin") for name in names):
        raise torn(1, N_("There are macros in this file. Save it as .xlsx without macros."), status=415)
    if any(entry.flag_bits & 1 for entry in entries):
        raise torn(1, N_("The file is locked with a password. Save it without one."), status=415)
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * len(data):
        raise torn(1, N_("The file unpacks to more than can be read."), status=413)


def _records(sheet: CalamineSheet) -> Iterator[Record]:
    """Until the end, or until so many blank rows that nothing more can be meant."""
    left = sheet.start[1] if sheet.start else 0
    blank = 0
    for number, row in enumerate(sheet.iter_rows(), 1):
        cells = [""] * left + [value if isinstance(value, str) else _text(value) for value in row]
        if any(cells):
            blank = 0
            yield number, cells
        elif (blank := blank + 1) > MAX_BLANK_ROWS:
            return


def _text(value: object) -> str:
    """As a person would type it: whole numbers without places, days and times by the calendar."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _number(value)
        case datetime():
            return value.isoformat(" ", "minutes") if value.time() != time() else value.date().isoformat()
        case date():
            return value.isoformat()
        case time():
            return value.isoformat("minutes")
        case timedelta():
            minutes = round(value.total_seconds() / 60)
            return f"{minutes // 60:02}:{minutes % 60:02}"
    return str(value)


def _number(value: float) -> str:
    """Fifteen digits, as a spreadsheet shows them, and never an exponent: a phone is 79123456789."""
    if value.is_integer() and abs(value) < 1e18:
        return str(int(value))
    return f"{Decimal(f'{value:.15g}'):f}"
