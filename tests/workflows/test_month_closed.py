"""A closed month stays as it is: nothing in it is marked, and what concerns it is booked in the open one."""

from datetime import date, time, timedelta
from decimal import Decimal as D

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.actor import operator
from rollbook.domains.billing import queries
from rollbook.domains.billing.actions import booked_on, load_payments, open_days
from rollbook.domains.billing.fields import PaymentRow
from rollbook.domains.billing.models import Account, LedgerEntry
from rollbook.domains.history.models import Entry
from rollbook.domains.imports.actions import NotImported
from rollbook.domains.imports.rules import Origin
from rollbook.domains.journal.actions import load_marks
from rollbook.domains.journal.fields import MarkRow
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.rules import Means, Switches
from rollbook.domains.schedule.actions import MonthIsClosed, NotOver
from rollbook.domains.schedule.models import ClosedMonth
from rollbook.foundation.errors import NotAllowed, NotFound
from rollbook.workflows import (
    charge_decided,
    guest_booked,
    lesson_cancelled,
    lesson_held,
    lesson_marked,
    lesson_moved,
    make_up_booked,
    make_up_by_hand,
    month_closed,
    payment_received,
)
from tests.school import AT, DAY

AUGUST, IN_AUGUST, JULY = date(2026, 8, 1), date(2026, 8, 4), date(2026, 7, 1)
THEN = AT - timedelta(days=28)  # the 4th of August


@pytest.fixture
def then(school):
    """A lesson in August, in which Ivan was and Olga was excused; Mara marks."""
    lesson = school.lesson("chess", at=THEN)
    ivan, olga = school.clients()
    mark(school, lesson, {ivan: Status.ATTENDED, olga: Status.EXCUSED}, at=THEN)
    return lesson


def mark(school, lesson, marks, *, name="mara", at=AT):
    said = {client.pk: status for client, status in marks.items()}
    return lesson_marked.mark(lesson_id=lesson.pk, marks=said, seen=None, at=at, by=school.actor(name))


def close(school, month=AUGUST, *, name="oleg", branch="north", at=AT):
    month_closed.close(branch_id=school.branches[branch].pk, month=month, at=at, by=school.actor(name))


def reopen(school, month=AUGUST, *, name="oleg", branch="north"):
    month_closed.reopen(branch_id=school.branches[branch].pk, month=month, at=AT, by=school.actor(name))


def of(lesson, client):
    return Mark.objects.get(lesson=lesson, client=client)


# ---- closing and reopening


def test_a_month_is_closed_by_any_of_its_days_once_and_reopened_once(school):
    close(school, IN_AUGUST)
    close(school, AUGUST)
    closed = ClosedMonth.objects.get()
    assert (closed.branch.name, closed.month, closed.closed_at, closed.closed_by.name) == ("North", AUGUST, AT, "Oleg")
    reopen(school, IN_AUGUST)
    reopen(school)
    assert not ClosedMonth.objects.exists()
    told = Entry.objects.filter(subject=f"branch:{closed.branch_id}").order_by("pk")
    assert list(told.values_list("verb", "new")) == [
        ("month.closed", {"month": "2026-08-01"}), ("month.reopened", {"month": "2026-08-01"})
    ]


def test_only_what_is_over_by_the_clock_of_the_branch_is_closed(school):
    with pytest.raises(NotOver, match="September 2026"):
        close(school, DAY)
    evening = AT.replace(month=8, day=31, hour=20)  # it is September in Almaty, and 23:00 in Kyiv
    with pytest.raises(NotOver):
        close(school, at=evening)
    close(school, branch="south", name="kira", at=evening)
    assert ClosedMonth.objects.get().branch.name == "South"


@pytest.mark.parametrize(
    ("name", "error"),
    [("mara", NotAllowed), ("anna", NotAllowed), ("zlata", NotAllowed), ("rita", NotAllowed), ("kira", NotFound)],
)
def test_it_takes_the_right_in_the_whole_branch(school, name, error):
    for act in (close, reopen):
        with pytest.raises(error):
            act(school, name=name)


def test_whoever_closes_does_not_reopen_by_that(school):
    close(school, branch="south", name="kira")
    with pytest.raises(NotAllowed):
        reopen(school, branch="south", name="kira")
    assert ClosedMonth.objects.exists()


def test_open_journals_of_the_groups_that_met_in_it_are_told(school, then):
    with CaptureQueriesContext(connection) as statements:
        close(school)
        reopen(school)
    assert str(statements.captured_queries).count(f"pg_notify('rollbook', 'group:{then.group_id}')") == 2


# ---- what is refused

REFUSED = {
    "marking": lambda s, it: mark(s, it, {s.clients()[0]: Status.MISSED}),
    "taking a mark back": lambda s, it: mark(s, it, {s.clients()[0]: None}),
    "marking many": lambda s, it: lesson_marked.mark_range(
        group_id=it.group_id, marks={it.pk: {s.clients()[0].pk: Status.MISSED}}, seen={}, at=AT, by=s.actor("mara")
    ),
    "everyone": lambda s, it: lesson_marked.everyone(lesson_id=it.pk, at=AT, by=s.actor("mara")),
    "deciding a charge": lambda s, it: charge_decided.decide(
        mark_id=of(it, s.clients()[0]).pk, charged=False, at=AT, by=s.actor("oleg")
    ),
    "by hand, in that month": lambda s, it: make_up_by_hand.work_off(
        mark_id=of(it, s.clients()[1]).pk, note="At home", on=IN_AUGUST, at=AT, by=s.actor("mara")
    ),
    "cancelling": lambda s, it: lesson_cancelled.cancel(lesson_id=it.pk, reason="Flu", at=AT, by=s.actor("mara")),
    "holding": lambda s, it: lesson_held.hold(lesson_id=it.pk, at=AT, by=s.actor("mara")),
    "opening": lambda s, it: lesson_held.undo(lesson_id=it.pk, at=AT, by=s.actor("mara")),
    "a guest": lambda s, it: guest_booked.book(
        lesson_id=it.pk, client_id=s.clients("dance")[0].pk, kind=Kind.TRIAL, at=AT, by=s.actor("mara")
    ),
    "moving within": lambda s, it: moved(s, it, IN_AUGUST),
    "moving out": lambda s, it: moved(s, it, DAY),
    "moving in": lambda s, it: moved(s, s.lessons["chess"], IN_AUGUST),
}


def moved(school, lesson, day):
    lesson_moved.move(
        lesson_id=lesson.pk, day=day, starts=time(9), minutes=60, room_id=None, seen=None, all_the_same=True, at=AT,
        by=school.actor("mara"),
    )


@pytest.mark.parametrize("act", REFUSED)
def test_nothing_that_would_change_a_closed_month_is_done(school, then, act):
    if act in {"moving out", "opening"}:  # what took place is refused for that already
        mark(school, then, dict.fromkeys(school.clients()))
    close(school)
    before = list(Mark.objects.order_by("pk").values()), list(LedgerEntry.objects.order_by("pk").values())
    with pytest.raises(MonthIsClosed, match="August 2026 is closed for North"):
        REFUSED[act](school, then)
    assert before == (list(Mark.objects.order_by("pk").values()), list(LedgerEntry.objects.order_by("pk").values()))
    reopen(school)
    REFUSED[act](school, then)


def test_a_cancelled_lesson_stays_cancelled_and_a_booked_guest_booked(school, then):
    other = school.lesson("chess", at=THEN + timedelta(hours=3))
    [dan] = school.clients("dance")
    guest_booked.book(lesson_id=other.pk, client_id=dan.pk, kind=Kind.TRIAL, at=AT, by=school.actor("mara"))
    lesson_cancelled.cancel(lesson_id=then.pk, reason="Flu", at=AT, by=school.actor("mara"))
    close(school)
    with pytest.raises(MonthIsClosed):
        lesson_cancelled.restore(lesson_id=then.pk, at=AT, by=school.actor("mara"))
    with pytest.raises(MonthIsClosed):
        guest_booked.withdraw(lesson_id=other.pk, client_id=dan.pk, at=AT, by=school.actor("mara"))
    lesson_cancelled.cancel(lesson_id=then.pk, reason="Flu", at=AT, by=school.actor("mara"))  # twice changes nothing
    then.refresh_from_db()
    assert then.cancelled_at


def test_a_miss_of_a_closed_month_is_still_worked_off_in_an_open_one(school, then):
    [_, olga] = school.clients()
    miss = of(then, olga)
    close(school)
    by = school.actor("mara")
    make_up_by_hand.work_off(mark_id=miss.pk, note="At home", on=DAY, at=AT, by=by)
    make_up_by_hand.undo(mark_id=miss.pk, at=AT, by=by)
    host = school.lesson("dance", at=AT + timedelta(hours=3))
    make_up_booked.book(miss_id=miss.pk, lesson_id=host.pk, at=AT, by=by)
    mark(school, host, {olga: Status.ATTENDED})
    assert LedgerEntry.objects.get(client=olga).day == DAY


def test_what_was_worked_off_by_hand_in_a_month_that_is_closed_by_now_stays_so(school, then):
    miss = of(then, school.clients()[1])
    make_up_by_hand.work_off(mark_id=miss.pk, note="At home", on=IN_AUGUST, at=AT, by=school.actor("mara"))
    close(school)
    with pytest.raises(MonthIsClosed):
        make_up_by_hand.undo(mark_id=miss.pk, at=AT, by=school.actor("mara"))


def test_a_booked_visit_in_a_closed_month_is_not_taken_back(school):
    ivan = school.clients()[0]
    missed, host = school.lesson("chess", at=THEN - timedelta(days=7)), school.lesson("dance", at=THEN)
    mark(school, missed, {ivan: Status.EXCUSED}, at=THEN - timedelta(days=1))
    miss = of(missed, ivan)
    make_up_booked.book(miss_id=miss.pk, lesson_id=host.pk, at=THEN, by=school.actor("mara"))
    close(school)
    with pytest.raises(MonthIsClosed):
        make_up_booked.take_back(miss_id=miss.pk, at=AT, by=school.actor("mara"))


def test_it_is_said_who_may_reopen_it(school, then):
    close(school)
    ivan = school.clients()[0]
    for name, said in (("oleg", "You may reopen it: Settings, Closed months."), ("mara", "Owner, Branch manager.")):
        with pytest.raises(MonthIsClosed, match=said):
            mark(school, then, {ivan: Status.MISSED}, name=name)


def test_whoever_may_not_correct_is_told_the_same(school, then):
    close(school)
    with pytest.raises(MonthIsClosed):
        mark(school, then, {school.clients()[0]: Status.MISSED}, name="anna")


def test_other_months_and_other_branches_are_open(school, then):
    close(school)
    close(school, branch="south", name="kira")
    reopen(school)
    close(school, JULY)
    mark(school, then, {school.clients()[0]: Status.MISSED})
    mark(school, school.lessons["chess"], {school.clients()[0]: Status.ATTENDED})


def test_a_lesson_of_this_month_costs_no_statement_more(school, then):
    def statements(lesson, status):
        with CaptureQueriesContext(connection) as captured:
            mark(school, lesson, {school.clients()[0]: status}, name="vera")
        return [each["sql"] for each in captured if "schedule_closedmonth" in each["sql"]]

    lesson = school.lessons["chess"]
    assert not statements(lesson, Status.ATTENDED)
    assert len([sql for sql in statements(then, Status.MISSED) if sql.startswith("SELECT")]) == 1


def test_the_database_itself_takes_no_entry_into_a_closed_month(school, then):
    close(school)
    entry = LedgerEntry.objects.get(client=school.clients()[0])
    with pytest.raises(IntegrityError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_ledgerentry (client_id, branch_id, kind, amount, reason, day, made_at)"
            " VALUES (%s, %s, 'correction', 5, 'Because', %s, now())",
            [entry.client_id, entry.branch_id, IN_AUGUST],
        )
    assert error.value.__cause__.diag.constraint_name == "ledger_in_open_months"


# ---- what is booked in the open one


def paid(school, on, *, key="as-long-as-a-key-is", client=None):
    return payment_received.receive(
        client_id=(client or school.clients()[0]).pk, amount=D(100), method="cash", on=on, note="", key=key, at=AT,
        by=school.actor("mara"),
    )


def booked():
    return list(LedgerEntry.objects.order_by("pk").values_list("kind", "day", "about"))


def test_a_payment_of_a_closed_month_is_booked_in_the_first_open_one_after_it(school):
    close(school)
    payment = paid(school, IN_AUGUST)
    assert booked() == [("payment", DAY, IN_AUGUST)]
    assert paid(school, IN_AUGUST) == payment  # sent twice
    assert LedgerEntry.objects.get().payment.received_on == IN_AUGUST


def test_a_payment_that_is_taken_back_leaves_the_closed_month_as_it_was(school):
    payment = paid(school, IN_AUGUST)
    close(school)
    payment_received.take_back(payment_id=payment, reason="A mistake", at=AT, by=school.actor("mara"))
    assert booked() == [("payment", IN_AUGUST, None), ("reversal", DAY, IN_AUGUST)]
    assert Account.objects.get().balance == 0


def test_taking_back_what_was_booked_later_still_says_which_day_it_concerns(school):
    close(school)
    payment = paid(school, IN_AUGUST)
    reopen(school)
    payment_received.take_back(payment_id=payment, reason="A mistake", at=AT, by=school.actor("mara"))
    assert booked() == [("payment", DAY, IN_AUGUST), ("reversal", DAY, IN_AUGUST)]


def test_the_statement_says_which_day_a_line_concerns(school):
    close(school)
    paid(school, IN_AUGUST)
    [ivan, _] = school.clients()
    by = school.actor("mara")
    shown = queries.statement(client_id=ivan.pk, first=DAY, last=date(2026, 9, 30), by=by)
    assert [(line.day, line.about) for line in shown.lines] == [(DAY, IN_AUGUST)]


@pytest.mark.parametrize(
    ("day", "closed", "on"),
    [
        (date(2026, 6, 15), (), date(2026, 6, 15)),
        (date(2026, 6, 15), (date(2026, 7, 1),), date(2026, 6, 15)),
        (date(2026, 6, 15), (date(2026, 6, 1),), date(2026, 7, 1)),
        (date(2026, 6, 1), (date(2026, 6, 1), date(2026, 7, 1)), date(2026, 8, 1)),
        (date(2026, 6, 15), (date(2026, 6, 1), date(2026, 8, 1)), date(2026, 7, 1)),
        (date(2025, 12, 31), (date(2025, 12, 1),), date(2026, 1, 1)),
    ],
)
def test_the_day_on_which_something_is_booked(school, day, closed, on):
    north, south = (branch.pk for branch in school.branches.values())
    for month in closed:
        close(school, month)
    days = open_days([(north, day), (south, day), (north, day)])
    assert days == {(north, day): on, (south, day): day}
    assert booked_on(branch_id=north, day=day, opened=days) == (on, day if on != day else None)
    assert booked_on(branch_id=north, day=day, opened=days, about=JULY) == (on, JULY)


def test_however_much_is_booked_it_is_asked_once(school):
    north = school.branches["north"].pk
    with CaptureQueriesContext(connection) as captured:
        open_days([(north, DAY - timedelta(days=n)) for n in range(100)])
    assert [each["sql"].count("schedule_closedmonth") > 0 for each in captured] == [False, True]
    with CaptureQueriesContext(connection) as captured:
        assert open_days([]) == {}
    assert not len(captured)


# ---- files


def test_payments_of_a_file_are_booked_in_the_open_month_too(school):
    close(school)
    [ivan, olga] = school.clients()
    rows = [
        PaymentRow(key=str(n), origin=Origin("payments.csv", n), client=client.pk, amount=D(10), day=day)
        for n, (client, day) in enumerate([(ivan, IN_AUGUST), (olga, DAY)])
    ]
    load_payments(rows=rows, source="bank", at=AT, by=operator("import"))
    assert booked() == [("payment", DAY, IN_AUGUST), ("payment", DAY, None)]


def test_marks_of_a_file_are_not_taken_into_a_closed_month(school):
    close(school)
    lesson = school.lesson("chess", at=THEN)
    row = MarkRow(
        key="1", origin=Origin("marks.csv", 2), client=school.clients()[0].pk, lesson=lesson.pk,
        status=Status.ATTENDED,
    )
    means = {lesson.pk: Means({Status.ATTENDED: Switches(share=100)}, D(10))}
    with pytest.raises(NotImported) as error:
        load_marks(rows=[row], means=means, at=AT, by=operator("import"))
    assert [problem.field for problem in error.value.problems] == ["lesson"]
    assert not Mark.objects.exists()
