"""The processes of Rollbook. What they serve is named, not imported: it stands above this folder."""

import os
import socket
import sys
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg

from rollbook.operations.demo import UNFINISHED
from rollbook.operations.launch.environment import Misconfigured, host, live_port, port
from rollbook.operations.launch.supervisor import Program

LONGEST_JOB = 290
"""Seconds in which a worker may finish what it does, a little less than systemd and Compose wait (deploy/)."""

LOG = Path(__file__).with_name("granian.json")
"""The server's own words in the form of ours; requests are told of by ourselves."""


def web() -> Program:
    """Pages. Threads beside the workers, so that one slow report does not hold up the rest."""
    return Program("web", [
        *_granian("wsgi", port(), patience=5),
        "--workers", os.environ.get("WEB_WORKERS") or "2", "--blocking-threads", "4", "--respawn-failed-workers",
        "rollbook.config.wsgi:application",
    ])  # fmt: skip


def live() -> Program:
    """The event stream. None ends by itself, so at the end they are cut; browsers come back."""
    return Program("live", [
        *_granian("asgi", live_port(), patience=1),
        "--workers", "1", "--loop", "uvloop", "--no-ws", "--log-level", "error",
        "rollbook.config.asgi:application",
    ])  # fmt: skip


def worker(*, grace: float | None = None) -> Program:
    """What is done later or by the clock. Several at a time, so that no letter waits for a backup."""
    command = [sys.executable, "-m", "django", "procrastinate", "--skip-checks", "worker", "--concurrency", "4"]
    return Program("worker", command, grace)


def _granian(interface: str, number: int, *, patience: int) -> list[str]:
    return [
        sys.executable, "-m", "granian", "--interface", interface, "--host", host(), "--port", str(number),
        "--log-level", "warning", "--log-config", str(LOG), "--no-access-log", "--workers-kill-timeout", str(patience),
    ]  # fmt: skip


def must_be_filled() -> None:
    """What is entered into half a demo goes with it when it is begun anew, and until then little of it is checked."""
    with suppress(psycopg.OperationalError):  # away: whoever starts waits for it, and says so
        with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5) as db:
            unfinished = db.execute("SELECT to_regclass(%s)", [UNFINISHED]).fetchone() != (None,)
        if unfinished:
            raise Misconfigured(
                "A demo was begun in this database and not finished: `rollbook demo` empties and fills it again. "
                "Until then nobody works in it."
            )


def must_be_free(number: int) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host() else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host(), number))
        except OSError as error:
            raise Misconfigured(
                f"Port {number} of {host()} cannot be had ({error.strerror}): perhaps Rollbook runs already. "
                f"Stop what holds it, or choose another: PORT={port() + 100}."
            ) from error


def answers(number: int) -> bool:
    """Whether a server at this port answers."""
    asked = HTTPConnection("127.0.0.1" if host() == "0.0.0.0" else host(), number, timeout=5)  # noqa: S104
    try:
        asked.request("GET", "/healthz")
        asked.getresponse()
    except (OSError, HTTPException):
        return False
    finally:
        asked.close()
    return True
