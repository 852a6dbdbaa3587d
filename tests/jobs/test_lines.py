"""A job is one line of the log, which names the request that ordered it and nothing of what it was given."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.db import connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from rollbook.foundation.queue import later
from tests.web.browsing import signed_in

LETTER = {"kind": "password_set", "email": "anna@example.org", "language": "en"}


@pytest.fixture
def work(own_database, monkeypatch, capsys):
    """Do all that waits; the lines that were said of it."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 0)  # the thread of the job keeps none
    monkeypatch.setattr(app.periodic_registry, "periodic_tasks", {})  # of the night: not in this story

    async def until_nothing_waits():
        async with app.with_connector(app.connector.get_worker_connector()).open_async() as worker:
            await worker.run_worker_async(wait=False, install_signal_handlers=False, listen_notify=False)

    def worked():
        capsys.readouterr()
        with ThreadPoolExecutor(1) as thread:  # the loop of a browser may stand in this one
            thread.submit(asyncio.run, until_nothing_waits()).result()
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    return worked


def test_a_job_is_one_line_with_the_request_that_ordered_it(work):
    from tests.school import found_school

    browser = signed_in(found_school(), "anna")
    answer = browser.post("/account/password/reset/", {"email": "anna@example.org"})
    [line] = work()
    assert line["request"] == answer["X-Request-ID"]
    assert (line["level"], line["event"], line["task"], line["outcome"]) == ("info", "job", "access.reset", "done")
    assert line["job"] == ProcrastinateJob.objects.get(task_name="access.reset").pk
    assert "anna" not in json.dumps(line)
    assert mail.outbox[0].to == ["anna@example.org"]


def test_a_job_that_nobody_ordered_by_a_request_says_none(work):
    later("access.notice", **LETTER)
    [line] = work()
    assert "request" not in line
    assert line["attempt"] == 1


def test_a_job_that_fails_is_one_line_which_says_why_and_whether_it_is_tried_again(work, monkeypatch):
    def broken(*_args):
        raise ValueError("of anna@example.org")

    monkeypatch.setattr("rollbook.domains.access.actions.letters.send_mail", broken)
    later("access.notice", **LETTER)
    [line] = work()
    assert (line["level"], line["outcome"]) == ("warning", "to be tried again")
    assert "ValueError" in line["exception"]
    assert "anna" not in json.dumps(line)
