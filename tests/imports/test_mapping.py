"""What may be said in a mapping, and what a row becomes by it; no database is asked."""

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from rollbook.domains.imports import rules
from rollbook.domains.imports.rules import BadMapping, Drafted, Known, Row, Terms
from rollbook.domains.imports.rules.values import kinds_of, required_of
from rollbook.foundation import tables
from rollbook.workflows.data_imported import TARGETS
from tests.imports.academy import MAPPING, small

HEAD = """
[organisation]
name = "A"
currency = "UAH"
time_zone = "Europe/Kyiv"
phone_region = "UA"
language = "uk"
branch = "B"
[[rows]]
become = "things"
of = "a.csv"
key = "{id}"
"""
TERMS = Terms("UA", date(2026, 3, 19))


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing(Row):
    name: str = rules.line(20)
    price: Decimal | None = rules.money("0", None)
    day: date | None = rules.day(None)
    at: time | None = rules.clock(None)
    phone: str = rules.phone("")
    count: int | None = rules.whole(-5, 5, None)
    days: tuple[int, ...] = rules.numbers(1, 7, ())
    is_good: bool | None = rules.flag(None)
    of: int | None = rules.ref("things", None)
    others: tuple[int, ...] = rules.refs("things", ())


def draft(mapping: str, data: str, known: dict[str, Known] | None = None) -> Drafted:
    mapped = rules.read_mapping(HEAD + mapping, targets={"things": Thing})
    files = {"a.csv": tables.read("a.csv", data.encode())}
    return rules.drafted(mapped, files, targets={"things": Thing}, known={"things": known or {}}, terms=TERMS)


def values(fields: str, data: str) -> dict[str, object]:
    found = draft(f"[rows.fields]\n{fields}", data)
    assert not found.problems, [problem.told(str) for problem in found.problems]
    (row,) = rules.resolved(found.new["things"], Thing, ids={"things": {"1": 71, "2": 72}})
    return {name: getattr(row, name) for name in ("name", *rules.plain(row))}


@pytest.mark.parametrize(
    ("fields", "data", "expected"),
    [
        ('name = "n"', "id,n\n1,  Anna   Maria ", {"name": "Anna Maria"}),
        ('name = { value = "Ім’я" }', "id\n1", {"name": "Ім’я"}),
        ('name = { text = "{id}: {n}!" }', "id,n\n1,A", {"name": "1: A!"}),
        ('name = { text = "{n.__class__}{{id}}" }', "id,n.__class__\n1,A", {"name": "A{1}"}),
        ('name = { column = "n", split = " ", part = 1 }', "id,n\n1,Anna Maria Hof", {"name": "Anna"}),
        ('name = { column = "n", split = " ", part = "2.." }', "id,n\n1,Anna  Maria Hof", {"name": "Maria Hof"}),
        ('name = { column = "n", split = " ", part = -1 }', "id,n\n1,Anna Maria Hof", {"name": "Hof"}),
        ('name = { column = "n", map = { a = "A" } }', "id,n\n1,a", {"name": "A"}),
        ('name = { column = "n", map = { a = "A" }, otherwise = "?" }', "id,n\n1,b", {"name": "?"}),
        ('name = "n"\nprice = "p"', 'id,n,p\n1,A,"1 000,50"', {"name": "A", "price": Decimal("1000.50")}),
        ('name = "n"\nday = "d"', "id,n,d\n1,A,2026-03-19", {"name": "A", "day": date(2026, 3, 19)}),
        (
            'name = "n"\nday = { column = "d", format = "%d.%m.%Y" }', "id,n,d\n1,A,19.03.2026",
            {"name": "A", "day": date(2026, 3, 19)},
        ),
        ('name = "n"\nat = "t"', "id,n,t\n1,A,9:05", {"name": "A", "at": time(9, 5)}),
        ('name = "n"\nat = "t"', "id,n,t\n1,A,09:05:00", {"name": "A", "at": time(9, 5)}),
        (
            'name = "n"\nat = { column = "t", format = "%I:%M %p" }', "id,n,t\n1,A,05:30 PM",
            {"name": "A", "at": time(17, 30)},
        ),
        ('name = "n"\nphone = "p"', "id,n,p\n1,A,050 123 45 67", {"name": "A", "phone": "+380501234567"}),
        ('name = "n"\ncount = { value = -3 }', "id,n\n1,A", {"name": "A", "count": -3}),
        ('name = "n"\ndays = { column = "d", split = ";" }', 'id,n,d\n1,A,"1; 3;"', {"name": "A", "days": (1, 3)}),
        ('name = "n"\ndays = { value = [6, 7] }', "id,n\n1,A", {"name": "A", "days": (6, 7)}),
        ('name = "n"\nis_good = "g"', "id,n,g\n1,A,Да", {"name": "A", "is_good": True}),
        ('name = "n"\nof = "id"', "id,n\n1,A", {"name": "A", "of": 71}),
        ('name = "n"\nof = "o"', "id,n,o\n1,A,", {"name": "A"}),
        ('name = "n"\nof = { text = "{o}" }', "id,n,o\n1,A,", {"name": "A"}),
        ('name = "n"\nothers = { column = "o", split = "+" }', "id,n,o\n1,A,1 + 1", {"name": "A", "others": (71, 71)}),
    ],
)
def test_what_a_field_becomes(fields: str, data: str, expected: dict[str, object]) -> None:
    assert values(fields, data) == expected


@pytest.mark.parametrize(
    ("fields", "data", "reason"),
    [
        ('name = "n"', "id,n\n1,", "Nothing is said here."),
        ('name = { column = "n", map = { a = "A" } }', "id,n\n1,b", "b is none of a."),
        ('name = "n"\nprice = "p"', "id,n,p\n1,A,1_000", "1_000 is no sum of money."),
        ('name = "n"\ncount = "c"', "id,n,c\n1,A,１", "１ is no whole number from -5 to 5."),
        ('name = "n"\ncount = "c"', "id,n,c\n1,A,6", "6 is no whole number from -5 to 5."),
        (
            'name = "n"\nday = { column = "d", format = "%d.%m.%Y" }', "id,n,d\n1,A,19.3.26",
            "19.3.26 is no day (%d.%m.%Y).",
        ),
        ('name = "n"\nday = "d"', "id,n,d\n1,A,1899-12-31", "1899-12-31 is no day of our time."),
        ('name = "n"\nis_good = "g"', "id,n,g\n1,A,maybe", "maybe is neither yes nor no."),
        ('name = "n"\nof = "o"', "id,n,o\n1,A,9", "There are no things with the key 9."),
        ('name = "n"\nof = "x"', "id,n\n1,A", "There is no such column."),
    ],
)
def test_why_a_field_is_refused(fields: str, data: str, reason: str) -> None:
    (problem,) = draft(f"[rows.fields]\n{fields}", data).problems
    assert problem.told(str).split(": ", 1)[1] == reason


def names(mapping: str, data: str) -> list[object]:
    found = draft(mapping, data)
    assert not found.problems, [problem.told(str) for problem in found.problems]
    return [row.values["name"] for row in found.new["things"]]


def test_rows_are_chosen_by_what_they_say() -> None:
    data = "id,n,kind\n1,A,x\n2,B,y\n3,C,\n4,D,z\n"
    assert names('only = { kind = ["x", "y"] }\n[rows.fields]\nname = "n"', data) == ["A", "B"]
    assert names('unless = { kind = ["", "z"] }\n[rows.fields]\nname = "n"', data) == ["A", "B"]


def test_the_same_row_may_stand_there_often_where_that_is_said() -> None:
    data = "id,n\n1,A\n1,A\n2,B\n"
    assert names('distinct = true\n[rows.fields]\nname = "n"', data) == ["A", "B"]
    assert [p.origin.line for p in draft('[rows.fields]\nname = "n"', data).problems] == [3]
    different = draft('distinct = true\n[rows.fields]\nname = "n"', "id,n\n1,A\n1,B")
    assert [p.origin.line for p in different.problems] == [3]


def test_rows_without_a_time_are_laid_out_one_after_another() -> None:
    mapping = """
lay_out = { each = ["who"], from = 09:00:00, minutes = "m", into = ["from", "until"] }
[rows.fields]
name = { text = "{who} {from} {until}" }
"""
    data = "id,who,m\n1,a,60\n2,b,30\n3,a,45\n"
    assert names(mapping, data) == ["a 09:00 10:00", "b 09:00 09:30", "a 10:00 10:45"]
    assert [p.origin.line for p in draft(mapping, "id,who,m\n1,a,899\n2,a,1\n3,a,x\n4,a,0\n").problems] == [3, 4, 5]


def test_what_was_imported_before_is_known_by_its_key() -> None:
    mapping, data = '[rows.fields]\nname = "n"\nof = "o"', "id,n,o\n1,A,\n2,B,1\n3,C,4\n"
    digests = [row.digest for row in draft(mapping, data.replace("4", "1")).new["things"]]
    known = {"1": Known(71, digests[0]), "2": Known(72, "of another time"), "4": Known(74, "")}
    found = draft(mapping, data, known)
    assert [row.key for row in found.new["things"]] == ["3"]
    assert (found.unchanged, [row.key for row in found.changed]) == (1, ["2"])
    assert not found.problems


@pytest.mark.parametrize(
    ("mapping", "reason"),
    [
        ("x = [", "This is no TOML"),
        ("a = " + "[" * 50_000, "This is no TOML"),
        ('[rows.fields]\nnome = "n"', "nome is not known here"),
        ("[rows.fields]\nprice = 'p'", "name must be given"),
        ("[rows.fields]\nname = 7", "A column or a table"),
        ("[rows.fields]\nname = {}", "One of column, text, value"),
        ('[rows.fields]\nname = { column = "n", value = 1 }', "One of column, text, value"),
        ('[rows.fields]\nname = { column = "n", part = 1 }', "`part` is a number"),
        ('[rows.fields]\nname = { column = "n", split = " ", part = "0" }', "`part` is a number"),
        ('[rows.fields]\nname = { column = "n", evaluate = "1" }', "evaluate is not known here"),
        ("[rows.fields]\nname = { column = 1 }", "of another kind"),
        ('only = { kind = "x" }\n[rows.fields]\nname = "n"', "A list of texts"),
        ('given = [{ id = 1 }]\n[rows.fields]\nname = "n"', "Rows are either"),
        ('lay_out = { each = ["a"], from = "9", minutes = "m", into = ["b", "c"] }\n[rows.fields]\nname = "n"', "`lay"),
        ('[rows.fields]\nname = "n"\n[[rows]]\nbecome = "others"', "others is none of things"),
        ('[rows.fields]\nname = "n"\n[[rows]]\nbecome = "things"\nof = "../../etc/passwd.csv"', "Rows are either"),
        ('[rows.fields]\nname = "n"\n[[rows]]\nbecome = "things"\nof = "a.csv"', "key must be given"),
        ('[rows.fields]\nname = "n"\n[files."a.csv"]\nencoding = "koi8-r"', "koi8-r is none of"),
        ('[rows.fields]\nname = "n"\n[files."a.csv"]\nheader = 0.5', "of another kind"),
        ('[rows.fields]\nname = "n"\n[orders]', "orders is not known here"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(mapping: str, reason: str) -> None:
    with pytest.raises(BadMapping) as bad:
        rules.read_mapping(HEAD + mapping, targets={"things": Thing})
    assert any(reason in problem.told(str) for problem in bad.value.problems), bad.value.problems


def test_an_organisation_must_be_described() -> None:
    with pytest.raises(BadMapping) as bad:
        rules.read_mapping(HEAD.replace('currency = "UAH"', ""), targets={"things": Thing})
    assert bad.value.problems[0].told(str) == "mapping:1 organisation: currency must be given."


def test_the_mapping_of_the_academy_reads_all_its_files() -> None:
    mapped = rules.read_mapping(MAPPING, targets=TARGETS)
    assert set(rules.files_of(mapped)) == set(small())
    assert {section.target for section in mapped.sections} == set(TARGETS)


def test_the_guide_knows_every_target_and_field() -> None:
    guide = (Path(__file__).parents[2] / "docs/guides/import.md").read_text("utf-8")
    told = {line.split("`")[1]: line for line in guide.splitlines() if line.startswith("| `")}
    for target, row in TARGETS.items():
        for name in kinds_of(row):
            assert f"`{name}`" in told[target], f"{target}: {name}"
            assert (f"**`{name}`**" in told[target]) == (name in required_of(row)), f"{target}: {name}"
