import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from rollbook.domains.billing.models import Tariff
from rollbook.domains.fields.models import Choice
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.queries import Cell
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.errors import NotFound
from rollbook.screens.journal import Square, State
from rollbook.web.journal.cells import Words, cell, row_of_cells
from rollbook.web.journal.words import telegram
from tests.school import AT, DAY

HTMX = {"HX-Request": "true"}
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture(autouse=True)
def the_evening_of_the_lesson(time_machine):
    time_machine.move_to(AT + timedelta(hours=1), tick=False)


@pytest.fixture
def anna(client, school):
    client.force_login(school.users["anna"])
    return client


@pytest.fixture
def mara(client, school):
    client.force_login(school.users["mara"])
    return client


@pytest.fixture
def group(school):
    return f"/groups/{school.groups['chess'].pk}/"


@pytest.fixture
def lesson(school):
    return f"/lessons/{school.lessons['chess'].pk}/"


def test_page_and_block(anna, group):
    page, part = anna.get(group), anna.get(group, headers=HTMX)
    assert b"<html" in page.content
    assert b"Ivan" in page.content
    assert b"<html" not in part.content
    assert b"Ivan" in part.content
    assert "HX-Request" in page["Vary"]
    assert "HX-Request" in part["Vary"]


def test_a_plain_form_goes_to_the_page_and_a_script_gets_the_cells(anna, lesson, school):
    ivan, olga = school.clients()
    told = {f"mark-{ivan.pk}": "attended", f"mark-{olga.pk}": "keep", f"late-{ivan.pk}": "7"}
    taken = anna.post(f"{lesson}marks/", told)
    assert (taken.status_code, taken["Location"]) == (303, lesson)
    part = anna.post(f"{lesson}marks/", {f"mark-{ivan.pk}": "missed", f"seen-{ivan.pk}": "1"}, headers=HTMX)
    assert part.status_code == 200
    assert f'data-client="{ivan.pk}"' in part.content.decode()
    assert 'class="cell missed" data-s="missed" data-v="2"' in part.content.decode()
    assert list(Mark.objects.values_list("client", "status")) == [(ivan.pk, "missed")]


def test_an_empty_mark_is_taken_back(anna, lesson, school):
    ivan = school.clients()[0].pk
    anna.post(f"{lesson}marks/", {f"mark-{ivan}": "attended"})
    anna.post(f"{lesson}marks/", {f"mark-{ivan}": "", f"seen-{ivan}": "1"})
    assert Mark.objects.get().status is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mark", "asleep"), ("mark", "x" * 1000), ("mark", "\0"), ("seen", "x"), ("seen", "-1"), ("seen", "1_0"),
        ("seen", "１"), ("seen", "9" * 30), ("late", "601"), ("late", "1e1"), ("late", "５"),
    ],
)
def test_bad_input_is_told_and_nothing_is_marked(anna, lesson, school, name, value):
    ivan, olga = school.clients()
    told = {f"mark-{ivan.pk}": "attended", f"mark-{olga.pk}": "missed"} | {f"{name}-{ivan.pk}": value}
    answer = anna.post(f"{lesson}marks/", told)
    assert answer.status_code == 422
    assert not Mark.objects.exists()


def test_bad_input_stands_at_its_field_and_the_rest_is_kept(anna, lesson, school):
    ivan, olga = school.clients()
    text = anna.post(f"{lesson}marks/", {f"mark-{ivan.pk}": "asleep", f"mark-{olga.pk}": "missed"}).content.decode()
    assert f'id="mark-{ivan.pk}-error"' in text
    assert '<option value="missed" selected' in text


@pytest.mark.parametrize("name", ["mark-0", "mark-999999999999999999", "mark-1_0", "mark-", "mark-x", "note-1"])
def test_a_mark_of_nobody_is_refused_or_passed_over(anna, lesson, name):
    assert anna.post(f"{lesson}marks/", {name: "attended"}).status_code in (303, 409)
    assert not Mark.objects.exists()


def test_a_thousand_marks_at_once_are_too_many(anna, lesson):
    answer = anna.post(f"{lesson}marks/", {f"mark-{n}": "attended" for n in range(1, 1000)})
    assert answer.status_code == 422


def test_a_stale_mark_shows_both_values(anna, lesson, school):
    ivan = school.clients()[0].pk
    anna.post(f"{lesson}marks/", {f"mark-{ivan}": "attended"})
    answer = anna.post(f"{lesson}marks/", {f"mark-{ivan}": "missed", f"seen-{ivan}": "0"}, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#refusal")
    assert "Ivan: yours: was not there, now: was there" in answer.content.decode()


# ---- many cells at once


@pytest.fixture
def weeks(school):
    """Three lessons, one a week, the last of them that of the cast."""
    return [*(school.lesson(at=AT - timedelta(days=7 * week)).pk for week in (2, 1)), school.lessons["chess"].pk]


def test_a_range_answers_the_cells_of_all_lessons_and_the_balances(mara, group, school, weeks):
    ivan, olga = (client.pk for client in school.clients())
    told = {f"mark-{lesson}-{client}": "attended" for lesson in weeks for client in (ivan, olga)}
    told |= {f"late-{weeks[2]}-{ivan}": "5", f"mark-{weeks[0]}-{olga}": "keep"}
    part = mara.post(f"{group}marks/", told, headers=HTMX).content.decode()
    assert part.count('class="cell attended" data-s="attended" data-v="1"') == 5
    assert f'data-client="{olga}" data-lesson="{weeks[1]}"' in part
    assert part.count("data-balance") == 2
    assert list(Mark.objects.filter(minutes_late=5).values_list("lesson", "client")) == [(weeks[2], ivan)]
    plain = mara.post(f"{group}marks/", {f"mark-{weeks[0]}-{olga}": ""})
    assert (plain.status_code, plain["Location"]) == (303, group)


def test_a_stale_range_names_each_cell_with_its_day_and_both_values(mara, group, school, weeks):
    ivan, olga = (client.pk for client in school.clients())
    mara.post(f"{group}marks/", {f"mark-{weeks[1]}-{ivan}": "missed", f"mark-{weeks[2]}-{olga}": "excused"})
    told = {f"mark-{lesson}-{client}": "attended" for lesson in weeks for client in (ivan, olga)}
    answer = mara.post(
        f"{group}marks/", told | {name.replace("mark", "seen"): "0" for name in told}, headers=HTMX
    )
    assert (answer.status_code, answer["HX-Retarget"]) == (409, "#refusal")
    text = answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")
    assert "Ivan, 25 August: yours: was there, now: was not there" in text
    assert "Olga, 1 September: yours: was there, now: excused" in text
    assert text.count("yours:") == 2
    assert Mark.objects.count() == 2


@pytest.mark.parametrize(
    ("name", "value"), [("mark", "asleep"), ("seen", "x"), ("seen", "9" * 30), ("late", "601")]
)
def test_bad_input_of_a_range_is_told_and_nothing_is_marked(mara, group, school, weeks, name, value):
    ivan = school.clients()[0].pk
    told = {f"mark-{weeks[0]}-{ivan}": "attended", f"{name}-{weeks[1]}-{ivan}": value}
    assert mara.post(f"{group}marks/", told, headers=HTMX).status_code == 422
    assert not Mark.objects.exists()


@pytest.mark.parametrize(("lessons", "clients"), [(32, 1), (2, 101), (1, 1000)])
def test_too_many_marks_or_lessons_are_refused(mara, group, lessons, clients):
    told = {f"mark-{lesson}-{client}": "attended" for lesson in range(lessons) for client in range(clients)}
    answer = mara.post(f"{group}marks/", told, headers=HTMX)
    assert answer.status_code == 422
    assert "at most 200 in 31 lessons" in answer.content.decode()


def test_a_range_with_a_lesson_of_another_group_is_not_found_and_without_the_right_not_allowed(
    client, group, school, weeks
):
    ivan = school.clients()[0].pk
    told = {f"mark-{weeks[0]}-{ivan}": "attended"}
    for name, more, status in (
        ("mara", {f"mark-{school.lessons['dance'].pk}-{ivan}": "attended"}, 404), ("nina", {}, 403), ("boris", {}, 404),
    ):
        client.force_login(school.users[name])
        assert client.post(f"{group}marks/", told | more).status_code == status
    assert not Mark.objects.exists()


# ---- what a row and a head carry


def test_a_row_is_called_and_written_to_by_those_who_may_see_phones(client, group, school):
    ivan = school.clients()[0]
    ivan.contacts.update(telegram="@ivans_mother")
    phone = ivan.contacts.get().phone
    seen = {}
    for name in ("mara", "anna"):
        client.force_login(school.users[name])
        seen[name] = client.get(group).content.decode()
    assert f'href="tel:{phone}"' in seen["mara"]
    assert 'href="https://t.me/ivans_mother"' in seen["mara"]
    assert "tel:" not in seen["anna"]
    assert "t.me" not in seen["anna"]
    assert f'data-enrolment="{ivan.enrolments.get().pk}"' in seen["anna"]


@pytest.mark.parametrize(
    ("written", "address"),
    [("@name_1", "https://t.me/name_1"), ("name", "https://t.me/name"), ("", None), (None, None), ("+38050", None),
     ("a b", None), ("javascript:alert(1)", None), ("@x\"><script>", None)],
)
def test_a_name_in_telegram_has_an_address_and_nothing_else_has(written, address):
    assert telegram(written) == address


def test_menus_offer_what_one_may(client, group, school):
    offered = {
        "mara": ["everyone", "hold", "guests", "substitute", "payment", "transfer", "make-up"],
        "anna": ["everyone", "hold"],
        "nina": [],
        "olha": ["guests", "make-up"],
    }
    for name, does in offered.items():
        client.force_login(school.users[name])
        text = client.get(group).content.decode()
        for act in offered["mara"]:
            assert (f'="{act}"' in text) == (act in does), (name, act)


def test_the_foot_of_a_lesson_names_who_holds_it(anna, group, school):
    anna.get(group)
    text = anna.get(group).content.decode()
    assert '<td title="Anna">A</td>' in text
    assert f'data-lesson="{school.lessons["chess"].pk}" data-is="open"' in text


def test_everyone_was_there_and_the_lesson_is_held(anna, lesson, school):
    answer = anna.post(f"{lesson}everyone/", headers=HTMX)
    assert answer.content.decode().count('class="cell attended"') == 2
    assert Lesson.objects.get(pk=school.lessons["chess"].pk).held_at is not None


def weather():
    return Choice.objects.get(of="cancellation", code="weather").pk


def test_a_lesson_is_cancelled_with_a_reason_and_restored(mara, lesson, school):
    assert mara.post(f"{lesson}cancellation/", {"reason": "Snow"}).status_code == 422
    assert mara.post(f"{lesson}cancellation/", {"choice_id": weather(), "reason": "Snow"}).status_code == 303
    assert "Weather. Snow" in mara.get(lesson).content.decode()
    assert mara.post(f"{lesson}marks/", {f"mark-{school.clients()[0].pk}": "attended"}).status_code == 409
    assert mara.post(f"{lesson}cancellation/undo/").status_code == 303
    assert Lesson.objects.get(pk=school.lessons["chess"].pk).cancelled_at is None


def test_a_restored_lesson_whose_room_was_given_away_is_refused(mara, lesson, school):
    mara.post(f"{lesson}cancellation/", {"choice_id": weather()})
    old = school.lessons["chess"]
    school.lesson("dance", at=AT, room=old.room)
    assert mara.post(f"{lesson}cancellation/undo/").status_code == 409


@pytest.mark.parametrize(
    "query",
    ["month=2026-13", "month=0000-01", "month=x", "month=2026-09-01", "client=x", "month=" + "9" * 500,
     "first=2026-08-01", "first=2026-02-30&last=2026-03-31", "first=0001-01-01&last=9999-12-31"],
)
def test_an_address_that_makes_no_sense_shows_this_month(anna, group, query):
    answer = anna.get(f"{group}?{query}")
    assert answer.status_code == 200
    assert b"September 2026" in answer.content


def test_days_that_are_no_month_are_shown_and_stay_shown(anna, group):
    page = anna.get(f"{group}?first=2026-08-20&last=2026-09-10").content.decode()
    assert "Ivan" in page
    assert f'hx-get="{group}?first=2026-08-20&amp;last=2026-09-10"' in page
    whole = anna.get(f"{group}?first=2026-09-01&last=2026-09-30").content.decode()
    assert f'hx-get="{group}?month=2026-09"' in whole


@pytest.mark.parametrize(
    "query",
    ["q=" + "x" * 5000, "q=%00", "q=%25", "q=_", "q='", "branch=x", "branch=-1", "branch=99999999999999999999",
     "after=x", "after=W10", "state=x", "q=%ED%A0%80", "after=eyJhIjoxfQ"],
)
@pytest.mark.parametrize("address", ["/groups/", "/clients/"])
def test_a_list_stands_whatever_its_address_says(mara, address, query):
    assert mara.get(f"{address}?{query}").status_code == 200


def test_wildcards_are_plain_signs(mara, school):
    school.enrol("100%")
    text = mara.get("/clients/", {"q": "00%"}).content.decode()
    assert "100%" in text
    assert "Olga" not in text


def test_a_stranger_signs_in_and_comes_back(client, school, group):
    assert client.get(group)["Location"].endswith(f"?next={group}")
    part = client.get(group, headers=HTMX)
    assert part.status_code == 401
    assert part["HX-Redirect"]


def test_what_is_hidden_and_what_is_absent_look_the_same(anna, school):
    hidden, absent = anna.get(f"/groups/{school.groups['judo'].pk}/"), anna.get("/groups/999999/")
    assert hidden.status_code == absent.status_code == 404
    assert TOKEN.sub(b"", hidden.content) == TOKEN.sub(b"", absent.content)
    with translation.override("en"):
        assert str(NotFound()).encode() in absent.content


def test_a_form_from_elsewhere_is_refused(school, lesson):
    browser = Browser(enforce_csrf_checks=True)
    browser.force_login(school.users["anna"])
    assert browser.post(f"{lesson}marks/", {}).status_code == 403
    assert b"csrfmiddlewaretoken" in browser.get(lesson).content


# ---- how much is asked of the database: beside the reading of session and actor, and transaction control


def statements(call):
    with CaptureQueriesContext(connection) as captured:
        assert call().status_code == 200
    counted = [
        q["sql"] for q in captured.captured_queries
        if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
    ]
    who_asks = [sql for sql in counted if "access_session" in sql or '"access_user"' in sql or "access_grant" in sql]
    assert len(who_asks) <= 4
    return len(counted) - len(who_asks)


@pytest.mark.parametrize("name", ["vera", "mara", "anna"])
def test_statements_of_the_pages(client, school, group, lesson, name):
    Tariff.objects.update(pricing="month", price=100)
    school.enrol(*(f"x{n}" for n in range(30)))
    client.force_login(school.users[name])
    ivan = school.clients()[0].pk
    client.get(group)
    assert statements(lambda: client.get(group)) <= 15
    assert statements(lambda: client.post(f"{lesson}marks/", {f"mark-{ivan}": "attended"}, headers=HTMX)) <= 20
    assert statements(lambda: client.post(f"{lesson}everyone/", headers=HTMX)) <= 25
    assert statements(lambda: client.get("/clients/", {"q": "x"})) <= 3
    assert statements(lambda: client.get("/clients/", {"q": "8050100"})) <= 3


# ---- the cells, joined in Python


@pytest.mark.parametrize(
    ("square", "letter", "said"),
    [
        (Square(State.ATTENDED, Cell(Status.ATTENDED)), "✓", "was there"),
        (Square(State.ATTENDED, Cell(Status.ATTENDED, minutes_late=7)), "✓<sub>7</sub>", "was there, late by 7 min"),
        (Square(State.MISSED, Cell(Status.MISSED)), "A", "was not there"),
        (Square(State.EXCUSED, Cell(Status.EXCUSED, make_up_until=DAY)), "E", "excused, may be worked off until"),
        (Square(State.WORKED_OFF, Cell(Status.EXCUSED, worked_off_on=DAY)), "W", "worked off"),
        (Square(State.PLANNED, Cell(Status.PLANNED)), "P", "expected"),
        (Square(State.PLANNED, Cell(Status.PLANNED, Kind.TRIAL)), "T", "trial, expected"),
        (Square(State.PLANNED, Cell(Status.PLANNED, Kind.MAKE_UP)), "M", "make-up, expected"),
        (Square(State.ATTENDED, Cell(Status.ATTENDED, Kind.ONE_OFF)), "✓<sub>O</sub>", "one-off, was there"),
        (Square(State.FROZEN), "", "frozen"),
        (Square(State.CANCELLED), "–", "cancelled"),
        (Square(State.UNMARKED), "", "not marked"),
        (Square(State.FUTURE), "·", "to come"),
    ],
    ids=str,
)
def test_a_cell_has_a_letter_and_words_beside_its_colour(square, letter, said):
    with translation.override("en"):
        html = cell(square, Words(), open_=True)
    assert f">{letter}</" in html
    assert f'aria-label="{said}' in html
    assert html.startswith("<button") == square.state.is_open


@pytest.mark.parametrize(
    ("days", "sign", "right"), [(-1, "", False), (0, "<sub>0</sub>", True), (6, "<sub>6</sub>", True), (7, "", True)]
)
def test_a_right_that_ends_soon_says_so_and_one_that_is_over_says_nothing(days, sign, right):
    excused = Square(State.EXCUSED, Cell(Status.EXCUSED, make_up_until=DAY + timedelta(days=days)))
    with translation.override("en"):
        html = cell(excused, Words(DAY), open_=True)
    assert f">E{sign}</button>" in html
    assert ("data-right" in html) == right
    assert ("may be worked off until" in html) == right


def test_a_cell_where_nobody_is_expected_is_empty_and_what_is_written_by_people_is_escaped():
    words = Words()
    note = Cell(Status.MISSED, worked_off_on=DAY, worked_off_note='"><script>alert(1)</script>')
    html = row_of_cells((Square(State.NOT_EXPECTED), Square(State.WORKED_OFF, note)), words, open_=True)
    assert html.startswith("<td></td><td>")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
