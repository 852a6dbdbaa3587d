from datetime import date, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.models import Grant, Role, User
from rollbook.domains.billing.models import Tariff
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.foundation.errors import NotFound
from rollbook.screens import journal
from rollbook.screens.journal import State
from rollbook.workflows import lesson_cancelled, lesson_marked, month_closed, payment_received
from tests.school import AT, DAY

LATER = AT + timedelta(hours=2)


@pytest.fixture
def september(school):
    """Four lessons: the 1st is marked, the 2nd is cancelled, the 3rd is today, the 4th is to come."""
    for days in (-7, 0, 7):
        school.lesson(at=AT + timedelta(days=14 + days))
    ivan = school.clients()[0].pk
    mark(school, {ivan: Status.ATTENDED})
    return school


def mark(school, marks, lesson="chess"):
    lesson_marked.mark(
        lesson_id=school.lessons[lesson].pk, marks=marks, seen=None, at=AT, by=school.actor("oleg")
    )


def sheet(school, name="oleg", *, at=AT + timedelta(days=14, hours=1), **told):
    return journal.sheet(group_id=school.groups["chess"].pk, at=at, by=school.actor(name), **told)


def states(row):
    return [square.state.value for square in row.squares]


def test_each_cell_shows_where_it_stands(september):
    ivan, olga = sheet(september).members
    assert states(ivan) == ["attended", "unmarked", "unmarked", "future"]
    assert states(olga) == ["unmarked", "unmarked", "unmarked", "future"]
    assert (ivan.share, olga.share) == (100, None)


def test_frozen_cancelled_and_weekdays(september):
    ivan, olga = september.clients()
    Freeze.objects.create(client=ivan, since=DAY + timedelta(days=7), until=DAY + timedelta(days=8))
    Enrolment.objects.filter(client=olga).update(weekdays=[3])
    second = september.groups["chess"].lessons.order_by("starts_at")[2]
    lesson_cancelled.cancel(lesson_id=second.pk, reason="Snow", at=AT, by=september.actor("oleg"))
    ivan_row, olga_row = sheet(september).members
    assert states(ivan_row) == ["attended", "frozen", "cancelled", "future"]
    assert set(states(olga_row)) == {"none"}
    third = sheet(september).columns[2]
    assert (third.lesson.cancelled, third.lesson.cancel_reason, third.expected) == (True, "Snow", 0)


def test_guests_and_those_who_left_stand_below(september):
    guest = september.client("Guest", september.branches["north"])
    Mark.objects.create(
        client=guest, lesson=september.lessons["chess"], kind=Kind.TRIAL, status=Status.PLANNED, marked_at=AT, day=DAY
    )
    olga = september.clients()[1]
    Enrolment.objects.filter(client=olga).update(until=DAY + timedelta(days=3))
    shown = sheet(september)
    assert [row.name for row in shown.members] == ["Ivan"]
    [row] = shown.guests
    assert (row.name, row.guest, states(row)) == ("Guest", Kind.TRIAL, ["planned", "none", "none", "none"])
    [left] = shown.gone
    assert (left.name, left.left_on) == ("Olga", DAY + timedelta(days=3))


def test_whoever_came_back_has_one_row(september):
    ivan = september.clients()[0]
    Enrolment.objects.filter(client=ivan).update(until=DAY + timedelta(days=3))
    Enrolment.objects.create(client=ivan, group=september.groups["chess"], since=DAY + timedelta(days=10))
    [row] = [row for row in sheet(september).rows if row.client_id == ivan.pk]
    assert (states(row), row.left_on) == (["attended", "none", "unmarked", "future"], None)


@pytest.mark.parametrize("by_visit", [True, False])
def test_a_miss_that_was_worked_off_is_purple(september, by_visit):
    olga = september.clients()[1]
    mark(september, {olga.pk: Status.EXCUSED})
    miss = Mark.objects.get(client=olga)
    assert sheet(september).members[1].squares[0].cell.make_up_until == DAY + timedelta(days=30)
    if by_visit:
        visit = september.lesson("dance", at=AT + timedelta(days=3))
        Mark.objects.create(
            client=olga, lesson=visit, kind=Kind.MAKE_UP, status=Status.ATTENDED, present=True, makes_up=miss,
            marked_at=AT, day=DAY,
        )
    else:
        Mark.objects.filter(pk=miss.pk).update(worked_off_on=DAY + timedelta(days=3), worked_off_note="at home")
    [square, *_] = sheet(september).members[1].squares
    assert (square.state, square.cell.worked_off_on) == (State.WORKED_OFF, DAY + timedelta(days=3))
    if by_visit:
        lesson_cancelled.cancel(lesson_id=visit.pk, reason="Snow", at=AT, by=september.actor("oleg"))
        assert sheet(september).members[1].squares[0].state == State.EXCUSED


def test_the_revenue_of_a_group_is_whole_or_not_shown(school):
    """A client of South comes to chess in North. Kira sees the money of South, and all journals."""
    [jan] = school.clients("judo")
    Enrolment.objects.create(client=jan, group=school.groups["chess"], since=DAY)
    reads = Role.objects.create(name="Reads", permissions=["journal.see"])
    Grant.objects.create(user=school.users["kira"], role=reads, reach="everything")
    lesson_marked.everyone(lesson_id=school.lessons["chess"].pk, at=AT, by=school.actor("mara"))
    seen = {name: sheet(school, name, at=AT).head.revenue for name in ("vera", "mara", "kira", "anna")}
    assert seen == {"vera": D("37.50"), "mara": D("37.50"), "kira": None, "anna": None}


def with_role(permissions, *, reach="everything", branch=None, user=None):
    user = user or User.objects.create(username="zoe", name="Zoe")
    role = Role.objects.create(name="Of the test", permissions=permissions)
    grant = Grant.objects.create(user=user, role=role, reach=reach)
    if branch:
        grant.branches.add(branch)
    return user.as_actor(via="test")


def test_a_journal_needs_no_right_but_to_see_journals(school):
    by = with_role(["journal.see"])
    [ivan, _olga] = journal.sheet(group_id=school.groups["chess"].pk, at=AT, by=by).members
    assert (ivan.name, ivan.payer, ivan.balance, ivan.is_paid) == ("Ivan", None, None, None)


def test_whoever_sees_money_elsewhere_still_sees_who_has_paid(school):
    by = with_role(["money.see"], reach="branches", branch=school.branches["south"], user=school.users["anna"])
    [ivan, _olga] = journal.sheet(group_id=school.groups["chess"].pk, at=AT, by=by).members
    assert (ivan.balance, ivan.is_paid) == (None, False)


def test_how_many_came_lately_is_reckoned_of_what_is_shown_or_asked_and_is_the_same(school, monkeypatch):
    """The last two lessons that were held: of those shown where they are among them, else asked; planned, empty and
    guests' cells are counted alike."""
    monkeypatch.setattr(journal, "LAST_LESSONS", 2)
    ivan, olga = (client.pk for client in school.clients())
    guest = school.clients("dance")[0]
    lessons = [school.lesson(at=AT - timedelta(days=days)) for days in (21, 14, 7)]
    ways = (
        {ivan: Status.ATTENDED, olga: Status.ATTENDED}, {ivan: Status.MISSED, olga: Status.PLANNED},
        {ivan: Status.ATTENDED, olga: Status.EXCUSED},
    )
    for lesson, marks in zip(lessons, ways, strict=True):
        lesson_marked.mark(lesson_id=lesson.pk, marks=marks, seen=None, at=AT, by=school.actor("oleg"))
    Mark.objects.create(
        client=guest, lesson=lessons[1], day=lessons[1].day, kind=Kind.ONE_OFF, status=Status.ATTENDED, present=True,
        marked_at=AT,
    )
    for first, asked in ((date(2026, 8, 1), 0), (date(2026, 8, 24), 1)):
        with CaptureQueriesContext(connection) as statements:
            head = sheet(school, at=AT, first=first, last=DAY).head
        assert (head.trend, head.attended) == ((50, 50), 50)
        assert sum('LIMIT 2) ' in each["sql"] for each in statements) == asked
    assert sheet(school, at=AT, first=date(2026, 8, 1), last=date(2026, 8, 20)).head.trend == (50, 50)


def test_sums_of_columns_and_the_head(september):
    shown = sheet(september)
    assert [(column.came, column.expected) for column in shown.columns] == [(1, 2), (0, 2), (0, 2), (0, 2)]
    head = shown.head
    assert (head.enrolled, head.capacity, head.attended, head.trend) == (2, 12, 100, (100,))
    assert (head.teachers, head.rooms, head.revenue) == (("Anna",), ("Room 0",), D("12.50"))
    assert head.next_lesson
    assert head.next_lesson.date() == date(2026, 9, 22)
    assert head.average_months == 8 * 12 + 6


def test_a_manager_sees_sums_and_a_teacher_only_paid_or_not(september):
    ivan, olga = september.clients()
    payment_received.receive(
        client_id=olga.pk, amount=D(30), method="cash", on=DAY, note="", key="k", at=AT, by=september.actor("mara")
    )
    assert [(r.balance, r.lessons_left) for r in sheet(september).members] == [(D("-12.50"), 0), (D(30), 2)]
    shown = sheet(september, "anna")
    assert [(r.balance, r.lessons_left, r.is_paid) for r in shown.members] == [(None, None, False), (None, None, True)]
    assert (shown.head.revenue, shown.may_see_money, shown.may_mark) == (None, False, True)
    assert {r.payer.phone for r in shown.members} == {None}


def test_who_only_sees_may_not_mark(september):
    shown = sheet(september, "nina")
    assert (shown.may_mark, shown.may_edit_lessons) == (False, False)
    with pytest.raises(NotFound):
        sheet(september, "boris")


def test_another_month_and_a_range_of_a_year_at_most(september):
    assert sheet(september, first=date(2026, 8, 1), last=date(2026, 8, 31)).columns == ()
    long = sheet(september, first=date(2026, 1, 1), last=date(2027, 12, 31))
    assert (long.last - long.first).days == journal.MOST_DAYS - 1


def test_times_are_those_of_the_branch(school):
    shown = journal.sheet(group_id=school.groups["judo"].pk, at=AT, by=school.actor("boris"))
    assert shown.columns[0].starts_at.hour == 20


def test_the_journal_takes_fifteen_statements_at_most_however_large(september):
    Tariff.objects.update(pricing="month", price=100)

    def statements(name):
        actor = september.actor(name)
        with CaptureQueriesContext(connection) as captured:
            journal.sheet(group_id=september.groups["chess"].pk, at=LATER, by=actor)
        return len(captured)

    before = {name: statements(name) for name in ("vera", "oleg", "anna", "nina")}
    september.enrol(*(f"x{n}" for n in range(30)))
    for days in range(1, 20):
        september.lesson(at=datetime.fromisoformat("2026-09-01T05:00:00+00:00") + timedelta(days=days))
    assert {name: statements(name) for name in before} == before
    assert max(before.values()) <= 15


def test_a_closed_month_is_known_by_its_columns_and_only_what_is_over_is_asked_for(september):
    september.lesson(at=AT - timedelta(days=28))
    month_closed.close(
        branch_id=september.branches["north"].pk, month=date(2026, 8, 1), at=AT, by=september.actor("oleg")
    )
    long = sheet(september, first=date(2026, 7, 1), last=date(2026, 9, 30))
    assert long.closed == (date(2026, 8, 1),)
    assert [column.is_closed for column in long.columns] == [True, False, False, False, False]

    def statements(**days):
        with CaptureQueriesContext(connection) as captured:
            shown = sheet(september, "vera", **days)
        return shown.closed, len(captured)

    assert statements() == ((), statements(first=DAY)[1])
    closed, number = statements(first=date(2026, 8, 1))
    assert (closed, number) == ((date(2026, 8, 1),), statements()[1] + 1)
    assert number <= 15
