"""The outermost layer: what is no decent request is refused in words, in our headers, and nothing is done."""

import json
import os
import re
import subprocess
import sys
from secrets import token_urlsafe
from urllib.parse import urljoin, urlsplit

import pytest
from django.conf import settings
from django.test import Client, override_settings

from rollbook.domains.access.models import User
from rollbook.web.account import devices
from rollbook.web.preferences import THEME_COOKIE
from tests.config.test_settings import GOOD
from tests.guards.headers import missing
from tests.web.browsing import signed_in

LOGIN, THEME, LANGUAGE = "/account/login/", "/preferences/theme/", "/preferences/language/"
PASSWORD = "correct horse battery"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.fixture
def mara(school):
    return signed_in(school, "mara")


def chosen():
    user = User.objects.get(username="mara")
    return user.theme, user.language


# ---- what nobody sends by mistake ------------------------------------------------------------------------------------


def many(fields):
    return "&".join(f"a{n}=1" for n in range(fields))


@pytest.mark.parametrize(
    ("method", "address", "body", "kind", "headers", "status"),
    [
        ("POST", THEME, "theme=" + "x" * 1024 * 1024, FORM, {}, 413),
        ("POST", THEME, many(2001), FORM, {}, 400),
        ("POST", THEME, "theme=dark", "multipart/form-data", {}, 400),
        ("POST", THEME, "theme=dark", "multipart/form-data; boundary=" + "x" * 300, {}, 400),
        ("POST", LANGUAGE, json.dumps({"language": "uk"}), JSON, {}, 422),
        ("POST", LANGUAGE, "language=uk", "text/plain", {}, 422),
        ("POST", THEME, b"theme=%ff%fe", FORM, {}, 422),
        ("POST", THEME, "theme=%00", FORM, {}, 422),
        ("POST", LANGUAGE, "language[]=uk&language[$ne]=x", FORM, {}, 422),
        ("GET", THEME, "", FORM, {"x-http-method-override": "POST"}, 405),
        ("GET", THEME + "?theme=dark", "", FORM, {}, 405),
        ("GET", THEME + "?_method=POST&theme=dark", "", FORM, {}, 405),
        ("TRACE", "/groups/", "", FORM, {}, 405),
        ("TRACE", "/account/", "", FORM, {}, 405),
        ("CONNECT", "/groups/", "", FORM, {}, 405),
        ("TRACE", "/api/v1/groups/", "", FORM, {}, 405),
        ("GET", "/groups/", "", FORM, {"host": "evil.example"}, 400),
        ("GET", "/groups/", "", FORM, {"host": "evil.example\r\nX: 1"}, 400),
        ("GET", "/groups/", "", FORM, {"host": "127.0.0.1:8000@evil.example"}, 400),
        ("GET", "/groups/", "", FORM, {"x-forwarded-host": "evil.example"}, 200),
        ("GET", "/groups/../account/", "", FORM, {}, 404),
        ("GET", "/%00", "", FORM, {}, 404),
        ("GET", "/clients/%EF%BC%91/", "", FORM, {}, 404),
        ("GET", "/clients/99999999999999999999/", "", FORM, {}, 404),
        ("POST", "/api/v1/lessons/1/marks", "marks=1", FORM, {}, 400),
        ("POST", "/api/v1/lessons/1/marks", "[" * 100_000, JSON, {}, 400),
        ("POST", "/api/v1/lessons/1/marks", '{"marks": NaN}', JSON, {}, 422),
    ],
)
def test_it_is_refused_with_the_right_number_and_changes_nothing(mara, method, address, body, kind, headers, status):
    answer = mara.generic(method, address, body, kind, headers=headers)
    assert answer.status_code == status
    assert chosen() == ("", "en")
    assert missing(answer.headers) == []
    assert "Traceback" not in answer.content.decode()


def test_of_what_is_said_twice_the_last_is_heard_and_an_address_is_not_a_form(mara):
    answer = mara.generic("POST", THEME + "?theme=dark", "theme=dark&theme=light", FORM)
    assert (answer.status_code, chosen()) == (303, ("light", "en"))


@pytest.mark.parametrize(
    "back",
    [
        "//evil.com", "https://evil.com/", "/\\evil.com", "\\\\evil.com", "http:///evil.com", "javascript:alert(1)",
        "data:text/html,x", "https:evil.com", " //evil.com", "\t//evil.com", "/\t/evil.com",
        "//127.0.0.1:8000@evil.com/", "/groups/\r\nSet-Cookie: a=1", "%2F%2Fevil.com",
    ],
)  # fmt: skip
def test_no_address_leads_a_browser_elsewhere(school, back):
    user = school.users["mara"]
    user.set_password(PASSWORD)
    user.save()
    answer = Client().post(LOGIN, {"login": "mara", "password": PASSWORD, "next": back})
    assert answer.status_code == 302
    referred = signed_in(school, "mara").post(THEME, {"theme": "dark"}, headers={"referer": back})
    for location in (answer["Location"], referred["Location"]):
        led_to = urljoin("http://testserver/account/", location.replace("\\", "/"))
        assert urlsplit(led_to).netloc == "testserver"
        assert not re.search(r"\s", location)


# ---- headers and cookies ---------------------------------------------------------------------------------------------


def test_what_breaks_has_the_headers_too(mara, monkeypatch):
    monkeypatch.setattr("rollbook.web.home.views.see_other", lambda request: 1 // 0)
    mara.raise_request_exception = False
    answer = mara.get("/")
    assert (answer.status_code, missing(answer.headers)) == (500, [])


def test_cookies_are_for_this_site_alone_and_not_for_scripts(school):
    school.users["mara"].set_password(PASSWORD)
    school.users["mara"].save()
    browser = Client()
    browser.post(LOGIN, {"login": "mara", "password": PASSWORD})
    browser.get("/account/")
    browser.post(THEME, {"theme": "dark"})
    browser.post(LANGUAGE, {"language": "uk"})
    told = {name: (cookie["samesite"], bool(cookie["httponly"])) for name, cookie in browser.cookies.items()}
    assert told.pop(settings.CSRF_COOKIE_NAME) == ("Lax", False)  # our own script sends it back
    assert set(told) == {settings.SESSION_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME, devices.COOKIE, THEME_COOKIE}
    assert set(told.values()) == {("Lax", True)}


def in_production(code):
    """What a process says that runs as in production."""
    told = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "rollbook.config.settings"}
    told |= GOOD | {"SECRET_KEY": token_urlsafe(48)}
    return subprocess.run([sys.executable, *code], env=told, capture_output=True, text=True, check=False)


def test_nothing_is_left_to_be_told_about_a_deployment():
    said = in_production(["-m", "django", "check", "--deploy", "--fail-level", "WARNING"])
    assert said.returncode == 0, said.stderr


HTTPS = """
import django; django.setup()
from django.conf import settings
from rollbook.web import preferences
from rollbook.web.account import devices
from rollbook.web.headers import always
names = [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.LANGUAGE_COOKIE_NAME,
         settings.MFA_TRUST_COOKIE_NAME, preferences.THEME_COOKIE, devices.COOKIE]
assert all(name.startswith("__Host-") for name in names), names
assert not settings.SESSION_COOKIE_DOMAIN and not settings.CSRF_COOKIE_DOMAIN and settings.SESSION_COOKIE_PATH == "/"
assert always()["Strict-Transport-Security"] == "max-age=31536000"
"""


def test_over_https_cookies_belong_to_this_host_and_plain_http_is_forgotten():
    said = in_production(["-c", HTTPS])
    assert said.returncode == 0, said.stderr


@override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=60, SECURE_PROXY_SSL_HEADER=None)
@pytest.mark.parametrize("told", [{}, {"x-forwarded-proto": "https"}])
def test_plain_http_is_led_to_https_also_by_whoever_claims_to_be_a_proxy(db, told):
    answer = Client().get("/account/login/", headers=told)
    assert (answer.status_code, answer["Location"]) == (301, "https://testserver/account/login/")
    assert answer["Strict-Transport-Security"] == "max-age=60"
    assert missing(answer.headers) == []
