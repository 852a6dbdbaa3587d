"""When a client has left: as a table of enrolments, and as what is done one after another."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from rollbook.domains.access.actor import operator
from rollbook.domains.fields.models import Choice
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups import queries
from rollbook.domains.groups.fields import EnrolmentRow
from rollbook.domains.groups.models import ChurnRecord, Enrolment
from rollbook.domains.groups.rules import Stay, departures
from rollbook.domains.history.models import Entry
from rollbook.domains.imports.rules import Origin
from rollbook.domains.people.models import Employee
from rollbook.foundation.errors import InvalidInput, NotAllowed
from rollbook.foundation.versions import Stale
from tests.school import AT, DAY

JOB = operator("", via="job")


def day(number):
    """A day of the table: 1 is 1 September 2026, which is today; 31 is 1 October."""
    return date(2026, 8, 31) + timedelta(days=number)


STANDS = None
TENTH = day(10)


@pytest.mark.parametrize(
    ("stays", "recorded", "ended", "expected"),
    [
        ([(-90, None)], [], None, {}),
        # The last one is over: by hand, by time, to come.
        ([(-90, 1)], [], 1, {1: STANDS}),
        ([(-90, 1)], [], None, {1: STANDS}),
        ([(-90, 30)], [], 1, {1: STANDS}),
        ([(-90, 30)], [], None, {}),
        ([(-90, 30)], [1], None, {1: STANDS}),
        # In two groups: who leaves one of them has not left.
        ([(-90, 1), (-30, None)], [], 1, {}),
        ([(-90, 1), (-30, 5)], [], 1, {}),
        ([(-90, 5), (-30, 1)], [], 1, {1: STANDS}),
        ([(-90, 1), (-30, 1)], [], 2, {2: STANDS}),
        ([(-90, 1), (-30, 1)], [], None, {2: STANDS}),
        ([(-90, 1), (-30, 1)], [1], None, {1: STANDS}),
        # A transfer: the next one begins on that very day.
        ([(-90, 1), (1, None)], [], 1, {}),
        # Another one is to come, be it far away.
        ([(-90, 1), (60, None)], [], 1, {}),
        ([(-90, 1), (60, 90)], [], 1, {}),
        # Begun anew, after it was recorded: void until the fourteenth day.
        ([(-90, 1), (1, None)], [1], None, {1: 2}),
        ([(-90, 1), (2, None)], [1], None, {1: 2}),
        ([(-90, 1), (15, None)], [1], None, {1: 2}),
        ([(-90, 1), (16, None)], [1], None, {1: STANDS}),
        # With the first of those who bring them back, and only while it does.
        ([(-90, 1), (9, None), (5, 20)], [1], None, {1: 3}),
        ([(-90, -9), (-5, 1)], [1], None, {1: 2, 2: STANDS}),
        ([(-90, -40), (-20, 1)], [1], None, {1: STANDS, 2: STANDS}),
        # Written down afterwards that they had been somewhere else all the time.
        ([(-90, 1), (-30, None)], [1], None, {1: 2}),
        ([(-90, 1), (-30, -2)], [1], None, {1: STANDS}),
        # The last day is told anew: later, sooner, and so that another one goes on.
        ([(-90, 9)], [1], 1, {1: STANDS}),
        ([(-90, -9)], [1], 1, {1: STANDS}),
        ([(-90, 1), (-30, 9)], [1], 1, {}),
        ([(-90, 3), (20, None)], [1], 1, {1: STANDS}),
        ([(-90, 7), (20, None)], [1], 1, {1: 2}),
        # It outlasts another one that was the last until now.
        ([(-90, 9), (-30, 1)], [2], 1, {2: 1, 1: STANDS}),
    ],
)  # fmt: skip
def test_when_it_is_churn(stays, recorded, ended, expected):
    rows = [
        Stay(number, day(since), None if until is None else day(until))
        for number, (since, until) in enumerate(stays, 1)
    ]
    found = {each.enrolment_id: each for each in departures(rows, recorded=recorded, ended=ended, today=day(1))}
    assert {pk: each.returned for pk, each in found.items()} == expected
    assert all(each.left_on == rows[pk - 1].until for pk, each in found.items())


# ---- what is done


@pytest.fixture
def mara(school):
    return school.actor("mara")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


@pytest.fixture
def stay(ivan):
    return Enrolment.objects.get(client=ivan)


def reason(code="price"):
    return Choice.objects.get(of="churn", code=code).pk


def end(row, by, until=TENTH, code="price", note="", seen=None):
    groups.end_enrolment(
        enrolment_id=row.pk, until=until, choice_id=reason(code), note=note, seen=seen, at=AT, by=by
    )


def enrol(client, group, since, by, **how):
    return groups.enrol(client_id=client.pk, group_id=group.pk, since=since, at=AT, by=by, **how)


def test_who_leaves_their_last_group_is_recorded_at_once(school, mara, ivan, stay):
    end(stay, mara, note="Came back too late")
    row, anna = ChurnRecord.objects.get(), school.users["anna"].employee
    assert (row.client, row.enrolment, row.group, row.left_on) == (ivan, stay, school.groups["chess"], day(10))
    assert (row.choice.code, row.note, row.returned) == ("price", "Came back too late", None)
    assert (row.teacher, row.credited_to, row.recorded_at, row.recorded_by) == (anna, anna, AT, school.users["mara"])
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.new["choice"]["en"], entry.new["note"]) == (
        "enrolment.ended", "Price", "Came back too late"
    )


def test_a_departure_is_credited_to_whoever_answers_for_the_client(school, mara, ivan, stay):
    boris = school.users["boris"].employee
    ivan.responsible = boris
    ivan.save()
    end(stay, mara)
    assert ChurnRecord.objects.get().credited_to == boris


def test_of_several_teachers_the_first_by_name_counts(school, mara, stay):
    school.groups["chess"].teachers.add(Employee.objects.create(first_name="Ada", branch=school.branches["north"]))
    end(stay, mara)
    assert ChurnRecord.objects.get().teacher.name == "Ada"


def test_a_group_without_teachers_credits_nobody(school, mara):
    end(Enrolment.objects.get(group=school.groups["dance"]), mara)
    row = ChurnRecord.objects.get()
    assert (row.teacher, row.credited_to) == (None, None)


@pytest.mark.parametrize(("since", "void"), [(24, True), (25, False)])
def test_who_begins_anew_within_fourteen_days_has_not_left(school, mara, ivan, stay, since, void):
    end(stay, mara)
    back = enrol(ivan, school.groups["dance"], day(since), mara)
    assert ChurnRecord.objects.get().returned_id == (back if void else None)
    left = queries.departure(client_id=ivan.pk, by=mara)
    assert (left is None) == void


def test_who_comes_back_and_leaves_again_soon_is_recorded_once_more(school, mara, ivan, stay):
    end(stay, mara)
    back = Enrolment.objects.get(pk=enrol(ivan, school.groups["dance"], day(12), mara))
    end(back, mara, until=day(40), code="teacher")
    assert [(row.enrolment_id, row.returned_id) for row in ChurnRecord.objects.order_by("pk")] == [
        (stay.pk, back.pk), (back.pk, None),
    ]


def test_a_last_day_that_moves_takes_the_record_along(mara, stay):
    end(stay, mara)
    end(stay, mara, until=day(20), code="moved", note="To Lviv")
    row = ChurnRecord.objects.get()
    assert (row.left_on, row.choice.code, row.note, row.version) == (day(20), "moved", "To Lviv", 2)


def test_a_last_day_beyond_which_another_group_goes_on_takes_the_record_away(school, mara, ivan, stay):
    dance = Enrolment.objects.get(pk=enrol(ivan, school.groups["dance"], DAY, mara))
    end(dance, mara, until=day(5))
    assert not ChurnRecord.objects.exists()
    end(stay, mara, until=day(10))
    assert ChurnRecord.objects.get().enrolment == stay
    end(stay, mara, until=day(3))
    assert not ChurnRecord.objects.filter(enrolment=stay).exists()


def test_the_reason_alone_may_be_told_anew_and_two_who_do_so_meet_both(mara, stay):
    end(stay, mara)
    end(stay, mara, code="teacher", note="Too strict", seen=2)
    with translation.override("en"), pytest.raises(Stale) as stale:
        end(stay, mara, code="other", seen=2)
    [pair] = stale.value.values
    assert (pair["yours"], pair["theirs"], pair["version"]) == ("Other", "The teacher. Too strict", 3)
    end(stay, mara, code="teacher", note="Too strict", seen=2)  # what stands is no edit
    stay.refresh_from_db()
    assert stay.version == 3


def test_two_who_tell_day_and_reason_meet_both(mara, stay):
    end(stay, mara)
    with pytest.raises(Stale) as stale:
        end(stay, mara, until=day(20), code="other", seen=1)
    assert [pair["field"] for pair in stale.value.values] == ["until", "choice_id"]


@pytest.mark.parametrize("choice", ["of another list", "archived", "absent"])
def test_a_reason_is_one_of_the_list(mara, stay, choice):
    Choice.objects.filter(of="churn", code="other").update(archived_at=AT)
    pk = {
        "of another list": Choice.objects.filter(of="freeze").first().pk,
        "archived": reason("other"), "absent": 999_999,
    }[choice]
    with pytest.raises(InvalidInput) as refused:
        groups.end_enrolment(enrolment_id=stay.pk, until=day(10), choice_id=pk, seen=None, at=AT, by=mara)
    assert list(refused.value.fields) == ["choice_id"]
    assert not ChurnRecord.objects.exists()


# ---- by time, and from files


def test_whose_last_enrolment_ends_by_time_is_recorded_at_night(school, ivan, stay):
    Enrolment.objects.filter(pk=stay.pk).update(until=day(10))
    almaty = Enrolment.objects.filter(group=school.groups["judo"])
    almaty.update(until=day(10))
    evening = datetime(2026, 9, 9, 20, tzinfo=UTC)  # the tenth in Almaty, not yet in Kyiv
    assert groups.record_churn(at=evening, by=JOB) == 1
    assert ChurnRecord.objects.get().group == school.groups["judo"]
    assert groups.record_churn(at=evening + timedelta(days=1), by=JOB) == 1
    row = ChurnRecord.objects.get(client=ivan)
    assert (row.choice, row.recorded_by, row.left_on) == (None, None, day(10))
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.subject, entry.new) == ("client.left", f"client:{ivan.pk}", {"left_on": "2026-09-10"})
    assert groups.record_churn(at=evening + timedelta(days=2), by=JOB) == 0


def test_the_night_records_only_for_whoever_may_do_so_everywhere(mara):
    with pytest.raises(NotAllowed):
        groups.record_churn(at=AT, by=mara)


def row(client, group, since, until=None):
    return EnrolmentRow(key="", origin=Origin("", 1), client=client.pk, group=group.pk, since=since, until=until)


def load(*rows):
    return groups.load_enrolments(rows=rows, at=AT, by=JOB)


def test_enrolments_of_a_file_that_are_over_are_recorded_and_go_with_it(school, mara, ivan, stay):
    ada, chess, dance = school.client("Ada", school.branches["north"]), school.groups["chess"], school.groups["dance"]
    end(stay, mara, until=day(1))
    before = list(ChurnRecord.objects.values())
    ids = load(row(ada, chess, day(-90), day(-60)), row(ada, dance, day(-60), day(-10)), row(ivan, dance, day(9)))
    assert ChurnRecord.objects.get(client=ada).enrolment_id == ids[1]
    assert ChurnRecord.objects.get(client=ivan).returned_id == ids[2]
    groups.unload_enrolments(ids=ids, at=AT, by=JOB)
    assert list(ChurnRecord.objects.values()) == before


# ---- who left


def test_who_left_is_told_by_period_branch_and_group_to_those_who_may_see_it(school, mara, stay):
    end(stay, mara, code="finished")
    end(Enrolment.objects.get(group=school.groups["dance"]), mara, until=day(20))
    end(Enrolment.objects.get(group=school.groups["judo"]), operator("test"), until=day(10))

    def left(first=1, last=30, who="vera", **where):
        found = queries.churn(first=day(first), last=day(last), by=school.actor(who), **where)
        return [(each.group, each.finished) for each in found]

    assert sorted(left()) == [("Chess", True), ("Dance", False), ("Judo", False)]
    assert left(last=10, branch_id=school.branches["north"].pk) == [("Chess", True)]
    assert left(group_id=school.groups["dance"].pk) == [("Dance", False)]
    assert left(first=21) == []
    assert left(who="boris") == [("Judo", False)]
    assert left(who="anna") == [("Chess", True)]
