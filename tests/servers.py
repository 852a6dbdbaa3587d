"""Rollbook as people start it, for tests that come from outside."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rollbook.operations.launch.programs import answers
from tests.databases import address_of

PATIENCE = 60


@contextmanager
def serving(database: str, folder: Path) -> Iterator[str]:
    """`rollbook run` on this database; the address of its pages. Its folder holds log and static files."""
    port = _free_port()
    environment = os.environ | {
        "DATABASE_URL": address_of(database, "default"),
        "DATABASE_OWNER_URL": address_of(database, "owner"),
        "STATIC_ROOT": str(folder / "static"),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LIVE_URL": f"http://127.0.0.1:{port + 1}/live/",
        "PORT": str(port),
        "DEMO": "0",
        "WEB_WORKERS": "1",
    }
    log = folder / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "rollbook.operations.launch", "run"], env=environment, stdout=out, stderr=out
        )
    try:
        _wait(server, [port, port + 1], log)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()
    if "Traceback" in log.read_text():
        raise AssertionError(f"The server had trouble:\n{log.read_text()[-4000:]}")


def _free_port() -> int:
    """Free together with the one after it."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return int(port)


def _wait(server: "subprocess.Popen[bytes]", ports: list[int], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while not all(answers(port) for port in ports):
        if server.poll() is not None or time.monotonic() > until:
            raise AssertionError(f"The server does not answer:\n{log.read_text()[-4000:]}")
        time.sleep(0.1)
