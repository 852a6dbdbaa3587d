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
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.actions import BookedAlready, WorkedOff, make_ups, marks
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import NewSlot
from rollbook.workflows import (
    employee_left,
    group_changed,
    lesson_marked,
    make_up_booked,
    make_ups_lapsed,
    timetable_changed,
)
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
    assert "may not be worked off" in str(told)
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
