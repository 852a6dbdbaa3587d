"""Marks over several lessons of a group: one act, all of it or nothing."""

from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.billing.models import Account, LedgerEntry, Tariff
from rollbook.domains.groups.models import Freeze
from rollbook.domains.journal.actions import LessonIsCancelled, NotExpected, NotYet, StaleMark
from rollbook.domains.journal.models import Mark, Status
from rollbook.foundation.errors import NotAllowed, NotFound
from rollbook.workflows import lesson_marked
from tests.school import AT, DAY

ATTENDED, MISSED, EXCUSED, PLANNED = Status.ATTENDED, Status.MISSED, Status.EXCUSED, Status.PLANNED


@pytest.fixture
def lessons(school):
    """Three of chess: a week ago, today, and a week ahead, the later ones made first."""
    ahead, past = school.lesson(at=AT + timedelta(days=7)), school.lesson(at=AT - timedelta(days=7))
    return past, school.lessons["chess"], ahead


@pytest.fixture
def mark(school):
    def act(marks, *, seen=(), name="mara", at=AT, group="chess", **told):
        lesson_marked.mark_range(
            group_id=school.groups[group].pk, marks=marks, seen=dict(seen), at=at, by=school.actor(name), **told
        )

    return act


def standing():
    return list(Mark.objects.order_by("lesson__starts_at", "client").values_list("day", "client__name", "status"))


def test_each_cell_is_marked_and_charged_as_if_alone(school, lessons, mark):
    past, today, _ = (lesson.pk for lesson in lessons)
    ivan, olga = (client.pk for client in school.clients())
    mark({today: {ivan: ATTENDED, olga: MISSED}, past: {ivan: EXCUSED}}, minutes_late={today: {ivan: 5}})
    before = DAY - timedelta(days=7)
    assert standing() == [(before, "Ivan", "excused"), (DAY, "Ivan", "attended"), (DAY, "Olga", "missed")]
    assert dict(Account.objects.values_list("client__name", "balance")) == {"Ivan": D("-12.50"), "Olga": D("-6.25")}
    assert Mark.objects.get(minutes_late=5).client_id == ivan
    assert [lesson.__class__.objects.get(pk=lesson.pk).held_at for lesson in lessons] == [None, AT, None]
    mark({today: {ivan: None, olga: None}})
    assert set(Account.objects.values_list("balance", flat=True)) == {0}


def test_what_one_lesson_refuses_is_done_in_none(school, lessons, mark):
    past, today, ahead = (lesson.pk for lesson in lessons)
    ivan, olga = (client.pk for client in school.clients())
    with pytest.raises(NotYet):
        mark({past: {ivan: ATTENDED}, today: {ivan: ATTENDED}, ahead: {ivan: ATTENDED}})
    Freeze.objects.create(client_id=olga, since=DAY, until=DAY + timedelta(days=1))
    with pytest.raises(NotExpected):
        mark({past: {olga: ATTENDED}, today: {olga: ATTENDED}})
    lessons[1].__class__.objects.filter(pk=today).update(cancelled_at=AT, cancel_reason="Snow")
    with pytest.raises(LessonIsCancelled):
        mark({past: {ivan: ATTENDED}, today: {ivan: ATTENDED}})
    assert not Mark.objects.exists()
    assert not LedgerEntry.objects.exists()


def test_every_stale_cell_of_all_lessons_is_told_at_once(school, lessons, mark):
    past, today, _ = (lesson.pk for lesson in lessons)
    ivan, olga = (client.pk for client in school.clients())
    mark({past: {ivan: MISSED}, today: {olga: ATTENDED, ivan: EXCUSED}})
    with pytest.raises(StaleMark) as refused:
        mark(
            {past: {ivan: ATTENDED, olga: ATTENDED}, today: {olga: MISSED, ivan: EXCUSED}},
            seen={past: {ivan: 0, olga: 0}, today: {olga: 0, ivan: 0}},
        )
    told = [(pair["lesson_id"], pair["name"], pair["yours"], pair["theirs"]) for pair in refused.value.values]
    # What stands as it was asked for is no quarrel.
    assert sorted(told) == sorted([(past, "Ivan", "attended", "missed"), (today, "Olga", "missed", "attended")])
    assert {pair["day"] for pair in refused.value.values} == {"2026-08-25", "2026-09-01"}
    assert [status for *_, status in standing()] == ["missed", "excused", "attended"]


def test_lessons_of_another_group_and_those_one_may_not_mark_are_refused(school, lessons, mark):
    ivan = school.clients()[0].pk
    for other in ("dance", "judo"):  # one that mara may mark in, and one that she knows nothing of
        with pytest.raises(NotFound):
            mark({lessons[0].pk: {ivan: ATTENDED}, school.lessons[other].pk: {ivan: ATTENDED}})
    with pytest.raises(NotFound):
        mark({0: {ivan: ATTENDED}})
    with pytest.raises(NotAllowed):
        mark({lessons[0].pk: {ivan: ATTENDED}}, name="nina")
    with pytest.raises(NotFound):
        mark({lessons[0].pk: {ivan: ATTENDED}}, name="boris")
    with pytest.raises(NotFound):
        mark({}, group="judo")
    assert not Mark.objects.exists()


def test_lessons_are_locked_in_the_order_of_their_ids_before_anything_is_written(school, lessons, mark):
    ivan = school.clients()[0].pk
    with CaptureQueriesContext(connection) as captured:
        mark({lesson.pk: {ivan: PLANNED} for lesson in lessons})
    said = [query["sql"] for query in captured.captured_queries]
    locked = next(place for place, sql in enumerate(said) if '"schedule_lesson"' in sql and "FOR NO KEY UPDATE" in sql)
    written = next(place for place, sql in enumerate(said) if sql.startswith("INSERT"))
    assert locked < written
    assert 'ORDER BY "schedule_lesson"."id" ASC' in said[locked]


def test_statements_of_a_range_grow_with_its_lessons_and_not_with_its_cells(school, lessons, mark):
    Tariff.objects.update(pricing="month", price=100)
    school.enrol("A", "B", "C")
    few, many = school.clients()[:2], school.clients()

    def statements(clients, status):
        marks = {lesson.pk: dict.fromkeys((client.pk for client in clients), status) for lesson in lessons}
        with CaptureQueriesContext(connection) as captured:
            mark(marks, seen={})
        return len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]])

    of_few = statements(few, PLANNED)
    statements(few, None)
    assert of_few >= statements(many, PLANNED) - 1
    assert len(many) == 5
    assert statements(many, EXCUSED) <= 45
