"""The pages of the guides, in a lively school: asked for what each must show, looked at by axe, photographed.

All pictures lie in var/screenshots. `SCREENSHOTS=1 pytest tests/browser/test_screenshots.py` takes those anew that the
guides show; reduced to 256 colours (by pngquant, say) before they are committed, they are a third as large.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Role
from rollbook.domains.billing.models import Account, Tariff
from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import formats
from rollbook.operations import house
from rollbook.operations.doctor import lacking
from tests import databases
from tests.browser.conftest import DESK, LOOKS, Lively, Look, signed_in, watched, wearing
from tests.browser.lively import Scene

LOOKED_AT, SHOWN = databases.ROOT / "var/screenshots", databases.ROOT / "docs/screenshots"
IN_GUIDES = {
    "journal", "journal-dark", "journal-teacher", "panel", "lesson-phone", "client-phone", "groups", "clients",
    "tariffs", "role", "house", "import",
}
DARK, PHONE = LOOKS[1], LOOKS[2]
DESK_AND_PHONE = pytest.mark.parametrize("look", [DESK, PHONE], indirect=True, ids=str)
# In the dark for the guides alone: themes are looked at on every page elsewhere.
EVERY_LOOK = pytest.mark.parametrize(
    "look", [DESK, DARK, PHONE] if os.environ.get("SCREENSHOTS") else [DESK, PHONE], indirect=True, ids=str
)
NOT_DIGITS = re.compile(r"[^\d,−]")


@pytest.fixture
def visit(lively: Lively, scene: Scene, browser: Browser, look: Look) -> Iterator[Callable[..., Page]]:
    """`visit("/groups/", "owner")`: the page as that person sees it; a stranger without a name."""
    with ExitStack() as opened:

        def open_one(address: str, username: str | None = "owner") -> Page:
            context = browser.new_context(base_url=lively.url, **wearing(look))
            opened.callback(context.close)
            opened.enter_context(watched(context, []))
            if username:
                signed_in(context, username, url=lively.url)
            page = context.new_page()
            page.set_default_timeout(10_000)
            answer = page.goto(address)
            assert answer
            assert answer.status == 200
            return page

        yield open_one


@pytest.fixture
def good(axe: Callable[[Page], None], look: Look) -> Callable[..., None]:
    """`good(page, "journal")`: nothing in the way of anybody, nothing over the edge, and a picture of it."""

    def check(page: Page, name: str) -> None:
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        axe(page)
        page.mouse.move(0, 0)
        picture = page.screenshot()
        name += _suffix(look)
        folders = [LOOKED_AT, SHOWN] if os.environ.get("SCREENSHOTS") and name in IN_GUIDES else [LOOKED_AT]
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(picture)

    return check


def _suffix(look: Look) -> str:
    return "-phone" if look.width < 600 else "" if look.theme == "light" else f"-{look.theme}"


def _journal(scene: Scene) -> str:
    return f"/groups/{scene.group.pk}/?month={scene.month}"


def _marks(scene: Scene, *statuses: str, client: Client | None = None) -> int:
    year, month = map(int, scene.month.split("-"))
    of_month = Mark.objects.filter(lesson__group=scene.group, day__year=year, day__month=month)
    return of_month.filter(status__in=statuses, **{"client": client} if client else {}).count()


def _row(page: Page, client: Client) -> Locator:
    return page.locator(f'tr[data-client="{client.pk}"]')


def _balance_of(client):
    """As it stands now: other tests of this file take payments."""
    return Account.objects.get(client=client).balance


def _said(place: Locator) -> Decimal:
    """The sum that stands there."""
    return _sum(place.inner_text())


def _sum(text: str) -> Decimal:
    return Decimal(NOT_DIGITS.sub("", text).replace(",", ".").replace("−", "-"))


@EVERY_LOOK
def test_the_journal_shows_the_group_at_a_glance(visit, good, scene, look):
    page = visit(_journal(scene))
    year, month = map(int, scene.month.split("-"))
    lessons = Lesson.objects.filter(group=scene.group, day__year=year, day__month=month)
    expect(page.locator("h1")).to_have_text(scene.group.name)
    expect(page.locator(".facts svg.fill")).to_be_visible()
    expect(page.locator("thead th[data-lesson]")).to_have_count(lessons.count())
    expect(page.locator(".cell.attended", has_text="✓")).not_to_have_count(0)
    attended = page.locator(".journal .cell.attended").count()
    assert attended == _marks(scene, "attended")
    missed = page.locator(".journal .cell.missed", has_text="Н")
    expect(missed).to_have_count(page.locator(".journal .cell.missed").count())
    expect(_row(page, scene.pupil).locator(".cell.missed")).to_have_count(_marks(scene, "missed", client=scene.pupil))
    expect(_row(page, scene.pupil)).to_contain_text(scene.pupil.name)
    # The foot says how many came of those expected; over all columns that is each green cell.
    came = [text.split("/")[0] for text in page.locator("tfoot td[data-sum]").all_inner_texts() if "/" in text]
    assert sum(map(int, came)) == attended
    balance = _row(page, scene.pupil).locator("[data-balance]:visible")
    assert _said(balance) == _balance_of(scene.pupil)
    good(page, "journal")


@DESK_AND_PHONE
def test_a_teacher_sees_who_paid_and_no_sums(visit, good, scene):
    page = visit(_journal(scene), scene.teacher.username)
    expect(page.locator("thead")).to_contain_text("Оплачено")
    expect(page.locator("thead")).not_to_contain_text("Баланс")
    expect(page.locator(".facts")).not_to_contain_text("Выручка")
    expect(page.locator(".journal data.money")).to_have_count(0)
    expect(page.locator("button.cell")).not_to_have_count(0)
    good(page, "journal-teacher")
    page.goto("/groups/")
    theirs = Q(teachers__user=scene.teacher) | Q(lessons__teachers__user=scene.teacher)  # also where they substituted
    own = Group.objects.filter(theirs).exclude(state__in=["finished", "disbanded"]).distinct()
    expect(page.locator("main tbody tr")).to_have_count(own.count())


@DESK_AND_PHONE
def test_the_panel_explains_the_balance(visit, good, scene):
    page = visit(_journal(scene))
    page.get_by_role("link", name=scene.pupil.name).click()
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_have_text(scene.pupil.name)
    assert page.url.endswith(f"&client={scene.pupil.pk}")
    expect(panel.locator("a[href^='tel:']").first).to_be_visible()
    expect(panel.locator("h3", has_text="Баланс")).to_have_count(1)
    assert _said(panel.locator("h3", has_text="Баланс")) == _balance_of(scene.pupil)
    month = formats.month(date.fromisoformat(f"{scene.month}-01"), language="ru")
    if panel.get_by_text(month, exact=True).count() == 0:
        panel.locator("a", has_text="‹").click()
    expect(panel.get_by_text(month, exact=True)).to_be_visible()
    expect(panel.locator(".reckoning")).to_contain_text("оплата")
    expect(panel.locator(".reckoning")).to_contain_text(f"{scene.group.name}, не был")
    # Line by line from the sum at the beginning to the one at the end.
    sums = panel.locator(".reckoning tr:not(.sum ~ tr) td.num").all_inner_texts()
    *lines, closing = map(_sum, sums)
    assert sum(lines) == closing
    good(page, "panel")


def test_a_payment_is_taken_in_the_panel(visit, good, scene):
    page = visit(f"{_journal(scene)}&client={scene.pupil.pk}")
    panel = page.locator("#panel")
    before = _balance_of(scene.pupil)
    panel.locator("summary", has_text="Оплата").click()
    panel.get_by_label("Сумма").fill("1 500,50")
    with page.expect_response(re.compile("/payments/")):
        panel.get_by_role("button", name="Принять оплату").click()
    expect(panel.locator(".reckoning")).to_contain_text("+1\N{NARROW NO-BREAK SPACE}500,50")
    after = Account.objects.get(client=scene.pupil).balance
    assert after == before + Decimal("1500.50")
    assert _said(panel.locator("h3", has_text="Баланс")) == after
    balance = _row(page, scene.pupil).locator("[data-balance]:visible")
    expect(balance).to_have_text(formats.money(after, language="ru"))
    panel.locator("summary", has_text="Оплата").click()
    good(page, "payment")


@DESK_AND_PHONE
def test_the_groups_tell_where_seats_are_free_and_marks_are_missing(visit, good, scene):
    page = visit("/groups/")
    current = Group.objects.exclude(state__in=["finished", "disbanded"])
    expect(page.locator("main tbody tr")).to_have_count(current.count())
    expect(page.locator("main tbody svg.fill")).to_have_count(current.exclude(capacity=None).count())
    expect(page.locator("main")).to_contain_text("ниже минимума")
    good(page, "groups")
    page.locator("main tbody td:last-child a").first.click()
    expect(page.locator(".journal .cell.unmarked").first).to_be_visible()


def test_clients_are_found_by_part_of_a_name_or_phone(visit, good, scene):
    page = visit("/clients/")
    search = page.locator("main input[type=search]")
    sought = Client.objects.filter(first_name__contains="ё", archived_at=None).order_by("pk")[0]
    search.fill(sought.first_name.replace("ё", "е")[1:])
    expect(page).to_have_url(re.compile("q="))
    expect(page.locator("main tbody").get_by_role("link", name=sought.name)).to_be_visible()
    assert page.locator("main tbody tr").count() < 50
    good(page, "clients")
    phone = scene.pupil.contacts.get(relations__client=scene.pupil, relations__pays=True).phone
    search.fill(phone[-7:])
    expect(page.locator("main tbody").get_by_role("link", name=scene.pupil.name)).to_be_visible()


@pytest.mark.parametrize("look", [PHONE], indirect=True, ids=str)
def test_a_teacher_marks_a_lesson_on_a_phone(visit, good, scene):
    page = visit(f"/lessons/{scene.lesson.pk}/", scene.teacher.username)
    people = page.locator("form.phone li")
    expect(people.nth(0).locator("select")).to_have_value("attended")
    expect(people.nth(1).locator("input.late")).to_have_value("10")
    expect(people.nth(2).locator("select")).to_have_value("excused")
    expect(people.nth(3).locator("select")).to_have_value("keep")
    good(page, "lesson")
    page.reload()  # to take a picture leaves marks on fields, which a swap would take along
    page.get_by_role("button", name="Все были").click()
    expect(people.nth(3).locator("select")).to_have_value("attended")
    expect(people.nth(2).locator("select")).to_have_value("excused")


@DESK_AND_PHONE
def test_a_client_has_a_page_with_all_that_is_known(visit, good, scene):
    page = visit(f"/clients/{scene.pupil.pk}/")
    main = page.locator("main")
    expect(main.get_by_role("link", name=scene.group.name).first).to_be_visible()
    main.locator("summary", has_text="История").click()
    expect(main.locator(".history li").first).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    good(page, "client")


@DESK_AND_PHONE
def test_a_group_is_made_on_one_page(visit, good):
    page = visit("/groups/new/")
    for name in ("name", "programme_id", "branch_id", "capacity", "teachers", "tariff_id"):
        expect(page.locator(f"main [name={name}]").first).to_be_attached()
    good(page, "group-new")


def test_prices_are_kept_as_tariffs(visit, good):
    page = visit("/settings/tariffs/")
    expect(page.locator("main tbody tr")).to_have_count(Tariff.objects.filter(archived_at=None).count())
    good(page, "tariffs")


def test_what_a_role_may_do_stands_in_words(visit, good):
    page = visit(f"/settings/roles/{Role.objects.get(code='administrator').pk}/edit/")
    ticked = page.locator("main input[name=permissions]:checked")
    expect(ticked).to_have_count(len(Role.objects.get(code="administrator").permissions))
    good(page, "role")


@EVERY_LOOK
def test_the_owner_sees_what_state_the_house_is_in(visit, good, scene, tmp_path, monkeypatch):
    monkeypatch.setattr(lacking, "DUTIES", ())  # the tests' own server is careless, which is nothing to show
    with override_settings(BACKUP_FOLDER=tmp_path, MEDIA_ROOT=tmp_path / "files", BACKUPS_ARE_COPIED=False):
        told = {"at": timezone.now(), "by": operator("", via="job")}
        house.prove(house.back_up(**told).path, **told)
        house.examine(**told)
    page = visit("/settings/house/")
    facts = page.locator("dl.facts").first
    expect(facts.locator(".pill.due")).to_have_count(3)  # kept, backed up, proven
    expect(page.get_by_text(f"rollbook-{told['at']:%Y%m%dT%H%M%SZ}.tar").first).to_be_visible()
    good(page, "house")


@EVERY_LOOK
def test_a_file_is_looked_at_before_it_is_taken_in(visit, good):
    page = visit("/settings/imports/")
    people = [("Белова Анна", "12.05.2016"), ("Громов Лев", "03.11.2015"), ("Зимина Ася", "27.01.2018")] * 7
    rows = [f"{name};{born};{name.split()[0]} Ольга;8 (912) 345-{n:02d}-00;" for n, (name, born) in enumerate(people)]
    text = "\r\n".join(["ФИО ребёнка;Дата рождения;ФИО мамы;Телефон мамы;Примечание", *rows])
    page.locator("#file").set_input_files(
        {"name": "Ученики 2026.csv", "mimeType": "text/csv", "buffer": text.encode("cp1251")}
    )
    expect(page.locator("#id_kind")).to_have_value("clients")
    expect(page.locator("select[name^=column-]")).to_have_count(5)
    expect(page.locator("main")).to_contain_text("windows-1251")
    page.locator("#id_branch").select_option(index=1)
    good(page, "import")


@DESK_AND_PHONE
def test_a_stranger_is_asked_who_they_are(visit, good):
    page = visit("/", username=None)
    expect(page.locator("input[type=password]")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("Группы")
    good(page, "sign-in")
