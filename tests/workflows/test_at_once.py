"""Two who do different things at once wait for each other at most: nobody is told that the database gave up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import time, timedelta
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
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.actions import LeftAlready, enrolments
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Group
from rollbook.domains.journal.actions import LessonFull, NotExpected
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import NewSlot, PlaceIsTaken
from rollbook.domains.schedule.models import Room
from rollbook.workflows import (
    client_frozen,
    client_transferred,
    employee_left,
    enrolment_ended,
    group_changed,
    guest_booked,
    lesson_marked,
    lesson_moved,
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
