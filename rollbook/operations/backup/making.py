"""A backup is made: a dump of the database and a count of its tables, both as one snapshot sees it, and the files."""

import time
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop as _

from rollbook.operations.backup import archive, census, databases, programs
from rollbook.operations.backup.archive import DUMP, FILES, Manifest, Writer
from rollbook.operations.backup.census import Counted
from rollbook.operations.backup.databases import Connection
from rollbook.operations.backup.programs import Tools
from rollbook.operations.backup.unkept import Unkept

HOUSE = "organisation:1"
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '60s'"


@dataclass(frozen=True, slots=True)
class Made:
    path: Path
    manifest: Manifest
    bytes: int
    seconds: float


def back_up(
    *, at: datetime, folder: Path | None = None, spare: Collection[str] = (), ours: Collection[str] = ()
) -> Made:
    """A whole backup of what lives, in a file that nobody else may read; or Unkept, and no file.

    In the folder of backups the last one of each day is kept, of so many days, and those that are to be spared; where
    the backups of somebody else lie nothing is made, and nothing removed. `ours` names files that are known to be of
    this house, wherever its database has been. Others may read and write meanwhile: what they write after it began is
    not in it.
    """
    begun = time.monotonic()
    with archive.unfinished(folder or settings.BACKUP_FOLDER, at) as (writer, path):
        if folder is None:
            _must_be_ours(settings.BACKUP_FOLDER, ours)
        manifest = _fill(writer, at)
    if folder is None:
        _keep(settings.BACKUP_FOLDER, settings.BACKUP_KEEP, spare)
    return Made(path, manifest, path.stat().st_size, time.monotonic() - begun)


def newest(folder: Path | None = None) -> Path:
    found = archive.all_in(folder or settings.BACKUP_FOLDER)
    if not found:
        raise Unkept(_("There is no backup in {folder}."), folder=folder or settings.BACKUP_FOLDER)
    return found[-1]


def missing_keys(manifest: Manifest) -> int:
    """How many of the keys, by which secrets in it may be encrypted, are not known here."""
    return len({manifest.key, *manifest.fallbacks} - set(_fingerprints()))


def _fingerprints() -> list[str]:
    """Of the key that encrypts, and of those that were in use before it."""
    return [_fingerprint(key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def _fingerprint(key: str) -> str:
    """Tells one SECRET_KEY from another, and no more of it."""
    return salted_hmac("rollbook.backup", "key", secret=key, algorithm="sha256").hexdigest()[:16]


def _fill(writer: Writer, at: datetime) -> Manifest:
    with databases.refusing(), databases.connected("owner", databases.live()) as db:
        db.execute(census.AS_ALWAYS)
        server = db.execute("SHOW server_version").fetchone()[0]
        tools = programs.fitting(db.info.server_version // 10000)
        house, database = _whose(db)
        with _snapshot(db) as snapshot:
            numbers = census.numbers(db)
            tables = _dump(writer, db, tools, snapshot)
            organisation = db.execute("SELECT max(name) FROM access_organisation").fetchone()[0]
            migrations = db.execute("SELECT app || '.' || name FROM django_migrations ORDER BY id").fetchall()
    _take_files(writer)
    key, *fallbacks = _fingerprints()
    manifest = Manifest(
        made_at=at, rollbook=version("rollbook"), organisation=organisation or "", postgresql=server.split()[0],
        pg_dump=tools.version, key=key, fallbacks=tuple(fallbacks), migrations=tuple(name for (name,) in migrations),
        tables=tables, numbers=numbers, left_out=census.LEFT_OUT, members=dict(writer.members), house=house,
        database=database,
    )  # fmt: skip
    writer.add_bytes(archive.MANIFEST, manifest.written())
    return manifest


@contextmanager
def _snapshot(db: Connection) -> Iterator[str]:
    db.execute(SNAPSHOT)
    try:
        yield db.execute("SELECT pg_export_snapshot()").fetchone()[0]
    finally:
        db.execute("ROLLBACK")


def _dump(writer: Writer, db: Connection, tools: Tools, snapshot: str) -> dict[str, Counted]:
    """Counted while it is dumped: both read the same rows, so the second finds them in memory."""
    with programs.dumping(tools, snapshot=snapshot) as stream, ThreadPoolExecutor(1) as beside:
        written = beside.submit(writer.add, DUMP, stream)
        tables = census.count(db)
        written.result()
    return tables


def _take_files(writer: Writer) -> None:
    """After the dump, so that each file a row speaks of is there."""
    for path in sorted(Path(settings.MEDIA_ROOT).rglob("*")):
        if path.is_file() and not path.is_symlink():
            with path.open("rb") as file:
                writer.add(f"{FILES}/{path.relative_to(settings.MEDIA_ROOT)}", file)


def _whose(db: Connection) -> tuple[str, str]:
    """The house and the database, as a manifest tells them."""
    founded = f"SELECT min(at) FROM history_entry WHERE subject = '{HOUSE}' AND verb = 'organisation.founded'"  # noqa: S608
    moment = db.execute(founded).fetchone()[0]
    return moment.isoformat() if moment else "", databases.which(db)


def _must_be_ours(folder: Path, ours: Collection[str]) -> None:
    """The newest one that can be read tells. Of the same house, but of another database, is what a copy would find
    that was made to try something; what it knows of itself it has from before it moved."""
    with databases.connected("owner", databases.live()) as db:
        db.execute(census.AS_ALWAYS)
        house, database = _whose(db)
    for path in reversed(archive.all_in(folder)):
        if manifest := archive.manifest_of(path):
            moved = database and manifest.database not in ("", database) and path.name not in ours
            if moved or (house and manifest.house not in ("", house)):
                raise Unkept(
                    _("In {folder} lie backups of another database ({organisation}): name another BACKUP_FOLDER, or"
                      " put those files elsewhere."),
                    folder=folder, organisation=manifest.organisation,
                )  # fmt: skip
            return


def _keep(folder: Path, days: int, spare: Collection[str]) -> None:
    """Of each of the last days on which there is one, the last."""
    files = archive.all_in(folder)
    last = {archive.made_at(path).date(): path for path in files}
    kept = set(list(last.values())[-days:])
    for path in files:
        if path not in kept and path.name not in spare:
            path.unlink()
