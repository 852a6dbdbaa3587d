"""A month is closed on its page, told in the journal, and opened again."""

from datetime import timedelta
from itertools import count

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.schedule.models import ClosedMonth
from rollbook.foundation import formats
from tests.browser.conftest import BOTH_ENDS

NUMBERS = count(1)


@pytest.fixture
def lesson(cast, in_site):
    """Of the month before this one, in which two were expected and nobody is marked."""
    name, chess = f"Waltz {next(NUMBERS)}", cast.groups["chess"]
    cast.groups[name] = Group.objects.create(name=name, branch=chess.branch, programme=chess.programme, capacity=3)
    cast.enrol("Gleb", "Hanna", group=name)
    before = timezone.now().replace(day=1, hour=12, minute=0) - timedelta(days=10)
    yield cast.lesson(name, at=before)
    ClosedMonth.objects.all().delete()


def said(day):
    return formats.month(day, language="en")


def row_of(page, lesson):
    return page.get_by_role("region", name="North").get_by_role("row").filter(has_text=said(lesson.day))


@pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)
def test_a_month_is_closed_marked_no_more_and_opened_again(page, context, sign_in, lesson, axe):
    sign_in(context, "oleg")
    page.set_default_timeout(5_000)
    page.goto("/settings/months/")
    expect(row_of(page, lesson)).to_contain_text("not marked")
    axe(page)
    row_of(page, lesson).get_by_role("button", name="Close the month").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("Close it all the same?")
    question.get_by_role("button", name="Close the month").click()
    expect(row_of(page, lesson)).to_contain_text("Oleg")

    page.goto(f"/groups/{lesson.group_id}/?month={lesson.day:%Y-%m}")
    expect(page.locator("#sheet header")).to_contain_text("month closed")
    axe(page)
    cell = page.locator(".journal button.cell").first
    cell.focus()
    page.keyboard.press("1")
    expect(page.locator("#toasts")).to_contain_text("This month is closed")
    cell.click()
    menu = page.locator("#mark-choice")
    expect(menu).to_contain_text("This month is closed")
    expect(menu.get_by_role("menuitemradio")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator(f'th[data-lesson="{lesson.pk}"] a').click()
    menu = page.locator("#lesson-menu")
    expect(menu).to_contain_text("This month is closed")
    expect(menu.get_by_role("button", name="Everyone was there")).to_be_hidden()
    assert not Mark.objects.filter(lesson=lesson).exists()

    page.goto("/settings/months/")
    row_of(page, lesson).get_by_role("button", name="Reopen").click()
    page.get_by_role("dialog").get_by_role("button", name="Reopen").click()
    expect(row_of(page, lesson).get_by_role("button", name="Close the month")).to_be_visible()
    page.goto(f"/groups/{lesson.group_id}/?month={lesson.day:%Y-%m}")
    page.locator(".journal button.cell").first.focus()
    with page.expect_response(lambda answer: answer.url.endswith("/marks/")):
        page.keyboard.press("1")
    assert Mark.objects.get(lesson=lesson).status == "attended"
