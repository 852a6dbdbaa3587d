"""What is written for a spreadsheet attacks none, whichever opens it, by whatever separator, and comes back whole."""

import csv
import io
import re
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.foundation.tables.written import csv_file, harmless, meant, xlsx_file

FORMULA = "=cmd|' /C calc'!A0"
BEGINNINGS = [
    "", " ", "   ", "\t", "\n", "\r\n", "\v", "\f", "\x00", "\x01", "\x1b", "\x7f", "\u00a0", "\u00ad", "\u200b",
    "\u200e", "\u202e", "\u2060", "\ufeff", " \u200b\t ", "\u3000", "\u2003",
]  # fmt: skip
CALLS = [
    FORMULA, "=1+1", "+1+1", "-1+1", "@SUM(A1:A2)", "=HYPERLINK(\"http://evil\",\"x\")", "=IMPORTXML(A1,\"//x\")",
    "|calc", "%0A=1", "＝1+1", "＋1", "－1", "＠SUM(1)", "=DDE(\"cmd\";\"/C calc\";\"x\")", "-2+3+cmd|' /C calc'!A0",
]  # fmt: skip
CORPUS = [before + call for before in BEGINNINGS for call in CALLS]
WITHIN = [f"a{separator}{FORMULA}" for separator in (",", ";", "\t", "\n", "\r\n")] + ['",' + FORMULA, '";' + FORMULA]
PLAIN = [
    "Anna", "8 (912) 000-00-01", "a + b", "Иван, +7 912", "1-2", "50 %", "x@y.org", "it's", "'quoted'", "a,b;c", "",
    " ", "Anna-Maria", "C++", "a = b",
]  # fmt: skip


def dangerous(cell):
    """What a spreadsheet would work out: a formula behind anything that it skips."""
    return re.match(r"[\s\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202f\u2060-\u2064\ufeff]*[=+\-@|%＝＋－＠]", cell)


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_no_cell_is_a_formula_however_the_file_is_cut(separator):
    """The separator is that of the country, so a file may be cut where we did not mean it."""
    said = csv_file(["name", FORMULA], [[text, 1] for text in CORPUS + WITHIN]).decode("utf-8-sig")
    kept = csv.reader(io.StringIO(said, newline=""), delimiter=separator)
    cells = [cell for row in kept for cell in row]
    # A blank alone before a sign, where a foreign separator cut: spreadsheets take that for a text.
    assert not [cell for cell in cells if dangerous(cell) and not (separator != ";" and cell.startswith(" "))]


def test_a_workbook_holds_texts():
    with zipfile.ZipFile(io.BytesIO(xlsx_file(["name", FORMULA], [[text] for text in CORPUS + PLAIN]))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        names = book.namelist()
    assert "<f>" not in sheet
    assert "<f " not in sheet
    assert "hyperlink" not in sheet
    assert not [name for name in names if "external" in name.lower() or "vba" in name.lower()]


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_harmless_stays_as_it_is(text):
    assert harmless(text) == text


@pytest.mark.parametrize("text", CORPUS + WITHIN + PLAIN)
def test_what_went_out_comes_back(text):
    assert meant(harmless(text)) == text


@given(st.text(alphabet=st.sampled_from("=+-@|%,;'\t\n\r \u200bab1"), max_size=12))
def test_any_text_is_harmless_and_comes_back(text):
    safe = harmless(text)
    assert not dangerous(safe)
    assert meant(safe) == text
