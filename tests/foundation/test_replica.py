"""Where heavy reads go. That a real standby answers them is tried by `make test-faults`."""

import pytest
from django.conf import settings
from django.db import OperationalError, connections, router, transaction

from rollbook.domains.people.models import Client
from rollbook.foundation import replica


@pytest.fixture
def replica_at(own_database, monkeypatch):
    """A second way to a database, by the name of replica."""

    def at(**told):
        monkeypatch.setitem(connections.settings, "replica", connections.settings["default"] | told)
        monkeypatch.setitem(settings.DATABASES, "replica", connections.settings["replica"])
        monkeypatch.setattr(router, "routers", [replica.Router()])

    yield at
    connections["replica"].close()
    del connections["replica"]


@pytest.fixture
def standby(replica_at, monkeypatch):
    """The same database, taken for a standby that keeps up."""
    replica_at()
    monkeypatch.setattr(replica, "_keeps_up", lambda: True)


def asked():
    """Which database answers a question of the ORM, and one by hand."""
    return Client.objects.all().db, replica.connection().alias


def test_without_a_replica_the_primary_is_asked(db):
    assert replica.a_moment_old(asked) == ("default", "default")


def test_a_replica_that_keeps_up_is_asked_and_nothing_else_goes_there(standby):
    assert replica.a_moment_old(asked) == ("replica", "replica")
    assert asked() == ("default", "default")


@pytest.mark.parametrize("told", [{}, {"HOST": "/nowhere"}], ids=["no standby", "away"])
def test_what_is_no_standby_and_what_is_away_is_not_asked(replica_at, told):
    replica_at(**told)
    assert replica.a_moment_old(asked) == ("default", "default")


def test_one_that_fails_on_the_way_is_asked_no_more(standby):
    def falls():
        if replica.connection().alias == "replica":
            raise OperationalError("canceling statement due to conflict with recovery")
        return asked()

    assert replica.a_moment_old(falls) == ("default", "default")


def test_it_is_for_reading_alone(standby):
    with pytest.raises(RuntimeError, match="must not write"):
        replica.a_moment_old(lambda: Client.objects.all().delete())


def test_a_transaction_reads_what_it_wrote(standby):
    with transaction.atomic(), pytest.raises(RuntimeError, match="ask the primary"):
        replica.a_moment_old(asked)
