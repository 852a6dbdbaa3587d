"""The connection of pages, which does not wait for ever."""

import psycopg
import pytest
from django.db import connections

from rollbook.foundation.postgresql import PATIENCE, SERVER_PATIENCE, base


@pytest.fixture
def connection(db):
    return base.DatabaseWrapper(connections.settings["default"])


def test_who_gets_no_answer_is_told_so_and_asks_anew_the_next_time(connection, monkeypatch):
    monkeypatch.setattr(base, "PATIENCE", 0.1)
    with connection.cursor() as cursor, pytest.raises(psycopg.OperationalError):
        cursor.connection.execute("SELECT pg_sleep(60)")
    connection.close_if_unusable_or_obsolete()
    connection.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
    connection.close()


def test_what_the_server_refuses_leaves_the_connection_as_it_was(connection):
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 1")
        with pytest.raises(Exception, match="statement timeout"):
            cursor.execute("SELECT pg_sleep(60)")
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SELECT 2")
        assert cursor.fetchone() == (2,)
    connection.close()


def test_a_page_gives_up_before_the_server_does():
    assert PATIENCE < SERVER_PATIENCE
