"""What Sentry is told, where SENTRY_DSN names one: by its own client, into a transport that sends nothing."""

import subprocess
import sys

import pytest
import sentry_sdk
import structlog
from django.core.exceptions import ImproperlyConfigured
from django.test import Client
from sentry_sdk.transport import Transport

from rollbook.operations.watch import errors
from tests.databases import ROOT
from tests.web.browsing import signed_in

DSN = "https://key@errors.example.org/1"


class Kept(Transport):
    def __init__(self, options):
        super().__init__(options)
        self.events = []

    def capture_envelope(self, envelope):
        self.events += filter(None, [envelope.get_event()])


@pytest.fixture
def told():
    """The events that would have been sent."""
    errors.report_to(DSN, transport=Kept, environment="test")
    yield sentry_sdk.get_client().transport.events
    sentry_sdk.get_client().close()
    sentry_sdk.init()


def test_what_breaks_is_told_once_and_without_anything_of_a_person(told, school, monkeypatch):
    def breaks(_name):
        name, phone = "Anna Ivanova", "+79121234567"
        raise ValueError(f"Key of {phone}\nDETAIL: Failing row contains ({name})")

    monkeypatch.setattr("rollbook.web.home.views.see_other", breaks)
    browser = signed_in(school, "anna")
    browser.raise_request_exception = False
    answer = browser.get("/?q=Ivanova", headers={"user-agent": "Her telephone"})
    [event] = told
    assert event["logentry"] == {"message": "request"}
    assert event["tags"] == {
        "request": answer["X-Request-ID"], "route": "/", "method": "GET", "status": "500", "process": "rollbook",
        "logger": "rollbook.web.watch.middleware",
    }  # fmt: skip
    assert event["user"] == {"id": school.users["anna"].pk}
    [exception] = event["exception"]["values"]
    assert exception["type"] == "ValueError"
    assert [frame["function"] for frame in exception["stacktrace"]["frames"]][-1] == "breaks"
    assert not {"request", "extra", "breadcrumbs", "contexts", "server_name"} & event.keys()
    said = str([event["tags"], event["user"], exception["value"], event["logentry"]])
    for secret in ("Ivanova", "79121234567", "telephone", browser.cookies["sessionid"].value):
        assert secret not in said
    assert not [frame for frame in exception["stacktrace"]["frames"] if "vars" in frame]


def test_an_error_that_no_request_made_is_told_too_and_a_warning_is_not(told):
    structlog.get_logger("rollbook.x").error("the letter to anna@example.org was not sent", task="access.notice")
    structlog.get_logger("rollbook.x").warning("careful")
    [event] = told
    assert event["logentry"] == {"message": "the letter to … was not sent"}
    assert event["tags"]["task"] == "access.notice"


def test_what_is_refused_is_no_error(told, school):
    for address in ("/no/", "/clients/999999/"):
        Client().get(address)
    assert told == []


def test_without_its_client_a_start_is_refused(monkeypatch):
    monkeypatch.setattr(errors, "find_spec", lambda name: None)
    with pytest.raises(ImproperlyConfigured, match="rollbook\\[sentry\\]"):
        errors.report_to(DSN)


def test_where_nobody_asked_for_it_it_is_not_even_imported():
    code = "import sys, django; django.setup(); import rollbook.config.urls; print('sentry_sdk' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"
