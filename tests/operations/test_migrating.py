import psycopg
import pytest
from django.db import OperationalError, connections

from rollbook.operations.launch import migrating
from tests.databases import address_of

DOWN, UP = ("billing", "0001", "--verbosity", "0"), ("--verbosity", "0")


@pytest.fixture
def somebody(own_database, monkeypatch):
    """At work on the ledger, in a transaction that stays open."""
    migrating.migrate("billing", "0002", "--verbosity", "0")  # what comes after is patient, and would wait for them
    monkeypatch.setattr(migrating, "LOCK_TIMEOUT", "20ms")
    monkeypatch.setattr(migrating, "PAUSES", (0, 0))
    with psycopg.connect(address_of(own_database, "owner")) as connection:
        connection.execute("LOCK TABLE billing_ledgerentry IN ROW EXCLUSIVE MODE")
        yield connection


def guarded():
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname = 'ledger_adds_to_balance'")
        return cursor.fetchone() == (1,)


def test_a_migration_that_meets_somebody_at_work_lets_them_finish(somebody, monkeypatch):
    said = []
    monkeypatch.setattr(migrating, "say", lambda sentence: (said.append(sentence), somebody.rollback()))
    migrating.migrate(*DOWN)
    assert len(said) == 1
    assert not guarded()
    migrating.migrate(*UP)
    assert guarded()


def test_it_gives_up_where_they_never_do_and_has_changed_nothing(somebody):
    with pytest.raises(OperationalError, match="lock timeout"):
        migrating.migrate(*DOWN)
    assert guarded()
