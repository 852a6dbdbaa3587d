from datetime import date, time, timedelta

import pytest

from rollbook.domains.access.actor import Permission
from rollbook.domains.history.models import Entry
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.actions import MeetsThenAlready, NewSlot, RoomInUse
from rollbook.domains.schedule.models import ClosingDay, Lesson, Room, TimetableSlot
from rollbook.foundation.constraints import NameTaken
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.foundation.versions import Stale
from tests.school import AT, DAY

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)


@pytest.fixture
def oleg(school):
    """The manager of North."""
    return school.actor("oleg")


@pytest.fixture
def chess(school):
    return school.groups["chess"]


def slot(weekday=4, starts=time(17), minutes=60, **how):
    return NewSlot(weekday=weekday, starts=starts, minutes=minutes, **{"valid_from": OCTOBER} | how)


def add(group, *slots, by):
    return schedule.add_slots(group_id=group.pk, slots=slots, at=AT, by=by)


# ---- the timetable of a group


def test_slots_are_added_with_room_and_teachers_of_their_own(chess, oleg):
    room = chess.slots.get().room
    extra = Employee.objects.create(first_name="Petra", branch=chess.branch)
    [pk] = add(chess, slot(room_id=room.pk, teacher_ids=(extra.pk, extra.pk)), by=oleg)
    row = TimetableSlot.objects.get(pk=pk)
    assert (row.weekday, row.starts, row.minutes, row.room) == (4, time(17), 60, room)
    assert list(row.teachers.all()) == [extra]
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.within, entry.new["starts"]) == ("slot.added", f"group:{chess.pk}", "17:00")
    assert add(chess, by=oleg) == ()


@pytest.mark.parametrize(
    ("new", "meets"),
    [
        (slot(2, time(18)), True),
        (slot(2, time(18, 59)), True),
        (slot(2, time(17, 1)), True),
        (slot(2, time(17)), False),
        (slot(2, time(19)), False),
        (slot(3, time(18)), False),
        (slot(2, time(18), valid_from=date(2025, 1, 1), valid_until=date(2026, 1, 1)), False),
    ],
)
def test_a_group_meets_once_at_a_time(chess, oleg, new, meets):
    """It meets on Tuesdays at six for an hour, since January."""
    if meets:
        with pytest.raises(MeetsThenAlready):
            add(chess, new, by=oleg)
    else:
        add(chess, new, by=oleg)


def test_two_new_slots_may_not_overlap_either(chess, oleg):
    with pytest.raises(MeetsThenAlready):
        add(chess, slot(), slot(starts=time(17, 30)), by=oleg)
    assert chess.slots.count() == 1


def test_rooms_of_another_branch_and_teachers_one_does_not_see_are_refused(school, chess, oleg):
    judo = school.groups["judo"].slots.get().room_id
    gone = Room.objects.create(branch=chess.branch, name="Gone", archived_at=AT)
    left = Employee.objects.create(first_name="Left", branch=chess.branch, left_on=DAY)
    boris = school.users["boris"].employee
    for how in ({"room_id": judo}, {"room_id": gone.pk}, {"room_id": 2**63}, {"teacher_ids": (boris.pk,)},
                {"teacher_ids": (left.pk,)}, {"teacher_ids": (0,)}):  # fmt: skip
        with pytest.raises(InvalidInput):
            add(chess, slot(**how), by=oleg)


def test_a_slot_ends_on_a_day_and_one_to_come_goes_altogether(chess, oleg):
    [later] = add(chess, slot(valid_from=NOVEMBER), by=oleg)
    stands = chess.slots.get(weekday=2)
    kept = Lesson.objects.get(group=chess)
    Lesson.objects.filter(pk=kept.pk).update(slot=later)
    schedule.end_slots(slot_ids=[stands.pk, later], until=OCTOBER, at=AT, by=oleg)
    assert list(chess.slots.values_list("pk", "valid_until")) == [(stands.pk, OCTOBER)]
    kept.refresh_from_db()
    assert kept.slot is None
    entries = Entry.objects.count()
    schedule.end_slots(slot_ids=[stands.pk], until=NOVEMBER, at=AT, by=oleg)
    assert Entry.objects.count() == entries


@pytest.mark.parametrize(
    ("who", "error"), [("anna", NotAllowed), ("rita", NotAllowed), ("kira", NotFound), ("dina", NotFound)]
)
def test_a_timetable_is_changed_by_those_who_may(school, chess, who, error):
    with pytest.raises(error):
        add(chess, slot(), by=school.actor(who))
    assert chess.slots.count() == 1


def test_slots_of_groups_one_may_not_change_are_left_alone(school, oleg):
    judo = school.groups["judo"].slots.get()
    schedule.end_slots(slot_ids=[judo.pk], until=OCTOBER, at=AT, by=oleg)
    judo.refresh_from_db()
    assert judo.valid_until is None


def test_only_lessons_that_nobody_has_touched_are_withdrawn(school, chess, oleg):
    schedule.make_lessons(until=DAY + timedelta(days=28), at=AT, by=oleg)
    lessons = list(Lesson.objects.filter(group=chess).order_by("day"))
    for row, told in zip(lessons[1:4], ({"touched_at": AT}, {"held_at": AT}, {"cancelled_at": AT}), strict=True):
        Lesson.objects.filter(pk=row.pk).update(**told)
    ids = [row.pk for row in lessons]
    others = Lesson.objects.filter(group=school.groups["judo"]).values_list("pk", flat=True)
    under = Permission.GROUP_EDIT
    assert schedule.withdraw_lessons(lesson_ids=[*ids, *others], under=under, at=AT, by=oleg) == 1
    assert list(Lesson.objects.filter(group=chess).order_by("day").values_list("pk", flat=True)) == ids[:4]
    assert schedule.withdraw_lessons(lesson_ids=ids, under=under, at=AT, by=oleg) == 0


# ---- rooms


def test_a_room_is_named_once_in_its_branch(school, oleg):
    north = school.branches["north"]
    schedule.add_room(branch_id=north.pk, values={"name": "Blue"}, at=AT, by=oleg)
    with pytest.raises(NameTaken):
        schedule.add_room(branch_id=north.pk, values={"name": "BLUE"}, at=AT, by=oleg)
    schedule.add_room(branch_id=school.branches["south"].pk, values={"name": "Blue"}, at=AT, by=school.actor("vera"))


def test_a_stale_change_of_a_room_is_refused(chess, oleg):
    room = chess.slots.get().room
    schedule.change_room(room_id=room.pk, values={"capacity": 10}, seen=1, at=AT, by=oleg)
    with pytest.raises(Stale):
        schedule.change_room(room_id=room.pk, values={"capacity": 11}, seen=1, at=AT, by=oleg)


def test_a_room_in_use_stays_until_its_timetable_ends(chess, oleg):
    row = chess.slots.get()
    with pytest.raises(RoomInUse, match="Chess"):
        schedule.archive_room(room_id=row.room_id, at=AT, by=oleg)
    TimetableSlot.objects.update(valid_until=DAY)
    schedule.archive_room(room_id=row.room_id, at=AT, by=oleg)
    schedule.restore_room(room_id=row.room_id, at=AT, by=oleg)
    row.room.refresh_from_db()
    assert row.room.archived_at is None


@pytest.mark.parametrize(
    ("who", "error"), [("mara", NotAllowed), ("anna", NotAllowed), ("rita", NotAllowed), ("kira", NotFound)]
)
def test_rooms_and_closing_days_are_set_by_those_who_may(school, chess, who, error):
    by, room = school.actor(who), chess.slots.get().room
    closed = ClosingDay.objects.create(branch=chess.branch, day=OCTOBER)
    for call in (
        lambda: schedule.add_room(branch_id=chess.branch_id, values={"name": "x"}, at=AT, by=by),
        lambda: schedule.change_room(room_id=room.pk, values={"name": "x"}, seen=None, at=AT, by=by),
        lambda: schedule.archive_room(room_id=room.pk, at=AT, by=by),
        lambda: schedule.restore_room(room_id=room.pk, at=AT, by=by),
        lambda: schedule.close_days(branch_id=chess.branch_id, first=OCTOBER, last=OCTOBER, at=AT, by=by),
        lambda: schedule.open_day(closing_day_id=closed.pk, at=AT, by=by),
    ):
        with pytest.raises(error):
            call()


# ---- closing days


def test_days_are_closed_once_and_a_year_at_most(chess, oleg):
    said = {"branch_id": chess.branch_id, "reason": "Snow", "at": AT, "by": oleg}
    assert schedule.close_days(first=OCTOBER, last=date(2026, 10, 3), **said) == tuple(
        date(2026, 10, day) for day in (1, 2, 3)
    )
    assert schedule.close_days(first=date(2026, 10, 3), last=date(2026, 10, 4), **said) == (date(2026, 10, 4),)
    assert schedule.close_days(first=OCTOBER, last=OCTOBER, **said) == ()
    for last in (date(2026, 9, 30), date(2027, 10, 2)):
        with pytest.raises(InvalidInput):
            schedule.close_days(first=OCTOBER, last=last, **said)


def test_a_day_is_opened_once(chess, oleg):
    closed = ClosingDay.objects.create(branch=chess.branch, day=OCTOBER)
    assert schedule.open_day(closing_day_id=closed.pk, at=AT, by=oleg) == (chess.branch_id, OCTOBER)
    with pytest.raises(NotFound):
        schedule.open_day(closing_day_id=closed.pk, at=AT, by=oleg)
