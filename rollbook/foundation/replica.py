"""Heavy reads that may be a moment old go to a standby, where there is one (DATABASE_REPLICA_URL).

For reports over many rows, for exports and checks; never for what a person has just written: that may not be there yet.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

T = TypeVar("T")

ALIAS = "replica"
MOST_LAG = 30
"""Seconds. On a house where nobody writes the last commit is that of a worker's heartbeat, each ten seconds; where no
worker runs a standby looks late, and the primary, which has nothing else to do, is asked."""

_reading: ContextVar[bool] = ContextVar("reading from the replica", default=False)


def a_moment_old(ask: Callable[[], T]) -> T:
    """What `ask` answers, by the standby, up to MOST_LAG seconds old; by the primary where the standby is none, is
    away, is late, or fails on the way. `ask` only reads: on the standby a write is an error. Not within a transaction.
    """
    if ALIAS not in settings.DATABASES:
        return ask()
    if transaction.get_connection().in_atomic_block:
        raise RuntimeError("What a transaction reads must be what it has written: ask the primary.")
    if not _keeps_up():
        return ask()
    token = _reading.set(True)
    try:
        return ask()
    except (OperationalError, InterfaceError):
        pass  # the standby fell, or had to choose between this and keeping up
    finally:
        _reading.reset(token)
    return ask()


def connection() -> BaseDatabaseWrapper:
    """For SQL by hand inside of `a_moment_old`: where the question goes now."""
    return connections[ALIAS if _reading.get() else DEFAULT_DB_ALIAS]


def _keeps_up() -> bool:
    """A standby that was made a primary is none any more: who knows what it has not heard of."""
    try:
        with connections[ALIAS].cursor() as cursor:
            late = "clock_timestamp() - pg_last_xact_replay_timestamp() > make_interval(secs => %s)"
            cursor.execute(f"SELECT pg_is_in_recovery() AND NOT {late}", [MOST_LAG])  # noqa: S608
            return bool(cursor.fetchone()[0])
    except (OperationalError, InterfaceError):
        return False


class Router:
    """Where Django sends a question that names no database."""

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return ALIAS if _reading.get() else None

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        if _reading.get():
            raise RuntimeError("This is a read that may be a moment old; it must not write.")
        return None
