"""What a line of the log looks like, and what it never says."""

import json
import logging
import sys

import pytest
import structlog

from rollbook.foundation import logs


@pytest.fixture
def said(monkeypatch, capsys):
    """What was written to stderr since it was asked last."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_our_lines_and_those_of_libraries_have_one_form(said, monkeypatch):
    monkeypatch.setenv("ROLLBOOK_PROCESS", "worker")
    with structlog.contextvars.bound_contextvars(request="abc"):
        structlog.get_logger("rollbook.x").warning("one", n=1)
        logging.getLogger("somebody").warning("two of %s", 3)
    ours, theirs = said()
    assert list(ours)[:5] == ["time", "level", "process", "logger", "event"]
    assert {name: ours[name] for name in ("level", "process", "event", "request", "n")} == {
        "level": "warning", "process": "worker", "event": "one", "request": "abc", "n": 1,
    }  # fmt: skip
    assert theirs["event"] == "two of 3"
    assert theirs["request"] == "abc"


def test_however_often_it_is_set_up_a_line_is_said_once(said):
    logs.configure()
    logs.configure({"level": "INFO"})
    logging.getLogger("somebody").error("once")
    assert len(said()) == 1


def test_at_a_terminal_a_line_is_for_people(monkeypatch, capsys):
    monkeypatch.setenv("LOG_FORMAT", "lines")
    structlog.get_logger("rollbook.x").warning("one", n=1)
    line = capsys.readouterr().err
    assert "warning" in line
    assert "n=1" in line
    assert not line.startswith("{")


@pytest.mark.parametrize(
    ("told", "terminal", "readable"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"DEBUG": "1"}, False, True),
        ({"LOG_FORMAT": "json", "DEBUG": "1"}, True, False),
        ({"LOG_FORMAT": "lines"}, False, True),
    ],
)
def test_who_reads_it(monkeypatch, told, terminal, readable):
    for name in ("DEBUG", "LOG_FORMAT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in told.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    assert logs.readable() is readable


def test_an_exception_is_told_once_and_without_what_the_database_quotes(said):
    try:
        raise ValueError('violates "unique_phone"\nDETAIL:  Key (name, phone)=(Anna Ivanova, +79121234567) exists.')
    except ValueError:
        logging.getLogger("somebody").exception("it broke")
        structlog.get_logger("rollbook.x").exception("it broke")
    for line in said():
        assert line["exception"].count("Traceback") == 1
        assert "unique_phone" in line["exception"]
        assert "test_logs.py" in line["exception"]
        assert "Anna" not in line["exception"]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GET /account/link/XLBv1ZQ5o9oczuNL8tCNzdGPC2JeJfwjIitjrTSrpAc/", "GET /account/link/…/"),
        ("/account/password/reset/key/2f-d2k3j1-0123456789abcdef0123456789abcdef/", "/account/password/reset/key/…/"),
        ("session 4k2m9z0q8w7e6r5t4y3u2i1o0p9a8s7d ended", "session … ended"),
        ("/clients/?q=Ivanova&after=x to /", "/clients/?… to /"),
        ("to postgresql://serving:pa55@db.example.org:5432/x", "to postgresql://…@db.example.org:5432/x"),
        ("Authorization: Bearer abc.def", "Authorization: … …"),
        ("{'password': 'correct horse', 'x': 1}", "{'password': …, 'x': 1}"),
        ("csrfmiddlewaretoken=abc&x=1", "csrfmiddlewaretoken=…&x=1"),
        ("letter to anna.b+c@school.example.org failed", "letter to … failed"),
        ("call +380 (67) 123-45-67 now", "call … now"),
        ("call 8 (912) 345-67-89 now", "call … now"),
        ("phone 89123456789!", "phone …!"),
    ],
)
def test_what_is_nobodys_business_is_hidden(text, left):
    assert logs.hidden(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "web ended with -9 after 3 s; starting it again in 1 s.",
        "2026-11-21 23:02:10.769528 Stopping worker 16946",
        'File "/opt/rollbook/.venv/lib/python3.11/site-packages/django/core/base.py", line 197, in _get_response',
        "insert or update on table billing_entry violates billing_tariffuse_programme_id_0a1b2c3d_fk_groups_programme",
        "SELECT id FROM groups_enrolment WHERE client_id IN (%s, …) AND since <= %s::date",
        "ReauthenticateByCodeForm is no UserAttributeSimilarityValidator",
    ],
)
def test_what_helps_is_left(text):
    assert logs.hidden(text) == text


def test_a_field_that_is_named_like_a_secret_is_hidden_whatever_it_holds(said):
    structlog.get_logger("rollbook.x").warning("x", new_password="a", session_key=["b"], form={"phone": "+79121234567"})
    [line] = said()
    assert (line["new_password"], line["session_key"]) == ("…", "…")
    assert "79121234567" not in line["form"]
