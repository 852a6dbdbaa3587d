"""What is booked by hand, by the API."""

import json
from decimal import Decimal as D

import pytest

from rollbook.domains.billing.models import LedgerEntry
from rollbook.domains.journal.models import Status
from rollbook.workflows import lesson_marked
from tests.school import AT
from tests.web.browsing import signed_in

KEY = "a-key-of-mine"


@pytest.fixture
def ask(school):
    browser = signed_in(school, "oleg")

    def ask(path, body):
        return browser.post(f"/api/v1{path}", json.dumps(body), content_type="application/json")

    ask.get = lambda path: browser.get(f"/api/v1{path}").json()
    return ask


@pytest.fixture
def ivan(school):
    return school.clients()[0].pk


def booked(amount, **told):
    return {"amount": amount, "reason": "Counted twice", "on": "2026-09-01", "key": KEY} | told


def test_corrections_and_bonuses_are_booked_once_and_listed(ask, ivan):
    answers = [ask(f"/clients/{ivan}/corrections", booked("-7.50")) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json() == {"entry_id": LedgerEntry.objects.get().pk, "balance": "-7.50"}
    assert ask(f"/clients/{ivan}/bonuses", booked("5", key="another-key")).json()["balance"] == "-2.50"
    found = ask.get("/corrections/?month=2026-09-15")
    assert [(row["kind"], row["amount"], row["by_name"]) for row in found["corrections"]] == [
        ("bonus", "5.00", "Oleg"), ("correction", "-7.50", "Oleg"),
    ]
    assert found["totals"] == [
        {"kind": "correction", "number": 1, "amount": "-7.50"}, {"kind": "bonus", "number": 1, "amount": "5.00"},
    ]
    entry = answers[0].json()["entry_id"]
    taken_back = ask(f"/entries/{entry}/reversal", {"reason": "No"})
    assert taken_back.json() == {"client_id": ivan, "balance": "5.00"}


def test_a_refund_and_a_transfer_of_more_than_there_is_must_be_meant(ask, ivan, school):
    olga = school.clients()[1].pk
    ask(f"/clients/{ivan}/bonuses", booked("5"))
    back = {"amount": "6", "method": "cash", "on": "2026-09-01", "key": "money-back"}
    moved = {"client_id": olga, "amount": "6", "reason": "Sisters", "key": "money-moved"}
    for path, body in (("refunds", back), ("transfers", moved)):
        assert ask(f"/clients/{ivan}/{path}", body).status_code == 409
    assert ask(f"/clients/{ivan}/refunds", back | {"amount": "2"}).json()["balance"] == "3.00"
    answer = ask(f"/clients/{ivan}/transfers", moved | {"over_balance": True})
    assert (answer.status_code, answer.json()["balance"]) == (201, "-3.00")
    line = ask.get(f"/clients/{olga}?month=2026-09-01")
    assert answer.json()["transfer_id"]
    assert D(line["balance"]) == 6
    undone = ask(f"/transfers/{answer.json()['transfer_id']}/reversal", {"reason": "No"})
    assert undone.json() == {"client_id": ivan, "balance": "3.00"}


def test_a_charge_is_let_off(ask, ivan, school):
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={ivan: Status.ATTENDED}, seen=None, at=AT, by=school.actor("oleg")
    )
    charge = LedgerEntry.objects.get().pk
    answer = ask(f"/entries/{charge}/discount", {"percent": "10", "reason": "Late", "key": KEY})
    assert (answer.status_code, answer.json()) == (201, {"client_id": ivan, "balance": "-11.25"})


@pytest.mark.parametrize("amount", ["0", "1e3", "--1", "1.005", 1.5, None, "", "-"])
def test_a_sum_is_one(ask, ivan, amount):
    answer = ask(f"/clients/{ivan}/corrections", booked(amount))
    assert answer.status_code == 422
    assert any(name.endswith("amount") for name in answer.json()["fields"])
