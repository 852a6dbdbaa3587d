"""Rollbook as people start it, for tests that come from outside."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from django.conf import settings

from rollbook.operations.launch.programs import answers
from tests.databases import address_of

PATIENCE = 120  # seconds; a machine may be busy with other tests


@contextmanager
def serving(database: str, folder: Path) -> Iterator[str]:
    """`rollbook run` on this database; the address of its pages. The folder keeps its log and static files."""
    told = {
        "DATABASE_URL": address_of(database, "default"),
        "DATABASE_OWNER_URL": address_of(database, "owner"),
        "STATIC_ROOT": str(folder / "static"),
        "SECRET_KEY": settings.SECRET_KEY,  # so that a session made by a test is one of the server's
    }
    with Server(folder, **told) as server:
        yield server.url
    if "Traceback" in server.said:
        raise AssertionError(f"The server had trouble:\n{server.said[-4000:]}")


class Server:
    """`rollbook run`, answering while inside. What is told of the environment replaces all that others told."""

    def __init__(self, folder: Path, **told: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.live_url = f"http://127.0.0.1:{self.port + 1}/live/"
        self.log = folder / "server.log"
        ours = ("DATABASE_URL", "DATABASE_OWNER_URL", "SECRET_KEY", "STATIC_ROOT", "PUBLIC_URL", "LIVE_URL")
        others = {name: value for name, value in os.environ.items() if name not in ours}
        defaults = {"PORT": str(self.port), "DEMO": "0", "WEB_WORKERS": "1", "ROLLBOOK_VAR": str(folder / "var")}
        self.environment = others | defaults | told

    def __enter__(self) -> Self:
        self.process = self.start()
        try:
            self._wait()
        except AssertionError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def start(self) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "rollbook.operations.launch", "run"]
        with self.log.open("a") as out:
            return subprocess.Popen(command, env=self.environment, stdout=out, stderr=out)

    @property
    def said(self) -> str:
        return self.log.read_text()

    def answers(self) -> bool:
        return answers(self.port) and answers(self.port + 1)

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"The server does not answer:\n{self.said[-4000:]}")
            time.sleep(0.1)


def free_port() -> int:
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
