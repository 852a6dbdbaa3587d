"""Figures of a real server with two processes for pages: they add up, and a process that is killed takes none away."""

import os
import re
import signal
import tempfile
import time
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import pytest

from tests.databases import address_of
from tests.servers import Server

ASKED = 'rollbook_request_seconds_count{route="/account/login/",status="200"}'


@pytest.fixture
def server(own_database, tmp_path):
    serving, owner = (address_of(own_database, alias) for alias in ("default", "owner"))
    with Server(tmp_path, WEB_WORKERS="2", DEBUG="1", DATABASE_URL=serving, DATABASE_OWNER_URL=owner) as server:
        yield server


def asked(address):
    try:
        with urlopen(address) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as answer:
        return answer.code, answer.read().decode()


def figures(server):
    status, text = asked(f"{server.url}/metrics")
    assert status == 200
    return {name: float(value) for name, value in re.findall(r"^([^#].*) (\S+)$", text, re.MULTILINE)}


def sign_in_pages(server, times):
    for _ in range(times):
        assert asked(f"{server.url}/account/login/")[0] == 200


def until(found, patience=60):
    end = time.monotonic() + patience
    while not (result := found()):
        assert time.monotonic() < end
        time.sleep(0.1)
    return result


def test_figures_of_two_processes_add_up_and_survive_a_kill(server):
    [folder] = Path(tempfile.gettempdir()).glob(f"rollbook-figures-{server.process.pid}-*")

    def workers():
        return {int(file.stem.rpartition("_")[2]) for file in folder.glob("histogram_*.db")}

    def both_were_asked():
        sign_in_pages(server, 5)
        return len(workers()) >= 2

    until(both_were_asked)
    before = figures(server)[ASKED]
    sign_in_pages(server, 20)
    assert {figures(server)[ASKED] for _ in range(4)} == {before + 20}

    os.kill(workers().pop(), signal.SIGKILL)
    after = until(lambda: _calm(server))
    assert after[ASKED] >= before + 20
    sign_in_pages(server, 20)
    now = figures(server)
    assert now[ASKED] == after[ASKED] + 20
    assert now["rollbook_requests_in_progress"] == 0
    assert now["rollbook_database_up"] == 1
    assert now["rollbook_event_stream_readers"] == 0
    assert "Unexpected exit" in server.said

    assert asked(f"{server.url}/readyz")[0] == asked(f"{server.live_url.removesuffix('live/')}readyz")[0] == 200
    server.__exit__()
    assert not folder.exists()


def _calm(server):
    """The figures, as soon as the port is answered again: what had been taken by the dead is cut off."""
    try:
        return figures(server)
    except (URLError, ConnectionError):
        return None
