"""The side panel: present in the address, closed by Escape, never losing what was typed; and what surrounds it."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import LOOKS

PHONE = [look for look in LOOKS if look.width < 600]
in_every_look = pytest.mark.parametrize("look", LOOKS, indirect=True, ids=str)


@pytest.fixture
def ivan(cast):
    return cast.clients()[0]


@pytest.fixture
def clients(page, context, sign_in):
    """The list of clients, as the owner sees it."""
    sign_in(context, "vera")
    page.set_default_timeout(5_000)
    page.goto("/clients/?q=")
    return page


@pytest.fixture
def link(clients, ivan):
    return clients.locator(f'[data-panel="client={ivan.pk}"]')


@pytest.fixture
def panel(clients):
    return clients.locator("#panel")


@pytest.fixture
def opened(link, panel):
    link.click()
    expect(panel.locator("h2")).to_be_focused()
    return panel


def asked(page):
    return page.locator("#ask[open]")


@in_every_look
def test_it_opens_over_the_page_and_stands_in_the_address(clients, opened, ivan, axe):
    assert clients.url.endswith(f"/clients/?q=&client={ivan.pk}")
    expect(opened).to_contain_text("Ivan")
    axe(clients)


def test_escape_gives_back_the_address_and_the_focus(clients, opened, link):
    clients.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    expect(link).to_be_focused()
    assert clients.url.endswith("/clients/?q=")


def test_back_forward_and_reload_keep_to_it(clients, opened):
    clients.go_back()
    expect(opened).to_be_hidden()
    clients.go_forward()
    expect(opened).to_contain_text("Ivan")
    clients.reload()
    expect(opened).to_contain_text("Ivan")
    clients.keyboard.press("Escape")
    expect(opened).to_be_hidden()
    assert clients.url.endswith("/clients/?q=")


def test_a_link_to_it_closes_without_leaving_the_page(clients, panel, ivan):
    clients.goto(f"/clients/?client={ivan.pk}")
    expect(panel).to_contain_text("Ivan")
    panel.locator(".close").click()
    expect(panel).to_be_hidden()
    assert clients.url.endswith("/clients/")


def test_looking_at_two_is_one_step_back(clients, opened, cast):
    olga = cast.clients()[1]
    clients.locator(f'[data-panel="client={olga.pk}"]').click()
    expect(opened).to_contain_text("Olga")
    assert clients.url.endswith(f"&client={olga.pk}")
    clients.go_back()
    expect(opened).to_be_hidden()


@pytest.mark.parametrize("tolerated", [["404"]])
def test_what_is_not_there_is_told_and_the_page_stays(clients, panel, tolerated):
    clients.goto("/clients/?client=999999999")
    expect(clients.locator("#refusal .notice")).to_be_visible()
    expect(panel).to_be_hidden()
    assert clients.url.endswith("/clients/")
    clients.keyboard.press("Escape")
    expect(clients.locator("#refusal .notice")).to_be_hidden()


def test_what_was_typed_is_asked_about(clients, opened):
    opened.locator("summary").first.click()
    typed = opened.locator("[name=amount]")
    typed.fill("1234")
    clients.keyboard.press("Escape")
    expect(asked(clients)).to_be_visible()
    clients.keyboard.press("Escape")
    expect(typed).to_have_value("1234")
    clients.go_back()
    expect(asked(clients)).to_be_visible()
    clients.keyboard.press("Escape")
    expect(opened).to_be_visible()
    assert "client=" in clients.url
    clients.keyboard.press("Escape")
    asked(clients).locator("[value=yes]").click()
    expect(opened).to_be_hidden()


@pytest.mark.parametrize("look", PHONE, indirect=True, ids=str)
def test_on_a_phone_nothing_below_it_is_reached(clients, opened):
    assert clients.evaluate("document.getElementById('main').inert")
    assert opened.bounding_box()["width"] == 360
    opened.locator(".close").click()
    assert not clients.evaluate("document.getElementById('main').inert")


def test_without_a_script_the_link_leads_to_the_page(link, ivan):
    assert link.get_attribute("href") == f"/clients/{ivan.pk}/"


# ---- the top bar


def test_a_key_leads_to_the_search(clients):
    clients.keyboard.press("Control+k")
    expect(clients.locator(".search input")).to_be_focused()


def test_the_theme_changes_under_the_hand_and_stays(clients):
    clients.locator(".topbar [popovertarget]").click()
    with clients.expect_response("**/preferences/theme/"):
        clients.locator("[name=theme][value=dark]").click()
    assert clients.evaluate("document.documentElement.dataset.theme") == "dark"
    clients.reload()
    assert clients.evaluate("document.documentElement.dataset.theme") == "dark"
    clients.locator(".topbar [popovertarget]").click()
    with clients.expect_response("**/preferences/theme/"):
        clients.locator("[name=theme][value='']").click()


@in_every_look
def test_the_menu_has_nothing_in_the_way(clients, axe):
    clients.locator(".topbar [popovertarget]").click()
    expect(clients.locator("#user-menu")).to_be_visible()
    axe(clients)


def test_the_first_thing_that_tab_reaches_leads_to_the_content(clients):
    clients.keyboard.press("Tab")
    expect(clients.locator(".skip")).to_be_focused()
    clients.keyboard.press("Enter")
    expect(clients.locator("#main")).to_be_focused()
