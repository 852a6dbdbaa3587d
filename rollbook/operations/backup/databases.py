"""The databases of one server as a backup sees them: live ones by their role, scratch ones beside them."""

import os
import re
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from threading import Event
from typing import Any

import psycopg
from django.db import connections
from django.utils.translation import gettext_noop as _
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from rollbook.foundation.addresses import address_of
from rollbook.foundation.sql import taken_back
from rollbook.operations.backup.unkept import NotTried, Unkept
from rollbook.operations.launch.cluster import SERVING_RIGHTS

Connection = psycopg.Connection[tuple[Any, ...]]

LONGEST_NAME = 63  # bytes
RANDOM = 4  # bytes, of what tells one scratch database from another
# One who restores or proves at a time: what lies about under the name of a scratch database is then nobody's.
ONLY_ONE = "SELECT pg_try_advisory_lock(hashtextextended('rollbook scratch ' || %s, 0))"
LET_THE_NEXT = "SELECT pg_advisory_unlock(hashtextextended('rollbook scratch ' || %s, 0))"
# Of whoever made the server's own tablespace the owner needs no leave, unless it is named.
LIKE_LIVE = """
    SELECT to_jsonb(live), CASE WHEN live.dattablespace <> template.dattablespace
                                 AND has_tablespace_privilege(live.dattablespace, 'CREATE') THEN spcname END
    FROM pg_database live JOIN pg_tablespace ON pg_tablespace.oid = live.dattablespace,
         pg_database template WHERE live.datname = %s AND template.datname = 'template0'
"""
SAME_LOCALE = {
    "c": "LOCALE_PROVIDER libc",
    "i": "LOCALE_PROVIDER icu ICU_LOCALE {locale}",
    "b": "LOCALE_PROVIDER builtin BUILTIN_LOCALE {locale}",
}


def live() -> str:
    """The name of the database that is worked in."""
    return str(connections.settings["owner"]["NAME"])


def which(db: Connection) -> str:
    """This one and no other, on whatever server of the same name; nothing where a hosting does not tell."""
    try:
        server = db.execute("SELECT system_identifier FROM pg_control_system()").fetchone()[0]
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction):
        return ""
    return f"{live()} of {server}"


def address(role: str, database: str) -> str:
    """As the alias `owner` or `default` reaches this database of the same server."""
    return address_of(role, dbname=database)


def for_program(role: str, database: str, *options: str) -> tuple[str, dict[str, str]]:
    """An address for a program of PostgreSQL, and its environment: a password among arguments is read by everybody.
    `options` are told to the server: "work_mem=64MB"."""
    told = conninfo_to_dict(address(role, database))
    said = " ".join([str(told.pop("options", "")), *(f"-c {option}" for option in options)])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    if password := told.pop("password", None):
        environment["PGPASSWORD"] = str(password)
    return make_conninfo(**told, options=said), environment


@contextmanager
def refusing() -> Iterator[None]:
    """What the server says against it is told as a refusal."""
    try:
        yield
    except psycopg.Error as error:
        raise Unkept(_("The database does not answer as it should: {why}"), why=error) from error


@contextmanager
def connected(role: str, database: str) -> Iterator[Connection]:
    db = psycopg.connect(address(role, database), autocommit=True)
    try:
        yield db
    finally:
        db.close()


@contextmanager
def beside() -> Iterator[Connection]:
    """The owner in a database that is neither live nor scratch, to make, rename and drop those."""
    try:
        db = psycopg.connect(address("owner", "postgres"), autocommit=True)
    except psycopg.OperationalError as error:
        raise Unkept(_("The database “postgres” of the server cannot be reached: {why}"), why=error) from error
    try:
        yield db
    finally:
        db.close()


def may_create() -> bool:
    """Whether the owner may create databases beside the live one."""
    with connected("owner", live()) as db:
        found = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        return bool(db.execute(found).fetchone()[0])


@contextmanager
def scratch() -> Iterator[str]:
    """An empty database beside the live one, like it in all that is said of a whole database; gone afterwards,
    unless it was given another name. Those that a killed run left go as well."""
    if not may_create():
        raise NotTried(_("The role of DATABASE_OWNER_URL may not create databases, so nothing can be restored beside."))
    with beside() as db:
        if not db.execute(ONLY_ONE, [live()]).fetchone()[0]:
            raise Unkept(_("Another backup is being restored just now."))
        try:
            for left in _left(db):
                drop(db, left)
            name = _beside_live("_scratch_", secrets.token_hex(RANDOM))
            _make(db, name)
            try:
                yield name
            finally:
                drop(db, name)
        finally:
            # The server lets go of it some moment after a connection is closed, when the next one may have come.
            db.execute(LET_THE_NEXT, [live()])


def _left(db: Connection) -> list[str]:
    """Scratch databases that somebody left who was killed; what is only named like one is somebody's own."""
    ours = "SELECT datname FROM pg_database WHERE pg_has_role(datdba, 'USAGE') AND starts_with(datname, %s)"
    begins = _beside_live("_scratch_", "", room=2 * RANDOM)
    found = [name for (name,) in db.execute(ours, [begins]).fetchall()]
    return [name for name in found if re.fullmatch(f"[0-9a-f]{{{2 * RANDOM}}}", name[len(begins) :])]


def _beside_live(*says: str, room: int = 0) -> str:
    """The name of the live database, cut so that all of it is as long as a name may be, in bytes."""
    end = "".join(says)
    begin = live().encode()[: LONGEST_NAME - room - len(end.encode())].decode(errors="ignore")
    return begin + end


def _make(db: Connection, name: str) -> None:
    """From template0, since template1 may hold what a backup brings along itself; on the disks of the live one, where
    the owner may."""
    found, tablespace = db.execute(LIKE_LIVE, [live()]).fetchone()
    locale = found.get("datlocale") or found.get("daticulocale") or ""  # by its name of 17, or of 15 and 16
    db.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE {} LC_CTYPE {} ").format(
            sql.Identifier(name), found["datcollate"], found["datctype"]
        )
        + (sql.SQL("TABLESPACE {} ").format(sql.Identifier(tablespace)) if tablespace else sql.SQL(""))
        + sql.SQL(SAME_LOCALE[found["datlocprovider"]]).format(locale=sql.Literal(locale))
    )
    if found["datacl"] is not None:
        _let_in_the_same(db, name)


def _let_in_the_same(db: Connection, name: str) -> None:
    db.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
    rights = """
        SELECT privilege_type, CASE WHEN grantee = 0 THEN 'PUBLIC' ELSE grantee::regrole::text END
        FROM pg_database, aclexplode(datacl) WHERE datname = %s
    """
    for right, whom in db.execute(rights, [live()]).fetchall():
        db.execute(sql.SQL("GRANT {} ON DATABASE {} TO {}").format(sql.SQL(right), sql.Identifier(name), sql.SQL(whom)))


def drop(db: Connection, name: str) -> None:
    _send_away(db, name)
    db.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def _send_away(db: Connection, name: str) -> None:
    # Whoever may be: autovacuum is sent away by the server itself, a superuser by nobody.
    db.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND pg_has_role(usename, 'USAGE') AND pid <> pg_backend_pid()", [name],
    )  # fmt: skip


def swap(fresh: str, *, at: datetime, keep: bool) -> str:
    """`fresh` becomes the live database, in one transaction. Answers with the name under which the one that lived
    goes on, or with none where it is not kept. Whoever works in it is sent away and finds the new one."""
    connections.close_all()
    before = _beside_live("_before_", stamp(at))
    with beside() as db:
        try:
            _rename(db, fresh, before)
        except psycopg.errors.ObjectInUse as error:
            raise Unkept(
                _("Somebody works in the database who cannot be sent away: stop pages and workers ({why})."),
                why=error.diag.message_detail or error,
            ) from error
        if not keep:
            with suppress(psycopg.Error):  # it is done; an empty one more does no harm, and is told of
                drop(db, before)
                return ""
    return before


def _rename(db: Connection, fresh: str, before: str) -> None:
    renaming = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with _emptying(live()), db.transaction():
        db.execute(renaming.format(sql.Identifier(live()), sql.Identifier(before)))
        db.execute(renaming.format(sql.Identifier(fresh), sql.Identifier(live())))


@contextmanager
def _emptying(name: str) -> Iterator[None]:
    """Whoever is in this database is sent away as long as this lasts. Pages and workers come back at once; a renaming
    holds newcomers up at the door and waits some seconds for those inside to go, so both must happen together."""
    over = Event()

    def send_away() -> None:
        with beside() as db:
            while not over.wait(0.1):
                _send_away(db, name)

    with ThreadPoolExecutor(1) as pool:  # if it fails somebody stays inside, and the renaming says so
        pool.submit(send_away)
        try:
            yield
        finally:
            over.set()


def stamp(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dt%H%M%S}"


def one_role() -> bool:
    return role_of("owner") == role_of("default")


def role_of(alias: str) -> str:
    with connected(alias, live()) as db:
        return str(db.execute("SELECT current_user").fetchone()[0])


def give_rights(database: str) -> None:
    """To the serving role what it has in a database that was migrated from the beginning, whatever its name: nothing
    of it comes out of a backup, which may be of other roles, and of a server with other defaults."""
    if one_role():
        return
    role = role_of("default")
    with connected("owner", database) as db:
        applied = {(app, name) for app, name in db.execute("SELECT app, name FROM django_migrations").fetchall()}
        with db.transaction():
            _from_the_beginning(db, sql.Identifier(role))
            for taken in taken_back(applied):
                what = f"REVOKE {taken.rights} ON {', '.join(taken.tables)} FROM "
                db.execute(sql.SQL(what) + sql.Identifier(role))


def _from_the_beginning(db: Connection, role: sql.Identifier) -> None:
    for right in SERVING_RIGHTS:
        what, _on, kind = right.rpartition(" ON ")
        db.execute(sql.SQL(f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM ") + role)
        db.execute(sql.SQL(f"GRANT {what} ON ALL {kind} IN SCHEMA public TO ") + role)
        db.execute(sql.SQL(f"ALTER DEFAULT PRIVILEGES GRANT {right} TO ") + role)
