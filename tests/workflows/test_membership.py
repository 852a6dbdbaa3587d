"""A client goes on in another group, pauses, leaves: what is marked decides, and the journals of both groups follow."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.fields.models import Choice
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.actions import EnrolledAlready, GroupFull, GroupOver, LeftAlready, SameGroup
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Freeze, Group
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.actions import NotExpected
from rollbook.domains.journal.models import Mark, Status
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.foundation.versions import Stale
from rollbook.screens import journal
from rollbook.screens.journal import State
from rollbook.workflows import churn_recorded, client_frozen, client_transferred, enrolment_ended, lesson_marked
from rollbook.workflows.client_frozen import MarkedMeanwhile
from rollbook.workflows.enrolment_ended import MarkedAfterwards
from tests.school import AT, DAY

WEEK = timedelta(days=7)


@pytest.fixture
def oleg(school):
    """He manages North, where Chess and Dance are."""
    return school.actor("oleg")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


@pytest.fixture
def stay(ivan):
    return Enrolment.objects.get(client=ivan)


@pytest.fixture
def dance(school):
    return school.groups["dance"]


def transfer(stay, group, by, since=DAY + WEEK, seen=None, at=AT, **how):
    return client_transferred.transfer(
        enrolment_id=stay.pk, group_id=group.pk, since=since, seen=seen, at=at, by=by, **how
    )


def mark(lesson, client, status, by, at=AT):
    lesson_marked.mark(lesson_id=lesson.pk, marks={client.pk: status}, seen=None, at=at, by=by)


# ---- transfer


def test_the_old_enrolment_ends_and_the_new_one_begins_on_the_day(school, stay, dance, oleg):
    with CaptureQueriesContext(connection) as statements:
        there = Enrolment.objects.get(pk=transfer(stay, dance, oleg, weekdays=[4, 2], seen=1))
    stay.refresh_from_db()
    assert (stay.until, stay.version, stay.group) == (DAY + WEEK, 2, school.groups["chess"])
    assert (there.since, there.until, there.weekdays, there.client) == (DAY + WEEK, None, [2, 4], stay.client)
    assert not ChurnRecord.objects.exists()
    told = Entry.objects.order_by("pk").values_list("verb", "subject", "within", "old", "new")
    chess, new = school.groups["chess"], {"group": "Dance", "since": "2026-09-08", "weekdays": [2, 4]}
    assert list(told) == [
        ("enrolment.transferred", f"client:{stay.client_id}", f"group:{chess.pk}", {"group": "Chess"}, new),
        ("enrolment.transferred", f"enrolment:{there.pk}", f"group:{dance.pk}", {"group": "Chess"}, new),
    ]
    assert f"pg_notify('rollbook', 'group:{chess.pk} group:{dance.pk}')" in str(statements.captured_queries)


def test_on_its_first_day_the_whole_enrolment_goes_along(stay, dance, oleg):
    assert transfer(stay, dance, oleg, since=stay.since) == stay.pk
    stay.refresh_from_db()
    assert (stay.group, stay.since, stay.until, stay.version) == (dance, date(2026, 1, 1), None, 2)
    assert Enrolment.objects.filter(client=stay.client).count() == 1


def test_a_last_day_that_is_known_and_its_reason_go_along(school, stay, dance, oleg):
    price = Choice.objects.get(of="churn", code="price")
    enrolment_ended.end(
        enrolment_id=stay.pk, until=DAY + 4 * WEEK, choice_id=price.pk, note="Note", seen=None, at=AT, by=oleg
    )
    there = transfer(stay, dance, oleg)
    record = ChurnRecord.objects.get()
    assert (record.enrolment_id, record.group, record.left_on) == (there, dance, DAY + 4 * WEEK)
    assert (record.choice, record.note, record.teacher, record.returned) == (price, "Note", None, None)


@pytest.mark.parametrize(
    ("make_so", "how", "refusal"),
    [
        (None, {"to": "chess"}, SameGroup),
        (lambda dance, stay: Group.objects.filter(pk=dance.pk).update(state="finished"), {}, GroupOver),
        (lambda dance, stay: Group.objects.filter(pk=dance.pk).update(state="disbanded"), {}, GroupOver),
        (lambda dance, stay: Group.objects.filter(pk=dance.pk).update(capacity=1), {}, GroupFull),
        (lambda dance, stay: Enrolment.objects.filter(pk=stay.pk).update(until=DAY + WEEK), {}, LeftAlready),
        (lambda dance, stay: Enrolment.objects.filter(pk=stay.pk).update(until=DAY), {}, LeftAlready),
        (
            lambda dance, stay: Enrolment.objects.create(client=stay.client, group=dance, since=DAY + 3 * WEEK), {},
            EnrolledAlready,
        ),
        (lambda dance, stay: Enrolment.objects.filter(pk=stay.pk).update(version=2), {"seen": 1}, Stale),
        (None, {"since": date(2025, 12, 31)}, InvalidInput),
        (None, {"weekdays": [8]}, InvalidInput),
        (None, {"to": "judo"}, NotFound),
    ],
)  # fmt: skip
def test_a_transfer_is_refused(school, stay, dance, oleg, make_so, how, refusal):
    if make_so:
        make_so(dance, stay)
    group = school.groups[how.get("to", "dance")]
    before = list(Enrolment.objects.order_by("pk").values())
    with pytest.raises(refusal):
        transfer(stay, group, oleg, **{name: value for name, value in how.items() if name != "to"})
    assert list(Enrolment.objects.order_by("pk").values()) == before
    assert not Entry.objects.exists()


def test_a_full_group_may_be_gone_over(stay, dance, oleg):
    Group.objects.update(capacity=1)
    assert transfer(stay, dance, oleg, over_capacity=True)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("anna", NotAllowed), ("boris", NotFound), ("dina", NotFound), ("zlata", NotFound), ("rita", NotAllowed)],
)
def test_a_transfer_takes_the_right_in_both_groups(school, stay, dance, who, refusal):
    with pytest.raises(refusal):
        transfer(stay, dance, school.actor(who))


def test_marks_in_the_old_group_from_that_day_on_are_listed(school, stay, dance, oleg):
    mark(school.lessons["chess"], stay.client, Status.ATTENDED, oleg)
    later = school.lesson(at=AT + 2 * WEEK)
    mark(later, stay.client, Status.EXCUSED, oleg)
    with pytest.raises(MarkedAfterwards) as refused:
        transfer(stay, dance, oleg, since=DAY)
    assert [value["lesson_id"] for value in refused.value.values] == [school.lessons["chess"].pk, later.pk]
    with pytest.raises(MarkedAfterwards):
        transfer(stay, dance, oleg, since=DAY + 2 * WEEK)
    mark(later, stay.client, None, oleg)
    transfer(stay, dance, oleg, since=DAY + WEEK)


def test_who_was_to_come_as_a_guest_comes_as_one(school, stay, dance, oleg):
    """A trial stays one, and free, though the guest is a member by then."""
    lesson = school.lesson("dance", at=AT + WEEK)
    trial = Mark.objects.create(client=stay.client, lesson=lesson, status="planned", kind="trial", marked_at=AT)
    transfer(stay, dance, oleg, since=DAY + WEEK)
    mark(lesson, stay.client, Status.ATTENDED, oleg, at=AT + WEEK)
    trial.refresh_from_db()
    assert (trial.kind, trial.status, trial.share) == ("trial", "attended", 0)


def test_both_journals_show_the_right_cells_before_and_after_the_day(school, stay, ivan, dance, oleg):
    for group in ("chess", "dance"):
        for weeks in (1, 2, 3):
            school.lesson(group, at=AT + weeks * WEEK)
    mark(school.lessons["chess"], ivan, Status.ATTENDED, oleg)
    transfer(stay, dance, oleg, since=DAY + 2 * WEEK)

    def states(group):
        sheet = journal.sheet(group_id=school.groups[group].pk, at=AT, by=oleg)
        [row] = [row for row in sheet.rows if row.client_id == ivan.pk]
        return [square.state for square in row.squares]

    assert states("chess") == [State.ATTENDED, State.FUTURE, State.NOT_EXPECTED, State.NOT_EXPECTED]
    assert states("dance") == [State.NOT_EXPECTED, State.NOT_EXPECTED, State.FUTURE, State.FUTURE]


# ---- rule 4 of the journal: a frozen or not-enrolled cell takes no regular mark, whatever is done first


@pytest.mark.parametrize("status", [Status.ATTENDED, Status.MISSED])
def test_a_freeze_over_marks_lists_them_and_one_beside_them_is_taken(school, ivan, oleg, status):
    mark(school.lessons["chess"], ivan, status, oleg)

    def freeze(since, until):
        return client_frozen.freeze(client_id=ivan.pk, since=since, until=until, at=AT, by=oleg)

    with pytest.raises(MarkedMeanwhile) as refused:
        freeze(DAY - WEEK, DAY + WEEK)
    assert [value["lesson_id"] for value in refused.value.values] == [school.lessons["chess"].pk]
    with pytest.raises(MarkedMeanwhile):
        freeze(DAY, DAY + timedelta(days=1))
    freeze(DAY - WEEK, DAY)
    freeze(DAY + timedelta(days=1), DAY + WEEK)
    assert Freeze.objects.count() == 2


@pytest.mark.parametrize("status", [Status.PLANNED, Status.EXCUSED])
def test_who_called_that_they_are_ill_may_pause_for_it(school, ivan, oleg, status):
    mark(school.lessons["chess"], ivan, status, oleg)
    client_frozen.freeze(client_id=ivan.pk, since=DAY, until=DAY + WEEK, at=AT, by=oleg)


def test_a_guest_may_pause_elsewhere(school, ivan, oleg):
    lesson = school.lessons["dance"]
    Mark.objects.create(client=ivan, lesson=lesson, status="attended", kind="one_off", marked_at=AT)
    client_frozen.freeze(client_id=ivan.pk, since=DAY, until=DAY + WEEK, at=AT, by=oleg)


def test_who_is_frozen_has_left_or_was_transferred_is_not_marked(school, ivan, stay, dance, oleg):
    later = school.lesson(at=AT + WEEK)
    client_frozen.freeze(client_id=ivan.pk, since=DAY, until=DAY + WEEK, at=AT, by=oleg)
    with pytest.raises(NotExpected, match=str(ivan.pk)):
        mark(school.lessons["chess"], ivan, Status.ATTENDED, oleg)
    transfer(stay, dance, oleg)
    with pytest.raises(NotExpected):
        mark(later, ivan, Status.ATTENDED, oleg, at=AT + WEEK)
    elsewhere = school.lesson("dance", at=AT + WEEK)
    mark(elsewhere, ivan, Status.ATTENDED, oleg, at=AT + WEEK)


def test_a_freeze_keeps_the_choice_and_says_it_in_the_history(school, ivan, oleg):
    sea = Choice.objects.get(of="freeze", code="holiday")
    client_frozen.freeze(
        client_id=ivan.pk, since=DAY, until=DAY + WEEK, choice_id=sea.pk, reason="Sea", at=AT, by=oleg
    )
    row = Freeze.objects.get()
    assert (row.choice, row.reason) == (sea, "Sea")
    entry = Entry.objects.get(verb="client.frozen")
    assert (entry.new["choice"]["en"], entry.new["reason"]) == ("Holiday", "Sea")
    price = Choice.objects.get(of="churn", code="price").pk
    with pytest.raises(InvalidInput):
        client_frozen.freeze(
            client_id=ivan.pk, since=DAY + WEEK, until=DAY + 2 * WEEK, choice_id=price, at=AT, by=oleg
        )


# ---- by time


def test_the_night_records_whoever_left_by_time(school, stay):
    Enrolment.objects.filter(pk=stay.pk).update(until=DAY)
    assert churn_recorded.record(at=AT, by=school.actor("vera")) == 1
    assert churn_recorded.record(at=AT, by=school.actor("vera")) == 0
    assert ChurnRecord.objects.get().enrolment == stay


def test_the_row_of_whoever_left_says_why(school, stay, oleg):
    price = Choice.objects.get(of="churn", code="price").pk
    groups.end_enrolment(enrolment_id=stay.pk, until=DAY, choice_id=price, note="Dear", seen=None, at=AT, by=oleg)
    sheet = journal.sheet(group_id=stay.group_id, first=DAY - WEEK, last=DAY + WEEK, at=AT, by=oleg)
    [row] = sheet.gone
    assert (row.left_on, row.why_left("uk"), row.why_left("en")) == (DAY, "Ціна. Dear", "Price. Dear")
