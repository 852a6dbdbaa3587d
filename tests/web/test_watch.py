"""One line for each request, without secrets; what load balancers and Prometheus are answered."""

import json
import re
from datetime import timedelta

import pytest
import structlog
from django.db import OperationalError, connection, connections
from django.http import HttpResponse
from django.test import Client, override_settings
from django.utils import timezone

from rollbook.domains.access import actions
from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Role
from rollbook.domains.access.rules import Reach
from rollbook.domains.history.models import Entry
from rollbook.operations.watch import state
from rollbook.workflows import access_given
from tests.web.browsing import signed_in
from tests.web.test_account import reset_link


@pytest.fixture
def said(monkeypatch, capsys):
    """The lines since they were asked for last."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.fixture
def anna(school):
    return signed_in(school, "anna")


# ---- the line of a request -------------------------------------------------------------------------------------------


@override_settings(SLOW_MS=100_000)
def test_a_request_is_one_line_which_names_the_pattern_and_the_ids(anna, school, said):
    answer = anna.get(f"/groups/{school.groups['chess'].pk}/?q=Ivanova")
    [line] = said()
    assert line.pop("statements") > 5
    assert line.pop("ms") >= line.pop("db_ms") > 0
    assert line.pop("time")
    assert line == {
        "level": "info", "process": "rollbook", "logger": "rollbook.web.watch.middleware", "event": "request",
        "method": "GET", "route": "/groups/<int:group_id>/", "group_id": school.groups["chess"].pk, "status": 200,
        "user": school.users["anna"].pk, "request": answer["X-Request-ID"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/no/such/page/Ivanova", 404, {"route": "unmatched", "why": "NotFound", "level": "info"}),
        ("/clients/999999/", 404, {"route": "/clients/<int:client_id>/", "client_id": 999999, "why": "NotFound"}),
        ("/api/v1/clients/999999", 404, {"route": "/api/v1/clients/<int:client_id>", "why": "NotFound"}),
        ("/account/password/reset/key/0-abc/", 200, {"route": "/account/password/reset/key/<uidb36>-<key>/"}),
    ],
)
def test_what_is_refused_is_one_line_too_and_says_why(anna, said, address, status, told):
    assert anna.get(address).status_code == status
    [line] = said()
    assert told.items() <= line.items()
    assert "Ivanova" not in str(line)


def test_what_django_refuses_is_one_line_too(db, said):
    assert Client().get("/groups/", headers={"host": "evil.example"}).status_code == 400
    assert Client(enforce_csrf_checks=True).post("/preferences/theme/", {"theme": "dark"}).status_code == 403
    assert [line["status"] for line in said()] == [400, 403]


def test_without_the_database_a_request_is_one_line_without_a_traceback_and_its_route_is_known(anna, said, monkeypatch):
    def falls(*_args, **_told):
        raise OperationalError("cut off\nin the middle")

    monkeypatch.setattr("rollbook.web.account.sessions.SessionStore.load", falls)
    anna.raise_request_exception = False
    assert anna.get("/groups/").status_code == 503
    assert anna.get("/api/v1/clients/").json()["detail"]
    page, api = said()
    assert page.items() >= {"level": "warning", "route": "/groups/", "status": 503, "why": "cut off"}.items()
    assert "exception" not in page
    assert (api["route"], api["status"]) == ("/api/v1/clients/", 503)


def test_files_are_told_of_to_whoever_asks_for_everything(said):
    Client().get("/static/icon.svg")
    assert said() == []


def test_everything_that_is_said_on_the_way_carries_the_id(anna, said, monkeypatch):
    def warns(_name):
        structlog.get_logger("rollbook.x").warning("careful")
        return HttpResponse()

    monkeypatch.setattr("rollbook.web.home.views.see_other", warns)
    answer = anna.get("/")
    lines = said()
    assert [line["event"] for line in lines] == ["careful", "request"]
    assert {line["request"] for line in lines} == {answer["X-Request-ID"]}
    structlog.get_logger("rollbook.x").warning("afterwards")
    assert "request" not in said()[0]


def test_what_breaks_is_one_line_with_its_traceback_and_the_page_names_it(anna, said, monkeypatch):
    monkeypatch.setattr("rollbook.web.home.views.see_other", lambda request: 1 // 0)
    anna.raise_request_exception = False
    answer = anna.get("/")
    [line] = said()
    assert (line["level"], line["status"]) == ("error", 500)
    assert "ZeroDivisionError" in line["exception"]
    assert line["request"] == answer["X-Request-ID"]
    assert answer["X-Request-ID"] in answer.content.decode()


def test_an_id_is_taken_from_a_trusted_proxy_and_from_nobody_else(db):
    def answered(told):
        return Client().get("/design/", headers={"x-request-id": told})["X-Request-ID"]

    assert answered("from-a-stranger") != "from-a-stranger"
    with override_settings(BEHIND_PROXY=True):
        assert answered("0123456789abcdef") == "0123456789abcdef"
        for told in ("short", "x" * 65, 'a"b{c}d\\efg', "with blanks in it", "", "кириллица-кириллица"):
            assert re.fullmatch(r"[0-9a-f]{32}", answered(told))


@override_settings(SLOW_MS=0)
def test_what_is_slow_is_warned_of_with_its_place_and_without_values(anna, said):
    anna.get("/clients/", {"q": "Ivanova"})
    *statements, line = said()
    assert (line["level"], line["slow"]) == ("warning", True)
    assert len(statements) == line["statements"]
    assert all(told["event"] == "slow statement" and "sql" in told for told in statements)
    assert any(re.fullmatch(r"rollbook/screens/clients\.py:\d+ \w+", told["at"]) for told in statements)
    assert "Ivanova" not in str(statements)


@pytest.mark.parametrize("debug", [True, False])
def test_in_development_a_loop_of_statements_is_shown(anna, said, monkeypatch, debug):
    def loops(_name):
        with connection.cursor() as cursor:
            for n in range(12):
                cursor.execute("SELECT %s", [n])
        return HttpResponse()

    monkeypatch.setattr("rollbook.web.home.views.see_other", loops)
    with override_settings(DEBUG=debug, SLOW_MS=100_000):
        answer = anna.get("/")
    line, *loops = said()
    assert line["statements"] >= 12
    assert [(told["sql"], told["times"]) for told in loops] == ([("SELECT %s", 12)] if debug else [])
    assert ("12 of them repeated" in answer.get("Server-Timing", "")) is debug


# ---- no secrets ------------------------------------------------------------------------------------------------------


def test_no_line_tells_a_secret(school, capsys, monkeypatch):
    """Every page whose address or form carries one: as it should be, mistyped, used up, and when something breaks."""
    monkeypatch.setenv("LOG_FORMAT", "lines")
    stranger, password, phone = Client(raise_request_exception=False), "kO7x-secret_Word1", "+380671234567"
    link = actions.make_link(user_id=school.users["anna"].pk, at=timezone.now(), by=operator("test"))
    invitation = access_given.invite(
        name="Zoya", email="zoya@example.org", grant=access_given.Grant(Role.objects.get(code="teacher").pk, Reach.OWN),
        employee_id=None, at=timezone.now(), by=school.actor("vera"),
    )  # fmt: skip
    with override_settings(SLOW_MS=0):
        reset = reset_link(stranger, school.users["anna"])
        for address in (f"/account/link/{link}", f"/account/invitation/{invitation}", reset.rstrip("/")):
            for ending in ("/", "", "x/", "/?next=/groups/", f"?next={address}/"):
                stranger.get(address + ending)
            stranger.get("/account/login/", {"next": address})
        for _ in range(2):  # the second time they are used up
            stranger.post("/account/link/", {"secret": link})
            stranger.post("/account/invitation/", {"secret": invitation, "password": password, "name": "Zoya"})
        stranger.post("/account/login/", {"login": "anna@example.org", "password": password})
        signed_in(school, "vera").get("/clients/", {"q": phone})
        monkeypatch.setattr("rollbook.web.account.views.queries.lives", _breaks)
        stranger.get(f"/account/link/{link}/")
    text = capsys.readouterr().err
    assert text.count(" request ") >= 20
    assert "ZeroDivisionError" in text
    secrets = (link, invitation, reset.split("/")[-2], password, phone.lstrip("+"), "@example.org")
    assert [secret for secret in secrets if secret in text] == []


def _breaks(**told):
    raise ZeroDivisionError(f"of {told}")


# ---- what machines ask -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/healthz", "/readyz", "/metrics"])
def test_a_load_balancer_is_answered_by_ip_without_https_and_without_a_cookie(db, said, address):
    with override_settings(SECURE_SSL_REDIRECT=True, ALLOWED_HOSTS=["crm.example.org"]):
        answer = Client().get(address, headers={"host": "10.0.0.7:8000"})
        assert answer.status_code == 200
        assert not answer.cookies
        assert answer["Cache-Control"] == "no-store"
        assert Client().post(address).status_code == 405
    assert said() == []


def test_whether_the_process_lives_is_asked_without_the_database():
    assert Client().get("/healthz").content == b"ok\n"  # this test has none


def test_ready_is_who_has_a_database_that_is_up_to_date(db):
    told = Client().get("/readyz").json()
    assert told == {"ready": True, "checks": {"database": "ok", "migrations": "ok", "worker": "failed"}}


def test_without_the_database_one_is_not_ready_and_figures_say_so(db, monkeypatch):
    monkeypatch.setitem(connections["default"].settings_dict, "NAME", "there_is_none")
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]) == (503, {"database": "failed"})
    figures = Client().get("/metrics").content.decode()
    assert "rollbook_database_up 0.0" in figures
    assert "rollbook_jobs" not in figures


def test_before_a_migration_one_is_not_ready(db, monkeypatch):
    monkeypatch.setattr(state, "_newest", lambda: frozenset({("access", "9999_tomorrow")}))
    answer = Client().get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "failed")


def test_a_worker_is_known_by_its_heartbeat(own_database):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 minutes')")
        assert state.checks()["worker"] is False
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
        assert state.checks()["worker"] is True


@pytest.mark.parametrize(
    ("settings", "asked", "seen"),
    [
        ({}, {"REMOTE_ADDR": "127.0.0.1"}, True),
        ({}, {"REMOTE_ADDR": "::1"}, True),
        ({}, {"REMOTE_ADDR": "10.0.0.7"}, False),
        ({}, {"REMOTE_ADDR": ""}, False),
        ({}, {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "8.8.8.8"}, False),
        ({}, {"REMOTE_ADDR": "127.0.0.1", "HTTP_FORWARDED": "for=8.8.8.8"}, False),
        ({"BEHIND_PROXY": True}, {"REMOTE_ADDR": "127.0.0.1"}, False),
        ({"METRICS_TOKEN": "much too long to guess"}, {"REMOTE_ADDR": "127.0.0.1"}, False),
        ({"METRICS_TOKEN": "much too long to guess"}, {"HTTP_AUTHORIZATION": "Bearer wrong"}, False),
        ({"METRICS_TOKEN": "much too long to guess"}, {"HTTP_AUTHORIZATION": "Bearer \u043f\u0430"}, False),
        (
            {"METRICS_TOKEN": "much too long to guess", "BEHIND_PROXY": True},
            {"REMOTE_ADDR": "10.0.0.7", "HTTP_AUTHORIZATION": "Bearer much too long to guess"},
            True,
        ),
    ],
)
def test_figures_are_for_whoever_knows_the_token_or_stands_beside_us(db, settings, asked, seen):
    with override_settings(**settings):
        answer = Client(**asked).get("/metrics")
    assert answer.status_code == (200 if seen else 404)
    if not seen:
        answer, absent = (re.sub(r'value="\w+"', "", page.content.decode()) for page in (answer, Client().get("/no/")))
        assert answer == absent


def figure(name):
    told = dict(line.rsplit(" ", 1) for line in Client().get("/metrics").content.decode().splitlines())
    return float(told.get(name, 0))


def test_figures_count_requests_by_route_and_status_and_strange_addresses_as_one(anna, school):
    group = 'rollbook_request_seconds_count{route="/groups/<int:group_id>/",status="200"}'
    strange = 'rollbook_request_seconds_count{route="unmatched",status="404"}'
    before = figure(group), figure(strange)
    for _ in range(2):
        anna.get(f"/groups/{school.groups['chess'].pk}/")
    for name in ("a", "b", "c"):
        anna.get(f"/{name}/")
    assert (figure(group) - before[0], figure(strange) - before[1]) == (2, 3)
    assert figure("rollbook_requests_in_progress") == 0


def test_figures_tell_how_the_nights_ended(own_database):
    def told():
        figures = Client().get("/metrics").content.decode()
        return dict(re.findall(r'^rollbook_(seconds_since\{what="\w+"\}|broken_promises) (\d+)', figures, re.MULTILINE))

    assert told() == {}
    now = timezone.now()
    for verb, days, new in (
        ("house.examined", 2, {"broken": {"a": {}, "b": {}, "c": {}}}), ("house.examined", 1, {"broken": {"a": {}}}),
        ("house.backed_up", 3, {}), ("house.backup_failed", 1, {}),
        ("house.proven", 0, {"made_at": (now - timedelta(days=9)).isoformat()}),
        ("house.proven", 1, {"made_at": (now - timedelta(days=5)).isoformat()}),
    ):  # fmt: skip
        at = now - timedelta(days=days)
        Entry.objects.create(at=at, by_name="", via="job", verb=verb, subject="house", old={}, new=new)
    assert {name: int(value) // 86400 if "since" in name else value for name, value in told().items()} == {
        'seconds_since{what="examined"}': 1, 'seconds_since{what="backed_up"}': 3, 'seconds_since{what="proven"}': 5,
        "broken_promises": "1",
    }  # fmt: skip


def test_figures_tell_of_jobs_that_wait(own_database):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at) VALUES"
            " ('default', 'due', 'todo', now() - interval '1 hour'),"
            " ('default', 'later', 'todo', now() + interval '1 day'),"
            " ('default', 'broken', 'failed', NULL), ('default', 'done', 'succeeded', NULL)"
        )
    told = state.state()
    assert told.jobs == {"todo": 2, "doing": 0, "failed": 1}
    assert 3600 <= told.oldest_job_seconds < 3700
