"""A path of a scope is followed step by step, and leads to what the join that it stands for leads to (decision 28)."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations

import pytest
from django.apps import apps

from rollbook.domains.access.actor import Actor, Grant, Permission, Reach
from rollbook.domains.access.models import Branch, User
from rollbook.domains.access.scoping import Scope, _on_one_of
from rollbook.domains.comments.models import Comment
from rollbook.domains.groups.models import Freeze, Group
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.people.models import Client, Employee
from rollbook.domains.schedule.models import LessonTeacher
from rollbook.workflows import lesson_marked, payment_received
from tests.school import AT, DAY

SCOPES = {model: getattr(model._default_manager.all(), "scope", None) for model in apps.get_models()}


@pytest.fixture
def full(school):
    """With lessons held by others than the group's own teachers, clients of two branches, marks, money, freezes."""
    vera, (ivan, olga), boris = school.actor("vera"), school.clients(), Employee.objects.get(user__username="boris")
    ivan.enrolments.create(group=school.groups["judo"], since=DAY)
    type(olga).objects.filter(pk=olga.pk).update(responsible=boris)
    later = school.lesson(at=AT - timedelta(days=7))
    LessonTeacher.objects.create(lesson=later, employee=boris, during=(AT, AT), counts=True)
    for name in ("chess", "judo"):
        marks = {client.pk: Status.ATTENDED for client in school.clients(name)}
        lesson_marked.mark(lesson_id=school.lessons[name].pk, marks=marks, seen=None, at=AT, by=vera)
    Freeze.objects.create(client=olga, since=date(2026, 10, 1), until=date(2026, 10, 5))
    payment_received.receive(
        client_id=ivan.pk, amount=Decimal(10), method="cash", on=DAY, note="", key="k", at=AT, by=vera
    )
    return school


@pytest.mark.django_db
def test_each_path_leads_to_what_its_join_leads_to(full):
    places = {
        "branch": [[pk] for pk in Branch.objects.values_list("pk", flat=True)],
        "group": [[pk] for pk in Group.objects.values_list("pk", flat=True)],
        "own": list(User.objects.values_list("pk", flat=True)),
    }
    found = 0
    for model, scope in SCOPES.items():
        if not isinstance(scope, Scope):
            continue
        rows = model._base_manager
        for kind, values in places.items():
            lookup = "" if kind == "own" else "__any"
            for value in values:
                ways = [(path + lookup, value) for path in getattr(scope, kind)]
                joined = set().union(*(rows.filter(way).values_list("pk", flat=True) for way in ways))
                assert set(rows.filter(_on_one_of(model, ways)).values_list("pk", flat=True)) == joined, (model, kind)
                found += len(joined)
    assert found > 150


@pytest.mark.django_db
def test_several_grants_reach_what_each_of_them_reaches(full):
    """Of all kinds at once, two of a kind, some that reach nothing; as an annotation, and where rows are locked."""
    north, south, user = full.branches["north"].pk, full.branches["south"].pk, full.users["boris"].pk
    told = [
        grant(Reach.BRANCHES, branches={north}), grant(Reach.BRANCHES, branches={south}), grant(Reach.BRANCHES),
        grant(Reach.GROUPS, groups={full.groups["judo"].pk}), grant(Reach.GROUPS), grant(Reach.OWN),
    ]
    for model, scope in SCOPES.items():
        if not isinstance(scope, Scope):
            continue
        rows = model._default_manager.all()
        for held in (*combinations(told, 2), tuple(told)):
            by = Actor(user, "Boris", "test", held)
            each = [set(rows.reached_by(by, [one]).values_list("pk", flat=True)) for one in held]
            reached = rows.reached_by(by, held)
            assert set(reached.values_list("pk", flat=True)) == set().union(*each), (model, held)
        if model in (Client, Comment, Mark):
            assert set(rows.locked().reached_by(by, held).values_list("pk", flat=True)) == set().union(*each)
        annotated = rows.annotate(held=rows.holds(by, Permission.JOURNAL_SEE)).filter(held=True)
        assert set(annotated.values_list("pk", flat=True)) == set().union(*each)


def grant(reach, branches=(), groups=()):
    return Grant(frozenset(Permission), reach, frozenset(branches), frozenset(groups))


@pytest.mark.django_db
def test_what_lies_on_the_row_itself_is_compared_there(full):
    rows = Group.objects.all().reached_by(full.actor("mara"), full.actor("mara").grants)
    assert str(rows.values("pk").query).count("SELECT") == 1
    assert {group.name for group in rows} == {"Chess", "Dance"}
