"""One payment for two children, split while it is typed; and money that is only said to have been paid."""

from decimal import Decimal as D

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rollbook.domains.billing.models import Account, AnnouncedPayment
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Relation
from rollbook.workflows import lesson_marked
from tests.browser.conftest import BOTH_ENDS

in_both_looks = pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)


@pytest.fixture
def tolerated():
    return ["422"]  # shares that do not add up


@pytest.fixture
def siblings(cast, group):
    """Абрамова and Белов have one mother; Белов owes a lesson."""
    abramova, belov = cast.clients(group[0].name)[:2]
    Relation.objects.filter(client=belov).update(contact=abramova.contacts.get())
    lesson_marked.mark(
        lesson_id=group[1][0].pk, marks={belov.pk: Status.ATTENDED}, seen=None, at=timezone.now(),
        by=cast.actor("vera"),
    )
    return abramova, belov


@pytest.fixture
def oleg(page, context, sign_in):
    sign_in(context, "oleg")
    page.set_default_timeout(5_000)
    return page


@in_both_looks
def test_a_payment_is_split_while_it_is_typed_and_the_shares_are_the_parents(oleg, group, siblings, axe):
    abramova, belov = siblings
    oleg.goto(f"/groups/{group[0].pk}/?month=2026-09&client={belov.pk}")
    panel = oleg.locator("#panel")
    panel.get_by_role("link", name="Абрамова's mother").click()
    expect(panel.locator("#family")).to_be_visible()
    panel.locator("summary", has_text="Payment").click()
    first, second = (panel.get_by_label(name, exact=True) for name in ("Абрамова", "Белов"))
    expect(panel.get_by_label("Amount")).to_have_value("12.50")
    panel.get_by_label("Amount").fill("20")
    expect(first).to_have_value("7.50")
    expect(second).to_have_value("12.50")
    axe(oleg)
    first.fill("5")
    panel.get_by_role("button", name="Take the payment").click()
    expect(panel.locator(".field .error")).to_contain_text("17.50")
    first.fill("3")
    second.fill("17")
    panel.get_by_role("button", name="Take the payment").click()
    expect(oleg.locator("#toasts")).to_contain_text("The payment is booked.")
    assert dict(Account.objects.filter(client__in=siblings).values_list("client", "balance")) == {
        abramova.pk: D(3), belov.pk: D("4.50")
    }


@in_both_looks
def test_what_is_said_to_be_paid_is_confirmed_from_the_list(oleg, group, siblings, axe):
    abramova = siblings[0]
    oleg.goto(f"/clients/{abramova.pk}/")
    oleg.locator("summary", has_text="Payment").click()
    oleg.get_by_label("Amount").fill("31")
    oleg.get_by_role("button", name="Only said to be paid").click()
    expect(oleg.locator("article")).to_contain_text("announced 31, ")
    expect(oleg.locator("article")).to_contain_text("waits for confirmation")
    assert not Account.objects.filter(client=abramova).exists()
    axe(oleg)
    oleg.get_by_role("link", name="confirm or decline").click()
    row = oleg.locator("tr", has_text="Абрамова").last
    row.locator("summary", has_text="Decline").click()
    axe(oleg)
    assert oleg.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    row.get_by_role("button", name="Confirm").first.click()
    expect(oleg.locator("#toasts")).to_contain_text("The payment is booked.")
    assert Account.objects.get(client=abramova).balance == 31
    assert AnnouncedPayment.objects.get(client=abramova).payment
