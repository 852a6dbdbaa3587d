"""The page of a client in a group: weekdays, transfer, end; as a page and as what stands in the side panel."""

import json
from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from rollbook.domains.fields.models import Choice
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.schedule.models import TimetableSlot
from tests.school import AT
from tests.web.browsing import form_to, signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def the_evening_of_the_lesson(time_machine):
    time_machine.move_to(AT + timedelta(hours=1), tick=False)


@pytest.fixture
def mara(school):
    """The administrator of North."""
    return signed_in(school, "mara")


@pytest.fixture
def stay(school):
    return Enrolment.objects.get(client=school.clients()[0])


def page(enrolment):
    return f"/enrolments/{enrolment.pk}/"


def send(browser, enrolment, name, headers=None, of=None, **typed):
    """What the form of this name says, with what is typed over it."""
    address = f"{page(enrolment)}{name}/"
    said = form_to(address, of or browser.get(page(enrolment)), **typed)
    return browser.post(address, said, headers=headers or {})


def reason(code="price", of="churn"):
    return str(Choice.objects.get(of=of, code=code).pk)


def end(browser, enrolment, until="2026-10-01", **how):
    return send(browser, enrolment, "end", **{"choice_id": reason(), "until": until, **how})


def folds(answer):
    """Which parts of the page are open, and which are not."""
    text = answer.content.decode()
    names = ("weekdays", "transfer", "end")
    return {name: f'data-fold="{name}" open' in text for name in names if f'data-fold="{name}"' in text}


# ---- the page


@pytest.mark.parametrize("asked", ["transfer", "end", "", "x"])
def test_a_part_of_it_is_open_where_the_address_asks_for_it(mara, stay, asked):
    answer = mara.get(f"{page(stay)}?open={asked}")
    assert folds(answer) == {"transfer": asked == "transfer", "end": asked == "end"}
    assert answer.content.decode().count("<html") == 1


def test_the_panel_is_given_the_block_alone(mara, stay):
    text = mara.get(page(stay), headers=HTMX).content.decode()
    assert text.strip().startswith('<article class="sheet"')
    assert "<html" not in text


def test_of_who_has_left_only_the_last_day_is_asked(mara, stay):
    Enrolment.objects.update(until=date(2026, 9, 1))
    answer = mara.get(page(stay))
    assert folds(answer) == {"end": False}
    assert "Left on 1\u00a0September\u00a02026." in answer.content.decode()


@pytest.mark.parametrize(("who", "status"), [("anna", 403), ("boris", 404), ("dina", 404), ("oleg", 200)])
def test_it_is_for_those_who_may_change_the_group(school, stay, who, status):
    browser = signed_in(school, who)
    assert browser.get(page(stay)).status_code == status
    for name in ("weekdays", "transfer", "end"):
        assert browser.post(f"{page(stay)}{name}/", {}).status_code == (422 if status == 200 else status) or (
            name == "weekdays" and status == 200
        )


# ---- weekdays


def test_on_which_of_its_days_the_client_comes(mara, school, stay):
    TimetableSlot.objects.create(
        group=school.groups["chess"], weekday=4, starts=time(18), valid_from=date(2026, 1, 1)
    )
    assert send(mara, stay, "weekdays", weekdays=["4", "5"]).status_code == 422
    answer = send(mara, stay, "weekdays", weekdays=["4"])
    assert (answer.status_code, answer["Location"]) == (303, page(stay))
    stay.refresh_from_db()
    assert stay.weekdays == [4]
    assert "Comes on: Thu" in mara.get(page(stay)).content.decode()
    assert send(mara, stay, "weekdays", weekdays=[]).status_code == 303
    stay.refresh_from_db()
    assert stay.weekdays is None


# ---- transfer


def transfer(browser, stay, group, since="2026-09-15", **how):
    return send(browser, stay, "transfer", **{"group_id": str(group.pk), "since": since, **how})


def test_a_client_is_transferred_and_seen_there(mara, school, stay):
    answer = transfer(mara, stay, school.groups["dance"])
    there = Enrolment.objects.get(client=stay.client, group=school.groups["dance"])
    assert (answer.status_code, answer["Location"]) == (303, page(there))
    stay.refresh_from_db()
    assert (stay.until, there.since, there.until) == (date(2026, 9, 15), date(2026, 9, 15), None)


def test_the_panel_shows_the_new_group_and_the_journal_behind_it_is_told(mara, school, stay):
    answer = transfer(mara, stay, school.groups["dance"], headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Dance" in text
    assert folds(answer) == {"transfer": False, "end": False}
    told = json.loads(answer["HX-Trigger"])
    assert told.keys() == {"ledger-changed", "toast"}


def test_groups_of_the_programme_come_first_and_those_one_may_not_change_not_at_all(mara, school, stay):
    text = mara.get(page(stay)).content.decode()
    assert "Dance, North: 1 / 12" in text
    assert "Judo" not in text
    assert transfer(mara, stay, school.groups["judo"]).status_code == 422


def test_a_transfer_before_what_is_marked_lists_the_marks_and_keeps_what_was_typed(mara, school, stay):
    lesson = school.lessons["chess"]
    Mark.objects.create(client=stay.client, lesson=lesson, status="missed", marked_at=timezone.now())
    answer = transfer(mara, stay, school.groups["dance"], since="2026-09-01", headers=HTMX)
    assert answer.status_code == 409
    assert "1\u00a0September\u00a02026: missed" in answer.content.decode()
    assert folds(answer) == {"transfer": True, "end": False}
    kept = form_to(f"{page(stay)}transfer/", answer)
    assert (kept["since"], kept["group_id"]) == (["2026-09-01"], [str(school.groups["dance"].pk)])
    assert transfer(mara, stay, school.groups["dance"], of=answer, since="2026-09-02").status_code == 303


def test_a_full_group_takes_another_one_only_if_that_is_meant(mara, school, stay):
    Group.objects.update(capacity=1)
    answer = transfer(mara, stay, school.groups["dance"])
    assert answer.status_code == 409
    assert "1 of 1 places are taken" in answer.content.decode()
    assert send(mara, stay, "transfer", of=answer, over_capacity="on").status_code == 303


@pytest.mark.parametrize(
    ("typed", "where"),
    [({"since": ""}, "since"), ({"since": "2025-12-31"}, "since"), ({"group_id": ""}, "group_id"),
     ({"group_id": "x"}, "group_id")],
)  # fmt: skip
def test_a_transfer_that_makes_no_sense_is_refused_at_its_field(mara, school, stay, typed, where):
    answer = send(mara, stay, "transfer", **{"group_id": str(school.groups["dance"].pk), **typed})
    assert answer.status_code == 422
    assert f'id="transfer_{where}_error"' in answer.content.decode()
    assert Enrolment.objects.filter(client=stay.client).count() == 1


# ---- the end


def test_a_client_leaves_from_a_day_and_is_told_so_everywhere(mara, school, stay, time_machine):
    answer = end(mara, stay, note="Too late in the evening")
    assert (answer.status_code, answer["Location"]) == (303, page(stay))
    stay.refresh_from_db()
    assert (stay.until, stay.version, ChurnRecord.objects.get().choice.code) == (date(2026, 10, 1), 2, "price")
    text = mara.get(page(stay)).content.decode()
    assert "Is to leave on 1\u00a0October\u00a02026. Price. Too late in the evening" in text
    time_machine.move_to(AT + timedelta(days=40), tick=False)
    card = signed_in(school, "mara").get(f"/clients/{stay.client_id}/").content.decode()
    assert "Left Chess on 1\u00a0Oct\u00a02026." in card
    assert "Price. Too late in the evening" in card
    assert "Left a group: " in card
    assert "group: Chess" in card
    assert "reason: Price" in card


def test_what_stands_is_what_the_form_begins_with(mara, stay):
    end(mara, stay, note="Note")
    said = form_to(f"{page(stay)}end/", mara.get(page(stay)))
    assert (said["until"], said["choice_id"], said["note"]) == (["2026-10-01"], [reason()], ["Note"])


def test_a_client_does_not_leave_before_what_is_marked_and_the_marks_are_listed(mara, school, stay):
    Mark.objects.create(client=stay.client, lesson=school.lessons["chess"], status="missed", marked_at=timezone.now())
    answer = end(mara, stay, until="2026-09-01")
    assert answer.status_code == 409
    assert "missed" in answer.content.decode()
    assert folds(answer)["end"]
    assert end(mara, stay, of=answer, until="2026-09-02").status_code == 303


@pytest.mark.parametrize("until", ["", "2026-01-01", "2025-12-31", "31.02.2026", "9999-12-31"])
def test_a_last_day_that_makes_no_sense_is_refused_at_its_field(mara, stay, until):
    answer = end(mara, stay, until=until)
    assert answer.status_code == 422
    assert 'id="end_until_error"' in answer.content.decode()


@pytest.mark.parametrize("choice", ["", "x", "999999", "of another list"])
def test_a_reason_is_asked_for(mara, stay, choice):
    pk = reason("illness", of="freeze") if choice == "of another list" else choice
    answer = end(mara, stay, choice_id=pk)
    assert answer.status_code == 422
    assert 'id="end_choice_id_error"' in answer.content.decode()


def test_two_who_end_an_enrolment_meet_both_days_and_reasons(mara, stay):
    before = mara.get(page(stay))
    end(mara, stay, of=before)
    answer = end(mara, stay, of=before, until="2026-11-01", choice_id=reason("moved"))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "now: 1\u00a0Oct\u00a02026" in text
    assert "yours: Moved away, now: Price" in text
    assert send(mara, stay, "end", of=answer).status_code == 303
    assert ChurnRecord.objects.get().choice.code == "moved"
