"""Processes are killed while people work: what was acknowledged is there, once, with all that follows from it."""

import os
import signal
import time
from itertools import cycle, islice
from threading import Event, Thread

import procrastinate
import pytest

from tests.faults.conftest import LONG
from tests.faults.house import House, children_of, kill, wait_until
from tests.faults.load import CELLS, Caller, Load
from tests.faults.proof import prove
from tests.faults.visitor import Visitor

KILLS, WRITES, WRITERS = (21, 20_000, 6) if LONG else (7, 1_500, 4)
LONGEST_IDLE = 30  # seconds a transaction may stand open


def kill_postmaster(house):
    killed = kill(house.postmaster)
    house.cluster.start()
    return killed


def kill_postgresql(house):
    killed = kill(house.postmaster, *children_of(house.postmaster))
    house.cluster.start()
    return killed


def kill_backend(house):
    """Of a page at work: the others of PostgreSQL end by themselves then, and it recovers."""
    pid = house.one("SELECT pid FROM pg_stat_activity WHERE usename = 'rollbook_serving' ORDER BY state LIMIT 1")
    return kill(pid)


def kill_web(house):
    return kill(*house.services["web 1"].processes)


def kill_web_worker(house):
    return kill(*(pid for server in house.services["web 2"].programs[:1] for pid in children_of(server)[-1:]))


def kill_worker(house):
    return kill(*house.services["worker 1"].programs)


def kill_live(house):
    return kill(*house.services["live"].programs)


ATTACKS = (kill_web, kill_postgresql, kill_worker, kill_postmaster, kill_web_worker, kill_backend, kill_live)


class Orders(Thread):
    """Jobs that are ordered all the time: letters, each to an address of its own."""

    def __init__(self, house: House) -> None:
        super().__init__(daemon=True)
        self.house, self.halt, self.ordered = house, Event(), []

    def run(self):
        number = 0
        while not self.halt.wait(0.2):
            number += 1
            address = f"reader{number}@example.org"
            try:
                order(self.house, "access.notice", kind="password_set", email=address, language="en")
            except procrastinate.exceptions.ConnectorException:
                continue
            self.ordered.append(address)

    def stop(self):
        self.halt.set()
        self.join()


def order(house, task, **told):
    connector = procrastinate.SyncPsycopgConnector(conninfo=house.database)
    with procrastinate.App(connector=connector).open() as app:
        app.configure_task(task).defer(**told)


class Watch(Thread):
    """The longest that a transaction stood open with nobody doing anything in it."""

    def __init__(self, house):
        super().__init__(daemon=True)
        self.house, self.halt, self.longest = house, Event(), 0.0

    def run(self):
        while not self.halt.wait(1):
            try:
                idle = self.house.one("""
                    SELECT coalesce(max(extract(epoch FROM clock_timestamp() - state_change)), 0)
                    FROM pg_stat_activity WHERE state LIKE 'idle in transaction%%'
                """)
            except Exception:  # it is just being killed
                continue
            self.longest = max(self.longest, float(idle))

    def stop(self):
        self.halt.set()
        self.join()


@pytest.fixture
def busy(house):
    house.begin("web 1", "serve")
    house.begin("web 2", "serve")
    house.begin("live", "live")
    house.begin("worker 1", "worker")
    house.begin("worker 2", "worker")
    return house


def test_what_was_acknowledged_outlives_kills(busy, figures):
    cells, since = busy.all(CELLS), busy.one("SELECT max(id) FROM history_entry")
    orders, watch = Orders(busy), Watch(busy)
    orders.start()
    watch.start()
    done, began = [], time.monotonic()
    with Load(lambda: Caller(busy.ports, busy.key), cells, WRITERS) as load:
        for number, attack in enumerate(islice(cycle(ATTACKS), KILLS), 1):
            due = number * WRITES / (KILLS + 1)
            wait_until(lambda due=due: load.acknowledged >= due, f"{number}: {done}", 600)
            # A worker that has just fallen with its database pauses some seconds before it is there to be killed.
            wait_until(lambda attack=attack: attack(busy), f"somebody to kill by {attack.__name__}")
            done.append(attack.__name__)
        wait_until(lambda: load.acknowledged >= WRITES, "all written", 600)
    seconds = time.monotonic() - began
    orders.stop()
    watch.stop()
    stream = int(busy.services["live"].environment["PORT"]) + 1
    wait_until(lambda: Visitor().get(stream, "/live/health")[0] == 200, "the event stream listens again")

    proof = prove(busy, load, since)
    unfinished, letters = finish_jobs(busy)
    figures["kills"] = {
        "kills": len(done), "acknowledged": proof.acknowledged, "lost": len(proof.lost),
        "doubled": len(proof.doubled), "halved": len(proof.halved), "seconds": round(seconds),
        "asked_again": proof.asked_again, "done_though_unheard": proof.done_unheard, "unanswered": load.unanswered,
        "jobs": len(orders.ordered), "letters": len(letters), "longest_idle_in_transaction_s": round(watch.longest, 1),
    }
    assert load.surprises == []
    assert (proof.lost, proof.doubled, proof.halved) == ([], [], [])
    assert proof.acknowledged >= WRITES
    assert unfinished == []
    assert set(orders.ordered) <= set(letters)
    assert watch.longest < LONGEST_IDLE
    assert busy.broken_promises() == []


def finish_jobs(house):
    """Jobs of killed workers are found by their silence, each five minutes; here the search is ordered at once."""
    time.sleep(31)
    order(house, "upkeep.rescue", timestamp=int(time.time()))
    waiting = "SELECT task_name || ' ' || status FROM procrastinate_jobs WHERE status IN ('todo', 'doing')"
    wait_until(lambda: not house.all(waiting), "all jobs are done")
    letters = [
        line.removeprefix("To: ").strip()
        for letter in house.letters.iterdir() for line in letter.read_text().splitlines() if line.startswith("To: ")
    ]
    return house.all("SELECT id FROM procrastinate_jobs WHERE status = 'failed'"), letters


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_restart_of_the_database_is_an_interruption(busy, mode):
    cells, since = busy.all(CELLS), busy.one("SELECT max(id) FROM history_entry")
    with Load(lambda: Caller(busy.ports, busy.key), cells, 2) as load:
        wait_until(lambda: load.acknowledged >= 100, "100 written")
        os.kill(busy.postmaster, {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        wait_until(lambda: not (busy.cluster.data / "postmaster.pid").exists(), "it has stopped")
        busy.cluster.start()
        wait_until(lambda: load.acknowledged >= 200, "100 more")
    proof = prove(busy, load, since)
    assert (load.surprises, proof.lost, proof.doubled, proof.halved) == ([], [], [], [])
