"""Signing in, as a browser does it: what it answers, what it never tells, and what strangers cannot do to others."""

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.core.context import request_context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.fernet import InvalidToken
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from rollbook.domains.access import actions
from rollbook.domains.access.actor import Reach, operator
from rollbook.domains.access.models import Role, Session, User
from rollbook.jobs import letters
from rollbook.web.account.adapters import MFAAdapter
from rollbook.workflows import access_given

PASSWORD = "correct horse battery"
WRONG = "Login or password is wrong."
LOGIN, RESET = "/account/login/", "/account/password/reset/"
FROM_AFAR = {"REMOTE_ADDR": "203.0.113.7"}


@pytest.fixture(autouse=True)
def hashing_is_cheap(monkeypatch):
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 8 * Argon2PasswordHasher.parallelism)


@pytest.fixture
def anna(school):
    return with_password(school.users["anna"])


def with_password(user):
    user.set_password(PASSWORD)
    user.save()
    return user


def sign_in(browser, login="anna", password=PASSWORD, **more):
    return browser.post(LOGIN, {"login": login, "password": password}, headers={"accept-language": "en"}, **more)


def is_in(browser):
    return "_auth_user_id" in browser.session


def errors(answer):
    """What stands above the form and at its fields."""
    return re.findall(r'(?:class="errors".*?<p>|_error">.*?<span>)(.*?)</', answer.content.decode(), re.S)


# ---- password --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["anna", "ANNA", " anna ", "anna@example.org", "Anna@Example.org"])
def test_signing_in_by_login_or_email(client, anna, login):
    answer = sign_in(client, login)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert is_in(client)
    assert Session.objects.get(pk=client.session.session_key).user == anna


def test_one_comes_back_to_where_one_wanted_to_go_and_nowhere_else(client, anna):
    assert client.post(LOGIN, {"login": "anna", "password": PASSWORD, "next": "/account/"})["Location"] == "/account/"
    for elsewhere in ("//evil.com", "https://evil.com/", "javascript:alert(1)", "/\\evil.com", "http:///evil.com"):
        browser = Client()
        assert browser.post(LOGIN, {"login": "anna", "password": PASSWORD, "next": elsewhere})["Location"] == "/"


def test_the_session_is_another_one_after_signing_in(client, anna):
    client.get("/account/link/x/")
    session = client.session
    session["before"] = 1
    session.save()
    client.cookies["sessionid"] = session.session_key
    sign_in(client)
    assert is_in(client)
    assert client.session.session_key != session.session_key
    assert not Session.objects.filter(pk=session.session_key).exists()


@pytest.mark.parametrize(
    "login", ["anna", "anna@example.org", "nobody", "nobody@example.org", "dis", "'; --", "%", "x" * 254]
)
def test_whatever_is_wrong_the_answer_is_the_same(client, anna, login):
    User.objects.create(username="dis", name="Dis", is_active=False)
    answer = sign_in(client, login, "not the password")
    assert answer.status_code == 422
    assert errors(answer) == [WRONG]
    assert not is_in(client)


def test_whoever_is_disabled_is_told_no_more_than_that(client, anna):
    User.objects.filter(pk=anna.pk).update(is_active=False)
    answer = sign_in(client)
    assert (answer.status_code, errors(answer)) == (422, [WRONG])


@pytest.mark.parametrize("login", ["anna", "anna@example.org", "nobody", "nobody@example.org"])
def test_one_password_is_hashed_whoever_was_named(client, anna, login, monkeypatch):
    """So the clock tells nobody whether there is such a person."""
    hashed = []
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(Argon2PasswordHasher, name, lambda *a, real=real: hashed.append(1) or real(*a))
    sign_in(client, login, "not the password")
    assert len(hashed) == 1


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("anna", "x" * 4097), ("anna", "я" * 2049), ("anna", "a\x00b"), ("an\x00na", PASSWORD), ("x" * 300, PASSWORD),
        ("", PASSWORD), ("anna", ""),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(client, anna, login, password):
    answer = sign_in(client, login, password)
    assert answer.status_code == 422
    assert errors(answer)
    assert errors(answer) != [WRONG]


def test_a_password_of_a_megabyte(client, anna):
    assert sign_in(client, password="x" * 1024 * 1024).status_code in {400, 413}


@pytest.mark.parametrize("password", [" leading blank is kept", "пароль и эмодзи 🐴", "x" * 4096])
def test_any_other_password_is_taken_as_it_is(client, anna, password):
    anna.set_password(password)
    anna.save()
    assert sign_in(client, password=password).status_code == 302


def test_nobody_signs_up(client, db):
    assert client.get("/account/signup/").status_code == 404
    assert client.post("/account/signup/", {}).status_code == 404


def test_every_address_allauth_may_lead_to_is_there():
    for name in (
        "account_login", "account_logout", "account_reauthenticate", "account_change_password", "account_set_password",
        "account_reset_password", "account_reset_password_done", "account_reset_password_from_key_done", "mfa_index",
        "mfa_authenticate", "mfa_reauthenticate", "mfa_trust", "mfa_activate_totp", "mfa_deactivate_totp",
        "mfa_view_recovery_codes", "mfa_generate_recovery_codes", "mfa_download_recovery_codes", "mfa_list_webauthn",
        "mfa_add_webauthn", "mfa_login_webauthn", "mfa_reauthenticate_webauthn",
    ):
        assert reverse(name).startswith("/account/")


def test_signing_out(client, anna):
    sign_in(client)
    assert client.get("/account/logout/").status_code == 200
    assert is_in(client)
    client.post("/account/logout/")
    assert not is_in(client)


# ---- tries -----------------------------------------------------------------------------------------------------------


def test_after_some_tries_one_waits(client, anna):
    for _ in range(5):
        assert sign_in(client, password="wrong").status_code == 422
    answer = sign_in(client)
    assert (answer.status_code, answer["Retry-After"]) == (429, "300")
    assert not is_in(client)
    with time_machine.travel(timezone.now() + timedelta(minutes=6)):
        assert sign_in(client).status_code == 302


def tries_until_one_waits(*logins):
    """How many wrong passwords each of these may have, one after another, from one address each."""
    answers = [[sign_in(Client(), login, "wrong").status_code for _ in range(6)] for login in logins]
    return [statuses.count(422) for statuses in answers]


def test_spellings_of_one_person_are_counted_as_those_of_nobody(anna):
    """Were they counted as one, the form would tell that there is such a person."""
    known = tries_until_one_waits("anna", "anna@example.org", "ANNA")
    cache.clear()
    assert tries_until_one_waits("nobody", "nobody@example.org", "NOBODY") == known == [5, 5, 0]


def test_so_are_they_by_all_the_world(anna):
    for login in ("anna", "nobody"):
        for number in range(100):
            sign_in(Client(), login, "wrong", REMOTE_ADDR=f"198.51.100.{number}")
        assert sign_in(Client(), login, **FROM_AFAR).status_code == 429
        assert sign_in(Client(), f"{login}@example.org", "wrong", **FROM_AFAR).status_code == 422


def test_whoever_comes_too_often_uses_up_no_tries_of_a_login(anna):
    for number in range(20):
        sign_in(Client(), f"other{number}", "wrong")
    for _ in range(5):
        assert sign_in(Client(), password="wrong").status_code == 429
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        assert sign_in(Client()).status_code == 302


def test_an_unknown_login_waits_the_same(client, anna):
    answers = [sign_in(client, "nobody", "wrong").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_a_stranger_locks_nobody_out_who_comes_from_elsewhere(client, anna):
    for _ in range(7):
        sign_in(Client(), password="wrong", **FROM_AFAR)
    assert sign_in(client).status_code == 302


def test_nor_from_the_same_address_who_was_here_before(client, anna):
    """A pupil in the school's own network."""
    sign_in(client)
    client.post("/account/logout/")
    for number in range(40):
        sign_in(Client(), "anna" if number % 2 else f"other{number}", "wrong")
    assert sign_in(Client()).status_code == 429
    assert sign_in(client).status_code == 302


def test_a_known_device_has_tries_of_its_own_and_no_more(client, anna):
    sign_in(client)
    client.post("/account/logout/")
    assert [sign_in(client, password="wrong").status_code for _ in range(6)] == [422] * 5 + [429]


def test_a_device_known_to_another_person_is_a_strangers(client, anna, school):
    with_password(school.users["mara"])
    sign_in(client, "mara")
    client.post("/account/logout/")
    for _ in range(5):
        sign_in(Client(), password="wrong")
    assert sign_in(client).status_code == 429


def test_one_address_tries_many_logins_only_so_often(client, db):
    answers = {sign_in(client, f"somebody{number}", "wrong").status_code for number in range(25)}
    assert answers == {422, 429}


def test_a_forged_device_is_no_known_one(client, anna):
    client.cookies["known_device"] = "WyJ4IixbMV1d:1t:x"
    assert sign_in(client).status_code == 302


# ---- second factor ---------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(anna, rf):
    secret = generate_totp_secret()
    with request_context(rf.get("/")):
        TOTP.activate(anna, secret)
        RecoveryCodes.activate(anna)
    return secret


def code(secret, at=None, step=0):
    moment = (at or timezone.now()).timestamp()
    return format_hotp_value(hotp_value(secret, int(moment) // 30 + step))


def confirm(browser, typed):
    return browser.post("/account/factors/authenticate/", {"code": typed})


def test_a_password_alone_does_not_do_where_there_is_a_second_factor(client, secret):
    assert sign_in(client)["Location"] == "/account/factors/authenticate/"
    assert not is_in(client)
    assert client.get("/account/factors/authenticate/").status_code == 200
    assert confirm(client, "000000").status_code == 422
    assert not is_in(client)
    assert confirm(client, code(secret))["Location"] == "/account/factors/trust/"
    assert not is_in(client)
    client.post("/account/factors/trust/", {"action": ""})
    assert is_in(client)
    assert "mfa_trusted" not in client.cookies


@pytest.mark.parametrize(("step", "taken"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_of_the_step_before_or_after_is_taken(client, secret, step, taken):
    with time_machine.travel(timezone.now(), tick=False):
        sign_in(client)
        assert confirm(client, code(secret, step=step)).status_code == (302 if taken else 422)


def test_a_code_is_taken_once(client, secret):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        used = code(secret, step=1)
        sign_in(client)
        assert confirm(client, used).status_code == 302
        for _ in range(2):  # it is valid for a minute more
            clock.shift(timedelta(seconds=31))
            other = Client()
            sign_in(other, **FROM_AFAR)
            assert confirm(other, f" {used[:3]} {used[3:]}").status_code == 422


def test_a_recovery_code_is_taken_once(client, secret, anna):
    codes = Authenticator.objects.get(user=anna, type="recovery_codes").wrap().get_unused_codes()
    sign_in(client)
    assert confirm(client, codes[0]).status_code == 302
    other = Client()
    sign_in(other)
    assert confirm(other, codes[0]).status_code == 422
    assert confirm(other, codes[1]).status_code == 302


def test_codes_are_not_to_be_guessed(client, secret):
    sign_in(client)
    answers = [confirm(client, "000000").status_code for _ in range(6)]
    assert answers == [422] * 5 + [429]


def test_secrets_of_second_factors_lie_encrypted(secret):
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_after_a_change_of_the_key_they_are_still_read(secret, settings):
    (kept,) = [data["secret"] for data in Authenticator.objects.filter(type="totp").values_list("data", flat=True)]
    former, settings.SECRET_KEY = settings.SECRET_KEY, "another key, as long as a key should be, and no less"
    with pytest.raises(InvalidToken):
        MFAAdapter().decrypt(kept)
    settings.SECRET_KEY_FALLBACKS = [former]
    assert MFAAdapter().decrypt(kept) == secret


def test_a_trusted_device_is_asked_for_no_code_within_thirty_days(client, secret):
    sign_in(client)
    confirm(client, code(secret))
    client.post("/account/factors/trust/", {"action": "trust"})
    client.post("/account/logout/")
    assert sign_in(client)["Location"] == "/"
    client.post("/account/logout/")
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        assert sign_in(client)["Location"] == "/account/factors/authenticate/"


def test_a_reset_password_does_not_do_without_the_second_factor(client, secret, anna):
    link = reset_link(client, anna)
    page = client.get(link, follow=True)
    client.post(page.request["PATH_INFO"], {"password1": "another long one", "password2": "another long one"})
    assert not is_in(client)
    assert sign_in(client, password="another long one")["Location"] == "/account/factors/authenticate/"


def test_setting_a_second_factor_up(client, anna):
    sign_in(client)
    assert client.get("/account/factors/app/activate/")["Location"].startswith("/account/reauthenticate/")
    reauthenticate(client, next="/account/factors/app/activate/")
    page = client.get("/account/factors/app/activate/")
    secret = page.context_data["form"].secret
    assert client.post("/account/factors/app/activate/", {"code": "000000"}).status_code == 422
    done = client.post("/account/factors/app/activate/", {"code": code(secret)})
    assert done["Location"] == "/account/factors/codes/"
    assert len(re.findall(r"<code>\d{8}</code>", client.get("/account/factors/codes/").content.decode())) == 10
    assert client.get("/account/factors/codes/download/")["Content-Type"].startswith("text/plain")
    assert client.get("/account/factors/").status_code == 200
    assert client.get("/account/factors/app/deactivate/").status_code == 200
    assert client.post("/account/factors/app/deactivate/")["Location"] == "/account/factors/"
    assert not Authenticator.objects.filter(user=anna).exists()


def test_pages_of_passkeys(client, anna):
    assert client.get("/account/factors/keys/login/", headers={"accept": "application/json"}).json()["request_options"]
    refused = client.post("/account/factors/keys/login/", {"credential": '{"id": "x"}'})
    assert refused["Location"] == "/account/login/?passkey=refused"
    assert client.get(refused["Location"]).status_code == 200
    sign_in(client)
    assert client.get("/account/factors/keys/").status_code == 200
    reauthenticate(client, next="/account/factors/keys/add/")
    assert b'"publicKey"' in client.get("/account/factors/keys/add/").content
    for junk in ("", "[", "{}", '{"id": 1}', "[" * 3000):
        assert client.post("/account/factors/keys/add/", {"credential": junk}).status_code == 422


def reauthenticate(browser, next, password=PASSWORD):
    return browser.post(f"/account/reauthenticate/?next={next}", {"password": password})


def test_a_role_may_demand_a_second_factor(client, anna):
    Role.objects.filter(code="teacher").update(mfa_required=True)
    sign_in(client)
    for path in ("/", "/groups/", "/nowhere/"):
        assert client.get(path)["Location"] == "/account/factors/"
    part = client.get("/", headers={"HX-Request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (403, "/account/factors/")
    assert b"demands a second factor" in client.get("/account/factors/").content
    Authenticator.objects.create(user=anna, type="webauthn", data={})
    assert client.get("/account/").status_code == 200
    assert client.get("/nowhere/").status_code == 404


# ---- reset -----------------------------------------------------------------------------------------------------------


def ask_reset(browser, email, **more):
    return browser.post(RESET, {"email": email}, **more)


def work_letters():
    """What the worker would do."""
    for name, args in ProcrastinateJob.objects.order_by("pk").values_list("task_name", "args"):
        del args["request_id"]  # of whoever asked; the worker takes it out
        {"access.reset": letters.reset, "access.notice": letters.notice}[name](**args)


def reset_link(browser, user):
    ask_reset(browser, user.email)
    work_letters()
    return re.search(r"http://127\.0\.0\.1:8000(/account/password/reset/key/\S+)", mail.outbox[-1].body)[1]


def test_asking_for_a_new_password_tells_nothing(client, anna):
    User.objects.create(username="dis", name="Dis", email="dis@example.org", is_active=False)
    told = set()
    for email in ("anna@example.org", "nobody@example.org", "dis@example.org"):
        answer = ask_reset(client, email)
        told.add((answer.status_code, answer["Location"], answer.content))
    assert len(told) == 1
    assert ProcrastinateJob.objects.count() == 3
    work_letters()
    assert [letter.to for letter in mail.outbox] == [["anna@example.org"]]


def test_a_new_password_by_letter(client, anna):
    at_work = Client()
    sign_in(at_work)
    link = reset_link(client, anna)
    page = client.get(link, follow=True)
    form = page.request["PATH_INFO"]
    assert link.split("-", 1)[1].strip("/") not in form
    assert client.post(form, {"password1": "short", "password2": "short"}).status_code == 422
    assert client.post(form, {"password1": "another long one", "password2": "not the same"}).status_code == 422
    done = client.post(form, {"password1": "another long one", "password2": "another long one"})
    assert done["Location"] == "/account/password/reset/key/done/"
    assert client.get(done["Location"]).status_code == 200
    assert at_work.get("/account/").status_code == 303  # signed out everywhere
    assert b"expired" in client.get(link, headers={"accept-language": "en"}).content
    assert sign_in(client).status_code == 422
    assert sign_in(client, password="another long one").status_code == 302


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"email": "new@example.org"}, {"is_active": False}, {"password": "!"}, {"last_login": timezone.now()},
    ],
)
def test_a_letter_dies_with_what_it_was_written_for(client, anna, meanwhile):
    link = reset_link(client, anna)
    User.objects.filter(pk=anna.pk).update(**meanwhile)
    assert b"expired" in client.get(link, headers={"accept-language": "en"}).content


def test_a_letter_of_an_hour_ago_or_of_another(client, anna, school):
    link = reset_link(client, anna)
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert b"expired" in client.get(link, headers={"accept-language": "en"}).content
    key = link.split("key/")[1].split("-", 1)[1]
    for uid in ("1", "zzzzzzzzzzzzz", "0"):
        assert client.get(f"/account/password/reset/key/{uid}-{key}").status_code == 200


@pytest.mark.parametrize("host", ["evil.com", "127.0.0.1:8000.evil.com", "evil.com:80"])
def test_links_in_letters_lead_home_whatever_host_was_named(client, anna, host):
    assert ask_reset(client, "anna@example.org", headers={"host": host}).status_code == 400
    ask_reset(client, "anna@example.org", headers={"x-forwarded-host": host})
    work_letters()
    assert host not in mail.outbox[0].body


def test_letters_are_asked_for_only_so_often(client, db):
    assert [ask_reset(client, "anna@example.org").status_code for _ in range(6)] == [302] * 5 + [429]


def test_whoever_owns_the_account_is_told_of_a_change(client, anna):
    sign_in(client)
    new = "another long one"
    changed = client.post(
        "/account/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new}
    )
    assert changed["Location"] == "/account/"
    assert is_in(client)
    reauthenticate(client, "/account/sign-in/", new)
    version = User.objects.get(pk=anna.pk).version
    said = {"username": "anna", "email": "new@example.org", "version": version}
    assert client.post("/account/sign-in/", said).status_code == 303
    work_letters()
    assert [letter.to for letter in mail.outbox] == [["anna@example.org"], ["anna@example.org"]]


# ---- links, invitations, oneself -------------------------------------------------------------------------------------


def test_a_link_is_not_used_up_by_looking_at_it(client, anna):
    secret = actions.make_link(user_id=anna.pk, at=timezone.now(), by=operator("test"))
    for _ in range(3):
        assert client.get(f"/account/link/{secret}/").status_code == 200
    assert client.post("/account/link/", {"secret": secret})["Location"] == "/"
    assert is_in(client)
    for dead in (secret, "x", ""):
        assert Client().post("/account/link/", {"secret": dead}).status_code == 404
    assert Client().get(f"/account/link/{secret}/").status_code == 404


def test_a_link_does_not_pass_by_the_second_factor(client, secret, anna):
    link = actions.make_link(user_id=anna.pk, at=timezone.now(), by=operator("test"))
    assert client.post("/account/link/", {"secret": link})["Location"] == "/account/factors/authenticate/"
    assert not is_in(client)


def test_commands_print_a_link_and_a_key(client, anna, school, capsys):
    call_command("signinlink")
    path = capsys.readouterr().out.strip().removeprefix("http://127.0.0.1:8000")
    client.post("/account/link/", {"secret": path.split("/")[-2]})
    assert int(client.session["_auth_user_id"]) == school.users["vera"].pk
    call_command("createkey", user="anna@example.org", name="desk", days=3)
    assert len(capsys.readouterr().out.strip()) > 30


def test_an_invitation_leads_in(client, school):
    grant = access_given.Grant(Role.objects.get(code="teacher").pk, Reach.OWN)
    oleg = school.actor("oleg")
    secret = access_given.invite(
        name="Zoya", email="zoya@example.org", grant=grant, employee_id=None, at=timezone.now(), by=oleg
    )
    page = client.get(f"/account/invitation/{secret}/").content.decode()
    assert 'value="zoya@example.org"' in page
    assert 'value="zoya"' in page
    said = {"secret": secret, "name": "Zoya", "username": "zoya", "email": "zoya@example.org", "password": "short"}
    assert client.post("/account/invitation/", said).status_code == 422
    assert client.post("/account/invitation/", said | {"password": PASSWORD})["Location"] == "/"
    assert is_in(client)
    assert Client().get(f"/account/invitation/{secret}/").status_code == 404
    assert Client().post("/account/invitation/", said | {"password": PASSWORD}).status_code == 404


def test_no_secret_is_logged(client, school, anna, caplog):
    caplog.set_level("DEBUG")
    secret = actions.make_link(user_id=anna.pk, at=timezone.now(), by=operator("test"))
    client.get(f"/account/link/{secret}/")
    client.post("/account/link/", {"secret": secret})
    client.post("/account/invitation/", {"secret": secret})
    link = reset_link(client, anna)
    client.get(link)
    assert secret not in caplog.text
    assert link not in caplog.text


def test_ones_own_page(client, anna):
    assert client.get("/account/").status_code == 303
    sign_in(client)
    assert b"Teacher" in client.get("/account/").content
    assert client.post("/account/name/", {"name": "Anna Koval"}).status_code == 303
    assert client.post("/account/name/", {"name": "​"}).status_code == 422
    assert client.get("/account/sign-in/")["Location"].startswith("/account/reauthenticate/")
    reauthenticate(client, "/account/sign-in/")
    said = {"username": "anna.k", "email": "anna.k@example.org", "version": 2}
    assert client.post("/account/sign-in/", said).status_code == 303
    assert client.post("/account/sign-in/", said | {"username": "vera", "version": 3}).status_code == 422
    assert client.post("/account/sign-in/", said | {"email": "x@example.org"}).status_code == 409


def test_the_password_is_asked_for_again_only_so_often(client, anna):
    sign_in(client)
    answers = [reauthenticate(client, "/account/sign-in/", "wrong").status_code for _ in range(7)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_forms_from_elsewhere_are_refused(anna):
    browser = Client(enforce_csrf_checks=True)
    for path in (LOGIN, RESET, "/account/link/", "/account/invitation/", "/account/logout/"):
        assert browser.post(path, {}).status_code == 403
