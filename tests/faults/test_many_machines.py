"""Several processes of each kind, as on several machines: nothing is kept in one of them."""

import time
from http.client import HTTPConnection

import pytest

from tests.faults.house import wait_until
from tests.faults.load import CELLS, Caller
from tests.faults.visitor import Visitor, signed_in


@pytest.fixture
def two(house):
    for name, command in (("web", "serve"), ("live", "live")):
        for number in (1, 2):
            house.begin(f"{name} {number}", command)
    return house


def test_who_signs_in_at_one_is_known_to_the_other(two):
    one, other = two.ports
    visitor = signed_in(two, one)
    assert "/account/" in visitor.get(other, "/clients/")[1]
    assert "account/login" not in visitor.get(other, "/clients/")[1]
    assert visitor.post(other, "/account/logout/")[0] == 200
    assert "account/login" in visitor.get(one, "/clients/")[1]


def test_tries_to_sign_in_are_counted_together(two):
    visitor, answers = Visitor(), []
    for number in range(6):
        visitor.get(two.ports[0], "/account/login/")
        told = {"login": "teacher2", "password": "a wrong one"}
        answers.append(visitor.post(two.ports[number % 2], "/account/login/", **told)[0])
    assert answers == [422] * 5 + [429]


def test_what_is_done_at_one_is_told_by_the_other(two):
    visitor = signed_in(two, two.ports[0])
    lesson, client, version, status = two.all(CELLS)[0]
    readers = []
    for name in ("live 1", "live 2"):
        port = int(two.services[name].environment["PORT"]) + 1
        reader = HTTPConnection("127.0.0.1", port, timeout=20)
        reader.request("GET", f"/live/?topics=lesson:{lesson}", headers={"Cookie": visitor.session})
        answer = reader.getresponse()
        assert answer.status == 200
        assert answer.readline().startswith(b"retry:")
        readers.append((reader, answer))
    caller = Caller(two.ports[:1], two.key)
    wanted = "missed" if status == "attended" else "attended"
    body = {"marks": [{"client_id": client, "status": wanted, "seen": version}]}
    assert caller.call("POST", f"/lessons/{lesson}/marks", body)[0] == 200
    caller.close()
    for reader, answer in readers:
        heard = b""
        while not heard.startswith(b"data:"):
            heard = answer.readline()
        assert heard == f"data: lesson:{lesson}\n".encode()
        reader.close()


def test_what_is_due_is_done_once_however_many_workers_there_are(house):
    house.all("WITH gone AS (DELETE FROM procrastinate_periodic_defers RETURNING 1) SELECT count(*) FROM gone")
    first = house.one("SELECT coalesce(max(id), 0) FROM procrastinate_jobs")
    for number in range(3):
        house.begin(f"worker {number}", "worker")
    orders = """
        SELECT task_name, args->>'timestamp', count(*) FROM procrastinate_jobs
        WHERE id > %s AND args ? 'timestamp' GROUP BY 1, 2
    """
    # Each worker, when it starts, orders what was due in the last minutes.
    wait_until(lambda: house.all(orders, first), "something was due")
    wait_until(lambda: house.one("SELECT count(*) FROM procrastinate_workers") >= 3, "all work")
    time.sleep(5)
    assert {count for _, _, count in house.all(orders, first)} == {1}
    waiting = "SELECT count(*) FROM procrastinate_jobs WHERE id > %s AND status IN ('todo', 'doing')"
    wait_until(lambda: house.one(waiting, first) == 0, "it is done")
    assert house.all("SELECT task_name FROM procrastinate_jobs WHERE id > %s AND status <> 'succeeded'", first) == []
