"""People who sign in, and roles: the pages."""

import re

import pytest
from django.test import Client

from rollbook.domains.access.actor import Permission
from rollbook.domains.access.models import Grant, Invitation, Role, User
from rollbook.domains.people.models import Employee
from rollbook.screens.settings.access import PERMISSIONS
from tests.school import ANNAS_KEY

PASSWORD = "correct horse battery"


def browser_of(school, name):
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(school.users[name])
    return browser


@pytest.fixture
def vera(school):
    return browser_of(school, "vera")


@pytest.fixture
def oleg(school):
    return browser_of(school, "oleg")


def role(code):
    return Role.objects.get(code=code).pk


def test_the_list_shows_whom_one_manages(vera, oleg, school):
    page = vera.get("/settings/access/").content.decode()
    assert all(name.title() in page for name in school.users)
    page = oleg.get("/settings/access/").content.decode()
    assert "Mara" in page
    assert "Kira" not in page
    assert browser_of(school, "anna").get("/settings/access/").status_code == 403


def test_inviting_shows_the_link_once(oleg, school):
    assert oleg.get("/settings/access/invite/").status_code == 200
    employee = Employee.objects.create(first_name="Zoya", branch=school.branches["north"])
    said = {
        "name": "Zoya", "email": "zoya@example.org", "employee_id": employee.pk, "role_id": role("teacher"),
        "reach": "own",
    }
    page = oleg.post("/settings/access/invite/", said)
    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    secret = re.search(r'value="http://127\.0\.0\.1:8000/account/invitation/([^/]+)/"', page.content.decode())[1]
    listed = oleg.get("/settings/access/").content.decode()
    assert "Zoya" in listed
    assert secret not in listed
    joined = Client().post(
        "/account/invitation/",
        {"secret": secret, "name": "Zoya", "username": "zoya", "email": "", "password": PASSWORD},
    )
    assert joined["Location"] == "/"
    assert User.objects.get(username="zoya").employee == employee


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"name": ""}, 422), ({"email": "zoya"}, 422), ({"role_id": "x"}, 422), ({"role_id": "999999"}, 422),
        ({"reach": "everything"}, 422), ({"reach": "nowhere"}, 422), ({"reach": "branches"}, 422),
        ({"reach": "groups"}, 422), ({"reach": "branches", "branch_ids": "south"}, 422),
        ({"reach": "groups", "group_ids": "judo"}, 422), ({"employee_id": "boris"}, 422),
        ({"reach": "groups", "group_ids": "chess"}, 200), ({"reach": "branches", "branch_ids": "north"}, 200),
    ],
)
def test_what_an_invitation_may_say(oleg, school, said, status):
    places = school.branches | school.groups
    ids = {name: place.pk for name, place in places.items()} | {"boris": school.users["boris"].employee.pk}
    told = {"name": "Zoya", "role_id": role("teacher"), "reach": "own"}
    told |= {name: ids.get(value, value) for name, value in said.items()}
    assert oleg.post("/settings/access/invite/", told).status_code == status
    assert Invitation.objects.exists() is (status == 200)


def test_an_invitation_is_taken_back(oleg, school):
    oleg.post("/settings/access/invite/", {"name": "Zoya", "role_id": role("teacher"), "reach": "own"})
    path = f"/settings/access/invitations/{Invitation.objects.get().pk}/revocation/"
    assert browser_of(school, "mara").post(path).status_code == 404
    assert oleg.post(path).status_code == 303
    assert Invitation.objects.get().revoked_at


def test_giving_and_taking(oleg, school):
    anna = school.users["anna"].pk
    page = f"/settings/access/{anna}/"
    assert oleg.get(page).status_code == 200
    said = {"role_id": role("administrator"), "reach": "branches", "branch_ids": school.branches["north"].pk}
    assert oleg.post(f"{page}grants/", said)["Location"] == page
    grant = Grant.objects.get(user=anna, role__code="administrator")
    assert oleg.post(f"{page}grants/{grant.pk}/undo/")["Location"] == page
    assert not Grant.objects.filter(pk=grant.pk).exists()
    assert oleg.post(f"{page}grants/{grant.pk}/undo/").status_code == 404
    assert oleg.post(f"{page}grants/", {"role_id": role("teacher"), "reach": "groups"}).status_code == 422


def test_disabling(vera, school):
    anna = school.users["anna"]
    at_work = browser_of(school, "anna")
    assert at_work.get("/account/").status_code == 200
    page = f"/settings/access/{anna.pk}/"
    assert vera.post(f"{page}disabling/")["Location"] == page
    assert at_work.get("/account/").status_code == 303
    assert vera.post(f"{page}disabling/undo/")["Location"] == page
    assert at_work.get("/account/").status_code == 303  # what was ended stays ended
    itself = f"/settings/access/{school.users['vera'].pk}/disabling/"
    answer = vera.post(itself)
    assert answer.status_code == 409
    assert b"last owner" in answer.content


@pytest.mark.parametrize("name", ["kira", "boris", "vera", "olha"])
def test_whom_one_does_not_manage_one_does_not_see(oleg, school, name):
    hidden, absent = (f"/settings/access/{pk}/" for pk in (school.users[name].pk, 10**9))
    assert oleg.get(hidden).status_code == oleg.get(absent).status_code == 404
    assert oleg.post(f"{hidden}disabling/").status_code == 404
    assert oleg.post(f"{hidden}grants/", {"role_id": role("teacher"), "reach": "own"}).status_code == 404


def test_roles(vera, oleg, school):
    assert vera.get("/settings/roles/").status_code == oleg.get("/settings/roles/").status_code == 200
    said = {"name": "Desk", "permissions": ["client.see", "phone.see"], "mfa_required": "on"}
    assert vera.post("/settings/roles/new/", said).status_code == 303
    desk = Role.objects.get(name="Desk")
    assert desk.permissions == ["client.see", "phone.see"]
    page = f"/settings/roles/{desk.pk}/edit/"
    assert vera.get(page).content.count(b"checked") == 3
    assert vera.post(page, said | {"name": "Hall", "version": 1}).status_code == 303
    stale = vera.post(page, {"name": "Attic", "permissions": [], "version": 1})
    assert stale.status_code == 409
    assert b"Hall" in stale.content
    assert b"Attic" in stale.content
    for wrong in ({"permissions": ["everything"]}, {"name": ""}, {"name": "x" * 101}, {"version": "x"}):
        assert vera.post(page, said | {"version": 2} | wrong).status_code == 422
    assert vera.post("/settings/roles/new/", {"name": "hall"}).status_code == 409
    assert vera.post(f"/settings/roles/{desk.pk}/removal/").status_code == 303
    assert vera.post(f"/settings/roles/{role('teacher')}/removal/").status_code == 409


def test_a_permission_tells_what_it_brings_along_and_brings_it(vera):
    page = vera.get("/settings/roles/new/").content.decode()
    assert "And take them back. Brings along: See clients." in page
    assert "Brings along: See journals, Mark lessons." in page
    assert vera.post("/settings/roles/new/", {"name": "Till", "permissions": ["payment.take"]}).status_code == 303
    till = Role.objects.get(name="Till").pk
    page = vera.get(f"/settings/roles/{till}/edit/").content.decode()
    assert re.search(r'value="client.see" checked', page)


def test_roles_are_for_those_who_manage_all(oleg, school):
    for path in ("/settings/roles/new/", f"/settings/roles/{role('teacher')}/edit/"):
        assert oleg.get(path).status_code == 403
        assert oleg.post(path, {"name": "Mine"}).status_code == 403


def test_an_owner_stays_an_owner(vera, school):
    page = f"/settings/roles/{role('owner')}/edit/"
    assert vera.get(page).status_code == 200
    owner = Role.objects.get(code="owner")
    said = {"name": "Boss", "permissions": sorted(owner.known_permissions()), "version": owner.version}
    assert vera.post(page, said).status_code == 303
    assert vera.post(page, {"name": "Boss", "permissions": ["client.see"], "version": 2}).status_code == 409


def test_every_permission_is_explained():
    explained = [each.permission for _title, words in PERMISSIONS for each in words]
    assert sorted(explained) == sorted(Permission)


def test_keys_stand_at_their_person_and_are_revoked_there(school, vera):
    anna = school.users["anna"].pk
    address, answers = f"/settings/access/{anna}/", {"authorization": f"Bearer {ANNAS_KEY}"}
    assert "not used yet" in vera.get(address).content.decode()
    assert Client().get("/api/v1/groups/", headers=answers).status_code == 200
    page = vera.get(address).content.decode()
    assert "last used" in page
    (revoke,) = re.findall(rf'action="({address}keys/\d+/revocation/)"', page)
    assert vera.post(revoke)["Location"] == address
    assert Client().get("/api/v1/groups/", headers=answers).status_code == 401
    page = vera.get(address).content.decode()
    assert "revoked" in page
    assert revoke not in page
    assert "API key revoked: name: tablet" in page
