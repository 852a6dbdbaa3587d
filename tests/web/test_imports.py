"""The pages of imports: a file is sent, looked at, taken in and taken back, by plain forms alone."""

import re
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from rollbook.domains.access.actor import operator
from rollbook.domains.imports.models import Run, State, Upload
from rollbook.domains.people import actions as people
from rollbook.domains.people.models import Client
from rollbook.foundation.tables import MAX_BYTES, written
from rollbook.workflows import import_carried_out
from tests.imports.taking_back import PEOPLE, take_in
from tests.school import found_school
from tests.web.browsing import filled, signed_in

NOW = datetime(2026, 9, 2, 9, tzinfo=UTC)
HERE = "/settings/imports/"
FILE = (
    "ФИО ребёнка;Дата рождения;Телефон мамы;Заметки\n"
    "Петров Иван;12.05.2016;067 123-45-67;<script>alert(1)</script>\n"
    "Никто;32.13.2016;1;=1+1\n"
)


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def vera(school):
    return english(school)


@pytest.fixture
def committed(own_database):
    return found_school()


def english(school, name="vera"):
    type(school.users[name]).objects.filter(username=name).update(language="en")
    return signed_in(school, name)


def sent(browser, data=None, name="kids.csv"):
    data = FILE.encode("cp1251") if data is None else data
    return browser.post(HERE, {"file": SimpleUploadedFile(name, data)})


def uploaded(browser, **how):
    """The page of a file that was just sent."""
    answer = sent(browser, **how)
    assert answer.status_code == 303
    return browser.get(answer["Location"])


def pressed(browser, page, do, **typed):
    return browser.post(page.request["PATH_INFO"], {**filled(page, **typed), "do": do})


def carried_out(school):
    run = Run.objects.latest("pk")
    import_carried_out.carry_out(run_id=run.pk, at=timezone.now(), by=operator("", via="job"))
    return f"{HERE}runs/{run.pk}/"


def text(answer):
    return answer.content.decode()


# ---- sending


def test_a_file_is_sent_and_shown_as_text(vera):
    page = uploaded(vera)
    said = text(page)
    assert "windows-1251, semicolon" in said
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in said
    assert "<script>alert" not in said
    assert "Петров Иван" in said
    form = filled(page)
    assert form["kind"] == ["clients"]
    assert "birth_date" in form["column-1"]


def test_nothing_is_no_file(vera):
    answer = vera.post(HERE)
    assert answer.status_code == 422
    assert "Choose a file." in text(answer)


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        (b"", 422, "There is nothing in this file."),
        (b"%PDF-1.7", 415, "This is a PDF"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), 415, "old .xls"),
        (b"x" * (MAX_BYTES + 1), 413, "larger than 20 MB"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(vera, data, status, said):
    answer = sent(vera, data)
    assert answer.status_code == status
    assert said in text(answer)
    assert not Upload.objects.exists()


def test_the_name_of_a_file_is_shown_and_does_nothing(vera):
    page = uploaded(vera, name='../<img src=x onerror=alert(1)>".csv')
    assert "<img" not in text(page)
    assert "/" not in Upload.objects.get().name


def test_a_sheet_is_read_as_well(vera):
    data = written.xlsx_file(["ФИО", "Дата рождения"], [["Петров Иван", "12.05.2016"]])
    said = text(uploaded(vera, data=data, name="kids.xlsx"))
    assert "XLSX" in said
    assert "Encoding" not in said


# ---- looking at it


def test_another_meaning_of_the_file_is_recognised_anew(vera):
    page = uploaded(vera)
    answer = pressed(vera, page, "import", kind="payments")
    assert answer.status_code == 303
    assert answer["Location"] == page.request["PATH_INFO"]
    assert filled(vera.get(answer["Location"]))["kind"] == ["payments"]
    assert not Run.objects.exists()


def test_another_encoding_shows_other_letters(vera):
    page = uploaded(vera)
    answer = pressed(vera, page, "read", encoding="cp866")
    assert "ФИО" not in text(vera.get(answer["Location"]))


def test_what_is_missing_stands_above_the_form(vera, school):
    page = uploaded(vera)
    answer = pressed(vera, page, "import")
    assert answer.status_code == 422
    assert "Choose a branch." in text(answer)
    north = school.branches["north"].pk
    answer = pressed(vera, page, "import", branch=str(north), **{"column-0": ""})
    assert answer.status_code == 422
    assert "Say which column is" in text(answer)


def test_a_block_is_answered_to_htmx(vera):
    page = uploaded(vera)
    block = vera.get(page.request["PATH_INFO"], headers={"HX-Request": "true"})
    assert text(block).lstrip().startswith('<div class="stack wide" id="check">')


def test_a_file_that_was_forgotten_says_so(vera):
    page = uploaded(vera)
    Upload.objects.update(data=None, described=None)
    assert "has been forgotten" in text(vera.get(page.request["PATH_INFO"]))
    assert text(vera.get(HERE)).count("kids.csv") == 0


# ---- taking it in


def test_from_the_file_to_the_result_and_back(committed):
    browser = english(committed)
    page = uploaded(browser)
    answer = pressed(browser, page, "import", branch=str(committed.branches["north"].pk))
    waiting = text(browser.get(answer["Location"]))
    assert "Waiting for its turn" in waiting
    assert 'hx-trigger="every 1s"' in waiting
    run = carried_out(committed)
    result = text(browser.get(run))
    assert "hx-trigger" not in result
    assert '<a href="/clients/">1</a>' in result
    assert "32.13.2016 is no day" in result
    client = Client.objects.get(last_name="Петров")
    listed = text(browser.get(HERE))
    assert "lines taken in: 1 of 2" in listed
    assert "wrong: 1" in listed

    table = browser.get(f"{run}errors/?form=csv")
    assert table["Content-Disposition"].startswith("attachment")
    assert table["X-Content-Type-Options"] == "nosniff"
    lines = table.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 2
    assert "Никто" in lines[1]
    assert "'=1+1" in lines[1], "nothing in it runs"
    assert browser.get(f"{run}errors/?form=xlsx").content.startswith(b"PK")
    assert browser.get(f"{run}errors/?form=exe").status_code == 404

    asked = text(browser.get(f"{run}undo/"))
    assert "This will be taken away again" in asked
    assert browser.post(f"{run}undo/").status_code == 303
    assert not Client.objects.filter(pk=client.pk).exists()
    assert "The import was undone" in text(browser.get(run))
    assert browser.post(f"{run}undo/").status_code == 409

    # And once more, from the same file.
    again = pressed(browser, browser.get(page.request["PATH_INFO"]), "import")
    assert again.status_code == 303
    carried_out(committed)
    assert Client.objects.filter(last_name="Петров").exists()


def test_a_trial_is_taken_in_by_one_more_press(committed):
    browser = english(committed)
    answer = pressed(browser, uploaded(browser), "try", branch=str(committed.branches["north"].pk))
    run = carried_out(committed)
    assert answer["Location"] == run
    tried = text(browser.get(run))
    assert "What would be added" in tried
    assert not Client.objects.filter(last_name="Петров").exists()
    answer = browser.post(run)
    assert answer.status_code == 303
    assert carried_out(committed) == answer["Location"]
    assert Client.objects.filter(last_name="Петров").exists()
    assert browser.post(run).status_code == 409


def test_the_same_content_again_is_said_so(committed):
    browser = english(committed)
    pressed(browser, uploaded(browser), "import", branch=str(committed.branches["north"].pk))
    carried_out(committed)
    assert "This very file was imported on" in text(uploaded(browser, name="other.csv"))


def test_what_broke_is_told(vera, school):
    page = uploaded(vera)
    pressed(vera, page, "import", branch=str(school.branches["north"].pk))
    run = Run.objects.get()
    Run.objects.update(state=State.BROKEN, trouble="It rains.", finished_at=timezone.now())
    said = text(vera.get(f"{HERE}runs/{run.pk}/"))
    assert "It rains." in said
    assert page.request["PATH_INFO"] in said


def test_what_people_did_since_is_named_before_anybody_presses(vera):
    run = take_in(PEOPLE)
    client = Client.objects.get(first_name="Ada")
    people.change_client(client_id=client.pk, values={"note": "!"}, seen=None, at=NOW, by=operator("x"))
    said = text(vera.get(f"{HERE}runs/{run.pk}/undo/"))
    assert "Clients, changed since: Ada" in said
    answer = vera.post(f"{HERE}runs/{run.pk}/undo/")
    assert answer.status_code == 409
    assert "Clients, changed since: Ada" in text(answer)


def test_imports_of_the_command_stand_in_the_same_list(vera):
    take_in(PEOPLE)
    said = text(vera.get(HERE))
    assert "ours" in said
    assert "rows added: 6" in said


def test_what_a_file_looks_like_is_read_only_where_it_is_shown(vera, school):
    page = uploaded(vera)
    pressed(vera, page, "import", branch=str(school.branches["north"].pk))
    uploaded(vera, name="other.csv")
    with CaptureQueriesContext(connection) as asked:
        assert "other.csv" in text(vera.get(HERE))
        assert "kids.csv" in text(vera.get(f"{HERE}runs/{Run.objects.get().pk}/"))
    assert not [query["sql"] for query in asked if re.search('"described"(?! IS)', query["sql"])]


def test_a_long_list_goes_on_on_another_page(vera):
    take_in(PEOPLE)
    Run.objects.bulk_create(
        Run(source=f"old-{n}", by_name="X", asked_at=NOW, started_at=NOW, finished_at=NOW, state=State.DONE)
        for n in range(60)
    )
    first = text(vera.get(HERE))
    assert "old-59" in first
    assert 'rel="next"' in first
    older = first.partition('rel="next" href="')[2].partition('"')[0]
    assert "old-0" in text(vera.get(older))
    for nonsense in ("x", "-1", "9" * 30):
        assert vera.get(f"{HERE}?before={nonsense}").status_code == 200


def test_only_who_may_set_everything_sees_and_sends(school):
    run = take_in(PEOPLE)
    for name in ("oleg", "mara", "rita"):
        browser = english(school, name)
        for address in (HERE, f"{HERE}runs/{run.pk}/", f"{HERE}runs/{run.pk}/undo/", f"{HERE}runs/{run.pk}/errors/"):
            assert browser.get(address).status_code == 403
        assert sent(browser).status_code == 403
