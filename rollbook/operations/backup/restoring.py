"""A backup is brought back: into a scratch database first, where it must equal its manifest table by table."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext_noop as _

from rollbook.operations.backup import archive, census, databases, programs
from rollbook.operations.backup.archive import FILES, Manifest, Reader
from rollbook.operations.backup.databases import Connection
from rollbook.operations.backup.making import missing_keys
from rollbook.operations.backup.unkept import NotConfirmed, Unkept
from rollbook.operations.doctor import OF_THE_DATA, Finding, examine

READY = ".restored-"

Tell = Callable[[str], object]


@dataclass(frozen=True, slots=True)
class Proof:
    """What came back was equal to what was counted; `broken` is what the doctor found in it nevertheless, which then
    was so when the backup was made."""

    path: Path
    manifest: Manifest
    broken: tuple[Finding, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Restored:
    proof: Proof
    kept_as: str
    """The database that lived before, if any did; to be dropped by hand."""
    missing_keys: int
    """Of the keys under which it was made, SECRET_KEY and those before it, so many are not known here: second factors
    that they encrypted cannot be read."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is there before a restore."""

    is_empty: bool
    """Without a table."""
    organisation: str


def standing() -> Standing:
    """What would be overwritten."""
    with databases.connected("owner", databases.live()) as db:
        tables = {name for name, _columns in db.execute(census.TABLES).fetchall()}
        found = "SELECT max(name) FROM access_organisation"
        organisation = db.execute(found).fetchone()[0] if "access_organisation" in tables else None
    return Standing(not tables, organisation or "")


def prove(path: Path, *, tell: Tell = lambda _: None) -> Proof:
    """Everything that a restore would do, in a scratch database that is dropped afterwards; Unkept where it fails."""
    begun = time.monotonic()
    with databases.refusing(), archive.opened(path) as backup, databases.scratch() as scratch:
        return _bring_back(backup, scratch, tell, begun)


def restore(path: Path, *, over: str = "", at: datetime, tell: Tell = lambda _: None) -> Restored:
    """The backup lives, and what lived before goes on beside it under another name; or nothing has changed.

    Where an organisation lives, `over` is its name. Without the right to create databases only an empty one is filled.
    """
    begun = time.monotonic()
    with databases.refusing(), archive.opened(path) as backup:
        stands = standing()
        if stands.organisation and over.strip() != stands.organisation:
            raise NotConfirmed(_("Nothing was restored: the name of the organisation was not typed as it is."))
        if stands.is_empty and not databases.may_create():
            with _files_beside(backup) as files, _put_in_place(files, at):
                proof, kept_as = _bring_back(backup, databases.live(), tell, begun), ""
        else:
            with databases.scratch() as scratch, _files_beside(backup) as files:
                proof = _bring_back(backup, scratch, tell, begun)
                with _put_in_place(files, at):
                    kept_as = databases.swap(scratch, at=at, keep=not stands.is_empty)
    connections.close_all()
    return Restored(proof, kept_as, missing_keys=missing_keys(proof.manifest))


def _bring_back(backup: Reader, database: str, tell: Tell, begun: float) -> Proof:
    manifest = backup.manifest
    later = _must_be_known(manifest)
    with databases.connected("owner", database) as db:
        server = db.info.server_version // 10000
        tools = programs.fitting(server, dumped_by=manifest.pg_dump)
        tell(f"Reading {backup.path.name} into {database} ...")
        programs.fill(database, backup.dump, tools=tools, server=server)
        tell("Comparing each table with what was counted ...")
        _must_be_equal(db, manifest)
        if later:
            tell(f"Bringing it up to date ({len(later)} migrations) ...")
            _migrate(database)
        databases.give_rights(database)
        db.execute("ANALYZE")
    tell("Examining it ...")
    broken = _examine(database)
    return Proof(backup.path, manifest, broken, time.monotonic() - begun)


def _must_be_known(manifest: Manifest) -> set[str]:
    """The migrations that are still to be run. Those of the next version may be in it where this one works with them:
    it made this backup itself, or they are in what lives, too (before pages are restarted, and after a way back)."""
    ours = {".".join(key) for key in MigrationLoader(None).disk_migrations}
    unknown = set(manifest.migrations) - ours
    if unknown and manifest.rollbook != version("rollbook") and not unknown <= _applied():
        raise Unkept(
            _("This backup is of Rollbook {version}, which is newer than this one: {migrations}."),
            version=manifest.rollbook, migrations=", ".join(sorted(unknown)),
        )  # fmt: skip
    return ours - set(manifest.migrations)


def _applied() -> set[str]:
    """In what lives."""
    with databases.connected("owner", databases.live()) as db:
        if db.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,):
            return set()
        return {name for (name,) in db.execute("SELECT app || '.' || name FROM django_migrations").fetchall()}


def _must_be_equal(db: Connection, manifest: Manifest) -> None:
    db.execute(census.AS_ALWAYS)
    found = census.count(db)
    differing = sorted(name for name in found.keys() | manifest.tables if found.get(name) != manifest.tables.get(name))
    if differing:
        raise Unkept(_("What came back differs from what was counted: {tables}."), tables=", ".join(differing))
    numbers = census.numbers(db)
    if behind := sorted(name for name, given in manifest.numbers.items() if numbers.get(name, -1) < given):
        raise Unkept(_("These numbers would be given twice: {sequences}."), sequences=", ".join(behind))


def _migrate(database: str) -> None:
    """By a process that knows no other database: a migration may look for one by itself."""
    told = {
        "DATABASE_URL": databases.address("default", database),
        "DATABASE_OWNER_URL": databases.address("owner", database),
    }
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "django", "migrate", "--database", "owner", "--verbosity", "0"],
        env=os.environ | told, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise Unkept(_("It cannot be brought up to date: {why}"), why=done.stderr.strip()[-500:])


def _examine(database: str) -> tuple[Finding, ...]:
    """By the role that serves. What it may do is given by a restore; whatever else is broken came so."""
    with databases.connected("default", database) as db:
        broken = tuple(finding for finding in examine(OF_THE_DATA, db=db) if finding.broken)
    more = [row for finding in broken if finding.promise.name == "two_roles" for row in finding.rows]
    if more and not databases.one_role():
        raise Unkept(_("Whoever serves may do more in it than they should: {what}."), what=", ".join(more))
    return broken


@contextmanager
def _files_beside(backup: Reader) -> Iterator[Path]:
    """The files of the backup, ready beside those that are there. What a killed run left so goes."""
    here = Path(settings.MEDIA_ROOT)
    with _refusing_files():
        here.parent.mkdir(parents=True, exist_ok=True)
        for left in here.parent.glob(f"{READY}*"):
            shutil.rmtree(left)
        ready = Path(tempfile.mkdtemp(prefix=READY, dir=here.parent))
    try:
        with _refusing_files():
            backup.take_out_files(ready)
        yield ready / FILES
    finally:
        shutil.rmtree(ready, ignore_errors=True)


@contextmanager
def _put_in_place(files: Path, at: datetime) -> Iterator[None]:
    """Those that were there are kept; they come back if what is done inside fails."""
    here = Path(settings.MEDIA_ROOT)
    before = here.with_name(f"{here.name}_before_{databases.stamp(at)}")
    with ExitStack() as back:
        for source, target in ((here, before), (files, here)):
            if source.exists():
                with _refusing_files():
                    source.rename(target)
                back.callback(target.rename, source)
        yield
        back.pop_all()


@contextmanager
def _refusing_files() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        folder = settings.MEDIA_ROOT
        raise Unkept(_("The files cannot be put in {folder}: {why}."), folder=folder, why=error.strerror) from error
