from datetime import date, time, timedelta

import pytest
from django.utils.translation import override

from rollbook.domains.billing.models import Tariff, TariffUse
from rollbook.domains.groups.models import Group, Programme
from rollbook.domains.journal.models import Status
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import NewSlot
from rollbook.domains.schedule.models import Lesson, TimetableSlot
from rollbook.foundation.errors import InvalidInput
from rollbook.foundation.versions import Stale
from rollbook.workflows import group_changed, lesson_cancelled, lesson_marked
from rollbook.workflows.group_changed import Price, WantedSlot
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
    told = {"values": {}, "seen": None} | told
    group_changed.change(group_id=group.pk, slots=slots, since=since, at=AT, by=by, **told)


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


def test_of_two_who_change_one_timetable_the_second_is_shown_both(dance, oleg):
    tuesday = dance.slots.get()
    thursday = NewSlot(weekday=4, starts=time(17, 30), minutes=90, valid_from=DAY)
    change(dance, oleg, as_it_is(tuesday), WantedSlot(slot=thursday), since=DAY + WEEK, seen=1)
    with pytest.raises(Stale) as refused, override("en"):
        change(dance, oleg, as_it_is(tuesday), since=DAY + WEEK, values={"name": "Ballet"}, seen=1)
    assert [(pair["field"], pair["yours"], pair["theirs"], pair["version"]) for pair in refused.value.values] == [
        ("name", "Ballet", "Dance", 2),
        ("slots", "Tue 18:00–19:00, Room 1", "Tue 18:00–19:00, Room 1; Thu 17:30–19:00", 2),
    ]
    change(dance, oleg, as_it_is(tuesday), since=DAY + WEEK, values={"name": "Ballet"}, seen=2)
    assert list(dance.slots.filter(valid_until=None)) == [tuesday]


def test_whoever_changes_nothing_that_another_has_changed_is_not_asked(dance, oleg):
    tuesday = dance.slots.get()
    change(dance, oleg, as_it_is(tuesday), since=DAY, values={"name": "Ballet"}, seen=1)
    change(dance, oleg, as_it_is(tuesday), since=DAY, values={"name": "Ballet"}, seen=1)
    dance.refresh_from_db()
    assert dance.version == 2


def test_a_tariff_that_somebody_has_set_is_not_taken_away_by_an_old_form(school, dance):
    vera, dear = school.actor("vera"), Tariff.objects.create(name="Dear", price=20)
    slot = as_it_is(dance.slots.get())
    change(dance, vera, slot, since=DAY, price=Price(dear.pk, DAY), seen=1)
    with pytest.raises(Stale) as refused:
        change(dance, vera, slot, since=DAY, price=Price(None, DAY), values={"name": "Ballet"}, seen=1)
    assert [(pair["field"], pair["yours"], pair["theirs"]) for pair in refused.value.values] == [
        ("name", "Ballet", "Dance"), ("tariff_id", "—", "Dear"),
    ]
    change(dance, vera, slot, since=DAY, price=Price(dear.pk, DAY), values={"name": "Ballet"}, seen=2)
    assert TariffUse.objects.get(group=dance).tariff == dear


def test_teachers_are_shown_beside_what_else_is_overwritten(school, dance, oleg):
    anna = school.users["anna"].employee
    change(dance, oleg, as_it_is(dance.slots.get()), since=DAY, teacher_ids=[anna.pk], seen=1)
    with pytest.raises(Stale) as refused:
        change(dance, oleg, as_it_is(dance.slots.get()), since=DAY, teacher_ids=[], values={"name": "Ballet"}, seen=1)
    assert [(pair["field"], pair["yours"], pair["theirs"]) for pair in refused.value.values] == [
        ("name", "Ballet", "Dance"), ("teachers", "", "Anna"),
    ]
