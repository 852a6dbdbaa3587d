"""Tables for people, who open them in a spreadsheet: a text is a text there, whatever it begins with.

What a program is to read (backups, the API) is written elsewhere and says exactly what is kept.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

import xlsxwriter

Value = str | int | Decimal | date | None

# What begins a formula, or a call of another program; full-width signs are read as the narrow ones.
_SIGN = "[=+\\-@|%＝＋－＠]"
# What is skipped before one looks: blanks, control characters, those that cannot be seen, and our own apostrophes.
_SKIPPED = r"['\s\x00-\x1f\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]"
# At the beginning; or where a spreadsheet begins a new cell that takes another sign, or a line end, for the separator.
# What looks as if it had been made harmless is made so once more, that one may be taken away again.
_AFTER = rf"\A(?='*[\t\r\n]|{_SKIPPED}*{_SIGN})|[,;\t\r\n](?='*{_SIGN})"
_DANGER, _ESCAPED = re.compile(_AFTER), re.compile(f"({_AFTER})'")
_WIDTH = 22


def harmless(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet could take what follows for a formula."""
    return _DANGER.sub(r"\g<0>'", text)


def meant(text: str) -> str:
    """What was meant by a text that went out as `harmless` and came back."""
    before = _ESCAPED.sub(r"\1", text)
    return before if harmless(before) == text else text


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
