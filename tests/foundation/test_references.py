"""What a row is and what hangs on it, told by the models of the product."""

import pytest

from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client, Contact, Employee, Relation
from rollbook.domains.schedule.models import Lesson, LessonTeacher
from rollbook.foundation.references import fingerprints, free, parts, references, shape


def named(fields):
    return {f"{field.model.__name__}.{field.name}" for field in fields}


def test_what_falls_with_a_row_is_a_part_of_it():
    assert named(parts(Lesson)) == {"LessonTeacher.lesson"}
    assert named(parts(Group)) == {"Group_teachers.group", "Group_grants.group"}
    assert named(parts(Employee)) == set()


def test_what_points_at_a_row_and_is_no_part_of_it_holds_it():
    assert {"Enrolment.client", "Mark.client", "Relation.client", "LedgerEntry.client"} <= named(references(Client))
    assert {"Group_teachers.employee", "LessonTeacher.employee"} <= named(references(Employee))
    assert "Mark.makes_up" in named(references(Mark))


def test_a_row_consists_of_its_columns_and_of_those_of_its_parts():
    of = shape(Lesson)
    assert {"topic", "room_id", "schedule_lessonteacher.employee_id"} <= set(of)
    assert "search" not in shape(Client)


@pytest.mark.django_db
def test_only_what_nothing_points_at_is_free(school):
    (held,) = school.enrol("Max")
    alone = Client.objects.create(first_name="Mia", branch=held.branch, created_at=held.created_at)
    assert set(free(Client.objects.all())) == {alone}
    Enrolment.objects.filter(client=held).delete()
    Relation.objects.filter(client=held).delete()
    assert set(free(Client.objects.all())) == {alone, held}
    assert list(free(Contact.objects.all())) == list(Contact.objects.filter(relations=None))


@pytest.mark.django_db
def test_a_fingerprint_is_another_one_as_soon_as_anything_changes(school):
    lesson = school.lessons["chess"]
    before = fingerprints(Lesson.objects.filter(pk=lesson.pk), shape=shape(Lesson))
    assert fingerprints(Lesson.objects.filter(pk=lesson.pk), shape=shape(Lesson)) == before
    Lesson.objects.filter(pk=lesson.pk).update(topic="Pawns")
    changed = fingerprints(Lesson.objects.filter(pk=lesson.pk), shape=shape(Lesson))
    assert changed != before
    LessonTeacher.objects.filter(lesson=lesson).delete()
    assert fingerprints(Lesson.objects.filter(pk=lesson.pk), shape=shape(Lesson)) != changed


@pytest.mark.django_db
def test_columns_that_came_later_do_not_count_and_those_that_went_are_missed(school):
    lesson = school.lessons["chess"]
    of = [name for name in shape(Lesson) if name != "topic"]
    before = fingerprints(Lesson.objects.filter(pk=lesson.pk), shape=of)
    Lesson.objects.filter(pk=lesson.pk).update(topic="Pawns")
    assert fingerprints(Lesson.objects.filter(pk=lesson.pk), shape=of) == before
    with pytest.raises(KeyError):
        fingerprints(Lesson.objects.filter(pk=lesson.pk), shape=[*of, "colour"])
