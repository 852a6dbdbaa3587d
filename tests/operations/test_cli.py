"""What `rollbook` refuses to start in."""

from contextlib import nullcontext

import pytest
from django.db import connections

from rollbook.operations.demo import UNFINISHED
from rollbook.operations.launch import cli, programs
from rollbook.operations.launch.environment import Misconfigured
from tests.databases import address_of


@pytest.fixture
def supervised(own_database, monkeypatch):
    """Which programs were started."""
    started = []
    monkeypatch.setenv("DATABASE_URL", address_of(own_database, "default"))
    monkeypatch.setattr(cli.environment, "ready", nullcontext)
    monkeypatch.setattr(cli, "migrate", lambda *words: None)
    monkeypatch.setattr(cli, "call_command", lambda *words, **how: None)
    monkeypatch.setattr(programs, "must_be_free", lambda port: None)
    monkeypatch.setattr(cli, "supervise", lambda programs, **how: started.extend(programs) or 0)
    return started


@pytest.mark.parametrize("command", ["run", "serve", "live", "worker"])
def test_nobody_works_in_half_a_demo(supervised, monkeypatch, command):
    monkeypatch.setenv("DEMO", "0")
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"CREATE TABLE {UNFINISHED} (id int)")
    with pytest.raises(Misconfigured, match="demo was begun in this database and not finished"):
        cli._carry_out([command])
    assert supervised == []
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"DROP TABLE {UNFINISHED}")
    assert cli._carry_out([command]) == 0
    assert supervised


def test_pages_start_before_the_database_does(supervised, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql:///rollbook?host=/nowhere")
    assert cli._carry_out(["serve"]) == 0
    assert supervised
