"""Files of strangers, good and bad: whatever they hold, the answer is a table or a sentence."""

import csv
import io
import struct
import zipfile
from datetime import date, datetime, time, timedelta

import pytest
import xlsxwriter
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollbook.foundation.errors import Declined, InvalidInput, TooLarge, WrongKind
from rollbook.foundation.tables import apart, xlsx_rows
from rollbook.foundation.tables.apart import Options
from rollbook.foundation.tables.child import MAX_FAULTS, MAX_ROWS
from rollbook.foundation.tables.decoding import encoding_of
from rollbook.foundation.tables.parts import MAX_BYTES, Torn
from rollbook.foundation.tables.written import csv_file, harmless, meant, xlsx_file

LIST = "ФИО;Телефон\nІванов Пётр;8 (912) 345-67-89\n"


def cells(data, name="a.csv", **options):
    told = apart.describe(name=name, data=data.encode() if isinstance(data, str) else data, options=Options(**options))
    return [told.columns, *(line.cells for line in told.rows)]


def workbook(fill, **told):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, **told}) as book:
        fill(book)
    return out.getvalue()


def sheet_of(*rows):
    def fill(book):
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)

    return workbook(fill)


# CSV ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "windows-1251", "koi8-u", "cp866"])
def test_encodings_of_offices_are_recognised(encoding):
    text = LIST.replace("І", "И")
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    assert cells((mark + text).encode(encoding)) == [("ФИО", "Телефон"), ("Иванов Пётр", "8 (912) 345-67-89")]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("windows-1251", "ФИО;ТЕЛЕФОН\nИВАНОВ;1\n"), ("koi8-u", "ФИО;ТЕЛЕФОН\nИВАНОВ;1\n"),
        ("windows-1251", "Прізвище;Ім'я\nКовальчук;Їжак\n"), ("koi8-u", "Прізвище\nКовальчук Ґалаґан\n"),
        ("cp866", "Фамилия\nИванов\n"), ("windows-1251", "№;Группа\n1;«Ромашка» — старшая\n"),
    ],
)
def test_old_encodings_are_told_by_what_reads_like_words(encoding, text):
    assert encoding_of(text.encode(encoding)) == encoding


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_separators_are_told_by_how_regular_they_stand(separator):
    out = io.StringIO()
    rows = [("a", "b", "c"), ("1,5; 2", "2,50", "3"), ("1", "3,70", "x; y|z")]
    csv.writer(out, delimiter=separator).writerows(rows)
    assert cells(out.getvalue()) == rows


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("a;b;c\n1;2;3\n", 1), ("Список;;\n\na;b;c\n1;2;3\n", 3), ("Отчёт\nза март;2026\n\n\na;b;c;d\n1;2;3;4\n", 5),
        ("a;;c\n1;2;3\n", 1),
    ],
)
def test_the_header_is_below_the_titles(text, header):
    assert apart.describe(name="a.csv", data=text.encode()).header == header


def test_another_line_may_be_said_to_be_the_header():
    assert cells("a;b\n1;2\n3;4\n", header=2) == [("1", "2"), ("3", "4")]


def test_columns_have_names_of_their_own():
    assert cells("a;a;;a (2);\n1;2;3;4;5\n")[0] == ("a", "a (2)", "C", "a (2) (2)", "E")


def test_a_quote_that_is_never_closed_costs_its_own_line():
    told = apart.describe(name="a.csv", data=b'a;b\n1;2\n"3;4\n5;6\n"7;8";9\n')
    assert [line.line for line in told.rows] == [2, 4, 5]
    assert [(fault.line, fault.cells) for fault in told.faults] == [(3, ('"3;4',))]


@pytest.mark.parametrize(
    ("line", "reason", "stood"),
    [
        ('"3;4', "a quotation mark is opened", ('"3;4',)), ('"3"4;5', "no separator", ('"3"4;5',)),
        (f"{'x' * 10_001};5", "longer than", (f"{'x' * 10_001};5",)),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_our_words_beside_the_line_as_it_stood(line, reason, stood):
    [fault] = apart.describe(name="a.csv", data=f"a;b\n1;2\n{line}\n".encode()).faults
    assert reason in fault.reason
    assert fault.cells == tuple(cell[:10_000] for cell in stood)


def test_an_unfit_line_of_a_workbook_comes_as_it_stood():
    [fault] = apart.describe(name="a.xlsx", data=sheet_of(["a", "b"], ["1", "2"], ["x" * 10_001, "5"])).faults
    assert fault.cells == ("x" * 10_000, "5")


def test_what_no_text_may_hold_is_marked_in_the_line():
    [fault] = apart.describe(name="a.json", data=b'[{"a": "1\\u0000", "b": "2\\ud800"}]').faults
    assert ("part of no text" in fault.reason, fault.cells) == (True, ("1\ufffd", "2\ufffd"))


def test_where_json_ends_to_be_json_is_told_in_our_words():
    with translation.override("en"), pytest.raises(InvalidInput) as refusal:
        apart.describe(name="a.json", data=b'[{"a": 1},\n {"b":\n 2')
    assert refusal.value.fields == {"file": "This is no JSON: look at line 3."}


def test_a_line_of_totals_is_a_fault_of_its_own():
    told = apart.describe(name="a.csv", data="a;b;c\n1;2;3\nИтого;5\n".encode())
    assert [(fault.line, fault.cells) for fault in told.faults] == [(3, ("Итого", "5"))]


def test_endings_may_be_mixed_and_a_column_may_stand_alone():
    assert cells("a\n1\r\n2\r3\n") == [("a",), ("1",), ("2",), ("3",)]


def test_two_hundred_columns_and_no_more():
    assert len(cells(";".join(f"c{n}" for n in range(200)) + "\n")[0]) == 200
    with pytest.raises(TooLarge):
        cells(";".join(f"c{n}" for n in range(5000)) + "\n")


def test_a_preview_says_how_many_rows_there_are():
    told = apart.describe(name="a.csv", data=b"a;b\n" + b"1;2\n" * 5000)
    assert (len(told.rows), told.count) == (apart.PREVIEW, 5000)
    with apart.read(name="a.csv", data=b"a;b\n" + b"1;2\n" * 5000) as sheet:
        assert len(list(sheet)) == len(list(sheet)) == 5000


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", InvalidInput), (b" \n\n", InvalidInput), (b";;;\n;;\n", InvalidInput),
        (b"%PDF-1.7\n1 0 obj\n", WrongKind), (b"\x89PNG\r\n\x1a\n", WrongKind), (b"\xd0\xcf\x11\xe0 old", WrongKind),
        (b"<html><table>", WrongKind), (b"MZ\x90\x00", WrongKind), (b"a;b\n1;\x00\n", WrongKind),
        (b"a\n" + b"1\n" * (MAX_ROWS + 1), TooLarge), (b"a;b\n" + b"1\n" * (MAX_FAULTS + 2), InvalidInput),
        (b"a" * (MAX_BYTES + 1), TooLarge), (b"\xff\xfea", InvalidInput), (b"PK\x03\x04 not quite", WrongKind),
        (b"PK\x03\x04 [Content_Types].xml xl/workbook.xml", InvalidInput),
    ],
    ids=lambda data: repr(data[:12]) if isinstance(data, bytes) else data.__name__,
)
def test_what_is_no_table_is_declined_with_a_sentence(data, kind):
    with pytest.raises(kind) as declined:
        cells(data)
    assert str(declined.value)
    if kind is InvalidInput:
        assert set(declined.value.fields) <= {"file", "encoding"}


@pytest.mark.parametrize(
    "options", [{"encoding": "ebcdic"}, {"separator": "x"}, {"header": -1}, {"header": 50}, {"encoding": "utf-8"}]
)
def test_a_choice_that_does_not_fit_is_told_at_its_field(options):
    with pytest.raises(InvalidInput) as declined:
        cells("ФИО;Б\n".encode("windows-1251"), **options)
    assert set(declined.value.fields) == set(options)


# JSON -----------------------------------------------------------------------------------------------------------------


def test_objects_are_rows_and_are_counted():
    told = apart.describe(name="a.json", data=b'[{"a": 1, "b": ["x", "y"]}, 5,\n {"c": null, "a": 7.0e3}]')
    assert told.columns == ("a", "b", "c")
    assert [tuple(line) for line in told.rows] == [(1, ("1", "x, y", "")), (3, ("7.0e3", "", ""))]
    assert [fault.line for fault in told.faults] == [2]


@pytest.mark.parametrize(
    "data", [b"[" * 200_000, b"{}", b"[]", b"[1, 2]", b"[NaN]", b'[{"a": 1}', b'[{"a":' * 60 + b"1" + b"}]" * 60]
)
def test_no_list_of_objects_is_no_table(data):
    with pytest.raises(InvalidInput):
        cells(data, "a.json")


# Workbooks ------------------------------------------------------------------------------------------------------------


def test_what_stands_in_cells_becomes_what_a_person_would_type():
    def fill(book):
        sheet, hidden, second = (book.add_worksheet(name) for name in ("Дети", "Скрытый", "Второй"))
        hidden.hide()
        second.write_row(0, 0, ["x"])
        form = {name: book.add_format({"num_format": name}) for name in ("dd.mm.yyyy", "hh:mm", "0%", "[h]:mm")}
        sheet.write_row(2, 1, ["день", "миг", "час", "доля", "телефон", "формула", "да", "объединено", "", "сколько"])
        sheet.write_datetime(4, 1, date(2018, 3, 5), form["dd.mm.yyyy"])
        moment = datetime(2018, 3, 5, 17, 30)  # noqa: DTZ001 - a cell has no zone
        sheet.write_datetime(4, 2, moment, form["dd.mm.yyyy"])
        sheet.write_datetime(4, 3, time(17, 30), form["hh:mm"])
        sheet.write_number(4, 4, 0.1 + 0.2, form["0%"])
        sheet.write_number(4, 5, 7.9123456789e10)
        sheet.write_formula(4, 6, "=1+1", None, 2.5)
        sheet.write_boolean(4, 7, True)
        sheet.merge_range(4, 8, 4, 9, "вместе")
        sheet.write_datetime(4, 10, timedelta(hours=30), form["[h]:mm"])

    told = apart.describe(name="a.xlsx", data=workbook(fill))
    assert (told.sheets, told.sheet, told.header) == (("Дети", "Второй"), "Дети", 3)
    [line] = told.rows
    assert line.line == 5
    assert line.cells[1:] == (
        "2018-03-05", "2018-03-05 17:30", "17:30", "0.3", "79123456789", "2.5", "true", "вместе", "", "30:00"
    )


def test_days_of_a_workbook_that_counts_from_1904():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["день"])
        sheet.write_datetime(1, 0, date(2018, 3, 5), book.add_format({"num_format": "dd.mm.yyyy"}))

    assert cells(workbook(fill, date_1904=True), "a.xlsx")[1] == ("2018-03-05",)


def test_another_sheet_may_be_chosen_and_an_empty_one_is_passed_over():
    def fill(book):
        book.add_worksheet("Пусто")
        for name in ("А", "Б"):
            book.add_worksheet(name).write_row(0, 0, [name])

    assert cells(workbook(fill), "a.xlsx")[0] == ("А",)
    assert cells(workbook(fill), "a.xlsx", sheet="Б")[0] == ("Б",)
    with pytest.raises(InvalidInput) as declined:
        cells(workbook(fill), "a.xlsx", sheet="В")
    assert set(declined.value.fields) == {"sheet"}


def test_behind_a_thousand_blank_rows_nothing_is_meant():
    data = sheet_of(["a"], ["1"], *[[""]] * 1001, ["2"])
    assert cells(data, "a.xlsx") == [("a",), ("1",)]


def test_the_last_cell_of_a_sheet_does_not_fill_the_memory():
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write(0, 0, "a")
        sheet.write(1_048_575, 16_383, "far")

    with pytest.raises(TooLarge):
        cells(workbook(fill), "a.xlsx")


def archive(files, **told):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in {"[Content_Types].xml": "<Types/>", "xl/workbook.xml": "<workbook/>", **files}.items():
            packed.writestr(name, content, **told)
    return out.getvalue()


def lying(data):
    """The same archive, whose table of contents says that everything in it is small."""
    told = bytearray(data)
    place = 0
    while (place := told.find(b"PK\x01\x02", place)) >= 0:
        told[place + 24 : place + 28] = struct.pack("<I", 10)
        place += 4
    return bytes(told)


BOMB = {"xl/sharedStrings.xml": b"<sst>" + b"0" * 150_000_000}
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + ']><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&j;</t></si></sst>'
)


@pytest.mark.parametrize(
    "data",
    [
        archive(BOMB), lying(archive(BOMB)), archive({f"xl/{n}": "" for n in range(1001)}),
        archive({"xl/vbaProject.bin": "x"}), archive({"xl/sharedStrings.xml": LAUGHS}), archive({}), archive({})[:-30],
        b"PK\x03\x04" + archive({})[4:200] + b"xl/workbook[Content_Types].xml",
    ],
    ids=["bomb", "lying bomb", "entries", "macros", "laughs", "hollow", "cut", "torn"],
)
def test_hostile_workbooks_are_declined(data):
    with pytest.raises(Declined):
        cells(data, "a.xlsx")


def test_laughs_inside_a_whole_workbook_are_not_told():
    whole = zipfile.ZipFile(io.BytesIO(sheet_of(["a"], ["b"])))
    files = {name: whole.read(name) for name in whole.namelist()} | {"xl/sharedStrings.xml": LAUGHS}
    try:
        told = cells(archive(files), "a.xlsx")
    except Declined:
        return
    assert "lollol" not in repr(told)


@pytest.mark.parametrize(
    ("data", "status"),
    [(archive(BOMB), 413), (archive({"a": b"0" * 20_000_000}), 413), (archive({f"{n}": "" for n in range(1001)}), 413),
     (archive({"xl/vbaProject.bin": ""}), 415), (b"PK\x03\x04", 422)],
    ids=["size", "ratio", "entries", "macros", "torn"],
)
def test_an_archive_is_judged_by_its_table_of_contents(data, status):
    with pytest.raises(Torn) as torn:
        xlsx_rows.grid(data)
    assert torn.value.status == status


# Anything at all ------------------------------------------------------------------------------------------------------

GOOD = (sheet_of(["a", "b"], ["1", "2"]), LIST.encode(), LIST.encode("windows-1251"), b'[{"a": 1}]')
HEADS = (b"[", b"a;b\n", b'"', b"PK\x03\x04", b"\xff\xfe")


def mutated(data, place, byte):
    return data[: place % len(data)] + bytes([byte]) + data[place % len(data) + 1 :]


BYTES = st.one_of(
    st.binary(max_size=300),
    st.builds(bytes.__add__, st.sampled_from(HEADS), st.binary()),
    st.builds(mutated, st.sampled_from(GOOD), st.integers(0, 10_000), st.integers(0, 255)),
    st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=BYTES, name=st.sampled_from(["a.csv", "a.xlsx", "a.json", "a"]))
def test_any_bytes_are_a_table_or_declined(data, name):
    try:
        told = apart.describe(name=name, data=data)
    except Declined:
        return
    assert all(len(line.cells) == len(told.columns) == len(set(told.columns)) for line in told.rows)


# Tables for people ----------------------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+7 912", "-5", "@SUM(A1)", " =1", "\t=1", "\r=1", "\u00a0=1", "=cmd|' /C calc'!A0", "＝1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_is_never_a_formula(text):
    assert harmless(text).startswith("'")
    assert meant(harmless(text)) == text
    assert b"<f>" not in b"".join(
        zipfile.ZipFile(io.BytesIO(xlsx_file(["a"], [[text]]))).read(name)
        for name in ("xl/worksheets/sheet1.xml",)
    )


@pytest.mark.parametrize("text", ["Иванов", "8 912", "a=b", "'tis", "", "1-2"])
def test_other_texts_stay_as_they_are(text):
    assert harmless(text) == meant(text) == text


@pytest.mark.parametrize(("form", "write"), [("csv", csv_file), ("xlsx", xlsx_file)])
def test_what_is_written_can_be_read_again(form, write):
    rows = [["Иванов; Пётр", date(2026, 3, 5), 7], ["=x", None, 0]]
    told = cells(write(["ФИО", "Когда", "Сколько"], rows), f"a.{form}")
    assert told[1] == ("Иванов; Пётр", "2026-03-05", "7")
    assert meant(told[2][0]) == "=x"
