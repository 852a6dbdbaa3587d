"""The page of a cell: what it says and offers, and that each act answers with the cell as it stands then."""

import json
from datetime import timedelta

import pytest
from django.test import Client as Browser

from rollbook.domains.access.models import Organisation
from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Mark, Status
from rollbook.workflows import make_up_booked
from tests.school import AT, DAY
from tests.workflows.test_make_ups import ivan, missed

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def the_evening_of_the_lesson(time_machine):
    time_machine.move_to(AT + timedelta(hours=1), tick=False)


@pytest.fixture
def browsers(school):
    def signed_in(name):
        browser = Browser()
        browser.force_login(school.users[name])
        return browser

    return signed_in


@pytest.fixture
def mara(browsers):
    return browsers("mara")


@pytest.fixture
def there(school):
    return school.lesson("dance", at=AT + timedelta(days=2))


@pytest.fixture
def miss(school):
    return missed(school)


@pytest.fixture
def cell(school):
    return f"/lessons/{school.lessons['chess'].pk}/clients/{ivan(school).pk}/"


def text(answer):
    assert answer.status_code == 200
    return answer.content.decode().replace("\N{NO-BREAK SPACE}", " ")


def toasted(answer):
    return json.loads(answer["HX-Trigger"])["toast"]["text"].replace("\N{NO-BREAK SPACE}", " ")


def test_a_cell_that_nobody_has_marked(mara, cell):
    page, part = text(mara.get(cell)), text(mara.get(cell, headers=HTMX))
    assert ("<html" in page, "<html" in part) == (True, False)
    for said in ("Ivan", "Chess", "not marked", "was there"):
        assert said in part
    assert "Work off" not in part


def test_who_is_neither_expected_nor_marked_has_no_cell(mara, school):
    stranger = school.clients("dance")[0]
    assert mara.get(f"/lessons/{school.lessons['chess'].pk}/clients/{stranger.pk}/").status_code == 404


def test_a_mark_is_set_and_the_block_answers(mara, cell, school):
    answer = mara.post(f"{cell}mark/", {"status": "attended", "minutes_late": "7", "version": "0"}, headers=HTMX)
    assert "was there, late by 7 min" in text(answer)
    assert "ledger-changed" in json.loads(answer["HX-Trigger"])
    plain = mara.post(f"{cell}mark/", {"status": "", "version": "1"})
    assert (plain.status_code, plain["Location"]) == (303, cell)
    assert Mark.objects.get().status is None


def test_a_stale_mark_shows_both_values_and_bad_input_stands_at_its_field(mara, cell, miss):
    stale = mara.post(f"{cell}mark/", {"status": "attended", "version": "0"}, headers=HTMX)
    assert stale.status_code == 409
    assert "yours: was there, now: excused" in stale.content.decode()
    wrong = mara.post(f"{cell}mark/", {"status": "attended", "minutes_late": "1e1"}, headers=HTMX)
    assert wrong.status_code == 422
    assert 'aria-invalid="true"' in wrong.content.decode()
    assert mara.post(f"{cell}mark/", {"status": "asleep"}, headers=HTMX).status_code == 422


def test_a_yellow_cell_proposes_lessons_and_one_click_books(mara, cell, miss, there):
    shown = text(mara.get(cell))
    assert "may be worked off until 1 October" in shown
    assert f'name="lesson" value="{there.pk}"' in shown
    answer = mara.post(f"/marks/{miss.pk}/make-up/", {"lesson": there.pk}, headers=HTMX)
    told = text(answer)
    assert "is to be worked off on 3 September" in told
    assert "Take the booking back" in told
    assert toasted(answer) == "The visit is booked."
    assert "may be worked off until" in text(mara.post(f"/marks/{miss.pk}/make-up/undo/", headers=HTMX))
    assert Mark.objects.get(lesson=there).status is None


def test_a_full_lesson_is_booked_where_that_is_meant(mara, miss, there):
    Group.objects.filter(name="Dance").update(capacity=1, minimum=None)
    refused = mara.post(f"/marks/{miss.pk}/make-up/", {"lesson": there.pk}, headers=HTMX)
    assert refused.status_code == 409
    assert "Book all the same" in refused.content.decode()
    text(mara.post(f"/marks/{miss.pk}/make-up/", {"lesson": there.pk, "over_capacity": "on"}, headers=HTMX))
    assert Mark.objects.get(lesson=there).status == Status.PLANNED


def test_the_visit_and_the_miss_know_each_other(mara, cell, miss, there, school):
    make_up_booked.book(miss_id=miss.pk, lesson_id=there.pk, at=AT, by=school.actor("mara"))
    guest = f"/lessons/{there.pk}/clients/{ivan(school).pk}/"
    assert "Works off" in text(mara.get(guest))
    Mark.objects.filter(lesson=there).update(status=Status.ATTENDED, present=True)
    shown = text(mara.get(cell))
    assert "worked off, 3 September" in shown
    assert f"/lessons/{there.pk}/" in shown
    assert 'name="status"' not in shown


def test_of_a_visit_that_one_may_not_see_only_the_day_is_told(browsers, cell, miss, school):
    judo = school.lesson("judo", at=AT + timedelta(days=2))
    make_up_booked.book(miss_id=miss.pk, lesson_id=judo.pk, at=AT, by=school.actor("olha"))
    shown = text(browsers("anna").get(cell))
    assert "3 September" in shown
    assert "Judo" not in shown
    assert "Take the booking back" not in shown


def test_by_hand_with_a_note_and_back(mara, cell, miss):
    wrong = mara.post(f"/marks/{miss.pk}/by-hand/", {"on": "2026-09-01", "note": ""}, headers=HTMX)
    assert wrong.status_code == 422
    late = mara.post(f"/marks/{miss.pk}/by-hand/", {"on": "2026-09-09", "note": "at home"}, headers=HTMX)
    assert late.status_code == 422
    done = text(mara.post(f"/marks/{miss.pk}/by-hand/", {"on": "2026-09-01", "note": "at home"}, headers=HTMX))
    assert "at home" in done
    undone = mara.post(f"/marks/{miss.pk}/by-hand/undo/")
    assert (undone.status_code, undone["Location"]) == (303, cell)


def test_what_has_lapsed_may_still_be_said_to_have_been_done_in_time(browsers, cell, miss, time_machine):
    Mark.objects.filter(pk=miss.pk).update(lapsed_on=DAY + timedelta(days=31))
    time_machine.move_to(AT + timedelta(days=40), tick=False)
    mara = browsers("mara")
    shown = text(mara.get(cell))
    assert "could be worked off until 1 October" in shown
    assert "Worked off by hand" in shown
    assert "proposals" not in shown
    assert "Worked off by hand" not in text(browsers("anna").get(cell))
    text(mara.post(f"/marks/{miss.pk}/by-hand/", {"on": "2026-10-01", "note": "at home"}, headers=HTMX))


def test_the_charge_of_one_cell_is_decided(browsers, cell, miss):
    oleg, mara = browsers("oleg"), browsers("mara")
    assert "Do not charge" not in text(mara.get(cell))
    shown = text(oleg.post(f"/marks/{miss.pk}/charge/", {"charged": "yes", "version": "1"}, headers=HTMX))
    assert "100% of the price is charged." in shown
    assert "charged by decision" in shown
    assert oleg.post(f"/marks/{miss.pk}/charge/", {"charged": "no", "version": "1"}, headers=HTMX).status_code == 409
    assert oleg.post(f"/marks/{miss.pk}/charge/", {"charged": "maybe"}, headers=HTMX).status_code == 422


def test_its_history_says_who_set_what(browsers, cell, miss, there):
    mara = browsers("mara")
    mara.post(f"/marks/{miss.pk}/make-up/", {"lesson": there.pk})
    answer = mara.post(f"{cell}mark/", {"status": "missed", "version": "1"}, headers=HTMX)
    assert "Booked visits were taken away with it: Dance, 3 September." in toasted(answer)
    history = text(answer).partition("<summary>History")[2]
    for said in ("status: excused → missed", "Booked, to be worked off: date: 3", "Marked: status: excused"):
        assert said in history
    assert "History" not in text(browsers("anna").get(cell))


def test_the_marks_of_a_lesson_say_what_went_with_them(mara, miss, there, school):
    mara.post(f"/marks/{miss.pk}/make-up/", {"lesson": there.pk})
    told = {f"mark-{ivan(school).pk}": "attended"}
    answer = mara.post(f"/lessons/{school.lessons['chess'].pk}/marks/", told, headers=HTMX)
    assert "Dance, 3 September" in toasted(answer)


@pytest.mark.parametrize("sent", ["0", "-1", "x", "9" * 30, "", "１"])
def test_no_nonsense_is_booked(mara, miss, sent):
    assert mara.post(f"/marks/{miss.pk}/make-up/", {"lesson": sent}, headers=HTMX).status_code in (404, 422)


def test_without_make_ups_nothing_is_offered(mara, cell, miss, there):
    Organisation.objects.update(make_ups=False)
    assert f'value="{there.pk}"' not in text(mara.get(cell))


def test_the_list_shows_what_lapses_soon_first(mara, school, miss, there, time_machine):
    assert "Nothing lapses within a week." in text(mara.get("/make-ups/"))
    assert "Ivan" in text(mara.get("/make-ups/?show=open"))
    time_machine.move_to(AT + timedelta(days=25), tick=False)
    assert "Ivan" in text(mara.get("/make-ups/"))
    time_machine.move_to(AT, tick=False)
    make_up_booked.book(miss_id=miss.pk, lesson_id=there.pk, at=AT, by=school.actor("mara"))
    assert "Ivan" not in text(mara.get("/make-ups/?show=open"))
    assert "Ivan" in text(mara.get("/make-ups/?show=booked"))
    make_up_booked.take_back(miss_id=miss.pk, at=AT, by=school.actor("mara"))
    Mark.objects.filter(pk=miss.pk).update(lapsed_on=DAY + timedelta(days=31))
    time_machine.move_to(AT + timedelta(days=40), tick=False)
    assert "Ivan" in text(mara.get("/make-ups/?show=lapsed"))
    north, south = school.branches["north"].pk, school.branches["south"].pk
    assert "Ivan" in text(mara.get(f"/make-ups/?show=lapsed&branch={north}"))
    assert "Ivan" not in text(mara.get(f"/make-ups/?show=lapsed&branch={south}"))
    assert text(mara.get("/make-ups/?show=nonsense&branch=x&after=x"))
