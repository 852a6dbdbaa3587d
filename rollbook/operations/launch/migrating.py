"""`migrate` beside people at work: it queues for no lock longer than they would notice, and tries again."""

import time
from collections.abc import Sequence

import django
from django.core.management import execute_from_command_line
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

from rollbook.operations.launch.supervisor import say

LOCK_TIMEOUT = "500ms"
"""Whoever waits for a table holds up all who come after. With the change itself it stays below a second."""

PAUSES = (1, 1, 2, 3, 5, 8, 13, 21)  # seconds before each new try


def migrate(*words: str) -> None:
    """What Django's command does, as the owner of the schema. Each migration is whole or not at all: a new try begins
    with the one that did not come to its turn."""
    django.setup()
    for pause in (*PAUSES, None):
        try:
            _try(words)
        except OperationalError as error:
            if pause is None or not isinstance(error.__cause__, LockNotAvailable):
                raise
            say(f"Somebody is at work on a table that is to be changed; again in {pause} s.")
            time.sleep(pause)
        else:
            return


def _try(words: Sequence[str]) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
    execute_from_command_line(["rollbook", "migrate", *words, "--database", "owner"])
