"""Whoever leaves signs in no more, and whoever is back signs in again when somebody says so."""

from datetime import timedelta

import pytest

from rollbook.domains.access import actions as access
from rollbook.domains.access.actions import DeadLink, LastOwner
from rollbook.domains.access.actions.users import HasLeft
from rollbook.domains.access.actor import Actor, Permission, Reach
from rollbook.domains.access.actor import Grant as Held
from rollbook.domains.access.models import ApiKey, Grant, Role, Session, User
from rollbook.domains.people import actions as people
from rollbook.domains.people.models import Employee
from rollbook.foundation.errors import InvalidInput, NotFound
from rollbook.workflows import access_given, employee_left, invitation_accepted
from rollbook.workflows.access_given import Grant as Given
from rollbook.workflows.employee_left import StillSignsIn
from rollbook.workflows.invitation_accepted import Newcomer
from tests.school import AT


@pytest.fixture
def anna(school):
    school.groups["chess"].teachers.clear()
    return school.users["anna"]


def leave(user, by):
    employee_left.leave(employee_id=user.employee.pk, at=AT, by=by)


def signs_in(user):
    return User.objects.get(pk=user.pk).is_active


def test_whoever_leaves_is_out_at_once(school, anna):
    Session.objects.create(session_key="x" * 32, session_data="", expire_date=AT + timedelta(1), user=anna)
    leave(anna, school.actor("oleg"))
    assert not signs_in(anna)
    assert not Session.objects.exists()
    assert not ApiKey.objects.filter(user=anna, expires_at__gt=AT).exists()


def test_whoever_is_back_stays_out_until_somebody_enables_them(school, anna):
    oleg = school.actor("oleg")
    leave(anna, oleg)
    with pytest.raises(HasLeft):
        access.enable_user(user_id=anna.pk, at=AT, by=oleg)
    people.return_to_work(employee_id=anna.employee.pk, at=AT, by=oleg)
    assert not signs_in(anna)
    access.enable_user(user_id=anna.pk, at=AT, by=oleg)
    assert signs_in(anna)


def holds_more_elsewhere(school, anna):
    grant = Grant.objects.create(user=anna, role=Role.objects.get(code="teacher"), reach=Reach.BRANCHES)
    grant.branches.add(school.branches["south"])
    return school.actor("oleg")


def asked_by_one_who_manages_no_access(school, anna):
    north = frozenset({school.branches["north"].pk})
    return Actor(None, "", "test", (Held(frozenset({Permission.STAFF_EDIT}), Reach.BRANCHES, branch_ids=north),))


@pytest.mark.parametrize("of", [holds_more_elsewhere, asked_by_one_who_manages_no_access])
def test_nobody_leaves_whose_sign_in_one_may_not_disable(school, anna, of):
    by = of(school, anna)
    with pytest.raises(StillSignsIn):
        leave(anna, by)
    assert signs_in(anna)
    assert Employee.objects.get(user=anna).left_on is None
    access.disable_user(user_id=anna.pk, at=AT, by=school.actor("vera"))
    leave(anna, by)


def test_the_last_owner_does_not_leave(school):
    vera = school.users["vera"]
    Employee.objects.create(first_name="Vera", branch=school.branches["north"], user=vera)
    with pytest.raises(LastOwner):
        leave(vera, school.actor("vera"))


def test_whoever_has_left_gets_no_sign_in(school):
    vera = school.actor("vera")
    zoya = Employee.objects.create(first_name="Zoya", branch=school.branches["north"])
    given = Given(Role.objects.get(code="teacher").pk, Reach.OWN)
    asked = {"name": "Zoya", "email": "", "grant": given, "employee_id": zoya.pk, "at": AT, "by": vera}
    secret = access_given.invite(**asked)
    employee_left.leave(employee_id=zoya.pk, at=AT, by=vera)
    with pytest.raises(InvalidInput):
        people.link_user(employee_id=zoya.pk, user_id=school.users["dina"].pk, at=AT, by=vera)
    with pytest.raises(NotFound):
        access_given.invite(**asked)
    newcomer = Newcomer("Zoya", "zoya", "", "correct horse battery", "en")
    with pytest.raises(DeadLink):
        invitation_accepted.accept(secret=secret, newcomer=newcomer, at=AT, by=Actor(None, "", ""))
