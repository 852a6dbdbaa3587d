import pytest

from rollbook.foundation.tables import MAX_FAULTS, Cell, read

ANNA = {"имя": "Анна", "группа": "А; старшая"}


def rows(name: str, data: bytes, **told: object) -> list[tuple[int, dict[str, Cell]]]:
    table = read(name, data, **told)  # type: ignore[arg-type]
    assert table.faults == ()
    return [(row.line, dict(row.cells)) for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1251"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_the_tables_that_offices_write(encoding: str, separator: str, ending: str) -> None:
    text = ending.join([f"имя{separator}группа", f'Анна{separator}"А; старшая"', ""])
    assert rows("a.csv", text.encode(encoding)) == [(2, ANNA)]


def test_a_row_knows_the_line_on_which_it_begins() -> None:
    data = b'a,b\n1,"two\nlines"\n\n , \n3,4\n'
    assert [line for line, _ in rows("a.csv", data)] == [2, 5, 6]


def test_the_header_may_stand_lower() -> None:
    assert rows("a.csv", b"Report of March\n\na;b\n1;2\n", header=3) == [(4, {"a": "1", "b": "2"})]


def test_lines_are_counted_below_a_low_header() -> None:
    table = read("a.csv", b"Report, of March\n\na;b\n1;2\n3\n", header=3)
    assert [fault.line for fault in table.faults] == [5]


def test_a_broken_row_does_not_hide_the_others() -> None:
    table = read("a.csv", b"a,b\n1\n2,3\n4,5,6\n")
    assert [row.line for row in table.rows] == [3]
    assert [fault.line for fault in table.faults] == [2, 4]


def test_formulas_are_texts() -> None:
    assert rows("a.csv", b"a,b\n=1+1,@x\n") == [(2, {"a": "=1+1", "b": "@x"})]


def test_a_stated_encoding_is_taken_at_its_word() -> None:
    table = read("a.csv", "имя\nАнна\nБорис\n".encode("windows-1251"), encoding="utf-8")
    assert [(fault.line, fault.values) for fault in table.faults] == [(1, {"encoding": "utf-8"})]


def test_the_line_of_a_wrong_byte_is_told() -> None:
    table = read("a.csv", b"name\nAnna\n\xff\xff\n", encoding="utf-8")
    assert [fault.line for fault in table.faults] == [3]


def test_values_of_json_are_texts_and_lists_of_texts() -> None:
    data = '[{"a": 1, "b": 2.50, "c": null, "d": true, "e": "é", "f": [1, 2], "g": {"h": 1}, "i": [], "j": 1e400}]'
    assert rows("a.json", data.encode()) == [
        (1, {"a": "1", "b": "2.50", "c": "", "d": "true", "e": "é", "f": ("1", "2"), "i": (), "j": "1e400"})
    ]


def test_rows_of_json_know_their_line_and_number() -> None:
    table = read("a.json", b'[{"a": 1}, {"a": 2},\n {"a": 3},\n\n{"a": 4}, 5]')
    assert [(row.line, row.number) for row in table.rows] == [(1, 0), (1, 2), (2, 0), (4, 0)]
    assert [(fault.line, fault.number) for fault in table.faults] == [(4, 5)]


@pytest.mark.parametrize("data", [b"[]", b" [ ] \n", b"\xef\xbb\xbf[]"])
def test_an_empty_list_is_a_table_without_rows(data: bytes) -> None:
    assert rows("a.json", data) == []


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[", b"[1", b"[1,", b"[1 2]", b"[]]", b'["a" "b"]', b"[,]", b"nul", b'"text"', b"[" * 200_000]
)
def test_what_is_no_json_is_a_fault_and_no_crash(data: bytes) -> None:
    assert read("a.json", data).faults


def test_faults_end_somewhere() -> None:
    table = read("a.csv", b"a,b\n" + b"1\n" * 50_000)
    assert len(table.faults) == MAX_FAULTS + 2


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.pdf", ".csv.exe"])
def test_other_kinds_of_files_are_refused(name: str) -> None:
    assert read(name, b"a,b\n1,2\n").faults
