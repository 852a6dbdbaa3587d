"""What people do in the journal: by click, by key, in few steps, and two at once."""

import re

import pytest
from playwright.sync_api import expect

from rollbook.domains.billing.models import Account, LedgerEntry
from rollbook.domains.journal.models import Mark
from tests.browser.conftest import BOTH_ENDS, SENT, press, saved
from tests.school import AT, DAY


def test_a_cell_is_marked_in_two_clicks_and_the_balance_follows(journal, at, marks):
    at(0, 0).click()
    saved(journal, lambda: journal.get_by_role("menuitemradio", name="was there", exact=False).first.click())
    expect(at(0, 0)).to_have_class(re.compile("attended"))
    expect(at(0, 0)).to_be_focused()
    row = journal.locator("tr[data-client]").first
    expect(row.locator("td.money [data-balance]")).to_have_text("−12.50")
    expect(journal.locator("tfoot td[data-sum]").first).to_have_text("1/4")
    assert marks() == [("Абрамова", DAY, "attended")]


def test_keys_move_and_mark_whatever_the_layout_of_the_keyboard(journal, at, marks):
    at(0, 0).focus()
    press(journal, "Digit1")
    journal.keyboard.press("ArrowDown")
    expect(at(1, 0)).to_be_focused()
    press(journal, "Digit2")
    journal.keyboard.press("ArrowRight")
    press(journal, "Numpad3")
    journal.keyboard.press("ArrowUp")
    expect(at(0, 1)).to_be_focused()
    press(journal, "Digit4")
    expect(at(0, 0)).to_have_class(re.compile("attended"))
    expect(at(1, 0)).to_have_class(re.compile("missed"))
    expect(at(1, 1)).to_have_class(re.compile("excused"))
    expect(at(0, 1)).to_have_class(re.compile("planned"))
    press(journal, "Delete")
    expect(at(0, 1)).to_have_class(re.compile("unmarked"))
    statuses = [status for _, _, status in marks()]
    assert statuses == ["attended", None, "missed", "excused"]


def test_a_lesson_with_all_present_takes_two_clicks_and_one_to_undo(journal, at, marks, group):
    at(2, 0).focus()
    press(journal, "Digit2")
    head = journal.locator("thead th[data-lesson]").first
    head.click()
    saved(journal, lambda: journal.get_by_role("button", name="Everyone was there").click())
    assert [status for *_, status in marks()] == ["attended", "attended", "missed", "attended"]
    expect(journal.locator("tfoot td[data-sum]").first).to_have_text("3/4")
    saved(journal, lambda: journal.locator(".toast").get_by_role("button", name="Undo").click())
    expect(at(0, 0)).to_have_class(re.compile("unmarked"))
    assert [status for *_, status in marks()] == [None, None, "missed", None]
    balances = Account.objects.filter(client__enrolments__group=group[0]).values_list("balance", flat=True)
    assert set(balances) <= {0, -6.25}


def test_undo_by_key_takes_back_the_last_acts_one_by_one(journal, at):
    at(0, 0).focus()
    for key in ("Digit1", "Digit2", "Digit3"):
        press(journal, key)
    press(journal, "Control+z")
    expect(at(0, 0)).to_have_class(re.compile("missed"))
    press(journal, "Control+z")
    expect(at(0, 0)).to_have_class(re.compile("attended"))
    press(journal, "Control+z")
    expect(at(0, 0)).to_have_class(re.compile("unmarked"))


def test_a_payment_takes_three_clicks(journal, group, cast):
    journal.get_by_role("link", name="Белов").click()
    panel = journal.locator("#panel")
    panel.locator("summary", has_text="Payment").click()
    # What is due is proposed; here nothing is, so a sum is typed: typing is no click.
    panel.get_by_label("Amount").fill("1 000,50")
    with journal.expect_response(re.compile("/payments/")):
        panel.get_by_role("button", name="Take the payment").click()
    expect(panel).to_contain_text("1\N{NARROW NO-BREAK SPACE}000.50")
    client = cast.clients(group[0].name)[1]
    assert Account.objects.get(client=client).balance == 1000.5
    expect(journal.locator(f'[data-balance="{client.pk}"]').first).to_contain_text("000.50")


def test_a_wrong_payment_is_told_at_its_field_and_keeps_what_was_typed(journal, group, tolerated):
    tolerated.append("422")
    before = LedgerEntry.objects.count()
    journal.get_by_role("link", name="Белов").click()
    panel = journal.locator("#panel")
    panel.locator("summary", has_text="Payment").click()
    panel.get_by_label("Amount").fill("1e9")
    panel.get_by_label("Note").fill("for March")
    panel.get_by_role("button", name="Take the payment").click()
    expect(panel.get_by_label("Amount")).to_have_attribute("aria-invalid", "true")
    expect(panel.get_by_label("Amount")).to_be_focused()
    expect(panel.get_by_label("Note")).to_have_value("for March")
    assert LedgerEntry.objects.count() == before


def test_what_another_marked_meanwhile_is_said_and_shown(journal, at, group, cast, tolerated):
    tolerated.append("409")
    client = cast.clients(group[0].name)[0]
    at(0, 0).focus()
    Mark.objects.create(
        client=client, lesson=group[1][0], status="missed", marked_at=AT, day=DAY, version=3
    )
    assert press(journal, "Digit1").status == 409
    expect(journal.locator("#refusal")).to_contain_text("Somebody has marked in the meantime")
    expect(at(0, 0)).to_have_class(re.compile("missed"))


def test_a_mark_that_did_not_arrive_is_shown_and_can_be_repeated(journal, at, context, tolerated, marks):
    tolerated.append("ERR_|Failed to load")
    context.route(SENT, lambda route: route.abort())
    at(0, 0).focus()
    journal.keyboard.press("Digit1")
    expect(at(0, 0)).to_have_class(re.compile("failed"))
    assert marks() == []
    context.unroute(SENT)
    press(journal, "Digit1")
    expect(at(0, 0)).to_have_class(re.compile("attended"))


def test_two_see_each_others_marks_without_reloading(journal, at, another_context, sign_in, group):
    other = another_context()
    sign_in(other, "oleg")
    page = other.new_page()
    page.goto(journal.url)
    page.wait_for_timeout(500)  # until it listens
    at(0, 0).focus()
    press(journal, "Digit1")
    expect(page.locator("button.cell").first).to_have_class(re.compile("attended"), timeout=5000)


def test_who_may_only_look_has_no_buttons(page, context, sign_in, cast, in_site):
    sign_in(context, "nina")
    page.goto(f"/groups/{cast.groups['chess'].pk}/?month=2026-09")
    expect(page.locator(".journal")).to_be_visible()
    expect(page.locator("button.cell")).to_have_count(0)


def test_months_are_links_and_the_address_keeps_them(journal):
    journal.get_by_role("link", name="October 2026").click()
    expect(journal).to_have_url(re.compile("month=2026-10"))
    expect(journal.locator("main")).to_contain_text("no lessons in this month")
    journal.go_back()
    expect(journal).to_have_url(re.compile("month=2026-09"))
    expect(journal.locator("thead th[data-lesson]")).to_have_count(4)


def test_search_finds_by_part_of_a_name_and_takes_one_letter_for_the_other(journal, cast, group):
    search = journal.locator(".search input")
    journal.keyboard.press("Control+k")
    expect(search).to_be_focused()
    search.fill("елк")
    search.press("Enter")
    expect(journal.locator("main tbody tr").first).to_contain_text("Ёлкина")
    phone = cast.clients(group[0].name)[3].contacts.get().phone
    search = journal.locator(".search input")
    search.fill(phone[5:])
    search.press("Enter")
    expect(journal.locator("main tbody tr")).to_have_count(1)
    expect(journal.locator("main tbody tr")).to_contain_text("Жукова")


def test_without_a_script_a_lesson_is_marked_as_a_form(browser, the_site, sign_in, group, in_site, marks):
    context = browser.new_context(base_url=the_site.url, java_script_enabled=False)
    sign_in(context, "mara")
    page = context.new_page()
    page.goto(f"/groups/{group[0].pk}/?month=2026-09")
    page.locator("thead th[data-lesson] a").first.click()
    page.get_by_label("Абрамова", exact=False).first.select_option("attended")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("dl.facts")).to_contain_text("1 / 4")
    assert marks() == [("Абрамова", DAY, "attended")]
    context.close()


@pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)
def test_nothing_stands_in_the_way_of_a_keyboard_or_a_screen_reader(journal, at, axe, group):
    at(0, 0).focus()
    press(journal, "Digit3")
    axe(journal)
    at(0, 1).click()
    axe(journal)
    journal.keyboard.press("Escape")
    wide = journal.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert wide
    for address in ("/groups/", "/clients/", f"/lessons/{group[1][0].pk}/"):
        journal.goto(address)
        axe(journal)
        assert journal.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
