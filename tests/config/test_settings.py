"""Settings refuse at start what would fail, or be unsafe, later."""

import os
import runpy
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

import rollbook.config

SETTINGS = Path(rollbook.config.__file__).parent / "settings.py"
GOOD = {
    "SECRET_KEY": "x" * 32,
    "DATABASE_URL": "postgresql://serving:pass@db.example.org:5433/school?sslmode=require",
    "PUBLIC_URL": "https://crm.example.org",
}


def settings(monkeypatch, **changed):
    monkeypatch.setattr(os, "environ", {name: value for name, value in (GOOD | changed).items() if value is not None})
    return runpy.run_path(str(SETTINGS))


@pytest.mark.parametrize(
    "changed",
    [
        {"SECRET_KEY": None},
        {"SECRET_KEY": ""},
        {"SECRET_KEY": "x" * 31},
        {"DATABASE_URL": None},
        {"DATABASE_URL": ""},
        {"DATABASE_URL": "mysql://db/school"},
        {"DATABASE_URL": "postgresql://db/school?no_such_option=1"},
        {"DATABASE_OWNER_URL": "nonsense"},
        {"PUBLIC_URL": "crm.example.org"},
        {"PUBLIC_URL": "ftp://crm.example.org"},
        {"PUBLIC_URL": "https://"},
        {"PUBLIC_URL": "https://crm.example.org/crm"},
        {"PUBLIC_URL": "http://crm.example.org"},
        {"DEBUG": "yes"},
        {"DEBUG": "true"},
        {"BEHIND_PROXY": "on"},
        {"DATABASE_REPLICA_URL": "nonsense"},
        {"DATABASE_POOLER_URL": "nonsense", "ROLLBOOK_PROCESS": "web"},
        {"LOG_LEVEL": "loud"},
        {"LOG_FORMAT": "xml"},
        {"SLOW_MS": "soon"},
        {"SLOW_MS": "-1"},
        {"SENTRY_DSN": "nonsense"},
        {"EMAIL_URL": "nonsense"},
        {"EMAIL_URL": "imap://mail.example.org"},
        {"EMAIL_URL": "smtp://"},
        {"FILES": "/srv/files", "BACKUP_FOLDER": "/srv/files/backups"},
        {"FILES": "/srv/files", "BACKUP_FOLDER": "/srv/files"},
    ],
    ids=str,
)
def test_nonsense_is_refused(monkeypatch, changed):
    with pytest.raises(ImproperlyConfigured):
        settings(monkeypatch, **changed)


def test_a_public_address_is_secure_by_itself(monkeypatch):
    told = settings(monkeypatch)
    assert told["ALLOWED_HOSTS"] == ["crm.example.org"]
    assert told["DEBUG"] is False
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"):
        assert told[name]


def test_on_a_machine_of_ones_own_http_will_do(monkeypatch):
    told = settings(monkeypatch, PUBLIC_URL="http://127.0.0.1:8000")
    assert "127.0.0.1" in told["ALLOWED_HOSTS"]
    assert not told["SECURE_SSL_REDIRECT"]


def test_a_forwarded_scheme_is_believed_only_where_a_proxy_is_told_of(monkeypatch):
    assert settings(monkeypatch)["SECURE_PROXY_SSL_HEADER"] is None
    assert settings(monkeypatch, BEHIND_PROXY="1")["SECURE_PROXY_SSL_HEADER"]


def test_one_address_of_a_database_says_it_all(monkeypatch):
    database = settings(monkeypatch)["DATABASES"]["default"]
    assert [database[part] for part in ("USER", "PASSWORD", "HOST", "PORT", "NAME")] == [
        "serving", "pass", "db.example.org", "5433", "school",
    ]  # fmt: skip
    assert database["OPTIONS"]["sslmode"] == "require"


def test_without_an_owner_the_serving_role_migrates(monkeypatch):
    databases = settings(monkeypatch)["DATABASES"]
    assert databases["owner"]["USER"] == databases["default"]["USER"]


def test_pages_alone_go_through_the_pooler_and_tell_it_nothing_it_would_refuse(monkeypatch):
    pooled = {"DATABASE_POOLER_URL": "postgresql://serving@pooler:6432/school"}
    pages = settings(monkeypatch, ROLLBOOK_PROCESS="web", **pooled)["DATABASES"]["default"]
    assert (pages["HOST"], pages["DISABLE_SERVER_SIDE_CURSORS"]) == ("pooler", True)
    assert "options" not in pages["OPTIONS"]
    others = settings(monkeypatch, **pooled)["DATABASES"]["default"]
    assert (others["HOST"], others["DISABLE_SERVER_SIDE_CURSORS"]) == ("db.example.org", False)


def test_a_page_waits_for_seconds_and_a_job_as_long_as_it_takes(monkeypatch):
    pages, jobs = (settings(monkeypatch, ROLLBOOK_PROCESS=name)["DATABASES"]["default"] for name in ("web", "worker"))
    assert "-c statement_timeout=" in pages["OPTIONS"]["options"]
    assert "statement_timeout" not in jobs["OPTIONS"]["options"]
    for each in (pages, jobs):
        assert "-c idle_in_transaction_session_timeout=" in each["OPTIONS"]["options"]


def test_pages_alone_have_their_statements_planned_once(monkeypatch):
    pages, jobs = (settings(monkeypatch, ROLLBOOK_PROCESS=name)["DATABASES"]["default"] for name in ("web", "worker"))
    assert "-c plan_cache_mode=force_generic_plan" in pages["OPTIONS"]["options"]
    assert "plan_cache_mode" not in jobs["OPTIONS"]["options"]


def test_options_of_the_address_go_before_ours(monkeypatch):
    address = "postgresql:///x?options=-c%20statement_timeout%3D3s"
    told = settings(monkeypatch, DATABASE_URL=address, ROLLBOOK_PROCESS="web")
    assert told["DATABASES"]["default"]["OPTIONS"]["options"].endswith(" -c statement_timeout=3s")


def test_a_replica_is_read_only(monkeypatch):
    assert "replica" not in settings(monkeypatch)["DATABASES"]
    replica = settings(monkeypatch, DATABASE_REPLICA_URL="postgresql://serving@standby/school")["DATABASES"]["replica"]
    assert replica["HOST"] == "standby"
    assert "default_transaction_read_only=on" in replica["OPTIONS"]["options"]


def test_the_page_may_connect_to_the_event_stream_and_nowhere_else(monkeypatch):
    def allowed(**changed):
        return settings(monkeypatch, **changed)["CONTENT_SECURITY_POLICY"]["DIRECTIVES"]["connect-src"]

    assert allowed() == ["'self'"]
    assert allowed(LIVE_URL="https://live.example.org/live/") == ["'self'", "https://live.example.org"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", ("dummy", "", 587, "", "", False, False, None)),
        ("console:", ("console", "", 587, "", "", False, False, None)),
        ("file:///var/letters", ("filebased", "", 587, "", "", False, False, "/var/letters")),
        ("smtp://mail.example.org", ("smtp", "mail.example.org", 587, "", "", True, False, None)),
        ("smtp://anna:p%40ss@mail.example.org:25", ("smtp", "mail.example.org", 25, "anna", "p@ss", True, False, None)),
        ("smtps://mail.example.org", ("smtp", "mail.example.org", 465, "", "", False, True, None)),
    ],
)
def test_how_letters_leave(monkeypatch, url, told):
    read = settings(monkeypatch, EMAIL_URL=url)
    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS", "USE_SSL", "FILE_PATH")
    backend = read["EMAIL_BACKEND"].split(".")[-2]
    assert (backend, *(read[f"EMAIL_{name}"] for name in names)) == told
