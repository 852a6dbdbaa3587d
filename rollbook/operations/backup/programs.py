"""pg_dump and pg_restore: the ones that fit the server, however PostgreSQL came to this machine."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

from django.utils.translation import gettext_noop as _

from rollbook.operations.backup import databases
from rollbook.operations.backup.census import LEFT_OUT
from rollbook.operations.backup.unkept import Unkept
from rollbook.operations.launch.cluster import candidates

# What is of this server or of these roles is given anew where it is restored. Nothing is run but SQL, by a role that
# owns one database: a file of strangers reaches no further.
HERE_ALONE = (
    "--no-owner", "--no-privileges", "--no-comments", "--no-tablespaces", "--no-publications", "--no-subscriptions",
    "--no-security-labels",
)  # fmt: skip
PACKED = "--compress=4"  # half the time of the usual 6, a tenth more of space
AMPLE = ("maintenance_work_mem=256MB", "work_mem=64MB")  # for one who makes all indexes, alone
MOST_SAID = 500  # letters
PIECE = 1 << 20

# pg_restore of 17 and later says this to every server, and earlier ones do not know it. What the server answers is in
# its own language; what was said to it, and how many errors there were, the program tells in ours.
SAID_TO_ALL, KNOWN_SINCE = "Command was: SET transaction_timeout = 0;", 17
IGNORED = re.compile(r"errors ignored on restore: (\d+)")


class Tools(NamedTuple):
    folder: Path
    version: str

    @property
    def major(self) -> int:
        return _major(self.version)


def _major(version: str) -> int:
    return int(version.partition(".")[0])


def fitting(server: int, *, dumped_by: str = "") -> Tools:
    """Of the server's own version where it is here, else of the next later one; earlier ones refuse. A dump is read by
    what is as late as the program that wrote it."""
    server = max(server, _major(dumped_by)) if dumped_by else server
    on_path = [Path(told).parent] if (told := shutil.which("pg_dump")) else []
    found = [tools for folder in (*candidates(), *on_path) if (tools := _found(folder)) and tools.major >= server]
    if not found:
        raise Unkept(
            _("There is no pg_dump of PostgreSQL {version} or later here: install the client programs."), version=server
        )
    return min(found, key=lambda tools: tools.major)


@cache
def _found(folder: Path) -> Tools | None:
    if not all((folder / name).is_file() for name in ("pg_dump", "pg_restore")):
        return None
    said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    version = re.search(r"\d+(\.\d+)*", said)
    return Tools(folder, version[0]) if version else None


@contextmanager
def dumping(tools: Tools, *, snapshot: str) -> Iterator[IO[bytes]]:
    """All of the live database as this snapshot sees it, as a stream; whole when this ends without an error."""
    address, environment = databases.for_program("owner", databases.live())
    left_out = [f"--exclude-table-data=public.{table}" for table in LEFT_OUT]
    command = [
        tools.folder / "pg_dump", "--format=custom", PACKED, f"--snapshot={snapshot}", "--lock-wait-timeout=60s",
        *HERE_ALONE, *left_out, f"--dbname={address}",
    ]  # fmt: skip
    # Its output goes through us, so it does not outlive us: whoever is killed takes it along.
    with _running(command, environment, stdout=subprocess.PIPE) as (program, said):
        yield program.stdout
        if program.wait():
            raise Unkept(_("pg_dump failed: {why}"), why=_end(said()))


def fill(database: str, dump: IO[bytes], *, tools: Tools, server: int) -> None:
    """An empty database with what a dump holds."""
    address, environment = databases.for_program("owner", database, *AMPLE)
    tolerant = tools.major >= KNOWN_SINCE > server
    command = [
        tools.folder / "pg_restore", *([] if tolerant else ["--single-transaction"]), *HERE_ALONE,
        f"--dbname={address}",
    ]  # fmt: skip
    with _running(command, environment, stdin=subprocess.PIPE) as (program, said):
        with suppress(BrokenPipeError):  # it has given up, and says why
            shutil.copyfileobj(dump, program.stdin, PIECE)
            program.stdin.close()
        if program.wait() and not (tolerant and _only_what_is_said_to_all(said())):
            raise Unkept(_("pg_restore failed: {why}"), why=_end(said()))


@contextmanager
def _running(
    command: Sequence[str | Path], environment: dict[str, str], **pipes: int
) -> "Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]":
    """A program, ended when this ends, and what it has complained of."""
    with tempfile.TemporaryFile() as errors:
        environment = environment | {"LC_ALL": "C", "LANGUAGE": ""}
        program = subprocess.Popen(command, env=environment, stderr=errors, **pipes)  # noqa: S603

        def said() -> str:
            errors.seek(0)
            return errors.read().decode(errors="replace")

        try:
            yield program, said
        finally:
            if program.poll() is None:
                program.kill()
            program.wait()
            for pipe in (program.stdin, program.stdout):
                with suppress(BrokenPipeError):
                    pipe and pipe.close()


def _only_what_is_said_to_all(said: str) -> bool:
    ignored = IGNORED.search(said)
    return ignored is not None and int(ignored[1]) == said.count(SAID_TO_ALL)


def _end(said: str) -> str:
    return said.strip()[-MOST_SAID:]
