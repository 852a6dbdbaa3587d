"""The journal by keyboard alone: ranges, undo and redo, menus, help; and the menus by mouse and by finger."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from rollbook.domains.journal.models import Mark
from tests.browser.conftest import BOTH_ENDS, LOOKS, press, saved
from tests.school import AT, DAY

PHONE = [look for look in LOOKS if look.width < 600]
# What a Russian keyboard says where an English one says Z, Y, C, O, M and H.
RUSSIAN = {"KeyZ": "я", "KeyY": "н", "KeyC": "с", "KeyO": "щ", "KeyM": "ь", "KeyH": "р"}


def press_in_russian(page, code, **held):
    page.evaluate(
        """([code, key, held]) => document.activeElement.dispatchEvent(
             new KeyboardEvent("keydown", { code, key, bubbles: true, cancelable: true, ...held }))""",
        [code, RUSSIAN[code], held],
    )


def select(page, *keys):
    for key in keys:
        page.keyboard.press(f"Shift+{key}")


def statuses(marks):
    return [status for *_, status in marks()]


def panel_leads(page, address):
    """The panel asks for that address; what it shows is a matter of that page."""
    return page.expect_request(re.compile(re.escape(address)))


# ---- by keys alone


def test_from_signing_in_to_a_marked_lesson_by_keyboard_alone(page, group, cast, in_site, marks):
    from tests.browser.test_signing_in import PASSWORD

    user = cast.users["mara"]
    user.set_password(PASSWORD)
    user.save()
    page.goto(f"/account/login/?next=/groups/{group[0].pk}/%3Fmonth=2026-09")
    by_tab(page, lambda: page.evaluate("document.activeElement.matches('[name=login]')"))
    page.keyboard.type("mara")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".journal")).to_be_visible()
    by_tab(page, lambda: page.evaluate("document.activeElement.matches('button.cell')"))
    for key in ("1", "2", "1"):
        press(page, key)
        page.keyboard.press("ArrowDown")
    press(page, "3")
    assert statuses(marks) == ["attended", "missed", "attended", "excused"]
    # Up to the head of the lesson, and its menu.
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    expect(page.locator("thead th[data-lesson] a").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#lesson-menu button").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("thead th[data-lesson] a").first).to_be_focused()


def by_tab(page, arrived):
    for _ in range(60):
        if arrived():
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there")


def test_a_range_over_three_lessons_is_marked_by_one_key_taken_back_and_done_again(journal, at, marks):
    at(0, 0).focus()
    press(journal, "Digit2")
    select(journal, "ArrowRight", "ArrowRight", "ArrowDown")
    expect(at(1, 2)).to_be_focused()
    expect(journal.locator("td[aria-selected='true']")).to_have_count(6)
    answer = press(journal, "Digit3")
    assert "/groups/" in answer.url
    assert statuses(marks) == ["excused"] * 6
    expect(journal.locator("tfoot td[data-sum]").first).to_have_text("0/4")
    press(journal, "Control+z")
    expect(at(0, 0)).to_have_class(re.compile("missed"))
    expect(at(1, 2)).to_have_class(re.compile("unmarked|future"))
    assert statuses(marks) == ["missed"] + [None] * 5
    press(journal, "Control+Shift+z")
    expect(at(1, 2)).to_have_class(re.compile("excused"))
    press(journal, "Control+z")
    press(journal, "Control+y")
    assert statuses(marks) == ["excused"] * 6
    press(journal, "Control+z")
    press(journal, "Control+z")
    assert statuses(marks) == [None] * 6


def test_escape_and_a_plain_arrow_drop_the_selection(journal, at):
    selected = journal.locator("td[aria-selected='true']")
    at(1, 1).focus()
    select(journal, "ArrowDown")
    expect(selected).to_have_count(2)
    journal.keyboard.press("Escape")
    expect(selected).to_have_count(0)
    select(journal, "ArrowLeft")
    expect(selected).to_have_count(2)
    journal.keyboard.press("ArrowUp")
    expect(selected).to_have_count(0)
    at(0, 0).focus()
    at(2, 1).click(modifiers=["Shift"])
    expect(selected).to_have_count(6)


def test_what_is_closed_in_a_range_is_passed_over(journal, at, marks, group, cast):
    group[1][1].__class__.objects.filter(pk=group[1][1].pk).update(cancelled_at=AT, cancel_reason="Snow")
    journal.reload()
    at(0, 0).focus()
    select(journal, "ArrowRight", "ArrowDown")
    expect(at(1, 2)).to_be_focused()
    expect(journal.locator("td[aria-selected='true']")).to_have_count(4)
    press(journal, "Digit4")
    assert {day for _, day, _ in marks()} == {DAY, DAY + timedelta(days=14)}


def test_a_stale_range_shows_both_values_and_changes_nothing(journal, at, marks, group, cast, tolerated):
    tolerated.append("409")
    first, second, *_ = cast.clients(group[0].name)
    at(0, 0).focus()
    select(journal, "ArrowRight", "ArrowDown")
    for client, lesson in ((first, group[1][0]), (second, group[1][1])):
        Mark.objects.create(client=client, lesson=lesson, status="missed", marked_at=AT, day=DAY, version=3)
    assert press(journal, "Digit3").status == 409
    told = journal.locator("#refusal li")
    expect(told).to_have_count(2)
    expect(told.nth(0)).to_contain_text("Абрамова, 1 September: yours: excused, now: was not there")
    expect(told.nth(1)).to_contain_text("Белов, 8 September: yours: excused, now: was not there")
    expect(at(0, 0)).to_have_class(re.compile("missed"))
    assert statuses(marks) == ["missed", "missed"]


def test_an_undo_that_another_has_overtaken_is_refused_with_both_values(journal, at, marks, tolerated, group):
    tolerated.append("409")
    at(0, 0).focus()
    press(journal, "Digit1")
    Mark.objects.filter(lesson__group=group[0]).update(status="excused", share=0, version=7)
    journal.evaluate("document.querySelector('#sheet').dispatchEvent(new Event('live'))")
    expect(at(0, 0)).to_have_class(re.compile("excused"))
    assert press(journal, "Control+z").status == 409
    expect(journal.locator("#refusal")).to_contain_text("yours: not marked, now: excused")
    assert statuses(marks) == ["excused"]
    expect(journal.locator("[data-do='undo']")).to_be_disabled()


def test_undo_outlives_what_others_change_and_has_buttons(journal, at, marks, group, cast):
    undo, redo = journal.locator("[data-do='undo']"), journal.locator("[data-do='redo']")
    expect(undo).to_be_disabled()
    at(0, 0).focus()
    press(journal, "Digit1")
    expect(undo).to_be_enabled()
    other = cast.clients(group[0].name)[1]
    Mark.objects.create(client=other, lesson=group[1][0], status="excused", marked_at=AT, day=DAY)
    journal.evaluate("document.querySelector('#sheet').dispatchEvent(new Event('live'))")
    expect(at(1, 0)).to_have_class(re.compile("excused"))
    expect(undo).to_be_enabled()
    saved(journal, undo.click)
    expect(redo).to_be_enabled()
    saved(journal, redo.click)
    expect(at(0, 0)).to_have_class(re.compile("attended"))
    assert statuses(marks) == ["attended", "excused"]


def test_lateness_comes_back_with_an_undo(journal, at, group, cast):
    client = cast.clients(group[0].name)[0]
    Mark.objects.create(
        client=client, lesson=group[1][0], status="attended", minutes_late=7, marked_at=AT, day=DAY, present=True
    )
    journal.reload()
    at(0, 0).focus()
    press(journal, "Digit2")
    press(journal, "Control+z")
    expect(at(0, 0)).to_contain_text("7")
    assert Mark.objects.get(client=client).minutes_late == 7


def test_all_keys_work_with_a_russian_keyboard(journal, at, marks, group):
    at(0, 0).focus()
    press(journal, "Digit1")
    saved(journal, lambda: press_in_russian(journal, "KeyZ", ctrlKey=True))
    saved(journal, lambda: press_in_russian(journal, "KeyZ", ctrlKey=True, shiftKey=True))
    saved(journal, lambda: press_in_russian(journal, "KeyZ", ctrlKey=True))
    saved(journal, lambda: press_in_russian(journal, "KeyY", ctrlKey=True))
    assert statuses(marks) == ["attended"]
    journal.wait_for_timeout(1500)  # until this page has heard of its own acts: they put the sheet anew
    for code, menu in (("KeyM", "#row-menu"), ("KeyH", "#lesson-menu")):
        press_in_russian(journal, code)
        expect(journal.locator(menu)).to_be_visible()
        journal.keyboard.press("Escape")
        expect(journal.locator(menu)).to_be_hidden()
        expect(at(0, 0)).to_be_focused()


@pytest.mark.parametrize("tolerated", [["404"]])
@pytest.mark.parametrize(("code", "part"), [("KeyO", ""), ("KeyC", "comments/")])
def test_a_key_opens_the_panel_of_the_cell(journal, at, group, cast, code, part):
    client, lesson = cast.clients(group[0].name)[0].pk, group[1][0].pk
    at(0, 0).focus()
    with panel_leads(journal, f"/lessons/{lesson}/clients/{client}/{part}?month=2026-09"):
        press_in_russian(journal, code)


# ---- menus


def test_a_cell_offers_what_can_be_done_with_it(journal, at, group, cast):
    client, lesson = cast.clients(group[0].name)[0].pk, group[1][0].pk
    menu = journal.locator("#mark-choice")
    at(0, 0).focus()
    journal.keyboard.press("Enter")
    expect(menu.get_by_role("menuitemradio")).to_have_count(5)
    expect(menu.get_by_role("menuitem", name="Work off…")).to_be_hidden()
    expect(menu.get_by_role("menuitem", name="More…")).to_have_attribute("data-panel", f"cell={lesson}-{client}")
    press(journal, "Digit3")
    expect(at(0, 0)).to_be_focused()
    until = timezone.localdate() + timedelta(days=3)
    Mark.objects.filter(lesson=lesson).update(make_up_until=until)
    journal.reload()
    expect(at(0, 0)).to_have_attribute("title", re.compile("may be worked off until"))
    expect(at(0, 0).locator("sub")).to_have_text(re.compile("[234]"))
    at(0, 0).focus()
    journal.keyboard.press("Enter")
    off = menu.get_by_role("menuitem", name="Work off…")
    expect(off).to_be_visible()
    expect(off).to_have_attribute("data-open", "make-up")
    for _ in range(3):
        journal.keyboard.press("ArrowDown")
    expect(off).to_be_focused()


def test_a_choice_is_for_all_that_are_selected(journal, at, marks):
    at(0, 0).focus()
    select(journal, "ArrowDown", "ArrowRight")
    journal.keyboard.press("Enter")
    expect(journal.locator("#mark-choice").get_by_role("menuitem")).to_have_count(0)
    saved(journal, journal.locator("#mark-choice").get_by_role("menuitemradio", name="excused").click)
    assert statuses(marks) == ["excused"] * 4


def test_the_head_of_a_lesson_opens_the_fold_that_is_asked_for(journal, group):
    lesson = group[1][0].pk
    head = journal.locator("thead th[data-lesson]").first
    for text, fold in (
        ("It took place…", "hold"), ("Topic and note…", "details"), ("Substitute…", "substitute"), ("Move…", "move"),
        ("Guests…", "guests"), ("Cancel…", "cancel"),
    ):
        head.click()
        with panel_leads(journal, f"/lessons/{lesson}/?month=2026-09&open={fold}"):
            journal.locator("#lesson-menu").get_by_role("link", name=text).click()
        expect(journal).to_have_url(re.compile(f"lesson={lesson}$"))
        journal.keyboard.press("Escape")
        expect(journal.locator("#panel")).to_be_hidden()
        expect(head.locator("a")).to_be_focused()


def test_a_cancelled_lesson_has_a_menu_as_well(journal, group):
    group[1][0].__class__.objects.filter(pk=group[1][0].pk).update(cancelled_at=AT, cancel_reason="Snow")
    journal.reload()
    head, menu = journal.locator("thead th[data-lesson]").first, journal.locator("#lesson-menu")
    expect(head.locator("a")).to_have_attribute("title", re.compile("Snow"))
    head.click()
    expect(menu.get_by_text("Restore…")).to_be_visible()
    expect(menu.get_by_text("Everyone was there")).to_be_hidden()


@pytest.mark.parametrize("tolerated", [["404"]])
@pytest.mark.parametrize("way", ["button", "right click", "key"])
def test_a_row_offers_what_can_be_done_with_the_client(journal, at, group, cast, way):
    client = cast.clients(group[0].name)[1]
    row, menu = journal.locator("tr[data-client]").nth(1), journal.locator("#row-menu")
    if way == "button":
        row.get_by_role("button", name="Menu: Белов").click()
    elif way == "key":
        at(1, 0).focus()
        journal.keyboard.press("m")
    else:
        at(1, 1).click(button="right")
    expect(menu).to_be_visible()
    expect(menu.get_by_role("link", name="Payment", exact=True)).to_be_focused()
    expect(menu.get_by_role("link", name="Call")).to_have_attribute("href", re.compile(r"tel:\+380"))
    expect(menu.get_by_role("link", name="Telegram")).to_be_hidden()
    enrolment = client.enrolments.get().pk
    expect(menu.get_by_role("link", name="Transfer")).to_have_attribute("data-panel", f"enrolment={enrolment}")
    menu.get_by_role("link", name="Payment", exact=True).click()
    expect(journal.locator("#panel").get_by_label("Amount")).to_be_focused()
    expect(journal).to_have_url(re.compile(f"client={client.pk}$"))


def test_guests_and_those_who_left_are_not_transferred(journal, group, cast):
    client = cast.clients(group[0].name)[0]
    client.enrolments.update(until=DAY + timedelta(days=1))
    journal.reload()
    row, menu = journal.locator("tr.gone"), journal.locator("#row-menu")
    row.get_by_role("button", name="Menu").click()
    expect(menu.get_by_role("link", name="Card")).to_be_visible()
    expect(menu.get_by_role("link", name="Transfer")).to_be_hidden()
    expect(menu.get_by_role("link", name="End the enrolment")).to_be_hidden()


def test_a_question_mark_shows_the_keys(journal, at, axe):
    keys = journal.get_by_role("dialog", name="Keys")
    at(0, 0).focus()
    journal.keyboard.press("?")
    expect(keys).to_contain_text("was there")
    axe(journal)
    journal.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    expect(at(0, 0)).to_be_focused()
    # Where it is on a Russian keyboard.
    journal.evaluate(
        """document.body.dispatchEvent(
             new KeyboardEvent("keydown", { code: "Digit7", key: "?", shiftKey: true, bubbles: true }))"""
    )
    expect(keys).to_be_visible()
    journal.keyboard.press("Escape")
    journal.locator(".search input").focus()
    journal.keyboard.press("?")
    expect(keys).to_be_hidden()


def test_whoever_only_looks_is_told_of_no_key_that_does_nothing(page, context, sign_in, cast, in_site):
    sign_in(context, "nina")
    page.goto(f"/groups/{cast.groups['chess'].pk}/?month=2026-09")
    page.get_by_role("button", name="Keys").click()
    expect(page.get_by_role("dialog")).to_contain_text("search")
    expect(page.get_by_role("dialog")).not_to_contain_text("undo")
    page.keyboard.press("Escape")
    page.locator("thead th[data-lesson] a").first.click()
    expect(page.locator("#lesson-menu :is(a, button):visible")).to_have_text(["Comments", "Open the lesson"])
    page.get_by_role("link", name="Open the lesson").click()
    expect(page.locator("#panel")).to_contain_text("September")


# ---- the panel


def test_a_panel_opens_the_part_that_is_asked_for_and_keeps_what_leads_to_another(journal, group):
    """As a page of another would answer: by a part with data-fold, a link and a plain form."""
    page = f"""<article class="sheet"><h2>Ivan</h2><a href="/lessons/{group[1][0].pk}/?open=cancel">lesson</a>
      <details data-fold="end"><summary>End</summary>
      <form method="post" action="/enrolments/7/end/"><input name="until" value="x"><button>Go</button></form></details>
      </article>"""
    asked = []
    journal.route(re.compile("/enrolments/7/"), lambda route: (asked.append(route.request), route.fulfill(
        status=200, content_type="text/html", body=page if route.request.method == "GET" else "<h2>Done</h2>"
    )))
    panel = journal.locator("#panel")
    journal.evaluate(
        """() => { const link = Object.assign(document.createElement("a"), { textContent: "try", href: "#" });
                   Object.assign(link.dataset, { panel: "enrolment=7", open: "end" });
                   document.querySelector("#sheet").append(link); }"""
    )
    journal.get_by_text("try").click()
    expect(panel.locator("[name=until]")).to_be_focused()
    assert asked[0].url.endswith("/enrolments/7/?month=2026-09&open=end")
    panel.get_by_role("button", name="Go").click()
    expect(panel).to_contain_text("Done")
    assert asked[1].headers["hx-request"] == "true"
    assert "until=x" in asked[1].post_data
    journal.get_by_text("try").click()
    with panel_leads(journal, f"/lessons/{group[1][0].pk}/?month=2026-09&open=cancel"):
        panel.get_by_role("link", name="lesson").click()
    expect(journal).to_have_url(re.compile(f"lesson={group[1][0].pk}$"))

# ---- looks


@pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)
def test_menus_and_a_selection_stand_in_nobodys_way(journal, at, axe, look):
    at(0, 0).focus()
    press(journal, "Digit3")
    select(journal, "ArrowRight", "ArrowDown")
    axe(journal)
    at(2, 0).click()
    axe(journal)
    journal.keyboard.press("Escape")
    for place in (".dots", "thead th[data-lesson] a"):
        journal.locator(place).first.click()
        axe(journal)
        journal.keyboard.press("Escape")
    assert journal.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("look", PHONE[:1], indirect=True, ids=str)
def test_on_a_phone_menus_are_sheets_and_all_is_large_enough_for_a_thumb(journal, at, look):
    for place, menu in ((".dots", "#row-menu"), ("thead th[data-lesson] a", "#lesson-menu"), (".cell", "#mark-choice")):
        opener = journal.locator(f".journal {place}").first
        opener.scroll_into_view_if_needed()
        box = opener.bounding_box()
        assert min(box["width"], box["height"]) >= 44, place
        opener.click()
        sheet = journal.locator(menu).bounding_box()
        assert (sheet["x"], sheet["width"]) == (0, look.width)
        assert sheet["y"] + sheet["height"] == look.height
        items = journal.locator(f"{menu} :is(a, button):visible")
        assert all(item.bounding_box()["height"] >= 44 for item in items.all())
        journal.keyboard.press("Escape")
