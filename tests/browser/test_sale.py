"""A subscription is sold from the journal and from the card, in few clicks; a month is renewed by one."""

from datetime import date
from decimal import Decimal as D
from itertools import count

import pytest
from playwright.sync_api import expect

from rollbook.domains.billing.models import Subscription, Tariff, TariffUse
from rollbook.domains.schedule.models import TimetableSlot
from tests.browser.conftest import BOTH_ENDS

NUMBERS = count(1)
in_both_looks = pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)


@pytest.fixture
def month(group):
    """The group of the test costs 100 a month, for its Tuesdays."""
    TimetableSlot.objects.create(
        group=group[0], weekday=2, starts="18:00", minutes=60, valid_from=date(2026, 1, 1)
    )
    made = Tariff.objects.create(name=f"Абонемент {next(NUMBERS)}", kind="month", pricing="month", price=D(100))
    TariffUse.objects.create(tariff=made, group=group[0], since=date(2026, 1, 1))
    return made


@pytest.fixture
def clicks(journal):
    """How often was clicked since."""
    journal.evaluate("window.clicks = 0; addEventListener('click', (event) => event.isTrusted && clicks++, true)")
    return lambda: journal.evaluate("window.clicks")


def test_a_sale_from_the_row_of_a_journal_takes_three_clicks(journal, clicks, cast, group, month, axe):
    client = cast.clients(group[0].name)[0]
    journal.locator(f'tr[data-client="{client.pk}"]').hover()
    journal.locator(f'tr[data-client="{client.pk}"] .dots').click()
    journal.locator("#row-menu").get_by_text("Sell a subscription").click()
    panel = journal.locator("#panel")
    expect(panel.get_by_label("Group")).to_have_value(str(group[0].pk))
    expect(panel.get_by_label("Tariff")).to_have_value(str(month.pk))
    expect(panel.locator("#reckoning .asked")).not_to_be_empty()
    axe(journal)
    panel.get_by_role("button", name="Sell").click()
    expect(panel.locator("#subscription-card")).to_be_visible()
    assert clicks() == 3
    axe(journal)
    assert Subscription.objects.filter(client=client, group=group[0]).count() == 1


def test_the_price_follows_what_is_typed(journal, cast, group, month):
    client = cast.clients(group[0].name)[1]
    journal.goto(f"/clients/{client.pk}/subscriptions/new/?group={group[0].pk}")
    journal.get_by_label("First day").fill("2026-09-15")
    asked = journal.locator("#reckoning .asked data")
    expect(asked).to_have_attribute("value", "60.00")
    journal.get_by_text("Discount, note").click()
    journal.get_by_label("Discount, %").fill("10")
    expect(asked).to_have_attribute("value", "54.00")
    journal.get_by_label("What the discount is for").fill("First month")
    expect(journal.locator("#reckoning .reductions")).to_contain_text("First month")
    journal.get_by_role("button", name="Sell").click()
    expect(journal.locator("#subscription-card")).to_be_visible()
    assert Subscription.objects.get(client=client).amount == D(54)


@in_both_looks
def test_a_month_is_renewed_by_one_click(journal, cast, group, month, axe):
    journal.goto(f"/renewals/?month=2026-10&group={group[0].pk}")
    button = journal.get_by_role("button", name="Make 4 subscriptions: 400")
    expect(button).to_be_visible()
    axe(journal)
    journal.get_by_role("checkbox").first.uncheck()
    journal.get_by_role("button", name="Make 3 subscriptions: 300").click()
    expect(journal.get_by_text("Made already: 3")).to_be_visible()
    axe(journal)
    assert Subscription.objects.filter(group=group[0]).count() == 3
