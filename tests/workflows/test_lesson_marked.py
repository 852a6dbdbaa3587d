from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.models import Grant, Organisation, Role, User
from rollbook.domains.billing.models import Account, LedgerEntry, Tariff
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.actions import (
    LessonIsCancelled,
    NotExpected,
    NotYet,
    StaleMark,
    TooLate,
    WorkedOff,
)
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.models import ClosingDay
from rollbook.foundation.errors import NotAllowed, NotFound
from rollbook.workflows import lesson_cancelled, lesson_marked
from tests.school import AT, DAY

ATTENDED, MISSED, EXCUSED, PLANNED = Status.ATTENDED, Status.MISSED, Status.EXCUSED, Status.PLANNED


def mark(school, statuses, *, name="anna", seen=None, lesson=None, at=AT, **told):
    marks = dict(zip((client.pk for client in school.clients()), statuses, strict=False))
    lesson = lesson or school.lessons["chess"]
    return lesson_marked.mark(lesson_id=lesson.pk, marks=marks, seen=seen, at=at, by=school.actor(name), **told)


def amounts():
    return list(LedgerEntry.objects.order_by("pk").values_list("client__name", "kind", "amount"))


def test_who_came_is_charged_and_who_missed_by_the_share_of_the_tariff(school):
    mark(school, [ATTENDED, MISSED])
    assert amounts() == [("Ivan", "charge", D("-12.50")), ("Olga", "charge", D("-6.25"))]
    assert set(Mark.objects.values_list("status", "share", "present", "uses_lesson", "pays_teacher")) == {
        ("attended", 100, True, True, True), ("missed", 50, False, True, False),
    }


def test_excused_and_planned_cost_nothing_and_excused_may_be_worked_off(school):
    mark(school, [EXCUSED, PLANNED])
    assert amounts() == []
    assert dict(Mark.objects.values_list("status", "make_up_until")) == {
        "excused": DAY + timedelta(days=30), "planned": None,
    }


def test_the_window_to_work_off_is_the_tariffs_and_none_where_the_house_has_no_make_ups(school):
    Tariff.objects.update(make_up_days=7)
    mark(school, [EXCUSED])
    assert Mark.objects.get().make_up_until == DAY + timedelta(days=7)
    Organisation.objects.update(make_ups=False)
    mark(school, [None, EXCUSED])
    assert set(Mark.objects.values_list("status", "make_up_until")) == {(None, None), ("excused", None)}


def test_whoever_is_not_named_stays_as_they_were(school):
    mark(school, [ATTENDED, ATTENDED])
    mark(school, [MISSED])
    assert list(Mark.objects.order_by("client").values_list("status", flat=True)) == ["missed", "attended"]


def test_marking_any_number_of_times_leaves_the_balance_of_the_last_state(school):
    for status in (ATTENDED, EXCUSED, ATTENDED, ATTENDED, None, MISSED):
        mark(school, [status])
    kinds = [kind for _, kind, _ in amounts()]
    assert kinds == ["charge", "reversal", "charge", "reversal", "charge"]
    assert Account.objects.get().balance == D("-6.25")
    assert Mark.objects.get().version == 5


def test_a_mark_taken_back_costs_nothing_and_opens_the_lesson_again(school):
    mark(school, [ATTENDED])
    assert school.lessons["chess"].__class__.objects.get(pk=school.lessons["chess"].pk).held_at == AT
    mark(school, [None])
    assert Account.objects.get().balance == 0
    assert school.lessons["chess"].__class__.objects.get(pk=school.lessons["chess"].pk).held_at is None


def test_lateness_is_kept_with_an_attended_mark_alone(school):
    ivan, olga = (client.pk for client in school.clients())
    mark(school, [ATTENDED, MISSED], minutes_late={ivan: 7, olga: 9})
    assert dict(Mark.objects.values_list("client", "minutes_late")) == {ivan: 7, olga: 0}
    assert mark(school, [ATTENDED, MISSED], minutes_late={ivan: 7, olga: 5}).ids == ()


@pytest.mark.parametrize(("lessons", "price"), [([], "20.00"), ([date(2026, 9, 8)], "25.00")])
def test_a_month_price_is_split_over_what_the_timetable_gives(school, lessons, price):
    """September 2026 has five Tuesdays; each closing day leaves one less."""
    Tariff.objects.update(pricing="month", price=100)
    ClosingDay.objects.bulk_create(ClosingDay(branch=school.branches["north"], day=day) for day in lessons)
    mark(school, [ATTENDED])
    assert amounts() == [("Ivan", "charge", -D(price))]


def test_a_later_change_of_the_tariff_reprices_nothing(school):
    mark(school, [ATTENDED, EXCUSED])
    Tariff.objects.update(price=1000, excused_share=100)
    lesson_cancelled.cancel(lesson_id=school.lessons["chess"].pk, reason="Snow", at=AT, by=school.actor("oleg"))
    lesson_cancelled.restore(lesson_id=school.lessons["chess"].pk, at=AT, by=school.actor("oleg"))
    assert Account.objects.get().balance == D("-12.50")


def test_cancelling_takes_the_charges_back_and_restoring_brings_them(school):
    mark(school, [ATTENDED, MISSED])
    before = set(Account.objects.values_list("client", "balance"))
    lesson = school.lessons["chess"].pk
    lesson_cancelled.cancel(lesson_id=lesson, reason="Snow", at=AT, by=school.actor("oleg"))
    assert set(Account.objects.values_list("balance", flat=True)) == {D(0)}
    with pytest.raises(LessonIsCancelled):
        mark(school, [ATTENDED])
    lesson_cancelled.restore(lesson_id=lesson, at=AT, by=school.actor("oleg"))
    assert set(Account.objects.values_list("client", "balance")) == before
    with pytest.raises(NotAllowed):
        lesson_cancelled.cancel(lesson_id=lesson, reason="", at=AT, by=school.actor("anna"))


def test_a_lesson_to_come_for_which_somebody_is_excused_is_not_held_once_it_is_restored(school):
    tomorrow, oleg = school.lesson(at=AT + timedelta(days=1)), school.actor("oleg")
    for lesson, status in ((tomorrow, EXCUSED), (school.lessons["chess"], MISSED)):
        mark(school, [status], lesson=lesson)
        lesson_cancelled.cancel(lesson_id=lesson.pk, reason="Snow", at=AT, by=oleg)
        lesson_cancelled.restore(lesson_id=lesson.pk, at=AT, by=oleg)
        lesson.refresh_from_db()
    assert (tomorrow.held_at, school.lessons["chess"].held_at) == (None, AT)


def test_a_stale_mark_is_refused_with_both_values_and_changes_nothing(school):
    ivan, olga = school.clients()
    mark(school, [ATTENDED])
    with pytest.raises(StaleMark) as refused:
        mark(school, [MISSED, MISSED], seen={ivan.pk: 0, olga.pk: 0})
    assert refused.value.values == (
        {"client_id": ivan.pk, "name": "Ivan", "yours": "missed", "theirs": "attended", "version": 1},
    )
    assert list(Mark.objects.values_list("client__name", "status")) == [("Ivan", "attended")]


def test_the_same_mark_sent_twice_is_not_stale_and_changes_nothing(school):
    ivan = school.clients()[0].pk
    assert mark(school, [ATTENDED], seen={ivan: 0}).ids
    assert mark(school, [ATTENDED], seen={ivan: 0}).ids == ()
    with pytest.raises(StaleMark):
        mark(school, [ATTENDED], seen={ivan: 0}, minutes_late={ivan: 5})


def test_a_cell_that_was_taken_back_and_set_again_is_no_longer_what_was_seen(school):
    ivan = school.clients()[0].pk
    for status in (ATTENDED, None, MISSED):
        mark(school, [status])
    with pytest.raises(StaleMark):
        mark(school, [EXCUSED], seen={ivan: 1})


def test_only_who_is_expected_is_marked(school):
    [stranger] = school.clients("judo")
    [gone] = school.enrol("Gone", until=DAY)
    [other_day] = school.enrol("Other", weekdays=[3])
    [frozen] = school.enrol("Frozen")
    Freeze.objects.create(client=frozen, since=DAY, until=DAY + timedelta(days=1))
    for client in (stranger, gone, other_day, frozen):
        with pytest.raises(NotExpected, match=str(client.pk)):
            lesson_marked.mark(
                lesson_id=school.lessons["chess"].pk, marks={client.pk: ATTENDED}, seen=None, at=AT,
                by=school.actor("anna"),
            )
    assert not Mark.objects.exists()


def test_a_guest_is_marked_without_being_enrolled_and_a_trial_costs_nothing(school):
    lesson, [guest, once] = school.lessons["chess"], [school.client(n, school.branches["north"]) for n in ("T", "O")]
    for client, kind in ((guest, Kind.TRIAL), (once, Kind.ONE_OFF)):
        Mark.objects.create(client=client, lesson=lesson, kind=kind, status=PLANNED, marked_at=AT, day=DAY)
    lesson_marked.everyone(lesson_id=lesson.pk, at=AT, by=school.actor("anna"))
    assert set(LedgerEntry.objects.values_list("client__name", flat=True)) == {"Ivan", "Olga", "O"}


def test_a_trial_that_was_taken_back_is_none_once_the_client_has_joined(school):
    lesson, guest = school.lessons["chess"], school.client("Guest", school.branches["north"])
    Mark.objects.create(client=guest, lesson=lesson, kind=Kind.TRIAL, status=PLANNED, marked_at=AT, day=DAY)

    def of_guest(status):
        lesson_marked.mark(
            lesson_id=lesson.pk, marks={guest.pk: status}, seen=None, at=AT, by=school.actor("anna")
        )
        return Mark.objects.values_list("kind", "share").get(client=guest)

    assert [of_guest(status) for status in (None, ATTENDED, None)] == [("trial", 0)] * 3
    Enrolment.objects.create(client=guest, group=school.groups["chess"], since=DAY)
    assert of_guest(ATTENDED) == ("regular", 100)


def test_who_came_is_known_on_the_day_and_may_be_changed_for_some_days(school):
    tomorrow = school.lesson(at=AT + timedelta(days=1))
    with pytest.raises(NotYet):
        mark(school, [ATTENDED], lesson=tomorrow)
    mark(school, [EXCUSED, PLANNED], lesson=tomorrow)
    mark(school, [ATTENDED], at=AT + timedelta(days=3))
    with pytest.raises(TooLate, match="3"):
        mark(school, [MISSED], at=AT + timedelta(days=4))
    mark(school, [MISSED], at=AT + timedelta(days=40), name="mara")


def test_a_make_up_is_charged_once_and_keeps_the_miss_as_it_is(school):
    ivan = school.clients()[0]
    mark(school, [EXCUSED])
    visit_to = school.lesson("dance", at=AT + timedelta(days=2))
    visit = Mark.objects.create(
        client=ivan, lesson=visit_to, kind=Kind.MAKE_UP, status=PLANNED, makes_up=Mark.objects.get(), marked_at=AT,
        day=DAY,
    )
    lesson_marked.mark(
        lesson_id=visit_to.pk, marks={ivan.pk: ATTENDED}, seen=None, at=AT + timedelta(days=2), by=school.actor("oleg")
    )
    entry = LedgerEntry.objects.get()
    assert (entry.mark_id, entry.amount, entry.group) == (visit.pk, D("-12.50"), school.groups["chess"])
    with pytest.raises(WorkedOff):
        mark(school, [ATTENDED])
    lesson_cancelled.cancel(lesson_id=visit_to.pk, reason="Snow", at=AT, by=school.actor("oleg"))
    mark(school, [MISSED])


@pytest.mark.parametrize(("name", "error"), [("boris", NotFound), ("dina", NotFound), ("nina", NotAllowed)])
def test_marking_of_a_strange_group_is_not_found_and_of_one_that_is_only_seen_not_allowed(school, name, error):
    with pytest.raises(error):
        mark(school, [ATTENDED], name=name)


def test_history_keeps_who_and_what_was_before(school):
    ivan = school.clients()[0].pk
    mark(school, [ATTENDED])
    mark(school, [MISSED], name="oleg")
    entry = Entry.objects.latest("pk")
    assert (entry.by_name, entry.via, entry.verb, entry.at) == ("Oleg", "test", "lesson.marked", AT)
    assert (entry.old, entry.new) == ({str(ivan): "attended"}, {str(ivan): "missed"})
    assert entry.within == f"group:{school.groups['chess'].pk}"


def test_open_pages_are_told_in_the_transaction(school):
    lesson = school.lessons["chess"]
    with CaptureQueriesContext(connection) as statements:
        mark(school, [ATTENDED])
    assert f"pg_notify('rollbook', 'group:{lesson.group_id} lesson:{lesson.pk}')" in str(statements.captured_queries)


def test_everyone_was_there_but_for_who_is_marked_already(school):
    olga = school.clients()[1].pk
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={olga: MISSED}, seen=None, at=AT, by=school.actor("anna")
    )
    [frozen] = school.enrol("Frozen")
    Freeze.objects.create(client=frozen, since=DAY, until=DAY + timedelta(days=1))
    lesson_marked.everyone(lesson_id=school.lessons["chess"].pk, at=AT, by=school.actor("anna"))
    assert dict(Mark.objects.values_list("client__name", "status")) == {"Ivan": "attended", "Olga": "missed"}


def test_statements_do_not_grow_with_the_class(school):
    actor, lesson = school.actor("anna"), school.lessons["chess"]
    Tariff.objects.update(pricing="month", price=100)

    def statements(call):
        with CaptureQueriesContext(connection) as captured:
            call()
        return len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]])

    def marks(clients, status):
        marked = dict.fromkeys((client.pk for client in clients), status)
        lesson_marked.mark(lesson_id=lesson.pk, marks=marked, seen=None, at=AT, by=actor)

    few, many = school.enrol("A", "B"), school.enrol(*map(str, range(30)))
    assert statements(lambda: marks(few, ATTENDED)) <= 20
    assert statements(lambda: marks(few, MISSED)) == statements(lambda: (marks(many, ATTENDED))) - 0 <= 20
    school.enrol(*(f"x{n}" for n in range(30)))
    assert statements(lambda: lesson_marked.everyone(lesson_id=lesson.pk, at=AT, by=actor)) <= 25


def holding(school, **rights):
    """Somebody new, who holds each of these permissions in one group alone."""
    user = User.objects.create(username="zoe", name="Zoe")
    for group, permissions in rights.items():
        role = Role.objects.create(name=group, permissions=permissions)
        Grant.objects.create(user=user, role=role, reach="groups").groups.add(school.groups[group])
    return user.as_actor(via="test")


def test_what_a_lesson_costs_does_not_depend_on_what_else_the_person_sees_who_marks(school):
    """A substitute of the other branch, and somebody who sees another group than the one to mark in."""
    Tariff.objects.update(pricing="month", price=100)
    ClosingDay.objects.create(branch=school.branches["north"], day=date(2026, 9, 8))
    lesson, (ivan, olga) = school.lessons["chess"], school.clients()
    lesson.lesson_teachers.update(employee=Employee.objects.create(
        first_name="Zlata", branch=school.branches["south"], user=school.users["dina"]
    ))
    Grant.objects.create(user=school.users["dina"], role=Role.objects.get(code="teacher"), reach="own")
    elsewhere = holding(school, chess=["journal.mark"], judo=["journal.see"])
    for client, by in ((ivan, school.actor("dina")), (olga, elsewhere)):
        lesson_marked.mark(lesson_id=lesson.pk, marks={client.pk: ATTENDED}, seen=None, at=AT, by=by)
    assert amounts() == [("Ivan", "charge", D("-25.00")), ("Olga", "charge", D("-25.00"))]
    assert lesson_marked.everyone(lesson_id=lesson.pk, at=AT, by=elsewhere) == ()


def test_whoever_may_cancel_a_lesson_takes_its_charges_back_wherever_they_see_journals(school):
    mark(school, [ATTENDED])
    by = holding(school, chess=["lesson.edit"], judo=["journal.see"])
    lesson_cancelled.cancel(lesson_id=school.lessons["chess"].pk, reason="Snow", at=AT, by=by)
    assert Account.objects.get().balance == 0
    lesson_cancelled.restore(lesson_id=school.lessons["chess"].pk, at=AT, by=by)
    assert Account.objects.get().balance == D("-12.50")


def test_who_pauses_keeps_what_was_marked_and_it_can_be_taken_back(school):
    """Both were marked before the pause was entered."""
    lesson, (ivan, olga) = school.lessons["chess"], school.clients()
    mark(school, [ATTENDED, PLANNED])
    for client in (ivan, olga):
        groups.freeze(client_id=client.pk, since=DAY, until=DAY + timedelta(days=7), at=AT, by=school.actor("mara"))
    assert lesson_marked.everyone(lesson_id=lesson.pk, at=AT, by=school.actor("anna")) == ()
    with pytest.raises(NotExpected):
        mark(school, [MISSED])
    mark(school, [None, None])
    assert Account.objects.get().balance == 0


def test_a_client_of_another_branch_pauses_here_too(school):
    [jan] = school.clients("judo")
    Enrolment.objects.create(client=jan, group=school.groups["chess"], since=date(2026, 1, 1))
    Freeze.objects.create(client=jan, since=DAY, until=DAY + timedelta(days=7))
    marked = lesson_marked.everyone(lesson_id=school.lessons["chess"].pk, at=AT, by=school.actor("mara"))
    assert marked == tuple(client.pk for client in school.clients()[:-1])
