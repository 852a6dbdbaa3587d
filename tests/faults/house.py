"""A whole Rollbook to be broken: a PostgreSQL that keeps what it has acknowledged, and its processes as services."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any, Self

import psycopg

from rollbook.operations.launch.cluster import OWNER, SERVING, SUPERUSER, Cluster
from rollbook.operations.launch.programs import answers
from tests.servers import free_port

PATIENCE = 120  # seconds; a machine may be busy
OURS = ("DATABASE_", "ROLLBOOK_", "SECRET_KEY", "STATIC_ROOT", "PUBLIC_URL", "LIVE_URL", "EMAIL_URL", "PORT", "DEBUG")


def wait_until(condition: Callable[[], object], what: str, within: float = PATIENCE) -> None:
    until = time.monotonic() + within
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"In {within:.0f} s not: {what}")
        time.sleep(0.05)


def children_of(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:  # gone
        return []


def descendants_of(pid: int) -> list[int]:
    below = children_of(pid)
    return [*below, *(further for child in below for further in descendants_of(child))]


def kill(*pids: int) -> int:
    """Without a word; how many there were to be killed."""
    killed = 0
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
        killed += 1
    return killed


class Service:
    """A command that is started anew whenever it ends, as a service manager does."""

    def __init__(self, *command: str, environment: Mapping[str, str], log: Path) -> None:
        self.command, self.environment, self.log = command, environment, log
        self.stopping = Event()
        self.process = self._begun()
        self.keeper = Thread(target=self._keep, daemon=True)
        self.keeper.start()

    def _begun(self) -> "subprocess.Popen[bytes]":
        launch = [sys.executable, "-m", "rollbook.operations.launch", *self.command]
        with self.log.open("a") as out:
            return subprocess.Popen(launch, env=self.environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def _keep(self) -> None:
        while not self.stopping.is_set():
            self.process.wait()
            if not self.stopping.wait(0.5):
                self.process = self._begun()

    def stop(self) -> None:
        self.stopping.set()
        self.process.terminate()
        self.process.wait(30)
        self.keeper.join()

    @property
    def programs(self) -> list[int]:
        """What the supervisor looks after: the server, the worker."""
        return children_of(self.process.pid)

    @property
    def processes(self) -> list[int]:
        return [self.process.pid, *descendants_of(self.process.pid)]


class House:
    """Made by `House.founded`. Services are begun one by one; all end with `close`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cluster = Cluster(folder / "postgres")
        self.left = ExitStack()
        self.database = self.cluster.url(SERVING)
        self.services: dict[str, Service] = {}
        self.ports: list[int] = []
        self.letters = folder / "letters"
        self.letters.mkdir(exist_ok=True)

    @classmethod
    @contextmanager
    def founded(cls, folder: Path, scale: str) -> Iterator[Self]:
        """With a lively school in it, and a key of its owner's for the API."""
        house = cls(folder)
        try:
            house.cluster.start()
            house.left.callback(house.cluster.destroy)
            house.rollbook("migrate", "--verbosity", "0")
            house.rollbook("collectstatic", "--noinput", "--verbosity", "0")
            house.rollbook("demo", "--scale", scale, "--language", "en")
            owner = house.one("""
                SELECT login.username FROM access_user login JOIN access_grant held ON held.user_id = login.id
                JOIN access_role role ON role.id = held.role_id WHERE role.code = 'owner' ORDER BY login.id
            """)
            house.key = house.rollbook("createkey", "--user", owner, "--name", "faults").split()[-1]
            yield house
        finally:
            house.close()

    def close(self) -> None:
        self.stop_services()
        self.left.close()

    def stop_services(self) -> None:
        """At once: each may take seconds."""
        with ThreadPoolExecutor() as at_once:
            list(at_once.map(Service.stop, self.services.values()))
        self.services, self.ports = {}, []

    def environment(self, **told: str) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        return clean | {
            "DATABASE_URL": self.database, "DATABASE_OWNER_URL": self.cluster.url(OWNER),
            "SECRET_KEY": "only for this house " * 2, "ROLLBOOK_VAR": str(self.folder / "var"),
            "EMAIL_URL": f"file://{self.letters}", "PUBLIC_URL": "http://127.0.0.1", "WEB_WORKERS": "2",
        } | told  # fmt: skip

    def rollbook(self, *command: str, check: bool = True, at: Path | None = None, **told: str) -> str:
        """What the command says; with `check` it must end well. `at`: where another version of the program is."""
        launch = [sys.executable, "-m", "rollbook.operations.launch", *command]
        done = subprocess.run(launch, env=self.environment(**told), cwd=at, capture_output=True, text=True)
        if check and done.returncode:
            raise AssertionError(f"rollbook {' '.join(command)}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
        return done.stdout

    def begin(self, name: str, command: str, **told: str) -> Service:
        """A service by a name of its own; pages answer when this returns."""
        port = free_port()
        environment = self.environment(PORT=str(port), **told)
        self.services[name] = Service(command, environment=environment, log=self.folder / f"{name}.log")
        if command == "serve":
            self.ports.append(port)
            wait_until(lambda: answers(port), f"{name} answers")
        if command == "live":
            wait_until(lambda: answers(port + 1), f"{name} answers")
        return self.services[name]

    def connected(self, role: str = SUPERUSER) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.cluster.url(role), autocommit=True, connect_timeout=10)

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connected() as db:
            return db.execute(sql, values or None).fetchall()

    def one(self, sql: str, *values: object) -> Any:
        return self.all(sql, *values)[0][0]

    def broken_promises(self, **told: str) -> list[str]:
        """What doctor finds."""
        said = self.rollbook("doctor", "--json", check=False, **told)
        found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
        assert found, "doctor said nothing"
        return [f"{each['promise']}: {each['broken']}" for each in found if each["broken"]]

    @property
    def postmaster(self) -> int:
        return int((self.cluster.data / "postmaster.pid").read_text().split()[0])

    def said(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()
