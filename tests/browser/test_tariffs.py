"""The form of a tariff asks what the kind needs; a discount is given beside the card."""

import pytest
from playwright.sync_api import expect

from rollbook.domains.billing.models import ClientDiscount, Tariff
from rollbook.domains.people.models import Client
from tests.browser.conftest import BOTH_ENDS

in_both_looks = pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)


@in_both_looks
def test_a_course_by_instalments_is_set(page, context, sign_in, axe, tolerated):
    tolerated.append("422")
    sign_in(context, "vera")
    page.goto("/settings/tariffs/new/")
    lessons, instalments = page.get_by_label("Lessons", exact=False).first, page.get_by_label("Instalments")
    expect(page.get_by_label("A part of a month costs")).to_be_visible()
    expect(instalments).to_be_hidden()
    axe(page)
    kind = page.get_by_label("What is bought")
    kind.select_option("lesson")
    expect(page.get_by_role("group", name="Freezes")).to_be_hidden()
    kind.select_option("course")
    expect(page.get_by_label("A part of a month costs")).to_be_hidden()
    expect(page.get_by_role("group", name="Freezes")).to_be_visible()
    page.get_by_label("Written off").select_option("start")
    instalments.fill("4")
    page.get_by_label("Name").fill("Course")
    page.get_by_label("Price", exact=False).first.fill("40 000")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("How many lessons are bought, please.")).to_be_visible()
    expect(instalments).to_have_value("4")
    lessons.fill("40")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url("/settings/tariffs/")
    made = Tariff.objects.latest("pk")
    assert (made.pricing, made.lessons, made.instalments, made.charged) == ("whole", 40, 4, "start")
    axe(page)
    # What is asked no more is not sent: another kind takes it along.
    page.goto(f"/settings/tariffs/{made.pk}/edit/")
    page.get_by_label("What is bought").select_option("lesson")
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url("/settings/tariffs/")
    made.refresh_from_db()
    assert (made.kind, made.lessons, made.instalments, made.charged) == ("lesson", None, 1, "lesson")


@in_both_looks
def test_a_discount_beside_the_card(page, context, sign_in, group, axe):
    sign_in(context, "mara")
    client = Client.objects.filter(enrolments__group=group[0]).first()
    page.goto(f"/clients/{client.pk}/")
    page.goto(f"/groups/{group[0].pk}/?client={client.pk}")
    panel = page.locator("#panel")
    panel.get_by_role("link", name="Discounts").click()
    expect(panel.get_by_text("There was no discount yet.")).to_be_visible()
    axe(page)
    form = panel.locator('[data-fold="discount"] form')
    form.get_by_label("Per cent of the price").fill("15")
    form.get_by_label("Reason").fill("Staff")
    form.get_by_role("button", name="Give the discount").click()
    expect(panel.get_by_text("15% Staff")).to_be_visible()
    axe(page)
    assert ClientDiscount.objects.filter(client=client).count() == 1
