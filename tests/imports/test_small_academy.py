"""A whole school comes in: each number below was reckoned by hand from tests/data/academy-small."""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum

from rollbook.domains.access.actor import Actor, Grant, Permission, Reach
from rollbook.domains.access.models import Branch, Organisation, Role
from rollbook.domains.access.rules import DEFAULT_ROLES
from rollbook.domains.billing.models import Account, EntryKind, LedgerEntry, Payment
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.history.models import Entry
from rollbook.domains.imports.actions import NotImported
from rollbook.domains.imports.models import ImportedRow, Run
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client, Contact, Employee
from rollbook.domains.schedule.models import ClosingDay, Lesson, TimetableSlot
from rollbook.foundation.errors import NotAllowed
from rollbook.workflows import founded, lesson_marked
from tests.imports.academy import MAPPING, NOW, OPERATOR, changed, small, take_in

pytestmark = pytest.mark.django_db

ADDED = {
    "employees": 3, "clients": 4, "contacts": 8, "relations": 8, "programmes": 2, "groups": 2, "enrolments": 4,
    "rooms": 1, "closing_days": 5, "slots": 5, "lessons": 7, "tariffs": 2, "tariff_uses": 2, "marks": 11,
    "worked_off": 2, "payments": 3,
}
# 900 000 / 11 lessons of March (Mondays, Wednesdays, Fridays without the 20th and the 23rd).
ROBO = Decimal("81818.18")
CHESS = Decimal(50000)


def balances() -> dict[str, Decimal]:
    return dict(Account.objects.values_list("client__first_name", "balance"))


def charges(name: str) -> list[Decimal]:
    entries = LedgerEntry.objects.filter(client__first_name=name, kind=EntryKind.CHARGE).order_by("day", "pk")
    return [-amount for amount in entries.values_list("amount", flat=True)]


def everything() -> dict[str, int]:
    """The rows of every table."""
    with connection.cursor() as cursor:
        return {table: _count(cursor, table) for table in connection.introspection.table_names(cursor)}


def _count(cursor, table: str) -> int:  # type: ignore[no-untyped-def]
    cursor.execute(f'SELECT count(*) FROM "{table}"')
    return cursor.fetchone()[0]


def test_an_empty_installation_is_founded_as_the_mapping_says() -> None:
    take_in(small())
    organisation = Organisation.objects.get()
    assert (organisation.currency, organisation.time_zone, organisation.phone_region) == ("UZS", "Asia/Tashkent", "UZ")
    assert organisation.missed_may_be_worked_off
    assert Branch.objects.get().time_zone == "Asia/Tashkent"
    assert set(Role.objects.values_list("code", flat=True)) == set(DEFAULT_ROLES)


def test_every_row_comes_in_and_is_remembered() -> None:
    done = take_in(small())
    assert done.added == ADDED
    assert (done.unchanged, done.changed) == (0, ())
    assert Run.objects.get().added == ADDED
    assert ImportedRow.objects.count() == sum(ADDED.values())


def test_people_have_names_phones_and_payers() -> None:
    take_in(small())
    gulya = Client.objects.get(first_name="Gulya")
    assert (gulya.name, gulya.birth_date) == ("Third Gulya", date(2018, 2, 28))
    parent = Contact.objects.get(relations__client=gulya, relations__pays=True)
    assert (parent.first_name, parent.last_name, parent.phone) == ("Hanna", "Maria Third", "+998901110023")
    assert parent.relations.get().kinship == "mother"
    assert gulya.relations.get(kinship="self").contact.phone == "+998901110013"
    assert Employee.objects.get(last_name="O'Sample").phone == "+998901110002"


def test_a_tutor_is_an_employee_who_has_left() -> None:
    take_in(small())
    tutor = Employee.objects.get(first_name="101")
    assert tutor.left_on == date(2026, 8, 1)
    assert not tutor.groups.exists()


def test_groups_have_places_teachers_and_a_timetable() -> None:
    take_in(small())
    robo = Group.objects.get(name="ROBO-1")
    assert (robo.capacity, robo.state, robo.programme.min_age, robo.programme.max_age) == (15, "running", 10, 13)
    assert robo.teachers.get().first_name == "Anna"
    slots = TimetableSlot.objects.filter(group=robo).order_by("weekday")
    assert [slot.weekday for slot in slots] == [1, 3, 5]
    assert {(slot.minutes, slot.room.name, slot.valid_until) for slot in slots if slot.room} == {
        (90, "blue", date(2026, 8, 1))
    }
    assert Enrolment.objects.get(client__first_name="Ivan").since == date(2026, 3, 4)
    assert ClosingDay.objects.count() == 5


def test_lessons_are_tied_to_their_rules_so_that_none_is_made_twice() -> None:
    take_in(small())
    for lesson in Lesson.objects.filter(group__isnull=False).select_related("slot"):
        assert lesson.slot is not None
        assert (lesson.slot.group_id, lesson.slot.weekday) == (lesson.group_id, lesson.day.isoweekday())
        assert lesson.held_at == lesson.ends_at
    assert Lesson.objects.get(topic="Pawns").starts_at == datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def test_overlapping_lessons_come_in_as_joint_and_are_listed() -> None:
    done = take_in(small())
    told = [(o.origin.place, o.other and o.other.place, o.room, o.teacher, o.day.day) for o in done.overlaps]
    assert told == [
        ("lessons.json:1", "lessons.json:3", "blue", "", 2),
        ("lessons.json:1#2", "lessons.json:4", "blue", "", 4),
        ("lessons.json:1", "lessons.json:3", "", "Example Anna", 2),
    ]
    joint = Lesson.objects.filter(is_joint=True).order_by("topic").values_list("topic", flat=True)
    assert list(joint) == ["Pawns", "Rooks", "Sensors", "Wheels"]


def test_marks_mean_what_they_would_mean_by_hand() -> None:
    take_in(small())
    marks = Mark.objects.filter(kind="regular")
    assert Counter(marks.values_list("status", flat=True)) == {"attended": 5, "missed": 2, "excused": 2}
    late = marks.get(minutes_late__gt=0)
    assert (late.status, late.minutes_late, late.present, late.share) == ("attended", 10, True, 100)
    missed = marks.get(client__first_name="Emil", status="missed")
    assert (missed.present, missed.share, missed.make_up_until) == (False, 100, date(2026, 4, 1))
    excused = marks.get(client__first_name="Emil", status="excused")
    assert (excused.share, excused.uses_lesson, excused.make_up_until) == (0, False, date(2026, 4, 3))


def test_visits_to_a_tutor_are_laid_out_one_after_another() -> None:
    take_in(small())
    sessions = Lesson.objects.filter(group=None).order_by("starts_at")
    assert [(row.starts_at.hour, row.starts_at.minute, row.ends_at.hour, row.ends_at.minute) for row in sessions] == [
        (4, 0, 5, 0), (5, 0, 5, 45),  # 9:00 and 10:00 in Tashkent
    ]
    assert {(row.lesson_type.code, row.note, row.teachers.get().first_name) for row in sessions} == {
        ("individual", "Время неизвестно", "101")
    }
    visit = Mark.objects.get(lesson=sessions[0])
    assert visit.makes_up is not None
    assert (visit.kind, visit.status, visit.present, visit.makes_up.lesson.topic) == (
        "make_up", "attended", True, "Motors"
    )


def test_what_was_worked_off_at_home_is_noted_on_the_miss() -> None:
    take_in(small())
    assert set(Mark.objects.exclude(worked_off_on=None).values_list(
        "client__first_name", "worked_off_on", "worked_off_note"
    )) == {
        ("Emil", date(2026, 3, 10), "Видеозапись урока"), ("Gulya", date(2026, 3, 11), "Самостоятельно"),
    }


def test_each_lesson_is_charged_by_the_month_of_its_group() -> None:
    take_in(small())
    assert charges("Clara") == [ROBO, ROBO, ROBO]  # the third one for the visit: the excused lesson cost nothing
    assert charges("Emil") == [ROBO, ROBO]  # the miss was charged, so the visit is free
    assert charges("Gulya") == [CHESS, CHESS]
    assert charges("Ivan") == [CHESS]


def test_a_visit_is_revenue_of_the_group_that_was_missed() -> None:
    take_in(small())
    entry = LedgerEntry.objects.get(mark__kind="make_up")
    assert entry.group is not None
    assert (entry.group.name, entry.day, entry.amount) == ("ROBO-1", date(2026, 3, 9), -ROBO)


def test_payments_are_those_that_came_on_the_day_they_came() -> None:
    take_in(small())
    assert set(Payment.objects.values_list("key", "amount", "received_on", "method", "note")) == {
        ("it-academy:1", Decimal(900000), date(2026, 2, 27), "online", "Click, 2026-03"),
        ("it-academy:2", Decimal("450000.50"), date(2026, 3, 9), "cash", "Naqd, 2026-03"),
        ("it-academy:3", Decimal(400000), date(2026, 3, 5), "card", "Uzcard, 2026-03"),
    }


def test_balances_are_the_sums_of_the_ledger() -> None:
    take_in(small())
    assert balances() == {
        "Clara": 900000 - 3 * ROBO, "Emil": Decimal("450000.50") - 2 * ROBO, "Gulya": Decimal(300000),
        "Ivan": Decimal(-50000),
    }
    sums = LedgerEntry.objects.values("client__first_name").annotate(sum=Sum("amount"))
    assert balances() == {row["client__first_name"]: row["sum"] for row in sums}


def test_marking_the_same_by_hand_changes_nothing_in_the_ledger() -> None:
    """The importer and the click price alike: mark anew what stands, from the other status and back."""
    take_in(small())
    before = balances()
    for mark in Mark.objects.filter(kind="regular", minutes_late=0, worked_off_on=None, visits=None):
        other = "missed" if mark.status == "attended" else "attended"
        for status in (other, mark.status):
            lesson_marked.mark(
                lesson_id=mark.lesson_id, marks={mark.client_id: status}, seen=None, at=NOW, by=OPERATOR
            )
        again = Mark.objects.get(pk=mark.pk)
        kept = ("status", "share", "price", "present", "uses_lesson", "pays_teacher", "make_up_until", "day")
        assert [getattr(again, name) for name in kept] == [getattr(mark, name) for name in kept]
    assert balances() == before


def test_the_history_tells_of_every_object() -> None:
    take_in(small())
    told = Counter(Entry.objects.values_list("verb", flat=True))
    assert told["client.added"] == 4
    assert told["group.added"] == 2
    assert told["lesson.added"] == 7
    assert told["lesson.marked"] == 7
    assert told["payment.received"] == 3
    assert set(Entry.objects.values_list("by_name", "via")) == {("import", "command")}


def test_the_same_files_again_add_nothing() -> None:
    take_in(small())
    before = everything()
    done = take_in(small())
    assert (done.added, done.unchanged, done.changed) == ({}, sum(ADDED.values()), ())
    assert everything() == before


def test_new_rows_of_the_same_source_are_added_to_what_is_there() -> None:
    take_in(small())
    assert take_in(changed("payments.json", '"paid_at": null', '"paid_at": "2026-03-20"')).added == {"payments": 1}
    assert balances()["Ivan"] == 350000


def test_rows_that_say_something_else_by_now_are_told_and_left_alone() -> None:
    take_in(small())
    done = take_in(changed("students.csv", "Clara,First", "Clara,Renamed"))
    assert done.added == {}
    assert {origin.place for origin in done.changed} == {"students.csv:2"}
    assert Client.objects.filter(last_name="Renamed").count() == 0


def test_a_dry_run_does_everything_and_keeps_nothing() -> None:
    before = everything()
    done = take_in(small(), dry_run=True)
    assert done.added == ADDED
    assert everything() == before


def test_whoever_may_not_settle_everything_imports_nothing() -> None:
    branch_only = Actor(7, "Nina", "page", (Grant(frozenset(Permission), Reach.BRANCHES, frozenset({1})),))
    before = everything()
    with pytest.raises(NotAllowed):
        take_in(small(), by=branch_only)
    assert everything() == before


def test_an_organisation_without_anybody_becomes_what_the_mapping_says() -> None:
    founded.found(
        name="Наша школа", currency="RUB", time_zone="Europe/Moscow", phone_region="RU", language="en",
        branch="Главный филиал", at=NOW, by=OPERATOR,
    )
    take_in(small())
    organisation = Organisation.objects.get()
    assert (organisation.currency, organisation.language, organisation.missed_may_be_worked_off) == ("UZS", "ru", True)
    assert list(Branch.objects.values_list("name", "time_zone")) == [("Ташкент", "Asia/Tashkent")]


def test_a_second_source_goes_to_the_branch_that_it_names() -> None:
    take_in(small())
    elsewhere = MAPPING.replace('branch = "Ташкент"', 'branch = "Самарканд"').replace('"UZS"', '"KZT"')
    with pytest.raises(NotImported) as refused:
        take_in(small(), mapping=elsewhere)
    assert refused.value.problems[0].field == "organisation currency"
    take_in(small(), mapping=elsewhere.replace('"KZT"', '"UZS"'))
    assert set(Branch.objects.values_list("name", flat=True)) == {"Ташкент", "Самарканд"}


@pytest.mark.parametrize(
    ("right", "wrong"), [('"UZS"', '"сум"'), ('"Asia/Tashkent"', '"Asia/Nowhere"'), ('"ru"', '"xx"'), ('"UZ"', '"UZB"')]
)
def test_an_organisation_that_makes_no_sense_is_refused(right: str, wrong: str) -> None:
    with pytest.raises(NotImported) as refused:
        take_in(small(), mapping=MAPPING.replace(right, wrong, 1))
    assert refused.value.problems[0].field.startswith("organisation ")
    assert not Organisation.objects.exists()


def test_a_miss_is_worked_off_once() -> None:
    take_in(small())
    more = changed("makeup_sessions.json", "[", '[\n  {"id": 9, "student_id": 2, "missed_lesson_id": 2,'
        ' "makeup_date": "2026-03-12", "mode": "tutor_session", "tutor_id": 101, "duration_min": 60, "topic": "x",'
        ' "completed": true},')
    with pytest.raises(NotImported) as refused:
        take_in(more)
    assert [problem.field for problem in refused.value.problems] == ["makes_up"]


def test_an_organisation_becomes_no_nonsense() -> None:
    founded.found(
        name="Наша школа", currency="RUB", time_zone="Europe/Moscow", phone_region="RU", language="en",
        branch="Главный филиал", at=NOW, by=OPERATOR,
    )
    with pytest.raises(NotImported) as refused:
        take_in(small(), mapping=MAPPING.replace('"ru"', '"xx"', 1))
    assert [problem.field for problem in refused.value.problems] == ["organisation language"]
    assert Organisation.objects.get().language == "en"
