"""Selling, looking at what was sold, and renewing over the API."""

from datetime import date
from decimal import Decimal as D

import pytest
import time_machine

from rollbook.domains.billing.models import Subscription, Tariff, TariffUse
from tests.school import AT

KEY = "order-2026-0042"


@pytest.fixture(autouse=True)
def at_the_school():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def month(school):
    made = Tariff.objects.create(name="Month", kind="month", pricing="month", price=D(100))
    TariffUse.objects.create(tariff=made, group=school.groups["chess"], since=date(2026, 1, 1))
    return made


@pytest.fixture
def mara(school, client):
    client.force_login(school.users["mara"])
    return client


def post(client, address, **told):
    return client.post(f"/api/v1{address}", told, content_type="application/json")


def order(school, month, **told):
    return {"group_id": school.groups["chess"].pk, "tariff_id": month.pk, "since": "2026-09-01", "key": KEY} | told


def test_an_offer_says_what_is_usual_and_how_it_is_reckoned(school, mara, month):
    told = mara.get(f"/api/v1/clients/{school.clients()[0].pk}/subscriptions/offer").json()
    assert (told["tariff_id"], told["since"], told["amount"], told["per_lesson"]) == (
        month.pk, "2026-09-01", "100.00", "20.00"
    )
    assert told["words"][-1].startswith("Total: 100")
    assert told["tariffs"][0]["is_its_own"]
    assert told["contract"] is None


def test_a_sale_answers_with_the_subscription_and_is_made_once(school, mara, month):
    pk = school.clients()[0].pk
    address = f"/clients/{pk}/subscriptions"
    for _ in range(2):
        answer = post(mara, address, **order(school, month, amount="100.00"))
        assert answer.status_code == 201
    sold = answer.json()
    assert (sold["amount"], sold["left"], sold["places"][0]["group"]) == ("100.00", 5, "Chess")
    listed = mara.get(f"/api/v1{address}").json()["subscriptions"]
    assert [row["subscription_id"] for row in listed] == [sold["subscription_id"]]
    assert mara.get(f"/api/v1/subscriptions/{sold['subscription_id']}").json() == sold


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"amount": "99"}, 409), ({"discount_percent": "10"}, 422), ({"discount_percent": "101"}, 422),
        ({"discount_percent": "90", "discount_reason": "A friend"}, 409), ({"tariff_id": 999_999}, 404),
        ({"since": "soon"}, 422), ({"key": "short"}, 422), ({"colour": "red"}, 422),
    ],
)
def test_what_is_refused_sells_nothing(school, mara, month, told, status):
    address = f"/clients/{school.clients()[0].pk}/subscriptions"
    assert post(mara, address, **order(school, month, **told)).status_code == status
    assert not Subscription.objects.exists()


def test_it_is_ended_and_taken_back(school, mara, month):
    sold = post(mara, f"/clients/{school.clients()[0].pk}/subscriptions", **order(school, month)).json()
    here = f"/subscriptions/{sold['subscription_id']}"
    assert post(mara, f"{here}/ending", until="2026-09-20", seen=9).status_code == 409
    ended = post(mara, f"{here}/ending", until="2026-09-20", seen=sold["version"]).json()
    assert (ended["until"], ended["version"]) == ("2026-09-20", sold["version"] + 1)
    assert post(mara, f"{here}/taking-back", reason="").status_code == 422
    assert post(mara, f"{here}/taking-back", reason="A slip").json()["taken_back_at"]


def test_a_month_is_renewed(school, mara, month):
    told = mara.get("/api/v1/renewals").json()
    rows = [row for row in told["rows"] if row["group"] == "Chess"]
    assert (told["first"], [row["amount"] for row in rows]) == ("2026-10-01", ["100.00", "100.00"])
    first = rows[0]["enrolment_id"]
    assert len(post(mara, "/renewals", month="2026-10-01", enrolment_ids=[first]).json()["subscription_ids"]) == 1
    rest = post(mara, "/renewals", month="2026-10-15", group_id=school.groups["chess"].pk)
    assert (rest.status_code, len(rest.json()["subscription_ids"])) == (201, 1)
    again = mara.get("/api/v1/renewals", {"group_id": school.groups["chess"].pk}).json()
    assert (again["rows"], len(again["made"])) == ([], 2)
