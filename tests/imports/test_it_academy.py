"""The academy as it is, compared with its source; IT_ACADEMY names the folder. Nothing of it is kept here."""

import csv
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Count, F, Max, Min, Q, Sum
from pytest_django.plugin import DjangoDbBlocker

from rollbook.domains.access.actor import operator
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.imports.models import ImportedRow
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client, Employee, Relation
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule import queries as timetable
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import lessons_of_month
from rollbook.screens import journal
from rollbook.screens.journal import State
from rollbook.workflows.data_imported import Imported
from tests import databases
from tests.imports.academy import NOW, OPERATOR, take_in

FOLDER = os.environ.get("IT_ACADEMY", "")
pytestmark = pytest.mark.skipif(not FOLDER, reason="IT_ACADEMY names no folder")

STATUS = {"present": "attended", "late": "attended", "absent_excused": "excused", "absent_unexcused": "missed"}


class Source:
    def __init__(self, folder: Path) -> None:
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.groups, self.lessons, self.payments, self.sessions, self.mentors, self.courses = (
            json.loads(self.files[f"{name}.json"])
            for name in ("groups", "lessons", "payments", "makeup_sessions", "mentors", "courses")
        )
        self.students, self.marks = (
            list(csv.DictReader(self.files[f"{name}.csv"].decode().splitlines())) for name in ("students", "attendance")
        )


@pytest.fixture(scope="module")
def source() -> Source:
    return Source(Path(FOLDER))


@pytest.fixture(scope="module")
def done(source: Source, django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Imported]:
    """The whole academy in a database of its own, and how it went."""
    with django_db_blocker.unblock(), databases.clone() as name, databases.pointed_at(name):
        yield take_in(source.files)


@pytest.fixture(scope="module")
def ids(done: Imported) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for target, key, subject in ImportedRow.objects.values_list("target", "key", "subject_id"):
        found[target][key] = subject
    return found


def test_everything_is_there(source: Source, done: Imported) -> None:
    assert done.added["lessons"] == len(source.lessons) + sum(s["mode"] == "tutor_session" for s in source.sessions)
    assert Group.objects.filter(capacity=15).count() == len(source.groups) == 26
    assert Client.objects.count() == Enrolment.objects.count() == len(source.students) == 294
    assert Relation.objects.filter(pays=True).count() == len(source.students)
    assert Employee.objects.filter(left_on=None).count() == len(source.mentors)
    assert Lesson.objects.filter(group__isnull=False, held_at__isnull=False).count() == len(source.lessons) == 1731
    assert Mark.objects.filter(kind="regular").count() == len(source.marks) == 19355


def test_marks_by_status_and_group(source: Source, ids: dict[str, dict[str, int]]) -> None:
    told = Counter((ids["groups"][mark["group_id"]], STATUS[mark["status"]]) for mark in source.marks)
    rows = Mark.objects.filter(kind="regular").values_list("lesson__group", "status").annotate(n=Count("pk"))
    assert {(group, status): n for group, status, n in rows} == told


def test_late_ones_have_their_minutes(source: Source, ids: dict[str, dict[str, int]]) -> None:
    told = {
        (ids["clients"][mark["student_id"]], ids["lessons"][mark["lesson_id"]]): int(mark["minutes_late"])
        for mark in source.marks if mark["status"] == "late"
    }
    late = Mark.objects.filter(minutes_late__gt=0, status="attended")
    assert {(client, lesson): n for client, lesson, n in late.values_list("client", "lesson", "minutes_late")} == told


def test_attendance_by_student(source: Source, ids: dict[str, dict[str, int]]) -> None:
    rows = Mark.objects.filter(kind="regular").values_list("client").annotate(
        came=Count("pk", filter=Q(present=True)), all=Count("pk")
    )
    rates = {client: 100 * came / marked for client, came, marked in rows}
    for student in source.students:
        assert rates[ids["clients"][student["id"]]] == pytest.approx(
            float(student["attendance_attendance_rate"]), abs=0.1
        )


def test_payments_by_month(source: Source, done: Imported) -> None:
    told: Counter[str] = Counter()
    for payment in source.payments:
        if payment["paid_at"]:
            told[payment["paid_at"][:7]] += payment["amount"]
    found: Counter[str] = Counter()
    for day, amount in Payment.objects.values_list("received_on", "amount"):
        found[day.isoformat()[:7]] += amount
    assert found == told
    assert Payment.objects.count() == 1730


def test_make_ups_by_mode(source: Source, done: Imported) -> None:
    told = Counter(session["mode"] for session in source.sessions)
    by_hand = Counter(Mark.objects.exclude(worked_off_on=None).values_list("worked_off_note", flat=True))
    visits = Mark.objects.filter(kind="make_up", status="attended", makes_up__isnull=False)
    assert sorted([*by_hand.values(), visits.count()]) == sorted(told.values())
    assert visits.exclude(makes_up__client=F("client")).count() == 0
    assert sum(told.values()) == 1230


def test_each_make_up_is_a_purple_cell_of_a_journal(source: Source, done: Imported) -> None:
    by, purple = operator("the reader"), 0
    days = Lesson.objects.aggregate(first=Min("day"), last=Max("day"))
    for group in Group.objects.values_list("pk", flat=True):
        sheet = journal.sheet(group_id=group, first=days["first"], last=days["last"], at=NOW, by=by)
        purple += sum(square.state == State.WORKED_OFF for row in sheet.rows for square in row.squares)
    assert purple == len(source.sessions) == 1230


def test_a_tutor_has_one_session_after_another_from_nine(done: Imported) -> None:
    sessions = Lesson.objects.filter(group=None)
    assert sessions.count() == 693
    days = sessions.values("teachers", "day").annotate(
        first=Min("starts_at"), last=Max("ends_at"), n=Count("pk")
    )
    for day in days:
        assert (day["first"].hour, day["first"].minute) == (4, 0)
        assert day["last"] - day["first"] == timedelta(hours=day["n"])
    assert not sessions.filter(is_joint=True).exists()


def test_overlapping_lessons_are_joint_and_listed(
    source: Source, done: Imported, ids: dict[str, dict[str, int]]
) -> None:
    by_day = defaultdict(list)
    for lesson in source.lessons:
        by_day[lesson["date"]].append(lesson)
    pairs = [
        (one, other)
        for lessons in by_day.values() for one, other in combinations(lessons, 2)
        if one["start_time"] < other["end_time"] and other["start_time"] < one["end_time"]
    ]
    rooms = [pair for pair in pairs if pair[0]["room"] == pair[1]["room"]]
    teachers = [pair for pair in pairs if pair[0]["mentor_id"] == pair[1]["mentor_id"]]
    assert (len(rooms), len(teachers)) == (98, 66)
    assert sum(1 for overlap in done.overlaps if overlap.room) == len(rooms)
    assert sum(1 for overlap in done.overlaps if overlap.teacher) == len(teachers)
    joint = {ids["lessons"][str(lesson["id"])] for pair in [*rooms, *teachers] for lesson in pair}
    assert set(Lesson.objects.filter(is_joint=True).values_list("pk", flat=True)) == joint


def test_the_timetable_gives_as_many_lessons_a_month_as_there_were(done: Imported) -> None:
    groups = list(Group.objects.values_list("pk", flat=True))
    slots = timetable.slots(group_ids=groups, by=OPERATOR)
    closed = timetable.closing_days(
        branch_ids=Group.objects.values_list("branch", flat=True), first=date(2026, 2, 1), last=date(2026, 8, 31),
        by=OPERATOR,
    )
    for group in groups:
        weekly = [slot.weekly for slot in slots if slot.group_id == group]
        for month in range(2, 9):
            real = Lesson.objects.filter(group=group, day__month=month).count()
            given = lessons_of_month(slots=weekly, closing_days={day for _, day in closed}, day=date(2026, month, 1))
            assert given == real
    assert not Lesson.objects.filter(group__isnull=False, slot=None).exists()


def test_balances_are_what_the_source_says_reckoned_anew(source: Source, ids: dict[str, dict[str, int]]) -> None:
    """By another way than the importer's: from the source alone."""
    fee = {group["id"]: Decimal(group["monthly_fee"]) for group in source.groups}
    month_of = {lesson["id"]: (lesson["group_id"], lesson["date"][:7]) for lesson in source.lessons}
    lessons = Counter(month_of.values())

    def price(lesson: int) -> Decimal:
        group, _month = month_of[lesson]
        return (fee[group] / lessons[month_of[lesson]]).quantize(Decimal("0.01"), ROUND_HALF_UP)

    expected: dict[int, Decimal] = defaultdict(Decimal)
    status = {}
    for mark in source.marks:
        student, lesson = int(mark["student_id"]), int(mark["lesson_id"])
        status[student, lesson] = mark["status"]
        if mark["status"] != "absent_excused":
            expected[student] -= price(lesson)
    for session in source.sessions:
        student, lesson = session["student_id"], session["missed_lesson_id"]
        if session["mode"] == "tutor_session" and status[student, lesson] == "absent_excused":
            expected[student] -= price(lesson)
    for payment in source.payments:
        expected[payment["student_id"]] += payment["amount"] if payment["paid_at"] else 0
    found = dict(Account.objects.values_list("client", "balance"))
    assert found == {ids["clients"][str(student)]: sum_ for student, sum_ in expected.items()}


def test_stored_balances_are_the_sums_of_the_ledger(done: Imported) -> None:
    sums: Any = LedgerEntry.objects.values_list("client").annotate(sum=Sum("amount"), n=Count("pk"))
    assert {client: (total, n) for client, total, n in sums} == {
        client: (balance, n) for client, balance, n in Account.objects.values_list("client", "balance", "entries")
    }


def test_the_same_files_again_add_nothing(source: Source, done: Imported) -> None:
    again = take_in(source.files)
    assert (again.added, again.changed, again.unchanged) == ({}, (), sum(done.added.values()))


def test_the_timetable_makes_none_of_them_again(done: Imported) -> None:
    made = schedule.make_lessons(since=date(2026, 1, 1), until=date(2027, 12, 31), at=NOW, by=OPERATOR)
    assert (made.lessons, made.collisions) == (0, ())
