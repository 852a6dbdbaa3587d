"""One thing in the files is wrong: its line is named, and nothing is written."""

import pytest
from django.conf import settings
from django.db import connection

from rollbook.domains.imports.actions import NotImported
from rollbook.foundation.tables import MAX_BYTES
from tests.imports.academy import MAPPING, changed, small, take_in

pytestmark = pytest.mark.django_db

LESSON = '"start_time": "10:00", "end_time": "11:30", "topic": "Motors"'

# File, what stands there, what is put there instead; place and field of the error, a piece of its reason.
BROKEN = [
    # Days and times
    ("students.csv", "2014-05-08", "08.05.2014", "students.csv:2 birth_date", "no day"),
    ("students.csv", "2014-05-08", "2014-02-30", "students.csv:2 birth_date", "no day"),
    ("students.csv", "2014-05-08", "٢٠١٤-05-08", "students.csv:2 birth_date", "no day"),
    ("students.csv", "2014-05-08", "1919-12-31", "students.csv:2 birth_date", "A birthday lies"),
    ("students.csv", "2014-05-08", "2027-01-01", "students.csv:2 birth_date", "A birthday lies"),
    ("students.csv", "2014-05-08", "9999-12-31", "students.csv:2 birth_date", "no day of our time"),
    ("payments.json", '"2026-02-27"', '"2026-02-29"', "payments.json:2 day", "no day"),
    ("groups.json", '"lesson_start": "10:00"', '"lesson_start": "25:00"', "groups.json:2 starts", "no time"),
    ("groups.json", '"lesson_end": "11:30"', '"lesson_end": "09:30"', "groups.json:2 ends", "It lasts"),
    ("lessons.json", LESSON, LESSON.replace("11:30", "10:00"), "lessons.json:2 ends", "It lasts"),
    ("groups.json", "[1, 3, 5]", "[1, 3, 8]", "groups.json:2 weekday", "no whole number"),
    # Names, phones, addresses
    ("students.csv", "Clara,First", "\u200b, ", "students.csv:2 first_name", "Nothing is said"),
    ("students.csv", "Clara,First", ",", "students.csv:2 last_name", "Neither last nor first"),
    ("students.csv", "Clara", "C" * 101, "students.csv:2 first_name", "Longer than"),
    ("students.csv", "+998901110021", "12", "students.csv:2 phone", "no phone"),
    ("students.csv", "+998901110021", "+998901110021 ext. 5", "students.csv:2 phone", "no phone"),
    ("students.csv", "+998901110021", "=1+1", "students.csv:2 phone", "no phone"),
    ("mentors.json", "+998901110001", "9" * 40, "mentors.json:2 phone", "no phone"),
    ("mentors.json", "anna@example.org", "anna at example", "mentors.json:2 email", "no e-mail"),
    ("students.csv", "Ona", "Amaki", "students.csv:2 kinship", "is none of"),
    # Numbers and money
    ("courses.json", '"10-13"', '"10-x"', "courses.json:2 max_age", "no whole number"),
    ("courses.json", '"10-13"', '"13-10"', "courses.json:2 max_age", "not in order"),
    ("payments.json", '"amount": 900000', '"amount": -900000', "payments.json:2 amount", "A sum from"),
    ("payments.json", '"amount": 900000', '"amount": 0', "payments.json:2 amount", "A sum from"),
    ("payments.json", '"amount": 900000', '"amount": 9e5', "payments.json:2 amount", "no sum"),
    ("payments.json", '"amount": 900000', '"amount": 0.005', "payments.json:2 amount", "no sum"),
    ("payments.json", '"amount": 900000', '"amount": 1000000000000000', "payments.json:2 amount", "no sum"),
    ("payments.json", '"amount": 900000', '"amount": 1000000000', "payments.json:2 amount", "A sum from"),
    ("payments.json", '"amount": 900000', '"amount": null', "payments.json:2 amount", "Nothing is said"),
    ("payments.json", '"amount": 900000', '"amount": [1, 2]', "payments.json:2 amount", "not a list"),
    ("payments.json", '"amount": 900000', '"amount": {"value": 1}', "payments.json:2 amount", "Nothing is said"),
    ("groups.json", '"monthly_fee": 900000', '"monthly_fee": true', "groups.json:2 price", "no sum"),
    ("payments.json", '"method": "Click"', '"method": "Gold"', "payments.json:2 method", "is none of"),
    # What points at nothing
    ("groups.json", '"course_code": "ROBO"', '"course_code": "LOGO"', "groups.json:2 programme", "There are no"),
    ("groups.json", '"mentor_id": 1', '"mentor_id": 9', "groups.json:2 teachers", "There are no"),
    ("attendance.csv", "1,1,1,1,", "1,9,1,1,", "attendance.csv:2 client", "There are no"),
    ("attendance.csv", "1,1,1,1,", "1,1,9,1,", "attendance.csv:2 lesson", "There are no"),
    ("makeup_sessions.json", '_lesson_id": 3', '_lesson_id": 9', "makeup_sessions.json:2 makes_up", "There are no"),
    # What is said twice
    ("students.csv", "2,S-2", "1,S-2", "students.csv:3 key", "stands in students.csv:2"),
    ("attendance.csv", "2,1,2,1,", "2,1,1,1,", "attendance.csv:3 key", "stands in attendance.csv:2"),
    ("courses.json", '"Chess"', '"ROBOTS for a start"', "courses.json:3 name", "already"),
    ("groups.json", '"schedule_days": [1, 3]', '"schedule_days": [1, 1]', "groups.json:16 key", "stands in"),
    # What contradicts itself
    ("attendance.csv", "1,1,1,1,", "1,3,1,1,", "attendance.csv:2 client", "not in the group"),
    ("students.csv", ",2026-03-04", ",2026-03-05", "attendance.csv:10 client", "not in the group"),
    ("attendance.csv", "absent_unexcused,0", "absent_unexcused,5", "attendance.csv:5 minutes_late", "Only who came"),
    ("attendance.csv", "late,10", "late,601", "attendance.csv:3 minutes_late", "no whole number"),
    ("attendance.csv", "absent_excused,0", "asleep,0", "attendance.csv:4 status", "is none of"),
    (
        "makeup_sessions.json", '"student_id": 1, "missed_lesson_id": 3', '"student_id": 1, "missed_lesson_id": 1',
        "makeup_sessions.json:2 makes_up", "no miss",
    ),
    ("makeup_sessions.json", '_lesson_id": 2', '_lesson_id": 1', "makeup_sessions.json:4 mark", "already"),
    ("makeup_sessions.json", '_min": 60', '_min": 900', "makeup_sessions.json:2 duration_min", "no room"),
    # Files that are none
    ("students.csv", "birth_date", "birthday", "students.csv:1 birth_date", "no such column"),
    ("students.csv", "code,first_name", "id,first_name", "students.csv:1", "Two columns"),
    ("students.csv", "id,code,", "id,,", "students.csv:1", "has no name"),
    ("students.csv", "Clara,First", "Clara", "students.csv:2", "cells, where"),
    ("students.csv", '"School 3, old"', '"School 3, old', "students.csv:5", "no row of a table"),
    ("students.csv", "Clara", "Cla\x00ra", "students.csv:2", "part of no text"),
    ("students.csv", "Clara", "C" * 10_001, "students.csv:2", "A cell is longer"),
    ("mentors.json", '"Anna"', '"An\\u0000na"', "mentors.json:2", "part of no text"),
    ("mentors.json", '"Anna"', '"An\\ud800na"', "mentors.json:2", "part of no text"),
    ("mentors.json", '"id": 1,', '"id": 1, "id": 2,', "mentors.json:2", "each of its names once"),
    ("mentors.json", '"id": 1,', '"id": NaN,', "mentors.json:2", "no JSON"),
    ("mentors.json", "},", "", "mentors.json:2", "no JSON"),
    ("mentors.json", "[", "{", "mentors.json:1", "A list of objects"),
    ("mentors.json", "[", "[" * 100_000, "mentors.json:1", "too deep"),
    ("payments.json", "[", '["text", 7, [1],', "payments.json:1", "An object is expected"),
]


@pytest.mark.parametrize(("file", "old", "new", "place", "reason"), BROKEN)
def test_a_broken_line_is_named_and_nothing_is_written(file: str, old: str, new: str, place: str, reason: str) -> None:
    told = refused(changed(file, old, new))
    assert any(line.startswith(place) and reason in line for line in told), told


def refused(files: dict[str, bytes], mapping: str = MAPPING) -> list[str]:
    before = written()
    with pytest.raises(NotImported) as refusal:
        take_in(files, mapping=mapping)
    assert written() == before
    return [problem.told(str) for problem in refusal.value.problems]


def written() -> int:
    """How many rows of the school's own tables there are."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        tables = [name for name in names if name.split("_")[0] in settings.DOMAINS]
        cursor.execute(" UNION ALL ".join(f'SELECT count(*) FROM "{name}"' for name in tables))
        return sum(count for (count,) in cursor.fetchall())


def test_all_that_is_wrong_is_told_at_once_in_the_order_of_the_files() -> None:
    files = changed("students.csv", "2014-05-08", "never") | {
        "payments.json": changed("payments.json", "900000", "-1")["payments.json"],
        "attendance.csv": changed("attendance.csv", "late,10", "late,x")["attendance.csv"],
    }
    assert [line.split(":", 2)[:2] for line in refused(files)] == [
        ["attendance.csv", "3 minutes_late"], ["payments.json", "2 amount"], ["students.csv", "2 birth_date"],
    ]


def test_what_points_at_a_broken_row_is_not_told_again() -> None:
    assert len(refused(changed("students.csv", "2014-05-08", "never"))) == 1


def test_a_missing_file_is_named() -> None:
    files = small()
    del files["lessons.json"]
    assert "lessons.json:1: There is no such file." in refused(files)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("students.csv", b"id\n" + b"1\n" * (MAX_BYTES // 2), "larger than 20 MB"),
        ("students.csv", b"id\n" + b"1\n" * 100_001, "more than 100000 rows"),
        ("students.csv", ",".join(f"c{n}" for n in range(5000)).encode() + b"\n", "More than 200 columns"),
        ("students.csv", b"", "no line with the names"),
        ("students.csv", "id;имя\n1;Анна\n".encode("utf-16"), "no such column"),
        ("students.csv", b"%PDF-1.7\n\x98\xff\xfe\n", "no text in windows-1251"),
        ("lessons.json", b"\xff\x00", "no text in utf-8"),
        ("lessons.json", b"PK\x03\x04", "A list of objects"),
        ("lessons.json", b'[{"id": 1}', "no JSON"),
        ("lessons.json", b'[{"id": 1}] []', "no JSON"),
        ("lessons.json", b'[{"id": ' + b"9" * 5000 + b"}]", "no such column"),
        ("lessons.json", b"[" + b'{"a":' * 50_000 + b"1" + b"}" * 50_000 + b"]", "too deep"),
    ],
)
def test_a_file_that_is_none_is_refused(name: str, data: bytes, reason: str) -> None:
    told = refused(small() | {name: data})
    assert any(line.startswith(f"{name}:") and reason in line for line in told), told[:5]
