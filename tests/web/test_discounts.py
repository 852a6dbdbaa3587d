"""The page of a client's discounts, which stands in the side panel as well, and the same by the API."""

import json
from datetime import UTC, date, datetime

import pytest

from rollbook.domains.billing.models import ClientDiscount
from tests.web.browsing import filled, signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def mara(school):
    """The administrator of North."""
    return signed_in(school, "mara")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


def page_of(client):
    return f"/clients/{client.pk}/discounts/"


def give(browser, client, *, headers=None, **typed):
    address = page_of(client)
    return browser.post(
        address, filled(browser.get(address), **{"percent": "10", "reason": "Staff", **typed}), headers=headers or {}
    )


def test_a_discount_is_given_shown_and_ended(mara, ivan, time_machine):
    time_machine.move_to(datetime(2026, 9, 20, 12, tzinfo=UTC))
    assert "There was no discount yet." in mara.get(page_of(ivan)).content.decode()
    assert give(mara, ivan, percent="12,5", since="2026-09-01").status_code == 303
    text = mara.get(page_of(ivan)).content.decode()
    assert "<b>12.50%</b> Staff" in text
    assert "allowed by Mara" in text
    assert f'data-panel="discounts={ivan.pk}"' in mara.get(f"/clients/{ivan.pk}/").content.decode()
    assert "Discount given" in mara.get(f"/clients/{ivan.pk}/").content.decode()
    row = ClientDiscount.objects.get()
    assert mara.post(f"/discounts/{row.pk}/end/").status_code == 303
    assert ClientDiscount.objects.get().until == date(2026, 9, 20)
    text = mara.get(page_of(ivan)).content.decode()
    assert "<h3>Past</h3>" in text
    assert "Ends today" not in text


def test_one_to_come_is_taken_back(mara, ivan):
    give(mara, ivan, since="2099-01-01")
    assert "Take back" in mara.get(page_of(ivan)).content.decode()
    mara.post(f"/discounts/{ClientDiscount.objects.get().pk}/end/")
    assert not ClientDiscount.objects.exists()


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ({"percent": ""}, "percent"), ({"amount": "5"}, "percent"), ({"percent": "101"}, "percent"),
        ({"percent": "", "amount": "0"}, "amount"), ({"reason": " "}, "reason"), ({"since": "x"}, "since"),
        ({"since": "2026-09-01", "until": "2026-09-01"}, "until"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_at_its_field(mara, ivan, typed, where):
    answer = give(mara, ivan, **typed)
    assert answer.status_code == 422
    assert f'id="id_{where}_error"' in answer.content.decode()
    assert not ClientDiscount.objects.exists()


def test_above_the_limit_it_is_refused_in_the_form_with_what_was_typed(school, mara, ivan):
    answer = give(mara, ivan, percent="33", headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "Up to 20% you may give" in text
    assert 'value="33"' in text
    oleg = signed_in(school, "oleg")
    assert "You may give up to" in mara.get(page_of(ivan)).content.decode()
    assert "You may give up to" not in oleg.get(page_of(ivan)).content.decode()
    assert give(oleg, ivan, percent="33").status_code == 303


def test_the_panel_is_given_the_block(mara, ivan):
    answer = give(mara, ivan, headers=HTMX)
    assert answer.status_code == 200
    assert answer.content.decode().strip().startswith('<article class="sheet"')
    assert json.loads(answer["HX-Trigger"]).keys() == {"toast"}


def test_whoever_only_sees_money_sees_the_discounts_and_gives_none(school, mara, ivan):
    give(mara, ivan)
    text = signed_in(school, "nina").get(page_of(ivan)).content.decode()
    assert "Staff" in text
    assert "Give a discount" not in text
    assert "/end/" not in text


def test_discounts_by_the_api(mara, ivan):
    address = f"/api/v1/clients/{ivan.pk}/discounts"

    def send(**told):
        said = {"percent": "10", "reason": "Staff", "since": "2026-09-01"} | told
        return mara.post(address, json.dumps(said), content_type="application/json")

    assert send().status_code == 201
    (given,) = mara.get(address).json()["discounts"]
    assert (given["percent"], given["amount"], given["until"], given["allowed_by"]) == ("10.00", None, None, "Mara")
    assert send(percent="21").status_code == 409
    assert send(percent=None).json()["fields"].keys() == {"percent"}
    assert send(percent="101").status_code == send(reason="").status_code == 422
    assert mara.delete(f"/api/v1/discounts/{given['discount_id']}").json()["client_id"] == ivan.pk
    assert ClientDiscount.objects.get().until is not None
