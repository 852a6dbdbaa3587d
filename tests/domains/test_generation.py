from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Branch
from rollbook.domains.groups.models import Group, GroupState, Programme
from rollbook.domains.history.models import Entry
from rollbook.domains.people.models import Employee
from rollbook.domains.schedule.actions import make_lessons
from rollbook.domains.schedule.models import ClosingDay, Lesson, LessonTeacher, Room, TimetableSlot
from rollbook.foundation.errors import NotAllowed
from rollbook.foundation.periods import local
from tests.school import AT, DAY

NIGHT = operator("night", via="job")
FIRST_OF_MARCH = datetime(2026, 3, 1, 12, tzinfo=UTC)


def make(until, *, at=AT, by=NIGHT, **how):
    return make_lessons(until=until, at=at, by=by, **how)


def slot(group, weekday=1, starts=time(17), *, since=date(2026, 1, 1), teachers=(), **told):
    row = TimetableSlot.objects.create(
        group=group, weekday=weekday, starts=starts, valid_from=since, **{"minutes": 60} | told
    )
    row.teachers.set(teachers)
    return row


def days(group):
    return list(Lesson.objects.filter(group=group).order_by("starts_at").values_list("day", flat=True))


def test_lessons_are_made_on_the_weekdays_of_the_timetable(school):
    chess = school.groups["chess"]
    slot(chess, weekday=4, minutes=90)
    made = make(DAY + timedelta(days=13))
    assert days(chess) == [DAY, date(2026, 9, 3), date(2026, 9, 8), date(2026, 9, 10)]
    assert (made.lessons, made.collisions) == (3 + 1 + 1, ())  # dance and judo meet on one more Tuesday each
    lesson = Lesson.objects.get(group=chess, day=date(2026, 9, 3))
    assert (lesson.ends_at - lesson.starts_at, lesson.lesson_type.code) == (timedelta(minutes=90), "group")
    assert [teacher.name for teacher in lesson.teachers.all()] == ["Anna"]
    assert (lesson.slot.weekday, lesson.touched_at, lesson.branch) == (4, None, chess.branch)


@pytest.mark.parametrize(
    ("zone", "change", "before", "after"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 1, 2),
        ("Europe/Kyiv", date(2026, 3, 29), 2, 3),
        ("Europe/Berlin", date(2026, 10, 25), 2, 1),
        ("Europe/Kyiv", date(2026, 10, 25), 3, 2),
        ("Asia/Almaty", date(2026, 3, 29), 5, 5),
    ],
)
def test_five_in_the_afternoon_stays_five_over_a_change_of_clocks(school, zone, change, before, after):
    chess = school.groups["chess"]
    Branch.objects.filter(pk=chess.branch_id).update(time_zone=zone)
    slot(chess, weekday=6)
    at = datetime.combine(change, time(12), UTC) - timedelta(days=7)
    make(change + timedelta(days=7), at=at, group_ids=[chess.pk])
    lessons = Lesson.objects.filter(group=chess, slot__weekday=6).order_by("starts_at")
    starts = [lesson.starts_at for lesson in lessons]
    assert {local(start, zone).time() for start in starts} == {time(17)}
    assert [17 - start.hour for start in starts] == [before, after]


@pytest.mark.parametrize(
    ("day", "wall", "utc"),
    [(date(2026, 3, 29), time(3, 30), (1, 30)), (date(2026, 10, 25), time(2, 30), (1, 30))],
    ids=["the hour that is left out", "the hour that comes twice"],
)
def test_in_the_hour_of_the_change_a_lesson_is_made_once(school, day, wall, utc):
    chess = school.groups["chess"]
    Branch.objects.filter(pk=chess.branch_id).update(time_zone="Europe/Berlin")
    slot(chess, weekday=7, starts=time(2, 30))
    make(day, at=datetime.combine(day, time(0), UTC) - timedelta(days=1), group_ids=[chess.pk])
    [lesson] = Lesson.objects.filter(slot__weekday=7)
    assert (lesson.starts_at.hour, lesson.starts_at.minute) == utc
    assert (lesson.day, local(lesson.starts_at, "Europe/Berlin").time()) == (day, wall)
    assert lesson.ends_at - lesson.starts_at == timedelta(hours=1)


def test_closing_days_of_the_branch_give_none_and_of_another_do(school):
    north, south = school.branches["north"], school.branches["south"]
    ClosingDay.objects.create(branch=north, day=date(2026, 9, 8))
    ClosingDay.objects.create(branch=south, day=date(2026, 9, 15))
    make(date(2026, 9, 22))
    assert days(school.groups["chess"]) == [DAY, date(2026, 9, 15), date(2026, 9, 22)]
    assert days(school.groups["judo"]) == [DAY, date(2026, 9, 8), date(2026, 9, 22)]


def test_a_slot_gives_lessons_from_its_first_day_to_the_day_before_its_last(school):
    dance = school.groups["dance"]
    slot(dance, weekday=3, since=date(2026, 9, 9), valid_until=date(2026, 9, 23))
    make(date(2026, 9, 30), group_ids=[dance.pk])
    wednesdays = [day for day in days(dance) if day.isoweekday() == 3]
    assert wednesdays == [date(2026, 9, 9), date(2026, 9, 16)]


def test_made_twice_makes_nothing_twice(school):
    first = make(date(2026, 12, 1))
    again = make(date(2026, 12, 1))
    assert (first.lessons, again.lessons) == (3 * 13, 0)


def test_the_second_time_not_one_row_is_written(school):
    slot(school.groups["dance"], room=school.groups["chess"].slots.get().room, weekday=2, starts=time(18, 30))
    make(date(2026, 12, 1))
    written = _rows_written()
    made = make(date(2026, 12, 1))
    assert (made.lessons, _rows_written()) == (0, written)
    assert made.collisions


def test_what_a_person_has_cancelled_is_not_made_again(school):
    make(date(2026, 9, 8))
    Lesson.objects.filter(day=date(2026, 9, 8)).update(cancelled_at=AT)
    assert make(date(2026, 9, 8)).lessons == 0


def test_the_past_is_not_filled_unless_it_is_asked_for(school):
    chess = school.groups["chess"]
    make(DAY, at=AT + timedelta(days=20), group_ids=[chess.pk])
    assert days(chess) == [DAY]
    make(DAY, since=date(2026, 8, 20), group_ids=[chess.pk])
    assert days(chess) == [date(2026, 8, 25), DAY]


@pytest.mark.parametrize("state", [GroupState.FINISHED, GroupState.DISBANDED])
def test_groups_that_meet_no_more_get_none(school, state):
    Group.objects.update(state=state)
    assert make(date(2026, 12, 1)).lessons == 0


def test_teachers_of_the_slot_go_before_those_of_the_group_and_who_left_teaches_no_more(school):
    chess = school.groups["chess"]
    extra = Employee.objects.create(first_name="Petra", branch=chess.branch)
    gone = Employee.objects.create(first_name="Gone", branch=chess.branch, left_on=date(2026, 9, 9))
    slot(chess, weekday=3, teachers=[extra, gone])
    make(date(2026, 9, 9), group_ids=[chess.pk])
    taught = {
        lesson.day: {teacher.first_name for teacher in lesson.teachers.all()}
        for lesson in Lesson.objects.filter(group=chess, slot__weekday=3)
    }
    assert taught == {date(2026, 9, 2): {"Petra", "Gone"}, date(2026, 9, 9): {"Petra"}}


def test_a_lesson_whose_room_is_taken_is_listed_and_the_rest_is_made(school):
    chess, dance = school.groups["chess"], school.groups["dance"]
    bad = slot(dance, weekday=2, starts=time(18, 30), room=chess.slots.get().room)
    made = make(date(2026, 9, 8), group_ids=[chess.pk, dance.pk])
    assert made.lessons == 2  # Tuesday the 8th, both groups, each in its own room
    assert {(c.slot_id, c.group, c.starts_at, c.room, c.teacher, c.other) for c in made.collisions} == {
        (bad.pk, "Dance", datetime.fromisoformat(f"2026-09-0{day}T18:30"), "Room 0", "", "Chess") for day in (1, 8)
    }


def test_a_lesson_whose_teacher_is_taken_is_listed(school):
    chess, dance = school.groups["chess"], school.groups["dance"]
    anna = chess.teachers.get()
    dance.teachers.add(anna)
    made = make(date(2026, 9, 8), group_ids=[dance.pk])
    assert made.lessons == 1  # nobody teaches chess on the 8th yet
    made = make(date(2026, 9, 8), group_ids=[chess.pk])
    assert made.lessons == 0
    [collision] = made.collisions
    assert (collision.group, collision.teacher, collision.room, collision.other) == ("Chess", "Anna", "", "Dance")


def test_of_two_slots_that_want_one_teacher_in_one_run_the_first_is_made_and_the_other_listed(school):
    chess, dance = school.groups["chess"], school.groups["dance"]
    dance.teachers.add(chess.teachers.get())
    early = slot(chess, weekday=5, starts=time(10))
    late = slot(dance, weekday=5, starts=time(10, 30))
    made = make(date(2026, 9, 4), group_ids=[chess.pk, dance.pk])
    assert list(Lesson.objects.filter(day=date(2026, 9, 4)).values_list("slot", flat=True)) == [early.pk]
    assert [collision.slot_id for collision in made.collisions] == [late.pk]
    assert not LessonTeacher.objects.filter(lesson__slot=late).exists()


def test_a_lesson_that_goes_again_keeps_no_third_one_away(school):
    """The second wants the first one's teacher and the third one's: once it is gone, the third can be made."""
    branch = school.branches["north"]
    one, two = (Employee.objects.create(first_name=name, branch=branch) for name in "AB")
    programme = Programme.objects.get()
    groups = [Group.objects.create(name=f"G{n}", branch=branch, programme=programme) for n in range(3)]
    slots = [
        slot(groups[0], 5, time(10), teachers=[one]),
        slot(groups[1], 5, time(10, 10), teachers=[one, two]),
        slot(groups[2], 5, time(10, 20), teachers=[two]),
    ]
    made = make(date(2026, 9, 4), group_ids=[group.pk for group in groups])
    assert set(Lesson.objects.filter(day=date(2026, 9, 4)).values_list("slot", flat=True)) == {slots[0].pk, slots[2].pk}
    assert [collision.slot_id for collision in made.collisions] == [slots[1].pk]


def test_a_joint_or_cancelled_lesson_is_in_nobodys_way(school):
    chess, dance = school.groups["chess"], school.groups["dance"]
    Lesson.objects.filter(group=chess).update(is_joint=True)
    slot(dance, weekday=2, starts=time(18, 30), room=chess.slots.get().room)
    assert make(DAY, group_ids=[dance.pk]).collisions == ()


def test_the_name_of_a_group_that_may_not_be_seen_is_not_told(school):
    judo, dance = school.groups["judo"], school.groups["dance"]
    dance.teachers.add(judo.teachers.get())
    Lesson.objects.filter(group=dance).delete()  # as judo's, it would begin at 15:00 UTC
    [collision] = make(DAY, group_ids=[dance.pk], by=school.actor("oleg")).collisions
    assert (collision.teacher, collision.other) == ("Boris", "")


def test_only_groups_one_may_change_are_made_and_who_may_change_none_is_told_so(school):
    assert make(date(2026, 9, 8), by=school.actor("oleg")).lessons == 2
    assert not Lesson.objects.filter(group=school.groups["judo"], day=date(2026, 9, 8)).exists()
    with pytest.raises(NotAllowed):
        make(date(2026, 9, 8), by=school.actor("anna"))


def test_the_history_says_how_many_once_for_a_group(school):
    make(date(2026, 9, 22))
    entries = Entry.objects.filter(verb="lessons.made")
    assert {entry.subject for entry in entries} == {f"group:{group.pk}" for group in school.groups.values()}
    assert all(entry.new == {"lessons": 3, "until": "2026-09-22"} for entry in entries)


def test_statements_do_not_grow_with_the_school(school):
    branch, programme = school.branches["north"], Programme.objects.get()

    def statements(number):
        for n in range(number):
            group = Group.objects.create(name=f"{number}-{n}", branch=branch, programme=programme)
            slot(group, weekday=1 + n % 7, room=Room.objects.create(branch=branch, name=f"{number}-{n}"))
        with CaptureQueriesContext(connection) as captured:
            make(date(2026, 12, 1))
        return len(captured)

    assert statements(2) == statements(30) <= 40


def test_two_workers_at_once_make_no_lesson_twice(own_database):
    from tests.school import found_school

    found_school()
    gate = Barrier(2)

    def work(_number):
        gate.wait()
        try:
            return make(date(2026, 12, 1)).lessons
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as workers:
        assert sorted(workers.map(work, range(2))) == [0, 3 * 13]
    assert Lesson.objects.count() == 3 + 3 * 13


def _rows_written():
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables")
        return cursor.fetchone()[0]
