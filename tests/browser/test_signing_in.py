"""Signing in with a real browser: by password, by passkey; and that these pages stand in nobody's way."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rollbook.domains.access import actions
from rollbook.domains.access.actor import Reach, operator
from rollbook.domains.access.models import Role, User
from rollbook.workflows import access_given
from tests.browser.conftest import BOTH_ENDS

PASSWORD = "correct horse battery"
at_both_ends = pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)


@pytest.fixture
def mara(in_site, cast):
    user = cast.users["mara"]
    user.set_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in_by_password(page):
    page.goto("/account/login/")
    page.locator('[name="login"]').fill("mara")
    page.locator('[name="password"]').fill(PASSWORD)
    page.locator('form[action="/account/login/"] button').click()


@at_both_ends
def test_pages_before_signing_in(page, axe, mara, cast):
    link = actions.make_link(user_id=mara.pk, at=timezone.now(), by=operator("test"))
    grant = access_given.Grant(Role.objects.get(code="teacher").pk, Reach.OWN)
    secret = access_given.invite(
        name="Зоя", email="zoya@example.org", grant=grant, employee_id=None, at=timezone.now(), by=cast.actor("vera")
    )
    for path in (
        "/account/login/", "/account/password/reset/", "/account/password/reset/done/", f"/account/link/{link}/",
        f"/account/invitation/{secret}/",
    ):
        page.goto(path)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@at_both_ends
def test_pages_of_access(page, context, sign_in, axe, cast, site):
    sign_in(context, "vera")
    for path in (
        "/account/", "/account/password/change/", "/account/factors/", "/account/factors/keys/", "/settings/access/",
        "/settings/access/invite/", f"/settings/access/{cast.users['mara'].pk}/", "/settings/roles/",
        "/settings/roles/new/",
    ):
        page.goto(path)
        assert page.url == f"{site}{path}"
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path


@pytest.fixture
def tolerated():
    return ["status of 422"]


def test_a_wrong_password_and_the_right_one(page, mara):
    page.goto("/account/login/")
    page.locator('[name="login"]').fill("mara")
    page.locator('[name="password"]').fill("wrong")
    page.keyboard.press("Enter")
    expect(page.locator(".errors")).to_be_visible()
    expect(page.locator('[name="login"]')).to_have_value("mara")
    sign_in_by_password(page)
    expect(page.locator("nav.rail")).to_be_visible()


def test_what_a_role_reaches_is_asked_as_far_as_it_matters(page, context, sign_in):
    sign_in(context, "vera")
    page.goto("/settings/access/invite/")
    branches, groups = page.locator(".of-branches"), page.locator(".of-groups")
    expect(branches).to_be_hidden()
    page.locator('[name="reach"][value="branches"]').check()
    expect(branches).to_be_visible()
    expect(groups).to_be_hidden()


def test_a_passkey(page, context, mara, base_url):
    """A browser knows passkeys of names, not of addresses like 127.0.0.1."""
    home = base_url.replace("127.0.0.1", "localhost")
    devices = context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    devices.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )
    page.goto(f"{home}/account/login/?next=/account/factors/keys/add/")
    page.locator('[name="login"]').fill("mara")
    page.locator('[name="password"]').fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator('[name="password"]').fill(PASSWORD)
    page.keyboard.press("Enter")
    page.locator('[name="name"]').fill("Laptop")
    page.locator('[name="passwordless"]').check()
    page.locator("form[data-webauthn] button").click()
    page.wait_for_url("**/account/factors/codes/")
    assert User.objects.get(username="mara").authenticator_set.count() == 2

    context.clear_cookies()
    page.goto(f"{home}/account/login/")
    page.locator('form[data-webauthn="sign-in"] button').click()
    page.wait_for_url(lambda url: "/account/" not in url)
    expect(page.locator("nav.rail")).to_be_visible()

    context.clear_cookies()
    sign_in_at(page, home)
    page.locator('form[data-webauthn="get"] button').click()
    page.wait_for_url("**/account/factors/trust/")
    User.objects.get(username="mara").authenticator_set.all().delete()


def sign_in_at(page, home):
    page.goto(f"{home}/account/login/")
    page.locator('[name="login"]').fill("mara")
    page.locator('[name="password"]').fill(PASSWORD)
    page.keyboard.press("Enter")
