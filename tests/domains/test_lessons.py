"""What the database keeps of lessons: one room and one teacher are in one lesson at a time, whoever writes."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, close_old_connections, connection, transaction

from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.schedule.models import Lesson, LessonTeacher, LessonType, Room
from tests.school import AT, DAY, found_school

HOUR = timedelta(hours=1)


@pytest.fixture
def room(school):
    return school.lessons["chess"].room


def another(school, *, at=AT, room=None, teacher=None, **told):
    lesson = school.lesson("dance", at=at, room=room, **told)
    if teacher:
        LessonTeacher.objects.create(lesson=lesson, employee=teacher, during=(at, at), counts=True)
    return lesson


def test_a_room_is_in_one_lesson_at_a_time(school, room):
    for minutes in (0, 59, -59):
        with pytest.raises(IntegrityError, match="lesson_room_is_free"), transaction.atomic():
            another(school, at=AT + timedelta(minutes=minutes), room=room)


def test_a_teacher_is_in_one_lesson_at_a_time(school):
    anna = school.users["anna"].employee
    for minutes in (0, 59, -59):
        with pytest.raises(IntegrityError, match="lesson_teacher_is_free"), transaction.atomic():
            another(school, at=AT + timedelta(minutes=minutes), teacher=anna)


def test_one_lesson_may_follow_the_other(school, room):
    anna = school.users["anna"].employee
    another(school, at=AT + HOUR, room=room, teacher=anna)
    another(school, at=AT - HOUR, room=room, teacher=anna)


def test_a_confirmed_joint_lesson_and_a_cancelled_one_are_let_through(school, room):
    anna = school.users["anna"].employee
    another(school, room=room, teacher=anna, is_joint=True)
    another(school, room=room, teacher=anna, cancelled_at=AT)
    another(school, at=AT + HOUR, room=room, teacher=anna)
    Lesson.objects.filter(pk=school.lessons["chess"].pk).update(cancelled_at=AT)
    another(school, room=room, teacher=anna)


def test_a_lesson_takes_its_teachers_along_wherever_it_goes(school):
    chess, anna = school.lessons["chess"], school.users["anna"].employee
    Lesson.objects.filter(pk=chess.pk).update(starts_at=AT + 2 * HOUR, ends_at=AT + 3 * HOUR)
    during = LessonTeacher.objects.get(lesson=chess).during
    assert (during.lower, during.upper) == (AT + 2 * HOUR, AT + 3 * HOUR)
    another(school, teacher=anna)
    with pytest.raises(IntegrityError, match="lesson_teacher_is_free"), transaction.atomic():
        Lesson.objects.filter(pk=chess.pk).update(starts_at=AT, ends_at=AT + HOUR)


def test_what_is_written_beside_the_lessons_own_time_is_not_believed(school):
    LessonTeacher.objects.update(during=(AT + 9 * HOUR, AT + 10 * HOUR), counts=False)
    kept = LessonTeacher.objects.get(lesson=school.lessons["chess"])
    assert (kept.during.lower, kept.counts) == (AT, True)


@pytest.mark.parametrize(
    ("group", "at", "day"),
    [
        ("chess", datetime(2026, 9, 1, 20, 59, tzinfo=UTC), date(2026, 9, 1)),  # 23:59 in Kyiv
        ("chess", datetime(2026, 9, 1, 21, 0, tzinfo=UTC), date(2026, 9, 2)),
        ("judo", datetime(2026, 9, 1, 19, 0, tzinfo=UTC), date(2026, 9, 2)),  # midnight in Almaty
        ("chess", datetime(2026, 12, 31, 22, 30, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_the_day_of_a_lesson_is_that_of_its_branch_and_its_marks_have_the_same(school, group, at, day):
    lesson = school.lesson(group, at=at)
    assert lesson.day == day
    mark = Mark.objects.create(client=school.clients(group)[0], lesson=lesson, status="planned", marked_at=AT, day=DAY)
    mark.refresh_from_db()
    assert mark.day == day
    Lesson.objects.filter(pk=lesson.pk).update(starts_at=at - 48 * HOUR, ends_at=at - 47 * HOUR)
    mark.refresh_from_db()
    assert mark.day == day - timedelta(days=2)


def test_a_lesson_that_is_cancelled_is_not_held(school):
    with pytest.raises(IntegrityError, match="lesson_cancelled_and_not_held"), transaction.atomic():
        Lesson.objects.filter(pk=school.lessons["chess"].pk).update(cancelled_at=AT, held_at=AT)


def test_of_many_who_want_one_room_at_once_exactly_one_gets_it(own_database):
    found_school()
    group, kind = Group.objects.get(name="Dance"), LessonType.objects.get(code="group")
    room, start = Room.objects.create(branch=group.branch, name="Wanted"), threading.Barrier(20)
    answers = []

    def want():
        try:
            connection.ensure_connection()
            start.wait()
            Lesson.objects.create(
                branch=group.branch, group=group, lesson_type=kind, room=room, day=DAY,
                starts_at=AT + 5 * HOUR, ends_at=AT + 6 * HOUR,
            )
            answers.append("made")
        except IntegrityError as error:
            answers.append("taken" if "lesson_room_is_free" in str(error) else str(error))
        finally:
            close_old_connections()
            connection.close()

    threads = [threading.Thread(target=want) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["made"] + ["taken"] * 19
