"""Selling by the form, looking at what was sold, and renewing by the list."""

import re
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
import time_machine

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.models import Account, ClientDiscount, Contract, Subscription, Tariff, TariffUse
from rollbook.domains.journal.models import Status
from rollbook.screens.selling import Wanted
from rollbook.workflows import lesson_marked, subscription_sold
from rollbook.workflows.subscription_sold import Order
from tests.school import AT


@pytest.fixture(autouse=True)
def at_the_school():
    with time_machine.travel(AT, tick=False):
        yield


@pytest.fixture
def month(school):
    """Chess costs 100 a month, for its Tuesdays: five in September and four in October."""
    made = Tariff.objects.create(name="Month", kind="month", pricing="month", price=D(100))
    TariffUse.objects.create(tariff=made, group=school.groups["chess"], since=date(2026, 1, 1))
    return made


@pytest.fixture
def mara(school, client):
    client.force_login(school.users["mara"])
    return client


def address(school, number=0):
    return f"/clients/{school.clients()[number].pk}/subscriptions/new/"


def said(school, tariff, **told):
    usual = {
        "group_id": school.groups["chess"].pk, "tariff_id": tariff.pk, "since": "2026-09-01", "key": "of-this-form",
        "note": "",
    }
    return usual | told


def htmx(**more):
    return {"headers": {"HX-Request": "true"} | more}


def test_the_form_proposes_what_is_usual_with_its_price(school, mara, month):
    page = mara.get(address(school)).content.decode()
    assert f'<option value="{month.pk}" selected>Month · 100</option>' in page
    assert 'value="2026-09-01"' in page
    assert '<data class="money" value="100.00">100</data>' in page
    assert "1, 8, 15, 22 and 29" in page
    assert "20 a lesson, written off as they happen." in page


def test_the_group_of_the_journal_goes_first(school, mara, month):
    school.groups["dance"].enrolments.create(client=school.clients()[0], since=date(2026, 8, 1))
    assert 'value="100.00"' not in mara.get(address(school)).content.decode()
    chosen = mara.get(address(school), {"group": school.groups["chess"].pk}).content.decode()
    assert f'<option value="{school.groups["chess"].pk}" selected>' in chosen
    assert "Groups of the client" in chosen


def test_the_reckoning_alone_is_fetched_anew(school, mara, month):
    told = said(school, month, since="2026-09-15", discount_percent="10")
    page = mara.get(address(school), told, **htmx(**{"HX-Target": "reckoning"})).content.decode()
    assert "<form" not in page
    assert 'name="shown" value="54.00"' in page
    assert "One-time discount, 10%: −6" in page


def test_what_cannot_be_reckoned_yet_says_what_is_wanted(school, mara, month):
    page = mara.get(address(school), said(school, month, since="soon"), **htmx(**{"HX-Target": "reckoning"}))
    assert "Choose a group, a tariff and the first day" in page.content.decode()
    assert page.status_code == 200


def test_without_a_script_a_button_reckons_and_sells_nothing(school, mara, month):
    page = mara.post(address(school), said(school, month, do="reckon", discount_percent="10"))
    assert page.status_code == 200
    assert 'value="90.00"' in page.content.decode()
    assert not Subscription.objects.exists()


def test_it_is_sold_once_by_a_form_sent_twice(school, mara, month):
    told = said(school, month, shown="100.00")
    for _ in range(2):
        answer = mara.post(address(school), told)
        sold = Subscription.objects.get()
        assert (answer.status_code, answer["Location"]) == (303, f"/subscriptions/{sold.pk}/")
    assert (sold.amount, sold.sold_by.username) == (D(100), "mara")


def test_in_the_panel_the_subscription_is_shown_and_open_pages_are_told(school, mara, month):
    answer = mara.post(address(school), said(school, month), **htmx())
    assert "The subscription is sold." in answer["HX-Trigger"]
    assert "ledger-changed" in answer["HX-Trigger"]
    assert 'id="subscription-card"' in answer.content.decode()


def test_another_price_than_was_shown_is_refused_with_the_new_one(school, mara, month):
    answer = mara.post(address(school), said(school, month, shown="99.00", note="On the phone"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "The price has changed meanwhile" in page
    assert 'name="shown" value="100.00"' in page
    assert 'value="On the phone"' in page
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"group_id": ""}, "group_id"), ({"tariff_id": "0"}, "tariff_id"), ({"since": "31.02.2026"}, "since"),
        ({"discount_percent": "10"}, "discount_reason"), ({"discount_percent": "101"}, "discount_percent"),
        ({"discount_percent": "5", "discount_amount": "5", "discount_reason": "x"}, "discount_amount"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field(school, mara, month, told, field):
    answer = mara.post(address(school), said(school, month, **told))
    assert answer.status_code == 422
    assert re.search(rf'name="{field}"[^>]*aria-invalid="true"', answer.content.decode())
    assert not Subscription.objects.exists()


def test_what_the_business_refuses_keeps_what_was_typed(school, mara, month):
    high = said(school, month, discount_percent="90", discount_reason="A friend of ours")
    answer = mara.post(address(school), high)
    assert answer.status_code == 409
    assert "is given by whoever may exceed the limit" in answer.content.decode()
    assert "A friend of ours" in answer.content.decode()
    mara.post(address(school), said(school, month))
    again = mara.post(address(school), said(school, month, key="another-form"))
    assert (again.status_code, Subscription.objects.count()) == (409, 1)


def test_a_contract_is_asked_for_where_contracts_are_made(school, mara, month):
    assert 'name="contract"' not in mara.get(address(school)).content.decode()
    Organisation.objects.update(contracts=True)
    Contract.objects.create(client=school.clients()[1], number="007/2026", signed_on=date(2026, 8, 1))
    assert 'value="008/2026"' in mara.get(address(school)).content.decode()
    mara.post(address(school), said(school, month, contract="008/2026"))
    assert Subscription.objects.get().contract.number == "008/2026"
    assert 'value="008/2026"' in mara.get(address(school)).content.decode()  # theirs
    taken = mara.post(address(school, 1), said(school, month, contract="008/2026", key="another-form"))
    assert taken.status_code == 409


def test_after_a_month_that_is_bought_the_next_one_is_proposed(school, mara, month):
    mara.post(address(school), said(school, month))
    assert 'value="2026-10-01"' in mara.get(address(school)).content.decode()


# ----------------------------------------------------------------------------------------------------- what was sold


def sold_one(school, tariff, number=0, **told):
    order = Order(
        wanted=Wanted(school.clients()[number].pk, school.groups["chess"].pk, tariff.pk, date(2026, 9, 1)), key="one",
        **told,
    )
    (pk,) = subscription_sold.sell(orders=[order], at=AT, by=school.actor("mara"))
    return Subscription.objects.get(pk=pk)


def mark(school, status):
    lesson = school.lessons["chess"]
    lesson_marked.mark(
        lesson_id=lesson.pk, marks={school.clients()[0].pk: status}, seen=None, at=lesson.starts_at,
        by=school.actor("vera"),
    )


def test_the_page_tells_what_was_used_and_why_it_costs_that(school, mara, month):
    sold = sold_one(school, month)
    mark(school, Status.MISSED)
    page = mara.get(f"/subscriptions/{sold.pk}/").content.decode()
    assert f'data-panel="cell={school.lessons["chess"].pk}-{sold.client_id}"' in page
    for words in ("Total: 100", "A missed lesson costs as much as any.", "Subscription sold", ">20<"):
        assert words in page
    assert "Take the sale back" not in page  # a lesson of it is used


def test_instalments_are_listed_with_what_is_written_off(school, mara, month):
    Tariff.objects.update(charged="start", instalments=2)
    page = mara.get(f"/subscriptions/{sold_one(school, month).pk}/").content.decode()
    assert page.count("is written off</span>") == 1
    assert "Written off in 2 parts, a month apart." in page


def test_it_is_ended_on_a_day(school, mara, month):
    sold = sold_one(school, month)
    end = f"/subscriptions/{sold.pk}/ending/"
    assert mara.post(end, {"until": "2026-12-01"}).status_code == 422
    assert mara.post(end, {"until": "2026-09-20", "version": 0}).status_code == 409
    assert mara.post(end, {"until": "2026-09-20", "version": sold.version}).status_code == 303
    sold.refresh_from_db()
    assert sold.until == date(2026, 9, 20)


def test_its_sale_is_taken_back_with_a_reason(school, mara, month):
    Tariff.objects.update(charged="start")
    sold = sold_one(school, month)
    back = f"/subscriptions/{sold.pk}/taking-back/"
    assert mara.post(back, {"reason": ""}).status_code == 422
    answer = mara.post(back, {"reason": "Another child"}, **htmx())
    assert "The sale is taken back." in answer["HX-Trigger"]
    assert "sale taken back" in answer.content.decode()
    assert Account.objects.get(client=sold.client).balance == 0


def test_what_is_used_is_not_taken_back(school, mara, month):
    sold = sold_one(school, month)
    mark(school, Status.ATTENDED)
    answer = mara.post(f"/subscriptions/{sold.pk}/taking-back/", {"reason": "A slip"})
    assert answer.status_code == 409
    assert "end the subscription instead" in answer.content.decode()


def test_whoever_only_sees_money_is_offered_nothing(school, client, month):
    sold = sold_one(school, month)
    client.force_login(school.users["nina"])
    page = client.get(f"/subscriptions/{sold.pk}/").content.decode()
    assert "End it before its day" not in page
    assert "Take the sale back" not in page


def test_the_card_lists_what_runs_and_folds_what_is_over(school, mara, month):
    sold = sold_one(school, month)
    mark(school, Status.ATTENDED)
    card = mara.get(f"/clients/{sold.client_id}/").content.decode()
    assert f'data-panel="subscription={sold.pk}"' in card
    assert "1 of 5 used" in card
    assert f'data-panel="sale={sold.client_id}"' in card
    assert "Former subscriptions" not in card
    Subscription.objects.update(until=date(2026, 9, 1), since=date(2026, 8, 1))
    assert "Former subscriptions" in mara.get(f"/clients/{sold.client_id}/").content.decode()


def test_the_card_tells_nothing_of_it_to_those_who_see_no_money(school, client, month):
    sold = sold_one(school, month)
    client.force_login(school.users["anna"])
    card = client.get(f"/clients/{sold.client_id}/").content.decode()
    assert "Subscriptions</h3>" not in card
    assert "Sell a subscription" not in card
    assert "subscription=" not in card


# --------------------------------------------------------------------------------------------------------- renewals


def chosen(page):
    return re.findall(r'name="chosen"[^>]*value="([^"]+)"[^>]*checked', page)


def test_the_list_is_made_by_one_click_and_twice_changes_nothing(school, mara, month):
    page = mara.get("/renewals/", {"group": school.groups["chess"].pk}).content.decode()
    assert "Make 2 subscriptions: 200" in page
    told = {"month": "2026-10", "chosen": chosen(page)}
    for _ in range(2):
        assert mara.post("/renewals/", told).status_code == 303
    assert [row.amount for row in Subscription.objects.all()] == [D(100), D(100)]
    after = mara.get("/renewals/", {"group": school.groups["chess"].pk}).content.decode()
    assert "Made already: 2" in after
    assert "All subscriptions of this month are made." in after


def test_some_are_left_out_and_the_button_says_so(school, mara, month):
    page = mara.get("/renewals/").content.decode()
    one = chosen(page)[0]
    total = mara.post("/renewals/", {"month": "2026-10", "chosen": [one], "do": "reckon"}, **htmx())
    assert "Make 1 subscription: 100" in total.content.decode()
    assert not Subscription.objects.exists()
    answer = mara.post("/renewals/", {"month": "2026-10", "chosen": [one]}, **htmx())
    assert "1 subscription is made." in answer["HX-Trigger"]
    assert Subscription.objects.count() == 1


def test_a_price_that_has_changed_meanwhile_is_refused(school, mara, month):
    told = {"month": "2026-10", "chosen": chosen(mara.get("/renewals/").content.decode())}
    ClientDiscount.objects.create(client=school.clients()[0], percent=D(50), reason="Staff", since=date(2026, 1, 1))
    answer = mara.post("/renewals/", told)
    assert answer.status_code == 409
    assert "The price has changed meanwhile" in answer.content.decode()
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(("told", "status"), [("999999", 404), ("x", 400), ("1:2:3", 400)])
def test_what_was_never_proposed_is_not_made(school, mara, month, told, status):
    assert mara.post("/renewals/", {"month": "2026-10", "chosen": [told]}).status_code == status
    assert not Subscription.objects.exists()


def test_whoever_may_not_sell_has_no_list(school, client, month):
    client.force_login(school.users["anna"])
    assert client.get("/renewals/").status_code == 403
    assert "/renewals/" not in client.get("/groups/").content.decode()


def test_on_the_last_days_of_a_month_the_next_one_is_proposed(school, mara, month):
    with time_machine.travel(AT + timedelta(days=29), tick=False):
        mara.force_login(school.users["mara"])
        page = mara.get(address(school)).content.decode()
    assert 'value="2026-10-01"' in page
    assert 'name="shown" value="100.00"' in page


def test_the_card_takes_few_statements(school, client, month, django_assert_max_num_queries):
    client.force_login(school.users["vera"])
    card = f"/clients/{sold_one(school, month).client_id}/"
    client.get(card)
    with django_assert_max_num_queries(18):  # three of them of who asks
        client.get(card)
