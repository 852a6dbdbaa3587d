"""What the database knows of the installation as a whole, asked over a connection of its own, which soon gives up."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

import psycopg
from django.db import connections
from django.db.migrations.loader import MigrationLoader

PATIENCE = 2  # seconds
HEARTBEAT = 60  # seconds after which a worker that has not been heard of is away; it beats every ten

Counts: TypeAlias = Mapping[str, int]

WORKERS = "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat > now() - %s * interval '1 second'"
# Jobs that are over and were done are not counted: there are many, and nobody waits for them.
JOBS = """
    SELECT status::text, count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing', 'failed') GROUP BY status
"""
OLDEST = """
    SELECT coalesce(extract(epoch FROM now() - min(coalesce(job.scheduled_at, event.at))), 0)::float
    FROM procrastinate_jobs job JOIN procrastinate_events event ON event.job_id = job.id AND event.type = 'deferred'
    WHERE job.status = 'todo' AND coalesce(job.scheduled_at, now()) <= now()
"""
CONNECTIONS = """
    SELECT coalesce(state, 'unknown'), count(*) FROM pg_stat_activity WHERE datname = current_database() GROUP BY 1
"""
# How the nights ended, as operations/house.py writes it down. A proof is as old as the file that was proven.
NIGHTS = """
    SELECT DISTINCT ON (verb) substr(verb, 7), extract(epoch FROM now() - since)::float,
           (SELECT count(*) FROM jsonb_object_keys(coalesce(new -> 'broken', '{}')))
    FROM history_entry, coalesce((new ->> 'made_at')::timestamptz, at) since
    WHERE subject = 'house' AND verb IN ('house.examined', 'house.backed_up', 'house.proven') ORDER BY verb, since DESC
"""


@dataclass(frozen=True, slots=True)
class State:
    workers: int
    jobs: Counts
    oldest_job_seconds: float
    connections: Counts
    seconds_since: Mapping[str, float]
    """The last examination, and since the newest backup was made, and the newest one that was proven; what never was is
    not there."""
    broken: int | None
    """Promises that the last examination found broken; None where there was none."""


def checks() -> dict[str, bool]:
    """What must be so before this installation can serve, by name."""
    try:
        with _asking() as db:
            applied = {(app, name) for app, name in db.execute("SELECT app, name FROM django_migrations")}
            return {"database": True, "migrations": _newest() <= applied, "worker": _workers(db) > 0}
    except psycopg.Error:
        return {"database": False}


def state() -> State | None:
    """None where the database does not answer."""
    try:
        with _asking() as db:
            nights = {str(what): (float(str(age)), int(str(broken))) for what, age, broken in db.execute(NIGHTS)}
            return State(
                workers=_workers(db),
                jobs=dict.fromkeys(("todo", "doing", "failed"), 0) | dict(db.execute(JOBS).fetchall()),
                oldest_job_seconds=_one(db, OLDEST),
                connections=dict(db.execute(CONNECTIONS).fetchall()),
                seconds_since={what: age for what, (age, _) in nights.items()},
                broken=nights["examined"][1] if "examined" in nights else None,
            )
    except psycopg.Error:
        return None


@contextmanager
def _asking() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """As the pages ask, but not over their connection, which may hang."""
    told = connections["default"].get_connection_params()
    told = {name: value for name, value in told.items() if name not in {"context", "cursor_factory"}}
    with psycopg.connect(**told | {"connect_timeout": PATIENCE}) as db:
        db.execute(f"SET LOCAL statement_timeout = {PATIENCE * 1000}")
        yield db


def _workers(db: "psycopg.Connection[tuple[object, ...]]") -> int:
    return int(_one(db, WORKERS, HEARTBEAT))


def _one(db: "psycopg.Connection[tuple[object, ...]]", question: str, *told: object) -> float:
    row = db.execute(question, told).fetchone()
    return float(str(row[0])) if row else 0.0


@cache
def _newest() -> frozenset[tuple[str, str]]:
    """The last migration of each part of this program."""
    return frozenset(MigrationLoader(None, ignore_no_migrations=True).graph.leaf_nodes())
