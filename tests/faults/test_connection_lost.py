"""The way to the database is cut, stalls, slows, or loses its wire: pages say so in seconds, and work again at once."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from threading import Thread

import pytest

from rollbook.foundation.postgresql import PATIENCE
from tests.faults.conftest import LONG
from tests.faults.house import wait_until
from tests.faults.load import CELLS, Caller, Load, NoAnswer
from tests.faults.proof import prove
from tests.faults.relay import Relay
from tests.faults.visitor import Visitor

SOON = 10  # seconds after which all must be well again
OUTAGE = 45 if LONG else 14  # seconds; longer than a page waits, and in the long form than a transaction may idle
PORT = 5432


@pytest.fixture
def relay(house):
    relay = Relay(house.cluster.socket / ".s.PGSQL.5432")
    Thread(target=relay.serve, daemon=True).start()
    yield relay
    relay.close()


@pytest.fixture
def apart(house, relay):
    """Pages that reach the database by the relay alone."""
    house.begin("web", "serve", DATABASE_URL=f"postgresql://rollbook_serving@127.0.0.1:{relay.port}/rollbook")
    return house


def asked(house, timeout=60):
    """What a page says, and after how many seconds."""
    began, caller = time.monotonic(), Caller(house.ports, house.key, timeout)
    try:
        said = str(caller.call("GET", "/groups/")[0])
    except NoAnswer as error:
        said = str(error)
    finally:
        caller.close()
    return said, time.monotonic() - began


def ready(house):
    return Visitor().get(house.ports[0], "/readyz")[0]


def idle_in_transaction(house):
    return float(house.one("""
        SELECT coalesce(max(extract(epoch FROM clock_timestamp() - state_change)), 0)
        FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'
    """))  # fmt: skip


@contextmanager
def at_work(house):
    """Two who write before, during and after; what they were told holds."""
    since, cells = house.one("SELECT max(id) FROM history_entry"), house.all(CELLS)
    with Load(lambda: Caller(house.ports, house.key), cells, 2) as load:
        wait_until(lambda: load.acknowledged >= 20, "20 written")
        yield load
        so_far = load.acknowledged
        wait_until(lambda: load.acknowledged >= so_far + 20, "20 more")
    proof = prove(house, load, since)
    assert (load.surprises, proof.lost, proof.doubled, proof.halved) == ([], [], [], [])
    assert house.broken_promises() == []


def answers_again(house, figures, name):
    began = time.monotonic()
    wait_until(lambda: asked(house)[0] == "200", "pages answer again", SOON)
    figures[f"{name}: again after s"] = round(time.monotonic() - began, 1)


def test_a_cut_is_told_at_once(apart, relay, figures):
    with at_work(apart):
        with relay.cut():
            said, seconds = asked(apart)
            assert (said, seconds < SOON) == ("503", True)
            wait_until(lambda: ready(apart) == 503, "load balancers are told", SOON)
        answers_again(apart, figures, "cut")
        wait_until(lambda: ready(apart) == 200, "load balancers are told that it is over", SOON)


def test_a_stall_is_told_in_seconds_and_leaves_nothing_open(apart, relay, figures):
    with at_work(apart):
        with relay.stalled():
            said, seconds = asked(apart)
            assert said == "503"
            figures["stall: told after s"] = round(seconds, 1)
            # Those who wrote wait before whoever asked, each as long as one may.
            assert seconds < 3 * PATIENCE
            time.sleep(max(0, OUTAGE - seconds))
            figures["stall: idle in transaction s"] = round(idle_in_transaction(apart), 1)
            assert idle_in_transaction(apart) < 31
        answers_again(apart, figures, "stall")


def test_a_slow_way_is_slow_and_right(apart, relay):
    with relay.slowed(0.02), at_work(apart):
        assert asked(apart)[0] == "200"


@pytest.fixture
def wire(house):
    """A relay behind a network cable, in a network of its own."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("Networks can be made by root, with iproute2.")
    name, ours, theirs = "rollbook-faults", "rbf0", "rbf1"
    steps = (
        f"ip netns add {name}", f"ip link add {ours} type veth peer name {theirs} netns {name}",
        f"ip addr add 10.213.7.1/30 dev {ours}", f"ip link set {ours} up",
        f"ip -n {name} addr add 10.213.7.2/30 dev {theirs}", f"ip -n {name} link set {theirs} up",
    )  # fmt: skip
    try:
        for step in steps:
            done = subprocess.run(step.split(), capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"Networks cannot be made here: {done.stderr.strip()}")
        socket = house.cluster.socket / ".s.PGSQL.5432"
        relay = subprocess.Popen(
            ["ip", "netns", "exec", name, sys.executable, "-m", "tests.faults.relay", "10.213.7.2", str(PORT), socket]
        )
        try:
            yield f"ip -n {name} link set {theirs}"
        finally:
            relay.kill()
            relay.wait()
    finally:
        subprocess.run(["ip", "link", "del", ours], capture_output=True)
        subprocess.run(["ip", "netns", "del", name], capture_output=True)


def test_a_pulled_wire_is_told_in_seconds_and_leaves_nothing_open(house, wire, figures):
    house.begin("web", "serve", DATABASE_URL="postgresql://rollbook_serving@10.213.7.2/rollbook")
    with at_work(house):
        subprocess.run([*wire.split(), "down"], check=True)
        said, seconds = asked(house)
        figures["wire pulled: told after s"] = round(seconds, 1)
        assert said == "503"
        assert seconds < 3 * PATIENCE
        time.sleep(max(0, OUTAGE - seconds))
        figures["wire pulled: idle in transaction s"] = round(idle_in_transaction(house), 1)
        assert idle_in_transaction(house) < 31
        subprocess.run([*wire.split(), "up"], check=True)
        answers_again(house, figures, "wire pulled")
