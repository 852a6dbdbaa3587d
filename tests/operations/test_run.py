"""`rollbook run` as a whole, in a folder of its own, with a PostgreSQL of its own."""

import os
import signal
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from rollbook.operations.launch.cluster import Cluster
from tests.servers import Server


@pytest.fixture
def installation(tmp_path):
    # DEBUG: no fingerprints of files that a test of the launcher need not build.
    yield Server(tmp_path, DEBUG="1")
    Cluster(tmp_path / "var" / "postgres").destroy()


def postgresql_runs(folder):
    return (folder / "var" / "postgres").resolve().joinpath("data", "postmaster.pid").exists()


def children_of(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid):
    return Path(f"/proc/{pid}").exists()


def gone(condition, within=10):
    until = time.monotonic() + within
    while condition() and time.monotonic() < until:
        time.sleep(0.05)
    return not condition()


def test_from_an_empty_folder_to_pages_and_back_through_a_kill(installation, tmp_path):
    with installation as server:
        with urlopen(f"{server.live_url}health") as answer:
            assert answer.status == 200

        twin = server.start()
        assert twin.wait() == 1
        assert f"Port {server.port} of 127.0.0.1 cannot be had" in server.said

        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        assert gone(server.answers), "a killed supervisor left its children behind"
        assert postgresql_runs(tmp_path)

    with installation as server:
        web, *_ = children_of(server.process.pid)
        workers = [pid for pid in children_of(web) if b"granian" in Path(f"/proc/{pid}/cmdline").read_bytes()]
        os.kill(web, signal.SIGKILL)
        assert gone(lambda: "web ended with -9" not in server.said)
        assert workers
        assert gone(lambda: any(map(lives, workers))), "a killed server left its workers behind, with the port"
        assert gone(lambda: not server.answers())
    assert server.process.returncode == 0
    assert not postgresql_runs(tmp_path)
    assert "Traceback" not in server.said
