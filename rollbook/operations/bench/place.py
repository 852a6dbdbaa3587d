"""Where it is measured: whether the database may be written to, how large it is, who asks, and how."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Q

from rollbook.domains.access.models import User
from rollbook.domains.access.queries import first_owner
from rollbook.foundation.postgresql import PLANNED_ONCE
from rollbook.operations.demo.scales import SCALES

# Written down by the demo alone when it founds its school, and never to be changed: history is append-only.
FOUNDED_BY_DEMO = """
  SELECT EXISTS (
    SELECT FROM history_entry
    WHERE subject = 'organisation:1' AND verb = 'organisation.founded' AND by_name = 'rollbook demo' AND via = 'command'
  )
"""
CLIENTS = "SELECT count(*) FROM people_client"


def is_demo() -> bool:
    return bool(_one(FOUNDED_BY_DEMO))


def scale() -> str:
    """The scale of the demo that this database is nearest to."""
    clients = max(_one(CLIENTS), 1)
    return min(SCALES.values(), key=lambda known: max(known.clients / clients, clients / known.clients)).code


def who(login: str | None) -> User | None:
    """Whoever has this login; without one the first owner, who sees the most."""
    users = User.objects.filter(is_active=True)
    return users.filter(Q(username=login) if login else Q(pk=first_owner())).first()


@contextmanager
def planned_once() -> Iterator[None]:
    """The connection as that of a page (config/settings.py)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, %s, false)", PLANNED_ONCE)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"RESET {PLANNED_ONCE[0]}")


def _one(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
