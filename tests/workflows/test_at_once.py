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
from rollbook.domains.comments.rules import On
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import NewSlot
from rollbook.workflows import comment_written, employee_left, group_changed, lesson_marked, timetable_changed
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
