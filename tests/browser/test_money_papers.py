"""Why a balance is what it is, and asking for a payment: what a person does with them."""

from datetime import date
from decimal import Decimal as D

import pytest
from playwright.sync_api import expect

from rollbook.domains.billing.models import Method
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Contact
from rollbook.workflows import lesson_marked, payment_received
from tests.browser.conftest import BOTH_ENDS
from tests.school import AT, DAY

in_both_ends = pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)


@pytest.fixture
def ivan(cast):
    ivan = cast.clients()[0]
    Contact.objects.filter(clients=ivan).update(language="en")
    lesson_marked.mark(
        lesson_id=cast.lessons["chess"].pk, marks={ivan.pk: Status.ATTENDED}, seen=None, at=AT, by=cast.actor("vera")
    )
    payment_received.receive(
        client_id=ivan.pk, amount=D(10), method=Method.CASH, on=DAY, note="", key="for the papers", at=AT,
        by=cast.actor("vera"),
    )
    return ivan


@pytest.fixture
def desk(page, context, sign_in):
    sign_in(context, "vera")
    page.set_default_timeout(5_000)
    return page


@in_both_ends
def test_a_statement_adds_up_and_its_lines_lead_further(desk, ivan, axe):
    desk.goto(f"/clients/{ivan.pk}/statement/?first=2026-09-01&last=2026-09-30")
    expect(desk.locator("#statement-text")).to_have_value(
        "September: 1 lesson, was at 1 (12.50). Paid 10. Owed 2.50."
    )
    axe(desk)
    desk.locator(".statement a", has_text="payment").click()
    expect(desk.locator("#panel-title")).to_contain_text("Receipt No.")
    axe(desk)


def test_the_panel_goes_from_the_card_to_the_statement_and_through_its_months(desk, ivan):
    desk.goto(f"/clients/?client={ivan.pk}")
    panel = desk.locator("#panel")
    panel.get_by_role("link", name="Statement").click()
    expect(panel.locator("h2")).to_contain_text("Statement: Ivan")
    panel.get_by_label("First day").fill("2026-09-01")
    panel.get_by_label("Last day").fill("2026-09-30")
    panel.get_by_role("button", name="Show").first.click()
    expect(panel.locator(".statement .cell.attended")).to_be_visible()
    panel.get_by_label("Earlier").click()
    expect(panel).to_contain_text("1 August 2026 – 31 August 2026")


@in_both_ends
def test_a_payment_is_requested_in_three_clicks_from_the_card(desk, ivan, axe):
    desk.goto(f"/clients/?client={ivan.pk}")
    panel = desk.locator("#panel")
    panel.get_by_role("link", name="Payment request").click()  # 1
    expect(panel).to_contain_text("To pay")
    axe(desk)
    panel.get_by_role("button", name="Request the payment").click()  # 2
    expect(panel.locator("h2")).to_contain_text("Payment request No.")
    assert "To pay" in panel.locator("#request-text").input_value()
    panel.get_by_role("button", name="Copy").click()  # 3
    axe(desk)


def test_other_days_are_reckoned_before_anything_is_asked(desk, ivan):
    today = date.fromisoformat(desk.evaluate("new Date().toISOString().slice(0, 10)"))
    desk.goto(f"/clients/{ivan.pk}/requests/new/")
    desk.get_by_label("First day").fill(today.isoformat())
    desk.get_by_label("Last day").fill(today.replace(year=today.year + 1).isoformat())
    desk.get_by_role("button", name="Reckon anew").click()
    expect(desk.locator("#request-new")).to_contain_text(str(today.year + 1))
    expect(desk.locator("#panel-title")).to_have_text("Payment request")
