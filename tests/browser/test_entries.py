"""What is booked by hand in an account, as a person does it: in the panel beside the clients."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from rollbook.domains.billing.models import Account
from rollbook.domains.people.models import Relation
from tests.browser.conftest import BOTH_ENDS, Look
from tests.school import School


@pytest.fixture
def sisters(in_site: None, cast: School) -> tuple[int, int]:
    """Two of a test's own, whose mother pays for both."""
    ivan, olga = cast.enrol("Вика", "Ольга")
    mother = Relation.objects.get(client=ivan, pays=True).contact_id
    Relation.objects.filter(client=olga, pays=True).update(contact=mother)
    return ivan.pk, olga.pk


@pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)
def test_a_bonus_is_given_moved_to_the_sister_and_taken_back(
    page: Page, context: BrowserContext, sign_in: Callable[..., None], sisters: tuple[int, int],
    axe: Callable[[Page], None], tolerated: list[str], look: Look,
) -> None:
    ivan, olga = sisters
    tolerated.append("409")  # more than there is, until it is meant
    sign_in(context, "oleg")
    page.goto(f"/clients/?client={ivan}")
    panel = page.locator("#panel")
    panel.get_by_role("link", name="Corrections, refunds, transfers").click()
    panel.get_by_text("Give a bonus").first.click()
    form = panel.locator("form[action$='/bonus/']")
    form.get_by_label("Amount").fill("500")
    form.get_by_label("Reason").fill("Привела подругу")
    form.get_by_role("button", name="Give the bonus").click()
    expect(panel.get_by_text("Привела подругу")).to_be_visible()
    axe(page)
    panel.get_by_text("Move to another client").click()
    form = panel.locator("form[action$='/transfer/']")
    expect(form.get_by_label("Ольга (the same payer)")).to_be_checked()
    form.get_by_label("Amount").fill("900")
    form.get_by_label("Reason").fill("Сестре за октябрь")
    form.get_by_role("button", name="Move the money").click()
    form.get_by_label("All the same, the client will owe it").check()
    form.get_by_role("button", name="Move the money").click()
    line = panel.locator(".booked", has_text="Сестре за октябрь")
    expect(line).to_contain_text("−900")
    assert dict(Account.objects.values_list("client", "balance"))[olga] == Decimal(900)
    line.get_by_text("Take back").first.click()
    line.get_by_label("Reason").fill("Ошибка")
    line.get_by_role("button", name="Take back").click()
    expect(line).to_contain_text("taken back: Ошибка")
    page.goto("/corrections/")
    expect(page.get_by_text("Привела подругу").first).to_be_visible()
    axe(page)
