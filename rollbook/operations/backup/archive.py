"""The file of a backup: a plain tar of `database.dump` (pg_dump), `files/` and `manifest.json`, which comes last.

It has its name only when all of it is written and has reached the disk; until then it is a hidden one, which the next
backup removes. So whatever looks like a backup is a whole one, whoever was killed and whatever was full.
"""

import fcntl
import hashlib
import io
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Self

from django.utils.translation import gettext_noop as _

from rollbook.operations.backup.census import Counted
from rollbook.operations.backup.unkept import Unkept

NAME = re.compile(r"rollbook-(\d{8}T\d{6}Z)\.tar", re.ASCII)
MOMENT = "%Y%m%dT%H%M%SZ"
UNFINISHED = ".unfinished-"
DUMP, FILES, MANIFEST = "database.dump", "files", "manifest.json"
FORMAT = 1
LARGEST_MANIFEST = 256 << 20
BLOCK, PIECE = 512, 1 << 20
MODE = 0o600


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup holds; what is restored from it must be equal to this."""

    made_at: datetime
    rollbook: str
    organisation: str
    postgresql: str
    """Of the server."""
    pg_dump: str
    key: str
    """By which a SECRET_KEY is recognised that is not in it."""
    migrations: tuple[str, ...]
    tables: Mapping[str, Counted]
    numbers: Mapping[str, int]
    """What each sequence had given at least."""
    left_out: tuple[str, ...]
    """Tables whose rows are not in it."""
    members: Mapping[str, str]
    """SHA-256 of the dump and of each file."""
    fallbacks: tuple[str, ...] = ()
    """As `key`, the keys that were in use before and whose secrets may still be in it."""
    house: str = ""
    """The moment in which the organisation was founded: it has no other, whatever its name, wherever it is restored."""
    database: str = ""
    """The server and the database on it."""

    @property
    def rows(self) -> int:
        return sum(table.rows for table in self.tables.values())

    def written(self) -> bytes:
        told = asdict(self) | {"format": FORMAT, "made_at": self.made_at.isoformat()}
        told["tables"] = {name: counted._asdict() for name, counted in self.tables.items()}
        return json.dumps(told, ensure_ascii=False, indent=1).encode()

    @classmethod
    def read(cls, data: bytes) -> Self:
        told = json.loads(data)
        if told.pop("format") != FORMAT:
            raise Unkept(_("This backup is of a form that only a newer Rollbook knows."))
        known = {field.name for field in fields(cls)}  # a later version of ours may tell more
        return cls(
            **{name: value for name, value in told.items() if name in known}
            | {
                "made_at": datetime.fromisoformat(told["made_at"]),
                "migrations": tuple(told["migrations"]), "left_out": tuple(told["left_out"]),
                "fallbacks": tuple(told.get("fallbacks", ())),
                "tables": {name: Counted(**counted) for name, counted in told["tables"].items()},
            }
        )  # fmt: skip


class Writer:
    """A tar whose members come as streams: how long one is stands in its head only once it has ended."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.members: dict[str, str] = {}

    def add(self, name: str, source: IO[bytes]) -> None:
        head = self._file.tell()
        self._file.write(_head(name, 0))
        digest, size = hashlib.sha256(), 0
        while piece := source.read(PIECE):
            self._file.write(piece)
            digest.update(piece)
            size += len(piece)
        self._file.write(bytes(-size % BLOCK))
        self._file.seek(head)
        self._file.write(_head(name, size))
        self._file.seek(0, os.SEEK_END)
        self.members[name] = digest.hexdigest()

    def add_bytes(self, name: str, data: bytes) -> None:
        self.add(name, io.BytesIO(data))

    def end(self) -> None:
        self._file.write(bytes(2 * BLOCK))
        self._file.flush()
        os.fsync(self._file.fileno())


def _head(name: str, size: int) -> bytes:
    """Equally long for any size."""
    told = tarfile.TarInfo(name)
    told.size, told.mode = size, MODE
    return told.tobuf(tarfile.GNU_FORMAT)


@contextmanager
def unfinished(folder: Path, made_at: datetime) -> Iterator[tuple[Writer, Path]]:
    """What is written inside, and the name it has afterwards; without an end there is none."""
    whole = folder / f"rollbook-{made_at.astimezone(UTC):{MOMENT}}.tar"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone_in(folder):
            if whole.exists():
                raise Unkept(_("{name} is there already."), name=whole.name)
            handle, temporary = tempfile.mkstemp(prefix=UNFINISHED, dir=folder)  # readable by its owner alone
            try:
                with os.fdopen(handle, "wb") as file:
                    writer = Writer(file)
                    yield writer, whole
                    writer.end()
                os.rename(temporary, whole)
                _reach_the_disk(folder)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
    except OSError as error:
        raise Unkept(_("Nothing was kept in {folder}: {why}."), folder=folder, why=error.strerror) from error


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One who writes here at a time; what lies here unfinished is of somebody who was killed."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Unkept(_("Another backup is being written there just now.")) from error
        for left in folder.glob(f"{UNFINISHED}*"):
            left.unlink()
        yield


def _reach_the_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def all_in(folder: Path) -> list[Path]:
    """The whole ones, oldest first."""
    return sorted(path for path in folder.glob("rollbook-*.tar") if NAME.fullmatch(path.name))


def made_at(path: Path) -> datetime | None:
    """As its name tells; None of one that was given another."""
    told = NAME.fullmatch(path.name)
    return datetime.strptime(told[1], MOMENT).replace(tzinfo=UTC) if told else None


def manifest_of(path: Path) -> Manifest | None:
    """What this file says of itself, unexamined; None where it says nothing."""
    try:
        with tarfile.open(path, "r:") as tar:
            return Manifest.read(tar.extractfile(MANIFEST).read(LARGEST_MANIFEST))
    except (OSError, tarfile.TarError, EOFError, ValueError, KeyError, TypeError, AttributeError, Unkept):
        return None


class Reader:
    """A backup that is whole and undamaged: its manifest, its dump, its files."""

    def __init__(self, path: Path, tar: tarfile.TarFile) -> None:
        self.path, self._tar = path, tar
        try:
            self.manifest = Manifest.read(self._stream(MANIFEST).read(LARGEST_MANIFEST))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise _not_whole(path) from error
        self._compare()

    def _compare(self) -> None:
        """Every byte is the one that was written."""
        members = self.manifest.members
        if DUMP not in members or {*members, MANIFEST} != set(self._tar.getnames()):
            raise _not_whole(self.path)
        for name, written in members.items():
            if hashlib.file_digest(self._stream(name), "sha256").hexdigest() != written:
                raise Unkept(
                    _("{name} is damaged: {member} is not what was written."), name=self.path.name, member=name
                )

    def _stream(self, name: str) -> IO[bytes]:
        stream = self._tar.extractfile(name)
        if stream is None:
            raise KeyError(name)
        return stream

    @property
    def dump(self) -> IO[bytes]:
        return self._stream(DUMP)

    @property
    def has_files(self) -> bool:
        return len(self.manifest.members) > 1

    def take_out_files(self, folder: Path) -> None:
        """Under a folder that is not there yet."""
        for name in self.manifest.members.keys() - {DUMP}:
            self._tar.extract(name, folder, filter="data")


def _not_whole(path: Path) -> Unkept:
    return Unkept(_("{name} is not a backup of Rollbook, or not a whole one."), name=path.name)


@contextmanager
def opened(path: Path) -> Iterator[Reader]:
    with ExitStack() as open_:
        try:
            reader = Reader(path, open_.enter_context(tarfile.open(path, "r:")))
        except (tarfile.TarError, EOFError) as error:
            raise _not_whole(path) from error
        except OSError as error:
            raise Unkept(_("{path} cannot be read: {why}."), path=path, why=error.strerror) from error
        yield reader
