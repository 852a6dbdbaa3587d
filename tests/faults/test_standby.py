"""A second PostgreSQL that follows the first: reads from it, and what is kept when the first one is lost."""

import os
import signal
import time
from pathlib import Path

import pytest

from rollbook.operations.launch.cluster import SERVING, SUPERUSER, Cluster
from tests.faults.conftest import LONG
from tests.faults.house import House, children_of, descendants_of, kill, wait_until
from tests.faults.load import CELLS, Caller, Load, NoAnswer
from tests.faults.proof import prove

WRITES = 1000 if LONG else 150
FOLLOWING = "SELECT count(*) FROM pg_stat_replication WHERE true"
WHERE = """
from rollbook.domains.people.models import Client
from rollbook.foundation import replica
print(replica.a_moment_old(lambda: (Client.objects.all().db, replica.connection().alias, Client.objects.count())))
"""


@pytest.fixture
def pair(tmp_path):
    """A house of its own, for at its end the first PostgreSQL is lost; and a standby that follows it."""
    with House.founded(tmp_path, "S") as house:
        standby = Cluster(tmp_path / "standby")
        house.left.callback(standby.destroy)
        primary = f"{house.cluster.url(SUPERUSER, 'postgres')}&application_name=standby"
        standby._run(
            "pg_basebackup", "--pgdata", str(standby.data), "--dbname", primary, "--write-recovery-conf",
            "--checkpoint=fast", "--wal-method=stream",
        )  # fmt: skip
        standby.start()
        wait_until(lambda: house.one(f"{FOLLOWING} AND state = 'streaming'"), "it follows")
        house.database = f"{house.database}&target_session_attrs=read-write".replace(
            f"host={house.cluster.socket}", f"host={house.cluster.socket},{standby.socket}"
        )
        yield house, standby


def synchronous(house):
    with house.connected() as db:
        db.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        db.execute("SELECT pg_reload_conf()")
    wait_until(lambda: house.one(f"{FOLLOWING} AND sync_state = 'sync'"), "it is waited for")


def receiver_of(standby):
    """The process that takes in what the primary sends."""
    postmaster = int((standby.data / "postmaster.pid").read_text().split()[0])
    return next(
        pid for pid in children_of(postmaster) if b"walreceiver" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )


def lose_first(house, standby):
    """The machine of the primary is gone; the standby takes its place. Returns after how many seconds."""
    began = time.monotonic()
    postmaster = house.postmaster
    kill(postmaster, *descendants_of(postmaster))
    standby._run("pg_ctl", "--pgdata", str(standby.data), "--wait", "promote")
    house.cluster = standby
    return time.monotonic() - began


def test_with_a_synchronous_standby_nothing_acknowledged_is_lost(pair, figures):
    house, standby = pair
    synchronous(house)
    house.begin("web", "serve")
    house.begin("worker", "worker")
    cells, since = house.all(CELLS), house.one("SELECT max(id) FROM history_entry")
    with Load(lambda: Caller(house.ports, house.key), cells, 4) as load:
        wait_until(lambda: load.acknowledged >= WRITES, "written")
        before, began = load.acknowledged, time.monotonic()
        lose_first(house, standby)
        # Nobody stands behind it now: as an administrator would say, it goes on alone.
        with house.connected() as db:
            db.execute("ALTER SYSTEM SET synchronous_standby_names = ''")
            db.execute("SELECT pg_reload_conf()")
        wait_until(lambda: load.acknowledged >= before + 10, "written again")
        away = time.monotonic() - began
        wait_until(lambda: load.acknowledged >= before + WRITES // 2, "written on the other one")
    proof = prove(house, load, since)
    figures["failover, synchronous"] = {
        "acknowledged": proof.acknowledged, "lost": len(proof.lost), "asked_again": proof.asked_again,
        "done_though_unheard": proof.done_unheard, "seconds until ten more were written": round(away, 1),
    }  # fmt: skip
    assert (load.surprises, proof.lost, proof.doubled, proof.halved) == ([], [], [], [])
    assert house.broken_promises() == []


def test_what_a_standby_did_not_keep_is_not_acknowledged(pair):
    """The server ends a commit that waits for its standby with success when its time is over; a page never says so."""
    house, standby = pair
    synchronous(house)
    house.begin("web", "serve")
    lesson, client, version, status = house.all(CELLS)[0]
    wanted = "missed" if status == "attended" else "attended"
    caller = Caller(house.ports, house.key)

    def mark():
        body = {"marks": [{"client_id": client, "status": wanted, "seen": version}]}
        return caller.call("POST", f"/lessons/{lesson}/marks", body)[0]

    receiver = receiver_of(standby)
    os.kill(receiver, signal.SIGSTOP)
    try:
        with pytest.raises(NoAnswer, match="503"):
            mark()
    finally:
        os.kill(receiver, signal.SIGCONT)
    wait_until(lambda: house.one(f"{FOLLOWING} AND sync_state = 'sync'"), "it follows again")
    assert mark() == 200
    caller.close()
    cell = "SELECT version, status FROM journal_mark WHERE lesson_id = %s AND client_id = %s"
    stands = house.all(cell, lesson, client)
    assert stands == [(version + 1, wanted)]


def test_with_an_asynchronous_one_the_last_moments_can_be_lost_and_nothing_else(pair, figures):
    house, standby = pair
    house.begin("web", "serve")
    cells, since = house.all(CELLS), house.one("SELECT max(id) FROM history_entry")
    with Load(lambda: Caller(house.ports, house.key), cells, 4) as load:
        wait_until(lambda: load.acknowledged >= WRITES, "written")
        os.kill(receiver_of(standby), signal.SIGSTOP)
        sent = load.acknowledged
        wait_until(lambda: load.acknowledged >= sent + 50, "written to one alone")
    lost = load.acknowledged - sent
    receiver = receiver_of(standby)
    house.stop_services()
    postmaster = house.postmaster
    kill(postmaster, *descendants_of(postmaster), receiver)
    wait_until(lambda: standby._answers(), "the standby is well")
    lose_first(house, standby)
    proof = prove(house, load, since)
    figures["failover, asynchronous, cut off before"] = {
        "acknowledged": proof.acknowledged, "after the cut": lost, "lost": len(proof.lost),
    }  # fmt: skip
    assert 0 < len(proof.lost) <= lost + 4  # four who were in the middle of an act
    assert (proof.doubled, proof.halved) == ([], [])
    assert house.broken_promises() == []


def test_heavy_reads_go_to_the_standby_while_it_keeps_up(pair):
    house, standby = pair
    house.begin("worker", "worker")  # its heartbeat is what a standby hears where nobody writes
    told = {"DATABASE_REPLICA_URL": standby.url(SERVING)}

    def asked():
        return house.rollbook("shell", "--verbosity", "0", "--command", WHERE, **told).strip()

    clients = house.one("SELECT count(*) FROM people_client")
    wait_until(lambda: asked() == f"('replica', 'replica', {clients})", "the standby is asked")
    assert house.broken_promises(**told) == []
    assert "kept" in house.rollbook("doctor", "--replica", **told)
    refused = house.rollbook(
        "shell", "--verbosity", "0", "--command",
        "from django.db import connections; connections['replica'].cursor().execute('DELETE FROM cache')",
        check=False, **told,
    )  # fmt: skip
    assert refused == ""

    if LONG:  # it stays, but hears nothing more
        receiver = receiver_of(standby)
        os.kill(receiver, signal.SIGSTOP)
        time.sleep(35)
        assert asked() == f"('default', 'default', {clients})"
        os.kill(receiver, signal.SIGCONT)
        wait_until(lambda: asked() == f"('replica', 'replica', {clients})", "it is asked again")
    standby.stop()
    assert asked() == f"('default', 'default', {clients})"
    standby.start()
