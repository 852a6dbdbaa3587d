import os
import re
import signal
import subprocess
import sys
import time
from contextlib import nullcontext

import pytest

from rollbook.operations.launch import cli, programs, supervisor
from rollbook.operations.launch.supervisor import Program, supervise
from tests.databases import ROOT


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch):
    monkeypatch.setattr(supervisor, "PAUSES", (0, 0))
    monkeypatch.setattr(supervisor, "GRACE", 1)


def python(name, code):
    return Program(name, [sys.executable, "-c", code])


def told(kind=signal.SIGTERM):
    return lambda: os.kill(os.getpid(), kind)


SLEEPS = "import time; time.sleep(60)"
FALLS = "raise SystemExit(3)"


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_told_to_stop_it_stops_all(kind, capfd):
    began = time.monotonic()
    code = f"import os; print(os.getpid(), flush=True); {SLEEPS}"
    pids = []

    def answers():
        pids.extend(int(line) for line in capfd.readouterr().out.split())
        return len(pids) == 2

    assert supervise([python("one", code), python("two", code)], answers=answers, greet=told(kind)) == 0
    assert time.monotonic() - began < 10
    assert not any(map(alive, pids))


def test_it_greets_once_when_it_answers():
    greeted, asked = [], iter([False, True, True, True])

    def answers():
        return next(asked)

    def greet():
        greeted.append(1)
        told()()

    assert supervise([python("one", SLEEPS)], answers=answers, greet=greet) == 0
    assert greeted == [1]


def test_whoever_falls_is_started_again(tmp_path, capfd):
    again = tmp_path / "was"
    falls_once = f"import pathlib, sys; p = pathlib.Path({str(again)!r}); p.exists() or sys.exit(p.touch()); "
    program = python("web", falls_once + "p.write_text('again'); " + SLEEPS)
    assert supervise([program], answers=lambda: again.exists() and again.read_text() == "again", greet=told()) == 0
    assert "web ended with 0" in capfd.readouterr().err


def test_whoever_falls_too_often_stops_everything(capfd):
    assert supervise([python("web", FALLS), python("worker", SLEEPS)], answers=lambda: False, greet=told()) == 1
    assert "web ended with 3 after 0 s, 3 times in a row: stopping everything." in capfd.readouterr().err


def test_whoever_does_not_listen_is_killed(capfd):
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); " + SLEEPS
    assert supervise([python("deaf", deaf)], answers=lambda: "deaf" in capfd.readouterr().out, greet=told()) == 0
    assert "deaf does not stop: killed." in capfd.readouterr().err


def test_whoever_is_given_more_time_may_finish(monkeypatch, tmp_path, capfd):
    """As a worker in the middle of a backup; those beside it have what they always have."""
    monkeypatch.setattr(supervisor, "GRACE", 0)
    finishes = (
        "import pathlib, signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5),"
        f" pathlib.Path({str(tmp_path / 'done')!r}).touch(), sys.exit())); print('ready', flush=True); {SLEEPS}"
    )
    patient = Program("worker", [sys.executable, "-c", finishes], grace=30)
    assert supervise([patient], answers=lambda: "ready" in capfd.readouterr().out, greet=told()) == 0
    assert (tmp_path / "done").exists()
    assert "killed" not in capfd.readouterr().err


def test_a_worker_alone_has_as_long_as_systemd_and_compose_wait_and_no_longer(monkeypatch):
    supervised = []
    monkeypatch.setattr(cli, "supervise", lambda programs, **how: supervised.extend(programs) or 0)
    monkeypatch.setattr(cli.environment, "ready", nullcontext)
    assert cli._carry_out(["worker"]) == 0
    (alone,) = supervised
    service = (ROOT / "deploy" / "systemd" / "rollbook-worker.service").read_text()
    compose = (ROOT / "deploy" / "container" / "compose.yaml").read_text()
    assert 240 < alone.grace < int(re.search(r"TimeoutStopSec=(\d+)", service)[1])
    assert alone.grace < 60 * int(re.search(r"stop_grace_period: (\d+)m", compose)[1])
    assert programs.worker().grace is None  # `rollbook run`: whoever pressed Ctrl-C waits


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
def test_a_killed_supervisor_leaves_nobody_behind():
    code = (
        "from rollbook.operations.launch.supervisor import Program, supervise; import sys;"
        "supervise([Program('one', [sys.executable, '-c',"
        " 'import os, time; print(os.getpid(), flush=True); time.sleep(60)'])],"
        " answers=lambda: False, greet=lambda: None)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()
    until = time.monotonic() + 5
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert not alive(pid)


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
