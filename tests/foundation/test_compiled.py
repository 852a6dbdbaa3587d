"""What is put together once answers each time as the ORM would, for whoever asks."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.actor import ANONYMOUS, Permission
from rollbook.domains.access.models import Role
from rollbook.domains.access.scoping import compiled
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.compiled import once
from rollbook.foundation.errors import NotAllowed, NotFound, NotSignedIn

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
        ["client.see", "journal.mark", "journal.see", "staff.see"]
    ]
    assert list(nobody(pk=1)) == []


def test_a_pick_of_rows_that_something_was_asked_of_keeps_to_it(school):
    chess, vera = school.groups["chess"].pk, school.actor("vera")
    assert Group.objects.all().pick(vera, Permission.JOURNAL_SEE, chess).name == "Chess"
    with pytest.raises(NotFound):
        Group.objects.filter(name="Judo").pick(vera, Permission.JOURNAL_SEE, chess)
