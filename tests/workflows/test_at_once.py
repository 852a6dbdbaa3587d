"""Two who do different things at once wait for each other at most: nobody is told that the database gave up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
from decimal import Decimal
from threading import Event
from time import sleep
from types import SimpleNamespace

import pytest
from django.db import connections

from rollbook.domains.access import actions as access
from rollbook.domains.access.actions import users
from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Grant, Role
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.actions import AnsweredAlready
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.comments.rules import On
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.actions import LeftAlready, enrolments
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Group
from rollbook.domains.history import actions as history
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.actions import BookedAlready, LessonFull, NoRight, NotExpected, WorkedOff, make_ups, marks
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.people.models import Employee, Relation
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import MonthIsClosed, NewSlot, PlaceIsTaken
from rollbook.domains.schedule.models import ClosedMonth, Room
from rollbook.workflows import (
    client_frozen,
    client_transferred,
    comment_written,
    employee_left,
    enrolment_ended,
    group_changed,
    guest_booked,
    lesson_marked,
    lesson_moved,
    make_up_booked,
    make_ups_lapsed,
    month_closed,
    payment_announced,
    payment_received,
    teacher_substituted,
    timetable_changed,
)
from rollbook.workflows.enrolment_ended import MarkedAfterwards
from tests.school import AT, DAY, found_school

BEFORE = AT - timedelta(hours=3)  # on the day of the lesson, which has not begun
LONG = 0.5  # seconds: until the other one stands and waits


@pytest.fixture
def school(own_database):
    return found_school()


def at_once(*calls):
    """What each call raises, or None; each in its own connection."""

    def alone(call):
        try:
            call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as workers:
        return list(workers.map(alone, calls))


@pytest.fixture
def lingering(monkeypatch):
    """Makes a function wait before it begins; returns what says that somebody has come to it."""

    def linger(module, name):
        begins, there = getattr(module, name), Event()

        def slowly(**told):
            there.set()
            sleep(LONG)
            return begins(**told)

        monkeypatch.setattr(module, name, slowly)
        return there

    return linger


def test_a_lesson_is_marked_while_its_group_is_changed(school, lingering):
    there = lingering(timetable_changed, "withdraw")
    ivan = school.clients()[0].pk

    def change():
        group_changed.change(
            group_id=school.groups["chess"].pk, values={"state": "recruiting"}, since=DAY, seen=None, at=BEFORE,
            by=school.actor("oleg"),
        )

    def mark():
        there.wait(10)
        lesson_marked.mark(
            lesson_id=school.lessons["chess"].pk, marks={ivan: Status.ATTENDED}, seen=None, at=BEFORE,
            by=school.actor("anna"),
        )

    assert at_once(change, mark) == [None, None]


def test_the_night_makes_lessons_while_a_timetable_is_changed(school, lingering):
    there = lingering(timetable_changed, "make")
    chess = school.groups["chess"]
    wednesdays = NewSlot(weekday=3, starts=time(18), minutes=60, valid_from=DAY)

    def change():
        group_changed.change(
            group_id=chess.pk, values={}, slots=[group_changed.WantedSlot(slot=wednesdays)],
            since=chess.slots.get().valid_from, seen=None, at=BEFORE, by=school.actor("oleg"),
        )

    def night():
        there.wait(10)
        schedule.make_lessons(until=DAY + timedelta(days=30), at=BEFORE, by=operator("", via="job"))

    assert at_once(change, night) == [None, None]


def transferring(school, group, since=DAY, seen=None):
    stay = Enrolment.objects.get(client=school.clients()[0])
    return lambda: client_transferred.transfer(
        enrolment_id=stay.pk, group_id=school.groups[group].pk, since=since, seen=seen, at=BEFORE,
        by=school.actor("vera"),
    )


def test_of_two_who_transfer_a_client_at_once_one_does(school, lingering):
    ivan = school.clients()[0]
    lingering(groups, "transfer")
    errors = at_once(transferring(school, "dance"), transferring(school, "judo"))
    assert {type(error) for error in errors} == {type(None), LeftAlready}
    assert Enrolment.objects.filter(client=ivan, until=None).count() == 1
    assert Enrolment.objects.filter(client=ivan).count() == 2


def test_two_who_transfer_to_and_fro_wait_for_each_other_at_most(school, lingering):
    dan = Enrolment.objects.get(client=school.clients("dance")[0])
    lingering(groups, "transfer")

    def back():
        client_transferred.transfer(
            enrolment_id=dan.pk, group_id=school.groups["chess"].pk, since=DAY, seen=None, at=BEFORE,
            by=school.actor("vera"),
        )

    assert at_once(transferring(school, "dance"), back) == [None, None]


def test_whoever_marks_a_client_who_is_being_transferred_finds_them_gone(school, lingering):
    there, ivan = lingering(groups, "transfer"), school.clients()[0]

    def mark():
        there.wait(10)
        lesson_marked.mark(
            lesson_id=school.lessons["chess"].pk, marks={ivan.pk: Status.ATTENDED}, seen=None, at=BEFORE,
            by=school.actor("anna"),
        )

    transferred, marked = at_once(transferring(school, "dance"), mark)
    assert (transferred, type(marked)) == (None, NotExpected)


def test_whoever_transfers_a_client_who_is_being_marked_is_told_of_the_mark(school, lingering):
    there, ivan = lingering(billing, "settle"), school.clients()[0]

    def mark():
        lesson_marked.mark(
            lesson_id=school.lessons["chess"].pk, marks={ivan.pk: Status.ATTENDED}, seen=None, at=BEFORE,
            by=school.actor("anna"),
        )

    def transfer():
        there.wait(10)
        transferring(school, "dance")()

    marked, transferred = at_once(mark, transfer)
    assert (marked, type(transferred)) == (None, MarkedAfterwards)


def test_who_leaves_two_groups_at_once_has_left(school, lingering):
    ivan = school.clients()[0]
    Enrolment.objects.create(client=ivan, group=school.groups["dance"], since=DAY - timedelta(days=30))
    lingering(enrolments, "follow")

    def leave(enrolment):
        return lambda: enrolment_ended.end(
            enrolment_id=enrolment.pk, until=DAY, seen=None, at=BEFORE, by=school.actor("oleg")
        )

    assert at_once(*map(leave, Enrolment.objects.filter(client=ivan))) == [None, None]
    assert ChurnRecord.objects.filter(client=ivan).count() == 1


def test_of_a_freeze_and_a_mark_at_once_one_is(school, lingering):
    there, ivan = lingering(groups, "freeze"), school.clients()[0]

    def freeze():
        client_frozen.freeze(
            client_id=ivan.pk, since=DAY, until=DAY + timedelta(days=7), at=BEFORE, by=school.actor("oleg")
        )

    def mark():
        there.wait(10)
        lesson_marked.mark(
            lesson_id=school.lessons["chess"].pk, marks={ivan.pk: Status.ATTENDED}, seen=None, at=BEFORE,
            by=school.actor("anna"),
        )

    frozen, marked = at_once(freeze, mark)
    assert (frozen, type(marked)) == (None, NotExpected)
def test_of_two_lessons_that_are_moved_into_one_room_exactly_one_is(school):
    hall = Room.objects.create(branch=school.branches["north"], name="Hall")

    def move(group):
        return lambda: lesson_moved.move(
            lesson_id=school.lessons[group].pk, day=DAY, starts=time(10), minutes=60, room_id=hall.pk, seen=None,
            at=BEFORE, by=school.actor("oleg"),
        )

    answers = at_once(*[move(group) for group in ("chess", "dance")])
    assert sorted(map(type, answers), key=str) == [type(None), PlaceIsTaken]


def test_of_two_lessons_that_want_one_substitute_exactly_one_gets_them(school):
    zoe = Employee.objects.create(first_name="Zoe", branch=school.branches["north"], teaches=True)

    def substitute(group):
        return lambda: teacher_substituted.substitute(
            lesson_id=school.lessons[group].pk, teacher_ids=[zoe.pk], seen=None, at=BEFORE, by=school.actor("oleg")
        )

    answers = at_once(*[substitute(group) for group in ("chess", "dance")])
    assert sorted(map(type, answers), key=str) == [type(None), PlaceIsTaken]


def test_of_two_guests_who_take_the_last_seat_exactly_one_gets_it(school):
    Group.objects.filter(pk=school.groups["chess"].pk).update(capacity=3, minimum=None)
    guests = [school.client(name, school.branches["north"]) for name in ("One", "Other")]

    def book(guest):
        return lambda: guest_booked.book(
            lesson_id=school.lessons["chess"].pk, client_id=guest.pk, kind=Kind.TRIAL, at=BEFORE,
            by=school.actor("oleg"),
        )

    answers = at_once(*map(book, guests))
    assert sorted(map(type, answers), key=str) == [type(None), LessonFull]


def test_the_night_makes_lessons_while_one_is_moved(school, lingering):
    there = lingering(lesson_moved.schedule, "move_lesson")
    chess = school.lessons["chess"]

    def move():
        lesson_moved.move(
            lesson_id=chess.pk, day=DAY + timedelta(days=1), starts=time(10), minutes=60, room_id=None, seen=None,
            at=BEFORE, by=school.actor("oleg"),
        )

    def night():
        there.wait(10)
        schedule.make_lessons(until=DAY + timedelta(days=6), since=DAY, at=BEFORE, by=operator("", via="job"))

    assert at_once(move, night) == [None, None]
    assert chess.group.lessons.count() == 1


def test_of_two_owners_who_let_each_other_go_one_stays(school, lingering):
    Grant.objects.create(user=school.users["dina"], role=Role.objects.get(code=Role.OWNER), reach="everything")
    lingering(users, "refuse_last_owner")

    def let_go(whom, by):
        return lambda: access.disable_user(user_id=school.users[whom].pk, at=AT, by=school.actor(by))

    first, second = at_once(let_go("dina", "vera"), let_go("vera", "dina"))
    assert {type(first), type(second)} == {type(None), access.LastOwner}


def test_whoever_leaves_while_somebody_enables_them_is_out(school, lingering, monkeypatch):
    anna = school.users["anna"]
    school.groups["chess"].teachers.clear()
    access.disable_user(user_id=anna.pk, at=AT, by=school.actor("vera"))
    monkeypatch.setattr(users, "history", SimpleNamespace(record=users.history.record))  # theirs alone lingers
    there = lingering(users.history, "record")

    def leave():
        there.wait(10)
        employee_left.leave(employee_id=anna.employee.pk, at=AT, by=school.actor("vera"))

    def enable():
        access.enable_user(user_id=anna.pk, at=AT, by=school.actor("vera"))

    assert at_once(enable, leave) == [None, None]
    anna.refresh_from_db()
    assert not anna.is_active


# Make-ups: one right, and two who want it -----------------------------------------------------------------------------


@pytest.fixture
def miss(school):
    marked(school, school.lessons["chess"], Status.EXCUSED)()
    return Mark.objects.get()


@pytest.fixture
def hosts(school):
    return [school.lesson(group, at=AT + timedelta(hours=2)) for group in ("dance", "judo")]


def marked(school, lesson, status, *, at=AT):
    ivan = school.clients()[0].pk
    return lambda: lesson_marked.mark(
        lesson_id=lesson.pk, marks={ivan: status}, seen=None, at=at, by=school.actor("vera")
    )


def booked(school, miss, lesson):
    return lambda: make_up_booked.book(miss_id=miss.pk, lesson_id=lesson.pk, at=AT, by=school.actor("vera"))


def slowly(monkeypatch, module, name):
    """Whoever comes to this function lingers before it; says that somebody has come."""
    does, there = getattr(module, name), Event()

    def lingering(*given, **told):
        there.set()
        sleep(LONG)
        return does(*given, **told)

    monkeypatch.setattr(module, name, lingering)
    return there


def test_of_two_who_book_the_same_right_at_once_one_is_told(school, miss, hosts, monkeypatch):
    slowly(monkeypatch, make_ups, "_refuse_lesson")
    answers = at_once(*(booked(school, miss, host) for host in hosts))
    assert {type(answer) for answer in answers} == {type(None), BookedAlready}
    assert Mark.objects.holding().count() == 1


def test_a_right_is_not_booked_while_the_miss_is_corrected(school, miss, hosts, monkeypatch):
    there = slowly(monkeypatch, marks, "refuse_used")

    def book():
        there.wait(10)
        booked(school, miss, hosts[0])()

    corrected, told = at_once(marked(school, school.lessons["chess"], Status.ATTENDED), book)
    assert corrected is None
    assert type(told) is NoRight
    assert not Mark.objects.holding().exists()


def test_a_booking_made_meanwhile_goes_with_the_right(school, miss, hosts, monkeypatch):
    there = slowly(monkeypatch, make_ups, "_refuse_lesson")

    def correct():
        there.wait(10)
        marked(school, school.lessons["chess"], Status.ATTENDED)()

    assert at_once(booked(school, miss, hosts[0]), correct) == [None, None]
    assert not Mark.objects.holding().exists()


def test_both_ends_of_a_make_up_are_marked_at_once(school, miss, hosts, monkeypatch):
    """Whoever marks the visit first has used the right."""
    booked(school, miss, hosts[0])()
    there = slowly(monkeypatch, marks, "refuse_used")

    def correct():
        there.wait(10)
        marked(school, school.lessons["chess"], Status.ATTENDED)()

    came, corrected = at_once(marked(school, hosts[0], Status.ATTENDED), correct)
    assert (came, type(corrected)) == (None, WorkedOff)


def test_of_two_visits_that_count_again_at_once_one_does(school, miss, hosts, monkeypatch):
    for host in hosts:
        booked(school, miss, host)()
        marked(school, host, Status.MISSED)()
    slowly(monkeypatch, marks, "revive")
    answers = at_once(*(marked(school, host, Status.ATTENDED) for host in hosts))
    assert sorted(type(answer).__name__ for answer in answers) == ["BookedMeanwhile", "NoneType"]


def test_two_workers_let_rights_lapse_once(school, miss):
    def lapse():
        make_ups_lapsed.lapse(at=AT + timedelta(days=60), by=operator("", via="job"))

    assert at_once(lapse, lapse) == [None, None]
    assert Mark.objects.get().lapsed_on == DAY + timedelta(days=31)
    assert Entry.objects.filter(verb="mark.lapsed").count() == 1


def test_a_right_does_not_lapse_while_its_visit_counts_again(school, miss, hosts, monkeypatch):
    booked(school, miss, hosts[0])()
    marked(school, hosts[0], Status.MISSED)()
    there = slowly(monkeypatch, marks, "revive")

    def lapse():
        there.wait(10)
        make_ups_lapsed.lapse(at=AT + timedelta(days=60), by=operator("", via="job"))

    assert at_once(marked(school, hosts[0], Status.ATTENDED), lapse) == [None, None]
    assert Mark.objects.get(pk=miss.pk).lapsed_on is None


def test_two_who_speak_of_an_empty_cell_make_one_row_that_may_still_be_marked(school):
    """And whoever marks it at the same time has seen it empty."""
    lesson, [ivan, _olga] = school.lessons["chess"], school.clients()
    on = On(client_id=ivan.pk, lesson_id=lesson.pk)

    def speak(name):
        return lambda: comment_written.write(on=on, text="Is late", asks=False, at=AT, by=school.actor(name))

    def mark():
        lesson_marked.mark(
            lesson_id=lesson.pk, marks={ivan.pk: Status.ATTENDED}, seen={ivan.pk: 0}, at=AT, by=school.actor("anna")
        )

    assert at_once(speak("mara"), speak("vera"), mark, speak("oleg")) == [None] * 4
    row = Mark.objects.get(lesson=lesson, client=ivan)
    assert (row.status, row.version, row.comments.count()) == (Status.ATTENDED, 1, 3)


AUGUST = DAY.replace(month=8)


def close_august(school):
    month_closed.close(branch_id=school.branches["north"].pk, month=AUGUST, at=AT, by=school.actor("oleg"))


def test_whoever_closes_a_month_waits_for_whoever_marks_in_it(school, lingering):
    lesson, ivan = school.lesson(at=AT - timedelta(days=28)), school.clients()[0].pk
    there = lingering(lesson_marked, "house")  # the lesson is locked by then

    def mark():
        lesson_marked.mark(
            lesson_id=lesson.pk, marks={ivan: Status.ATTENDED}, seen=None, at=AT, by=school.actor("mara")
        )

    def close():
        there.wait(10)
        close_august(school)
        assert LedgerEntry.objects.filter(day=lesson.day).exists()  # it was there before the month was closed

    assert at_once(mark, close) == [None, None]
    assert ClosedMonth.objects.exists()


def test_whoever_marks_in_a_month_that_is_being_closed_is_refused(school, lingering):
    lesson, ivan = school.lesson(at=AT - timedelta(days=28)), school.clients()[0].pk
    there = lingering(history, "record")  # closed by then, and nobody knows yet

    def mark():
        there.wait(10)
        lesson_marked.mark(
            lesson_id=lesson.pk, marks={ivan: Status.ATTENDED}, seen=None, at=AT, by=school.actor("mara")
        )

    closed, marked = at_once(lambda: close_august(school), mark)
    assert (closed, type(marked)) == (None, MonthIsClosed)
    assert not Mark.objects.exists()


def pay_in_august(school):
    payment_received.receive(
        client_id=school.clients()[0].pk, amount=Decimal(10), method="cash", on=AUGUST, note="", key="a key of august",
        at=AT, by=school.actor("mara"),
    )


def test_whoever_closes_a_month_waits_for_a_payment_that_is_being_booked_in_it(school, lingering):
    there = lingering(history, "record")

    def close():
        there.wait(10)
        close_august(school)
        assert LedgerEntry.objects.filter(day=AUGUST).exists()

    assert at_once(lambda: pay_in_august(school), close) == [None, None]
    assert ClosedMonth.objects.exists()


def test_a_payment_for_a_month_that_is_being_closed_is_booked_after_it(school, lingering):
    there = lingering(history, "record")

    def pay():
        there.wait(10)
        pay_in_august(school)

    assert at_once(lambda: close_august(school), pay) == [None, None]
    assert list(LedgerEntry.objects.values_list("day", "about")) == [(DAY, AUGUST)]


def test_two_who_close_the_same_month_at_once_close_it_once(school, lingering):
    lingering(history, "record")
    assert at_once(lambda: close_august(school), lambda: close_august(school)) == [None, None]
    assert (ClosedMonth.objects.count(), Entry.objects.filter(verb="month.closed").count()) == (1, 1)


# Money: the same act, sent many times ---------------------------------------------------------------------------------


def test_of_fifty_who_send_one_family_payment_at_once_one_books_it(school):
    ivan, olga = school.clients()
    Relation.objects.filter(client=olga).update(contact=ivan.contacts.get())

    def pay():
        payment_received.receive_family(
            contact_id=ivan.contacts.get().pk, amount=Decimal(100),
            shares={olga.pk: Decimal("39.99"), ivan.pk: Decimal("60.01")}, method="cash", on=DAY, note="",
            key="one key", at=AT, by=school.actor("mara"),
        )

    assert at_once(*[pay] * 50) == [None] * 50
    assert Payment.objects.count() == 1
    assert dict(Account.objects.values_list("client", "balance")) == {
        ivan.pk: Decimal("60.01"), olga.pk: Decimal("39.99")
    }


def test_of_fifty_who_confirm_one_announced_payment_at_once_one_books_it(school):
    ivan = school.clients()[0].pk
    announced = payment_announced.announce(
        client_id=ivan, amount=Decimal(50), method="transfer", on=DAY, note="", key="one key", at=AT,
        by=school.actor("mara"),
    )

    def confirm():
        payment_announced.confirm(announced_id=announced, at=AT, by=school.actor("oleg"))

    assert at_once(*[confirm] * 50) == [None] * 50
    assert (Payment.objects.count(), Account.objects.get(client=ivan).balance) == (1, 50)


def test_of_who_confirms_and_who_declines_at_once_one_is_told(school):
    announced = payment_announced.announce(
        client_id=school.clients()[0].pk, amount=Decimal(50), method="transfer", on=DAY, note="", key="one key", at=AT,
        by=school.actor("mara"),
    )

    def confirm():
        payment_announced.confirm(announced_id=announced, at=AT, by=school.actor("oleg"))

    def decline():
        payment_announced.decline(announced_id=announced, reason="Never came", at=AT, by=school.actor("vera"))

    assert {type(answer) for answer in at_once(confirm, decline)} == {type(None), AnsweredAlready}
