"""The pages of imports in a real browser: a list of clients as offices keep it, its progress, errors and undoing."""

from __future__ import annotations

import csv
import io
import random
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from rollbook.domains.access.models import Branch
from rollbook.domains.people.models import Client
from rollbook.foundation.tables import written
from tests import databases
from tests.browser.conftest import BOTH_ENDS, Lively, Look, signed_in, watched, wearing
from tests.imports.taking_back import checksums

LINES = 5_000
# By line of the file: the column and what stands in it. Nobody can tell what these were to be.
BROKEN = {
    17: ("Дата рождения", "31.02.2015"), 250: ("Телефон мамы", "8 (912) 12"), 801: ("Дата рождения", "вчера"),
    1200: ("Телефон мамы", "нет"), 1900: ("ФИО ребёнка", ""), 2500: ("Дата рождения", "12.05.2096"),
    3100: ("Телефон мамы", "+7 000"), 3777: ("E-mail", "не почта"), 4200: ("ФИО ребёнка", ""),
    4999: ("Дата рождения", "00.00.0000"),
}
COLUMNS = ("ФИО ребёнка", "Дата рождения", "ФИО мамы", "Телефон мамы", "E-mail", "Примечание")
# What a browser's own requests write: sessions and tries counted.
OF_REQUESTS = {"access_session", "access_signin", "cache"}
HERE = "/settings/imports/"
PATIENCE = 120_000  # milliseconds; the machine may be busy with other tests


def client_list() -> bytes:
    """As a spreadsheet saves it in Russia: Windows-1251, semicolons."""
    chance = random.Random(7)
    rows = [COLUMNS]
    for line in range(2, LINES + 2):
        name = f"{chance.choice(['Иванов', 'Петров', 'Сидоров', 'Кузнецов'])}-{line}"
        row = dict(zip(COLUMNS, (
            f"{name} {chance.choice(['Анна', 'Пётр', 'Мария'])}",
            f"{chance.randint(1, 28):02d}.{chance.randint(1, 12):02d}.{chance.randint(2010, 2020)}", f"{name} Ольга",
            f"8 (912) {line // 100:03d}-{line % 100:02d}-00", f"mail{line}@example.org" if line % 3 else "",
            "" if line % 10 else "любит шахматы",
        ), strict=True))
        if line in BROKEN:
            column, told = BROKEN[line]
            row[column] = told
        rows.append(tuple(row.values()))
    return "\r\n".join(";".join(row) for row in rows).encode("cp1251")


def bomb() -> bytes:
    """A workbook of some kilobytes that would unpack to half a gigabyte."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _part in range(500):
                sheet.write(b"<row/>" * 175_000)
    return packed.getvalue()


@pytest.fixture
def page(lively: Lively, scene: object, browser: Browser, look: Look) -> Iterator[Page]:
    """Of the owner of the lively school; the test's own questions are asked of its database."""
    # A refusal is a line on the console of the browser, too.
    context = browser.new_context(base_url=lively.url, **wearing(look))
    with watched(context, [r"status of 41[35]"]):
        signed_in(context, "owner", url=lively.url)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        yield page
    context.close()


def send(page: Page, name: str, data: bytes) -> None:
    page.goto(HERE)
    page.locator("#file").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})


def choose_branch(page: Page) -> None:
    """Of several branches the person must say which; after that it is remembered with the first line of the file."""
    if not page.locator("#id_branch").input_value():
        page.locator("#id_branch").select_option(str(Branch.objects.order_by("pk")[0].pk))


def take_in(page: Page) -> None:
    page.locator("button[value=import]").click()


def stands(page: Page) -> dict[str, object]:
    return {table: told for table, told in checksums().items() if table not in OF_REQUESTS}


def of_result(page: Page) -> list[int]:
    """The figures of the card that counts lines."""
    return [int(re.sub(r"\D", "", text)) for text in page.locator("dl.facts.card dd").all_inner_texts()]


def test_a_list_of_five_thousand_clients_comes_in_and_goes_again(page: Page, lively: Lively, tmp_path: Path) -> None:
    before = stands(page)
    send(page, "Клиенты 2026.csv", client_list())
    expect(page.locator("summary")).to_contain_text("windows-1251")
    expect(page.locator("#id_kind")).to_have_value("clients")
    expect(page.locator("[name=column-1]")).to_have_value("birth_date")
    expect(page.locator("table").last.locator("tbody tr")).to_have_count(20)
    choose_branch(page)

    with psycopg.connect(databases.address_of(lively.database, "owner")) as holding:
        # Nobody can be written down for a moment: time enough to go away and come back.
        holding.execute("LOCK TABLE people_contact IN SHARE MODE")
        take_in(page)
        expect(page.locator("#run progress")).to_be_visible(timeout=PATIENCE)
        page.goto("/clients/")
        page.goto(HERE)
        page.locator("main tbody tr").first.get_by_role("link").first.click()
        expect(page.locator("#run progress")).to_be_visible(timeout=PATIENCE)
        expect(page.locator("#run p[role=status]")).not_to_be_empty()
        holding.rollback()

    expect(page.locator("#problems")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("#run progress")).to_have_count(0)
    assert of_result(page) == [LINES, LINES - len(BROKEN), len(BROKEN)]
    rows = page.locator("#problems tbody tr")
    told = {int(row.locator("td").nth(0).inner_text()): row.locator("td").nth(1).inner_text() for row in rows.all()}
    assert told == {line: column for line, (column, _said) in BROKEN.items()}
    assert Client.objects.filter(last_name__startswith="Кузнецов-").exists()

    with page.expect_download() as download:
        page.locator("#problems a[href$='form=csv']").click()
    download.value.save_as(tmp_path / "errors.csv")
    text = (tmp_path / "errors.csv").read_bytes().decode("utf-8-sig")
    first, *lines = list(csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","))
    assert tuple(first[: len(COLUMNS)]) == COLUMNS
    assert [int(line[len(COLUMNS)]) for line in lines] == sorted(BROKEN)

    page.locator("a[href$='/undo/']").click()
    page.locator("main form button").click()
    expect(page.locator("a[href$='/undo/']")).to_have_count(0, timeout=PATIENCE)
    assert stands(page) == before


def test_a_workbook_is_tried_and_then_taken_in(page: Page) -> None:
    rows = [["Мотылёк Ася", "12.05.2016", "8 (912) 555-00-01"], ["Мотылёк Яна", "31.02.2016", "8 (912) 555-00-01"]]
    send(page, "Новые.xlsx", written.xlsx_file(["ФИО ребёнка", "Дата рождения", "Телефон мамы"], rows))
    choose_branch(page)
    page.locator("button[value=try]").click()
    expect(page.locator("#problems tbody tr")).to_have_count(1, timeout=PATIENCE)
    assert not Client.objects.filter(last_name="Мотылёк").exists()
    page.locator("#run form button").click()
    expect(page.locator("a[href$='/undo/']")).to_be_visible(timeout=PATIENCE)
    assert Client.objects.filter(last_name="Мотылёк").count() == 1


def test_another_kind_is_recognised_without_leaving_the_page(page: Page) -> None:
    send(page, "оплаты.csv", "ФИО;Сумма;Дата\nМотылёк Ася;1 500,00;12.05.2026\n".encode())
    expect(page.locator("#id_kind")).to_have_value("payments")
    page.locator("#id_kind").select_option("clients")
    expect(page.locator("[name=column-1]")).not_to_have_value("amount")
    expect(page.locator("[name=column-0]")).to_have_value("name")


@pytest.mark.parametrize(
    ("name", "data"), [("bomb.xlsx", bomb()), ("old.xls", b"\xd0\xcf\x11\xe0" + bytes(600)), ("a.csv", b"%PDF-1.7")]
)
def test_what_is_no_table_is_refused_in_a_sentence(page: Page, name: str, data: bytes) -> None:
    send(page, name, data)
    expect(page.locator("main .errors[role=alert]").first).to_contain_text(re.compile(r"\S+ \S+.*\."))
    expect(page.locator("#file")).to_be_visible()


def test_too_much_is_not_even_sent(page: Page) -> None:
    send(page, "huge.csv", b"x" * (20 * 1024 * 1024 + 1))
    assert page.locator("#file").evaluate("input => input.validationMessage")
    assert page.url.endswith(HERE)


@pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)
def test_nothing_stands_in_the_way_of_anybody(page: Page, axe, look: Look) -> None:
    long = "Очень длинное имя файла, которое никто не станет читать до самого конца, но которое бывает.csv"
    cells = ("Длиннофамильный-Оченьдлинноимённый Максимилиан", "12.05.2016", "8 (912) 555-00-02", "x" * 300)
    text = f"ФИО ребёнка;Дата рождения;Телефон мамы;{'Столбец с длинным названием ' * 3}\n{';'.join(cells)}\nА;б;в;г\n"
    send(page, long, text.encode())
    expect(page.locator("#check")).to_be_visible()
    fits(page, axe)
    choose_branch(page)
    page.locator("button[value=try]").click()
    expect(page.locator("#problems")).to_be_visible(timeout=PATIENCE)
    fits(page, axe)
    page.goto(HERE)
    fits(page, axe)


def fits(page: Page, axe) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    axe(page)


