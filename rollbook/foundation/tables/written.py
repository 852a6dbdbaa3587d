"""Tables for people, who open them in a spreadsheet: a text is a text there, whatever it begins with.

What a program is to read (backups, the API) is written elsewhere and says exactly what is kept.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import xlsxwriter

Value = str | int | Decimal | date | None

_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")
_WIDTH = 22


def harmless(text: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet could take it for a formula, even behind blanks."""
    return f"'{text}" if text.startswith(_FORMULAS) or text.strip().startswith(_FORMULAS) else text


def meant(text: str) -> str:
    """What was meant by a text that went out as `harmless` and came back."""
    return text[1:] if text.startswith("'") and harmless(text[1:]) == text else text


def csv_file(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """UTF-8 with its mark and semicolons: what a spreadsheet opens without questions where the comma is a decimal
    mark."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(map(harmless, columns))
    writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig", "replace")


def xlsx_file(columns: Sequence[str], rows: Iterable[Sequence[Value]]) -> bytes:
    """A workbook of one sheet; row by row, so that no more of it is kept in memory than the file itself."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"constant_memory": True, "strings_to_formulas": False}) as book:
        bold, day = book.add_format({"bold": True, "text_wrap": True}), book.add_format({"num_format": "dd.mm.yyyy"})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, max(len(columns) - 1, 0), _WIDTH)
        for place, name in enumerate(columns):
            sheet.write_string(0, place, name, bold)
        for number, row in enumerate(rows, 1):
            for place, cell in enumerate(row):
                match cell:
                    case str() if cell:
                        sheet.write_string(number, place, cell)
                    case date():
                        sheet.write_datetime(number, place, cell, day)
                    case int() | Decimal():
                        sheet.write_number(number, place, cell)
    return out.getvalue()
