"""What is put together once answers each time as the ORM would, for whoever asks."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import DataError, connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.actor import ANONYMOUS, Permission
from rollbook.domains.access.models import Role
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing.models import Tariff
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.compiled import insert, once
from rollbook.foundation.errors import NotAllowed, NotFound, NotSignedIn
from tests.school import AT

EVERYBODY = ("vera", "oleg", "mara", "anna", "boris", "nina", "kira", "olha", "rita", "zlata")


@compiled
def lessons(by, permission, *, first, groups):
    seen = Lesson.objects.visible_to(by, permission).filter(day__gte=first, group__any=groups)
    return seen.order_by("pk").values_list("pk", "group__name")


@pytest.mark.parametrize("permission", [Permission.JOURNAL_SEE, Permission.JOURNAL_MARK])
def test_everybody_is_answered_as_the_orm_would_answer_again_and_again(school, permission):
    groups, first = [group.pk for group in school.groups.values()], date(2026, 1, 1)
    for _time in range(4):  # the plan is kept from the third on
        for name in EVERYBODY:
            by = school.actor(name)
            if not by.holding(permission):
                with pytest.raises(NotAllowed):
                    lessons(by, permission, first=first, groups=groups)
                continue
            expected = Lesson.objects.visible_to(by, permission).filter(group__in=groups)
            found = list(lessons(by, permission, first=first, groups=groups))
            assert found == list(expected.order_by("pk").values_list("pk", "group__name")), name


def test_two_who_hold_alike_in_different_places_see_different_rows(school):
    anna, boris = school.actor("anna"), school.actor("boris")
    groups = [group.pk for group in school.groups.values()]
    told = {"first": date(2026, 1, 1), "groups": groups}
    seen = [[name for _pk, name in lessons(by, Permission.JOURNAL_SEE, **told)] for by in (anna, boris, anna)]
    assert seen == [["Chess"], ["Judo"], ["Chess"]]


def test_values_are_those_of_each_call(school):
    vera, chess, judo = school.actor("vera"), school.groups["chess"].pk, school.groups["judo"].pk

    def names(first, *groups):
        return [name for _pk, name in lessons(vera, Permission.JOURNAL_SEE, first=first, groups=list(groups))]

    day = date(2026, 9, 1)
    assert (names(day, chess), names(day, judo), names(day), names(date(2026, 9, 2), chess)) == (
        ["Chess"], ["Judo"], [], []
    )


def test_rights_that_have_changed_are_asked_anew(school):
    anna = school.users["anna"]
    told = {"first": date(2026, 1, 1), "groups": [school.groups["chess"].pk]}
    assert list(lessons(anna.as_actor(via="test"), Permission.JOURNAL_SEE, **told))
    Role.objects.filter(grants__user=anna).update(permissions=["client.see"])
    with pytest.raises(NotAllowed):
        lessons(anna.as_actor(via="test"), Permission.JOURNAL_SEE, **told)


def test_a_stranger_must_sign_in(db):
    with pytest.raises(NotSignedIn):
        lessons(ANONYMOUS, Permission.JOURNAL_SEE, first=date(2026, 1, 1), groups=[])


def test_rows_of_a_model_come_with_what_is_selected_along(school):
    @once
    def enrolled(*, client):
        return Enrolment.objects.filter(client=client).select_related("group__programme")

    ivan = school.clients()[0]
    [row] = enrolled(client=ivan.pk)
    with CaptureQueriesContext(connection) as asked:
        assert (row.group.name, row.group.programme.name) == ("Chess", "Games and arts")
    assert not asked.captured_queries
    assert row == Enrolment.objects.get(client=ivan)


def test_values_are_converted_as_the_orm_does_and_nothing_is_asked_where_nothing_can_be(school):
    @once
    def permissions(*, code):
        return Role.objects.filter(code=code).values_list("permissions")

    @once
    def nobody(*, pk):
        return Group.objects.filter(pk=pk).none()

    assert [sorted(held) for (held,) in permissions(code="teacher")] == [
        ["client.see", "comment.see", "comment.write", "journal.mark", "journal.see", "staff.see"]
    ]
    assert list(nobody(pk=1)) == []


def test_a_pick_of_rows_that_something_was_asked_of_keeps_to_it(school):
    chess, vera = school.groups["chess"].pk, school.actor("vera")
    assert Group.objects.all().pick(vera, Permission.JOURNAL_SEE, chess).name == "Chess"
    with pytest.raises(NotFound):
        Group.objects.filter(name="Judo").pick(vera, Permission.JOURNAL_SEE, chess)


def tariffs(*names, price="100.50"):
    return [Tariff(name=name, price=Decimal(price), make_up_days=None if name == "C" else 7) for name in names]


def test_rows_are_written_in_their_order_by_one_statement_however_many(db):
    with CaptureQueriesContext(connection) as asked:
        ids = insert(Tariff, tariffs("B", "A", "C"))
        ids += insert(Tariff, tariffs("D"))
    assert len(asked) == 2
    stand = {row.pk: row for row in Tariff.objects.filter(pk__in=ids)}
    assert [stand[pk].name for pk in ids] == ["B", "A", "C", "D"]
    assert {row.price for row in stand.values()} == {Decimal("100.50")}
    assert [stand[pk].make_up_days for pk in ids] == [7, 7, None, 7]
    assert insert(Tariff, []) == []


def test_a_text_that_is_too_long_is_refused_not_cut(db):
    with pytest.raises(DataError, match="too long"):
        insert(Tariff, tariffs("x" * 101))


def test_rows_that_are_known_are_changed_where_that_is_said(school):
    ivan, lesson = school.clients()[0], school.lessons["chess"]
    said = {"client": ivan, "lesson": lesson, "day": lesson.day, "marked_at": AT}
    [mark] = insert(Mark, [Mark(**said, status=Status.MISSED)])
    told = Mark(**said, status=Status.ATTENDED, price=Decimal(5))
    assert insert(Mark, [told], known_by=("lesson", "client"), changing=("status",)) == [mark]
    row = Mark.objects.get(pk=mark)
    assert (row.status, row.price) == (Status.ATTENDED, Decimal(0))
