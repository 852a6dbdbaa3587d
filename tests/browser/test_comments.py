"""What people say to each other: on a cell, with its corner in the journal; to a colleague, who finds it."""

from datetime import timedelta
from itertools import count

import pytest
from playwright.sync_api import expect

from rollbook.domains.comments.rules import On
from rollbook.domains.groups.models import Group
from rollbook.workflows import comment_written
from tests.browser.conftest import BOTH_ENDS
from tests.school import AT

NUMBERS = count(1)


@pytest.fixture
def group(cast, in_site):
    """A group of this test alone, which Anna teaches: two pupils, two lessons in September."""
    name = f"Хор {next(NUMBERS)}"
    chess = cast.groups["chess"]
    made = Group.objects.create(name=name, branch=chess.branch, programme=chess.programme, capacity=8)
    cast.groups[name] = made
    cast.enrol("Абрамова", "Белов", group=name)
    lessons = [cast.lesson(name, at=AT + timedelta(days=7 * week)) for week in range(2)]
    made.teachers.set(chess.teachers.all())
    return made, lessons


@pytest.fixture
def pupil(cast, group):
    return cast.clients(group[0].name)[0]


@pytest.fixture
def cell(group, pupil):
    """The page of what is said on the first pupil in the first lesson."""
    return f"/lessons/{group[1][0].pk}/clients/{pupil.pk}/comments/"


@pytest.fixture
def mara(page, context, sign_in):
    sign_in(context, "mara")
    page.set_default_timeout(5_000)
    return page


def corner(page, pupil):
    return page.locator(f'tr[data-client="{pupil.pk}"] > td').nth(1).locator(".note")


def say(page, text, *, asks=False):
    page.locator(".comments textarea[name=text]").first.fill(text)
    if asks:
        page.locator(".comments > form [name=asks]").check()
    page.locator(".comments > form .btn.primary").click()


def test_what_asks_shows_in_the_journal_of_others_at_once_and_so_does_that_it_is_done(
    mara, another_context, sign_in, group, pupil, cell
):
    other = another_context()
    sign_in(other, "vera")
    journal = other.new_page()
    journal.goto(f"/groups/{group[0].pk}/?month=2026-09")
    expect(corner(journal, pupil)).to_have_count(0)
    mara.goto(cell)
    say(mara, "Забыл куртку", asks=True)
    expect(mara.locator(".said > .open")).to_contain_text("Забыл куртку")
    expect(corner(journal, pupil)).to_have_class("note ask")
    mara.locator(".said").get_by_role("button", name="Resolved").click()
    expect(mara.locator(".said > .open")).to_have_count(0)
    expect(corner(journal, pupil)).to_have_class("note")


def test_a_mark_leaves_what_was_said_on_its_cell(mara, cast, group, pupil):
    on = On(client_id=pupil.pk, lesson_id=group[1][0].pk)
    comment_written.write(on=on, text="Забыл куртку", asks=True, at=AT, by=cast.actor("mara"))
    mara.goto(f"/groups/{group[0].pk}/?month=2026-09")
    expect(corner(mara, pupil)).to_have_class("note ask")
    mara.route(f"**/groups/{group[0].pk}/**", lambda route: route.abort())  # the sheet is not fetched anew
    mara.locator(f'tr[data-client="{pupil.pk}"] .cell').first.focus()
    mara.keyboard.press("1")
    expect(mara.locator(f'tr[data-client="{pupil.pk}"] .cell').first).to_have_class("cell attended")
    expect(corner(mara, pupil)).to_have_class("note ask")


def test_a_colleague_is_offered_called_and_finds_it(mara, another_context, sign_in, cell):
    mara.goto(cell)
    text = mara.locator(".comments textarea[name=text]").first
    text.press_sequentially("Спроси маму, @an")
    offered = mara.locator(".colleagues [role=option]:visible")
    expect(offered).to_have_count(1)
    text.press("Enter")
    expect(text).to_have_value("Спроси маму, @Anna ")
    mara.locator(".comments > form .btn.primary").click()
    expect(mara.locator(".said")).to_contain_text("@Anna")
    other = another_context()
    sign_in(other, "anna")
    mentions = other.new_page()
    mentions.goto("/comments/?of=mentions")
    expect(mentions.locator(".said > li").first).to_contain_text("Спроси маму")
    expect(mentions.locator(".said > li").first.locator(".pill.planned")).to_be_visible()


def test_arrows_choose_and_escape_lets_be(mara, cell):
    mara.goto(cell)
    text = mara.locator(".comments textarea[name=text]").first
    text.press_sequentially("@")
    mara.keyboard.press("ArrowDown")
    chosen = mara.locator('.colleagues [aria-selected="true"]')
    second = mara.locator(".colleagues [role=option]").nth(1)
    expect(chosen).to_have_text(second.inner_text())
    expect(text).to_have_attribute("aria-activedescendant", second.get_attribute("id"))
    mara.keyboard.press("Escape")
    expect(mara.locator(".colleagues")).to_be_hidden()
    expect(text).to_have_value("@")


@pytest.fixture
def tolerated():
    return ["422", "Unprocessable"]


def test_what_cannot_be_taken_stays_in_the_field(mara, cell):
    mara.goto(cell)
    say(mara, "@nobody, look")
    expect(mara.locator(".comments .error")).to_contain_text("@nobody")
    expect(mara.locator(".comments textarea[name=text]").first).to_have_value("@nobody, look")


def test_without_a_script_it_is_a_plain_form(browser, site, sign_in, cell, group):
    context = browser.new_context(base_url=site, java_script_enabled=False)
    sign_in(context, "mara")
    page = context.new_page()
    page.goto(cell)
    say(page, "Без скрипта, @Anna", asks=True)
    expect(page.locator(".said > .open")).to_contain_text("Без скрипта")
    assert page.url.endswith(cell)
    page.locator(".said").get_by_role("button", name="Resolved").click()
    expect(page.locator(".said > .open")).to_have_count(0)
    context.close()


@pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)
def test_nothing_stands_in_the_way_of_a_keyboard_or_a_reader(mara, cast, group, pupil, cell, axe):
    for text, asks in (("Просто так", False), ("@Anna, позвони", True)):
        comment_written.write(
            on=On(client_id=pupil.pk, lesson_id=group[1][0].pk), text=text, asks=asks, at=AT, by=cast.actor("mara")
        )
    for address in (cell, f"/groups/{group[0].pk}/comments/", "/comments/", f"/groups/{group[0].pk}/?month=2026-09"):
        mara.goto(address)
        axe(mara)
    mara.goto(cell)
    mara.locator(".said .fold summary").first.click()
    mara.locator(".comments textarea[name=text]").first.press_sequentially("@")
    expect(mara.locator(".colleagues")).to_be_visible()
    axe(mara)
