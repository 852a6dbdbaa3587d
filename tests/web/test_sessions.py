"""Where one is signed in, who came in, and how that ends."""

from datetime import timedelta

import pytest
import time_machine
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.db import ProgrammingError, connection, transaction
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from rollbook.domains.access import actions
from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Session, SignIn
from rollbook.domains.access.rules import device_of
from rollbook.domains.history.models import Entry
from rollbook.web.account.adapters import AccountAdapter
from rollbook.web.account.forms import AuthenticateByKeyForm
from tests.school import AT

PASSWORD = "correct horse battery"
LOGIN, SESSIONS = "/account/login/", "/account/sessions/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture(autouse=True)
def hashing_is_cheap(monkeypatch):
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 8 * Argon2PasswordHasher.parallelism)


@pytest.fixture
def anna(school):
    user = school.users["anna"]
    user.set_password(PASSWORD)
    user.save()
    return user


def came_in(browser=None, called=FIREFOX, password=PASSWORD, **more):
    browser = browser or Client()
    browser.post(LOGIN, {"login": "anna", "password": password}, HTTP_USER_AGENT=called, **more)
    return browser


def is_in(browser):
    return browser.get("/account/").status_code == 200


def endings(page):
    """The addresses by which a page ends sessions."""
    return {word for word in page.split('"') if word.startswith(SESSIONS) and word.endswith("/end/")}


def letters():
    return [job.args["kind"] for job in ProcrastinateJob.objects.filter(task_name="access.notice").order_by("id")]


@pytest.mark.parametrize(
    ("called", "words"),
    [
        (FIREFOX, "Firefox, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
         "Chrome, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/138.0 YaBrowser/25.8 Safari/537.36",
         "Yandex Browser, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1",
         "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 15; SM-G991B) SamsungBrowser/28.0 Chrome/130.0 Mobile Safari/537.36",
         "Samsung Internet, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.0 Safari/605.1.15", "Safari, macOS"),
        ("curl/8.5.0", "curl"),
        ("<script>alert(1)</script>", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_in_words(called, words):
    assert device_of(called) == words


# ---- what one sees -------------------------------------------------------------------------------------------------


def test_one_sees_where_one_is_signed_in_and_ends_it(anna):
    here, there = came_in(), came_in(called="curl/8.5.0", REMOTE_ADDR="203.0.113.7")
    said = here.get(SESSIONS)
    text = said.content.decode()
    for word in ("Firefox, Windows", "127.0.0.1", "curl", "203.0.113.7", "this one"):
        assert word in text
    # What stands in the page opens nothing: it is no key of a session.
    assert not [key for key in Session.objects.values_list("pk", flat=True) if key in text]
    (end,) = [word for word in endings(text) if len(word) > 40]
    assert here.post(end).status_code == 303
    assert is_in(here)
    assert not is_in(there)
    assert here.post(end).status_code == 404


def test_all_others_are_ended_at_once(anna):
    here, others = came_in(), [came_in(), came_in()]
    assert here.post(f"{SESSIONS}end/").status_code == 303
    assert [is_in(browser) for browser in (here, *others)] == [True, False, False]
    entry = Entry.objects.get(verb="user.signed_out")
    assert (entry.subject, entry.new) == (f"user:{anna.pk}", {"sessions": 2})


def test_nobody_ends_those_of_another(anna, school):
    here, mara = came_in(), Client()
    mara.force_login(school.users["mara"])
    text = here.get(SESSIONS).content.decode() + came_in().get(SESSIONS).content.decode()
    for end in endings(text):
        assert mara.post(end).status_code in {303, 404}
    assert is_in(here)


def test_whoever_manages_access_signs_somebody_out_everywhere(anna, school):
    here, vera, oleg = came_in(), Client(), Client()
    vera.force_login(school.users["vera"])
    oleg.force_login(school.users["oleg"])
    page = f"/settings/access/{anna.pk}/"
    assert "Firefox, Windows" in vera.get(page).content.decode()
    assert oleg.post(f"/settings/access/{school.users['boris'].pk}/sessions/end/").status_code == 404
    assert vera.post(f"{page}sessions/end/").status_code == 303
    assert not is_in(here)
    assert is_in(came_in(here))


def test_a_browser_is_seen_now_and_then(anna):
    with time_machine.travel(AT, tick=False) as clock:
        browser = came_in()
        for minutes, seen in ((5, 0), (10, 10), (12, 10), (21, 21)):
            clock.move_to(AT + timedelta(minutes=minutes))
            browser.get("/account/")
            assert Session.objects.get(user=anna).seen_at == AT + timedelta(minutes=seen)


def test_a_session_lives_thirty_days_after_its_last_use(anna):
    with time_machine.travel(AT, tick=False) as clock:
        browser, idle = came_in(), came_in()
        for day in (29, 58, 87):
            clock.move_to(AT + timedelta(days=day))
            answer = browser.get("/account/")
            assert answer.status_code == 200
            cookie = answer.cookies["sessionid"]
            assert (cookie.value, cookie["max-age"]) == (browser.session.session_key, 30 * 24 * 3600)
            assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
        assert not is_in(idle)
        clock.move_to(AT + timedelta(days=87 + 31))
        assert not is_in(browser)


def test_its_cookie_is_sent_now_and_then(anna):
    with time_machine.travel(AT, tick=False) as clock:
        browser = came_in()
        for minutes, sent in ((5, False), (10, True), (12, False)):
            clock.move_to(AT + timedelta(minutes=minutes))
            assert ("sessionid" in browser.get("/account/").cookies) is sent


@pytest.mark.parametrize("address", ["/account/logout/", "/settings/access/{}/sessions/end/"])
def test_what_ends_a_session_ends_it_however_long_it_was_not_seen(school, address):
    vera = school.users["vera"]
    with time_machine.travel(AT, tick=False) as clock:
        browser = Client()
        browser.force_login(vera)
        clock.move_to(AT + timedelta(days=1))
        answer = browser.post(address.format(vera.pk))
        assert answer.status_code in {302, 303}
        if "logout" in address:
            assert answer.cookies["sessionid"].value == ""
        assert not is_in(browser)
        assert not Session.objects.filter(user=vera).exists()


# ---- who came in -----------------------------------------------------------------------------------------------------


def test_every_try_is_kept_and_what_was_typed_is_not(anna):
    came_in(password="not it")
    came_in()
    Client().post(LOGIN, {"login": "nobody-here", "password": "a secret"})
    kept = SignIn.objects.order_by("pk").values_list("user", "succeeded", "new_device")
    assert list(kept) == [(anna.pk, False, False), (anna.pk, True, True), (None, False, False)]
    assert not [field.name for field in SignIn._meta.get_fields() if "login" in field.name or "password" in field.name]


def test_a_vain_try_is_kept_the_same_way_whether_there_is_such_a_person(anna):
    """The clock must not tell who works here."""

    def inserts(login):
        with CaptureQueriesContext(connection) as captured:
            Client().post(LOGIN, {"login": login, "password": "x"})
        return [query["sql"].split(" (")[0] for query in captured if query["sql"].startswith("INSERT INTO \"access")]

    assert inserts("anna") == inserts("nobody") == ['INSERT INTO "access_signin"']


def test_a_try_that_came_too_often_is_kept_too_but_no_flood_of_them(anna):
    for _again in range(40):
        came_in(password="not it")
    read_and_refused = 5, 20
    assert SignIn.objects.filter(user=anna, succeeded=False).count() == sum(read_and_refused)


def test_a_passkey_of_whoever_was_disabled_is_a_vain_try(anna, rf):
    """It is in order; what allauth then asks is this."""
    assert AccountAdapter().respond_user_inactive(rf.post("/"), anna).status_code == 303
    assert SignIn.objects.values_list("user", "succeeded").get() == (anna.pk, False)


def vain(anna):
    return SignIn.objects.filter(user=anna, succeeded=False).count()


def test_a_wrong_code_is_a_vain_try(anna, rf):
    with request_context(rf.get("/")):
        TOTP.activate(anna, generate_totp_secret())
        RecoveryCodes.activate(anna)
    browser = came_in()
    for number, typed in enumerate(("000000", "00000000", "no code", "1", "2"), 1):
        assert browser.post("/account/factors/authenticate/", {"code": typed}).status_code == 422
        assert vain(anna) == number
    assert browser.post("/account/factors/authenticate/", {"code": "000000"}).status_code == 429
    assert vain(anna) == 6


def test_so_is_a_code_that_was_used(anna, rf):
    with request_context(rf.get("/")), time_machine.travel(timezone.now(), tick=False):
        secret = generate_totp_secret()
        TOTP.activate(anna, secret)
        for tries in (0, 1):
            came_in().post("/account/factors/authenticate/", {"code": code_of(secret)})
            assert vain(anna) == tries


@pytest.mark.parametrize("credential", ['{"id": "x"}', '{"id": 1, "response": 2}'])
def test_so_is_a_passkey_that_is_refused(anna, rf, credential):
    Client().post("/account/factors/keys/login/", {"credential": credential})
    assert SignIn.objects.values_list("user", "succeeded").get() == (None, False)
    with request_context(rf.post("/")):
        assert not AuthenticateByKeyForm({"credential": credential}, user=anna).is_valid()
    assert vain(anna) == 1


@pytest.mark.parametrize("change", ["UPDATE access_signin SET succeeded = true", "DELETE FROM access_signin",
                                    "UPDATE history_reading SET by_name = ''", "TRUNCATE history_reading"])  # fmt: skip
def test_what_is_kept_stays(db, change):
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        connection.cursor().execute(change)


def test_a_new_device_is_told_by_letter_but_not_the_first(anna):
    first = came_in()
    came_in(first)  # signed in already
    first.post("/account/logout/")
    came_in(first)
    assert letters() == []
    came_in(called="curl/8.5.0", REMOTE_ADDR="203.0.113.7")
    assert letters() == ["new_device"]
    job = ProcrastinateJob.objects.get(task_name="access.notice")
    actions.send_notice(
        kind="new_device", email=anna.email, language="en", where=job.args["where"], by=operator("", via="job")
    )
    assert "curl, 203.0.113.7" in mail.outbox[0].body
    assert "new device" in first.get(SESSIONS).content.decode()


@pytest.mark.parametrize(
    ("count", "forwarded", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "10.0.0.1, 203.0.113.9", "203.0.113.9"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "nonsense", None),
        (1, "'; DROP TABLE --", None),
        (1, None, "127.0.0.1"),
    ],
)
def test_the_address_is_what_a_proxy_says_only_where_there_is_one(anna, count, forwarded, address):
    told = {"x-forwarded-for": forwarded} if forwarded else {}
    browser = Client(headers=told)
    browser.force_login(anna)
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=count):
        browser.get("/account/")
    assert Session.objects.get(user=anna).address == address


# ---- what ends a session ---------------------------------------------------------------------------------------------


def test_a_new_password_ends_what_is_open_elsewhere(anna):
    here, there = came_in(), came_in()
    new = "staple " + PASSWORD
    here.post("/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert (is_in(here), is_in(there)) == (True, False)
    assert Session.objects.filter(user=anna).count() == 1


def code_of(secret):
    return format_hotp_value(hotp_value(secret, int(timezone.now().timestamp()) // 30))


@pytest.fixture
def with_app(anna, monkeypatch):
    """Two browsers of somebody who sets up a code at the first."""
    monkeypatch.setattr("django.db.transaction.on_commit", lambda act: act())  # a test commits nothing
    here, there = came_in(), came_in()
    here.post("/account/reauthenticate/", {"password": PASSWORD})
    here.get("/account/factors/app/activate/")
    code = code_of(here.session["mfa.totp.secret"])
    assert here.post("/account/factors/app/activate/", {"code": code}).status_code == 302
    return here, there


def test_so_does_another_second_factor(with_app):
    assert [is_in(browser) for browser in with_app] == [True, False]


def test_what_changes_of_second_factors_stands_in_the_history(anna, school, with_app):
    here, _there = with_app
    here.post("/account/factors/codes/new/")
    here.post("/account/factors/app/deactivate/")
    key = Authenticator.objects.create(user=anna, type="webauthn", data={"name": "blue", "credential": {}})
    assert here.post(f"/account/factors/keys/{key.pk}/remove/")["Location"] == "/account/factors/keys/"
    kept = Entry.objects.filter(subject=f"user:{anna.pk}", verb__regex="factor|codes").order_by("pk")
    assert list(kept.values_list("verb", "old", "new", "by_name")) == [
        ("user.factor_added", {}, {"factor": "totp"}, "Anna"),
        ("user.codes_made", {}, {}, "Anna"),
        ("user.factor_removed", {"factor": "totp"}, {}, "Anna"),
        ("user.factor_removed", {"factor": "webauthn"}, {}, "Anna"),
    ]
    assert letters() == ["new_device", "factor_added", "codes_made", "factor_removed", "factor_removed"]
    vera = Client()
    vera.force_login(school.users["vera"])
    page = vera.get(f"/settings/access/{anna.pk}/").content.decode()
    for said in (
        "Second factor added: kind: Authenticator app", "New recovery codes made",
        "Second factor removed: kind: Authenticator app", "Second factor removed: kind: Passkey",
    ):
        assert said in page


def test_a_passkey_that_is_added_stands_there_too(anna):
    actions.factor_added(factor="webauthn", session=None, at=AT, by=anna.as_actor(via="web"))
    assert Entry.objects.get(verb="user.factor_added").new == {"factor": "webauthn"}


def test_and_being_disabled(anna, school):
    here = came_in()
    actions.disable_user(user_id=anna.pk, at=AT, by=school.actor("vera"))
    assert not is_in(here)
    assert not Session.objects.filter(user=anna).exists()
