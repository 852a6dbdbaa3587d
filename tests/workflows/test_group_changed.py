from datetime import date, time, timedelta

import pytest

from rollbook.domains.groups.models import Group, Programme
from rollbook.domains.journal.models import Status
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import NewSlot
from rollbook.domains.schedule.models import Lesson, TimetableSlot
from rollbook.foundation.errors import InvalidInput
from rollbook.workflows import group_changed, lesson_cancelled, lesson_marked
from rollbook.workflows.group_changed import WantedSlot
from tests.school import AT, DAY

WEEK = timedelta(weeks=1)


@pytest.fixture
def oleg(school):
    return school.actor("oleg")


@pytest.fixture
def dance(school):
    """Nobody teaches it, so that no teacher tells when it meets twice."""
    return school.groups["dance"]


def as_it_is(slot, **changed):
    told = {"weekday": slot.weekday, "starts": slot.starts, "minutes": slot.minutes, "room_id": slot.room_id}
    return WantedSlot(slot_id=slot.pk, slot=NewSlot(**told | changed, valid_from=DAY))


def change(group, by, *slots, since, **told):
    group_changed.change(group_id=group.pk, slots=slots, since=since, seen=None, at=AT, by=by, **{"values": {}} | told)


def test_a_lesson_that_somebody_has_touched_takes_the_place_of_the_one_of_a_new_rule(school, dance, oleg):
    slot = dance.slots.get()
    schedule.make_lessons(until=DAY + 4 * WEEK, group_ids=[dance.pk], at=AT, by=oleg)
    planned, cancelled, *_ = Lesson.objects.filter(group=dance, day__gt=DAY).order_by("day")
    dan = school.clients("dance")[0].pk
    lesson_marked.mark(lesson_id=planned.pk, marks={dan: Status.PLANNED}, seen=None, at=AT, by=oleg)
    lesson_cancelled.cancel(lesson_id=cancelled.pk, reason="Holiday", at=AT, by=oleg)
    change(dance, oleg, as_it_is(slot, minutes=90, room_id=None), since=DAY + timedelta(days=1))
    days = list(Lesson.objects.filter(group=dance).order_by("day").values_list("day", flat=True))
    assert days[:6] == [DAY + n * WEEK for n in range(6)]
    kept = Lesson.objects.filter(group=dance, slot=slot).order_by("day")
    assert [lesson.pk for lesson in kept] == [school.lessons["dance"].pk, planned.pk, cancelled.pk]


def test_a_rule_that_ends_by_itself_before_the_day_of_the_change_is_not_begun_anew(dance, oleg):
    ending = dance.slots.get()
    TimetableSlot.objects.filter(pk=ending.pk).update(valid_until=DAY + 2 * WEEK)
    coming = TimetableSlot.objects.create(group=dance, weekday=4, starts=time(18), valid_from=DAY + 2 * WEEK)
    change(dance, oleg, as_it_is(ending), as_it_is(coming), since=DAY + 3 * WEEK)
    assert set(dance.slots.values_list("pk", "valid_until")) == {(ending.pk, DAY + 2 * WEEK), (coming.pk, None)}


def test_a_group_that_moves_does_not_take_its_room_along(school):
    vera, south = school.actor("vera"), school.branches["south"]
    group = Group.objects.create(name="Go", branch=school.branches["north"], programme=Programme.objects.get())
    slot = TimetableSlot.objects.create(
        group=group, weekday=4, starts=time(18), room=school.groups["chess"].slots.get().room,
        valid_from=date(2027, 9, 1),
    )
    with pytest.raises(InvalidInput):
        change(group, vera, as_it_is(slot), since=DAY, values={"branch_id": south.pk})
    change(group, vera, as_it_is(slot, room_id=None), since=DAY, values={"branch_id": south.pk})
    assert list(TimetableSlot.objects.filter(group=group).values_list("room", flat=True)) == [None]
