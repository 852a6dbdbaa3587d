"""From yellow to purple, across two groups. What is proposed is still to come, and who came is known on the day: so the
lesson that is missed was yesterday, and the visit begins in two minutes."""

import re
from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rollbook.domains.groups.models import Group, Programme
from rollbook.domains.journal.models import Mark
from tests.browser.conftest import BOTH_ENDS

NUMBERS = count(1)
SENT = re.compile(r"/(lessons|marks)/\d+/")


@pytest.fixture
def two(cast, in_site):
    """Two groups of a programme of this test alone: one whose lesson is missed, one to visit."""
    number, chess, now = next(NUMBERS), cast.groups["chess"], timezone.now()
    times = {f"Вальс {number}": now - timedelta(days=1), f"Полька {number}": now + timedelta(minutes=2)}
    programme, made = Programme.objects.create(name=f"Танцы {number}"), []
    for name, at in times.items():
        group = Group.objects.create(name=name, branch=chess.branch, programme=programme, capacity=8)
        cast.groups[name] = group
        [client] = cast.enrol(f"Ученик {name}", group=name)
        made.append((group, client, cast.lesson(name, at=at)))
    return made


def journal(group):
    first, last = (timezone.now().date() + timedelta(days=days) for days in (-10, 10))
    return f"/groups/{group.pk}/?first={first}&last={last}"


def sent(page, act):
    with page.expect_response(SENT) as answer:
        act()
    assert answer.value.ok


def cell_of(page, client):
    return page.locator(f'tr[data-client="{client.pk}"] button.cell')


def test_a_yellow_cell_is_booked_elsewhere_and_turns_purple_here(page, context, sign_in, two):
    (home, client, missed), (host, _other, _there) = two
    sign_in(context, "mara")
    page.goto(journal(home))
    cell_of(page, client).focus()
    sent(page, lambda: page.keyboard.press("Digit3"))
    expect(cell_of(page, client)).to_have_class(re.compile("excused"))

    cell = context.new_page()
    cell.goto(f"/lessons/{missed.pk}/clients/{client.pk}/")
    proposal = cell.locator(".proposals li", has_text=host.name)
    sent(cell, lambda: proposal.get_by_role("button", name="Book").click())
    expect(cell.locator("#cell")).to_contain_text("is to be worked off on")
    expect(cell.locator(".toast")).to_contain_text("The visit is booked.")

    elsewhere = context.new_page()
    elsewhere.goto(journal(host))
    guest = cell_of(elsewhere, client)
    expect(guest).to_have_class(re.compile("planned"))
    expect(guest).to_have_text("M")
    guest.focus()
    sent(elsewhere, lambda: elsewhere.keyboard.press("Digit1"))
    expect(guest).to_have_class(re.compile("attended"))

    # The first journal was open all the time, and has been told.
    expect(page.locator(f'tr[data-client="{client.pk}"] .cell')).to_have_class(re.compile("workedoff"), timeout=5000)
    cell.reload()
    expect(cell.locator("#cell")).to_contain_text("worked off, ")
    cell.get_by_role("link", name=host.name).click()
    expect(cell).to_have_url(re.compile(f"/groups/{host.pk}/"))


def test_a_booking_that_goes_with_its_right_is_told_in_the_journal(page, context, sign_in, two):
    (home, client, missed), (host, _other, there) = two
    sign_in(context, "mara")
    page.goto(f"/lessons/{missed.pk}/clients/{client.pk}/")
    sent(page, lambda: page.get_by_role("button", name="excused").click())
    sent(page, lambda: page.locator(".proposals li", has_text=host.name).get_by_role("button").click())
    page.goto(journal(home))
    cell_of(page, client).focus()
    sent(page, lambda: page.keyboard.press("Digit1"))
    expect(page.locator(".toast")).to_contain_text(host.name)
    assert Mark.objects.get(lesson=there, client=client).status is None


def test_without_a_script_a_visit_is_booked_and_taken_back(browser, the_site, sign_in, two):
    (_home, client, missed), (host, _other, there) = two
    context = browser.new_context(base_url=the_site.url, java_script_enabled=False)
    sign_in(context, "mara")
    page = context.new_page()
    page.goto(f"/lessons/{missed.pk}/clients/{client.pk}/")
    page.get_by_role("button", name="excused").click()
    page.locator(".proposals li", has_text=host.name).get_by_role("button").click()
    assert Mark.objects.get(lesson=there, client=client).status == "planned"
    page.get_by_role("button", name="Take the booking back").click()
    assert Mark.objects.get(lesson=there, client=client).status is None
    page.locator("summary", has_text="Worked off by hand").click()
    context.close()


@pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)
def test_nothing_stands_in_the_way_of_a_screen_reader(page, context, sign_in, two, axe):
    (_home, client, missed), _elsewhere = two
    sign_in(context, "mara")
    page.goto(f"/lessons/{missed.pk}/clients/{client.pk}/")
    sent(page, lambda: page.get_by_role("button", name="excused").click())
    expect(page.locator(".proposals")).to_be_visible()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto("/make-ups/?show=open")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
