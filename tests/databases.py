"""Databases for tests: one template, migrated once and kept while the migrations stay as they are; clones of it."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connections
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

ROOT = Path(__file__).resolve().parent.parent
ALIASES = ("default", "owner", "aside")
KEPT_TEMPLATES = 4

_numbers = count()


@contextmanager
def clone() -> Iterator[str]:
    """A fresh, migrated, empty database, gone afterwards."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with _as_owner() as db:
        template = _template(db)
        db.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(name), Identifier(template)))
    try:
        yield name
    finally:
        with _as_owner() as db:
            _drop(db, name)


@contextmanager
def pointed_at(name: str) -> Iterator[None]:
    """Both roles work in this database while inside, in every thread."""
    before = {alias: connections.settings[alias]["NAME"] for alias in ALIASES}
    _point(dict.fromkeys(ALIASES, name))
    try:
        yield
    finally:
        _point(before)


def address_of(name: str, alias: str) -> str:
    """What DATABASE_URL says to a process that is to work in this database."""
    told = os.environ["DATABASE_URL" if alias == "default" else "DATABASE_OWNER_URL"]
    return make_conninfo(told, dbname=name)


def _point(names: dict[str, str]) -> None:
    for alias, name in names.items():
        connections[alias].close()
        connections.settings[alias]["NAME"] = name
    ContentType.objects.clear_cache()


def _as_owner() -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(address_of("postgres", "owner"), autocommit=True)


def _template(db: "psycopg.Connection[tuple[object, ...]]") -> str:
    """Made by whoever comes first; the others wait at the lock."""
    name = f"template_{_fingerprint()}"
    db.execute("SELECT pg_advisory_lock(hashtext('rollbook template'))")
    if not db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
        _drop_leftovers(db)
        unfinished = f"{name}_unfinished"
        db.execute(SQL("CREATE DATABASE {}").format(Identifier(unfinished)))
        with pointed_at(unfinished):
            call_command("migrate", database="owner", verbosity=0)
        db.execute(SQL("ALTER DATABASE {} RENAME TO {}").format(Identifier(unfinished), Identifier(name)))
    db.execute("SELECT pg_advisory_unlock(hashtext('rollbook template'))")
    return name


def _fingerprint() -> str:
    """Of all that decides what a migrated database looks like."""
    files = [ROOT / "requirements.txt", *sorted((ROOT / "rollbook").glob("**/migrations/*.py"))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(ROOT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


def _drop_leftovers(db: "psycopg.Connection[tuple[object, ...]]") -> None:
    names = [str(name) for (name,) in db.execute("SELECT datname FROM pg_database ORDER BY oid DESC")]
    unfinished = [name for name in names if name.startswith("template_") and name.endswith("_unfinished")]
    templates = [name for name in names if name.startswith("template_") and name not in unfinished]
    clones = [name for name in names if name.startswith("test_") and not _lives(name.split("_")[1])]
    for name in [*unfinished, *templates[KEPT_TEMPLATES - 1 :], *clones]:
        _drop(db, name)


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _drop(db: "psycopg.Connection[tuple[object, ...]]", name: str) -> None:
    # Not WITH (FORCE): that would need a right over the autovacuum which may be at work there, and is sent away anyway.
    clients = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND usename IS NOT NULL"
    db.execute(clients, [name])
    db.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(name)))
