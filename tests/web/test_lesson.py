"""The page of a lesson: by itself, as a panel, and each act of its head, as a plain form and by htmx."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.fields.models import Choice
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client, Contact, Employee
from rollbook.domains.schedule.models import ClosingDay, Lesson, LessonTeacher, LessonType, Room
from rollbook.workflows import lesson_cancelled
from tests.school import AT, DAY
from tests.web.browsing import form_to, signed_in

HTMX = {"HX-Request": "true", "HX-Target": "lesson"}


@pytest.fixture(autouse=True)
def the_evening_of_the_lesson(time_machine):
    time_machine.move_to(AT + timedelta(hours=1), tick=False)


@pytest.fixture
def mara(school):
    return signed_in(school, "mara")


@pytest.fixture
def chess(school):
    return school.lessons["chess"]


@pytest.fixture
def address(chess):
    return f"/lessons/{chess.pk}/"


def reason(code):
    return Choice.objects.get(of="cancellation", code=code).pk


def opened(answer):
    """The folds that are open."""
    parts = answer.content.decode().split('data-fold="')[1:]
    return [part.partition('"')[0] for part in parts if part.partition(">")[0].endswith(" open")]


def events(answer):
    return json.loads(answer["HX-Trigger"])


def test_it_is_a_page_of_its_own_and_a_panel_and_opens_the_fold_that_is_asked_for(mara, address):
    whole, part = mara.get(address), mara.get(f"{address}?open=move", headers={"HX-Request": "true"})
    assert b"<html" in whole.content
    assert b"<html" not in part.content
    assert part.content.decode().strip().startswith('<article class="sheet"')
    assert (opened(whole), opened(part)) == ([], ["move"])
    assert opened(mara.get(f"{address}?open=nonsense")) == []


FOLDS = {
    "vera": ["hold", "guests", "details", "substitute", "move", "cancel", "comments"],
    "mara": ["hold", "guests", "details", "substitute", "move", "cancel", "comments"],
    "anna": ["hold", "details", "comments"],
    "olha": ["guests", "comments"],
    "nina": ["comments"],
}


@pytest.mark.parametrize("name", FOLDS)
def test_everybody_is_offered_what_they_may_in_this_order(school, address, name):
    text = signed_in(school, name).get(address).content.decode()
    assert [part.partition('"')[0] for part in text.split('data-fold="')[1:]] == FOLDS[name]


def test_a_cancelled_lesson_offers_to_be_restored_and_nothing_that_would_not_be_taken(school, chess, mara, address):
    lesson_cancelled.cancel(lesson_id=chess.pk, choice_id=reason("weather"), at=AT, by=school.actor("mara"))
    text = mara.get(address).content.decode()
    assert [part.partition('"')[0] for part in text.split('data-fold="')[1:]] == ["details", "cancel", "comments"]
    assert "Weather" in text


# What each fold sends, and what it changes.
ACTS = {
    "holding/": ({}, "hold", lambda lesson: lesson.held_at is not None),
    "everyone/": ({}, "", lambda lesson: lesson.marks.filter(status="attended").count() == 2),
    "details/": ({"topic": "Castling", "note": "1.\n2."}, "details", lambda lesson: lesson.note == "1.\n2."),
    "move/": (
        {"day": "2026-09-01", "starts": "19:30", "minutes": "45", "room_id": ""}, "move",
        lambda lesson: lesson.ends_at == AT + timedelta(hours=2, minutes=15),
    ),
    "cancellation/": ({"reason": "Snow"}, "cancel", lambda lesson: lesson.cancel_reason == "Snow"),
    "guests/": (
        {"first_name": "Newcomer", "kinship": "mother", "phone": "050 111 22 33", "kind": "one_off"}, "guests",
        lambda lesson: lesson.marks.get().client.first_name == "Newcomer",
    ),
}


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize("act", ACTS)
def test_each_act_is_done_by_a_plain_form_and_beside_the_page(mara, chess, address, act, htmx):
    typed, _fold, is_done = ACTS[act]
    if act == "cancellation/":
        typed = typed | {"choice_id": reason("weather")}
    answer = mara.post(address + act, typed, headers=HTMX if htmx else {})
    assert is_done(Lesson.objects.get(pk=chess.pk))
    if not htmx:
        assert (answer.status_code, answer["Location"]) == (303, address)
        return
    assert answer.status_code == 200
    assert answer.content.decode().strip().startswith('<article class="sheet"')
    assert opened(answer) == []
    assert events(answer).keys() == {"toast", "ledger-changed"}


def test_a_form_of_the_page_marks_and_is_answered_by_the_page(mara, school, address):
    ivan = school.clients()[0].pk
    answer = mara.post(f"{address}marks/", {f"mark-{ivan}": "missed"}, headers=HTMX)
    assert 'id="lesson-list"' in answer.content.decode()
    assert Mark.objects.get().status == "missed"
    assert opened(mara.post(f"{address}marks/", {f"mark-{ivan}": "asleep"}, headers=HTMX)) == []


@pytest.mark.parametrize(
    ("act", "typed", "fold"),
    [
        ("details/", {"topic": "x" * 201, "note": "kept"}, "details"),
        ("move/", {"day": "31.02.2026", "starts": "25:00", "minutes": "1000", "room_id": "999"}, "move"),
        ("move/", {}, "move"),
        ("substitution/", {"first": "999"}, "substitute"),
        ("substitution/", {}, "substitute"),
        ("cancellation/", {"reason": "kept"}, "cancel"),
        ("cancellation/", {"choice_id": "999"}, "cancel"),
        ("guests/", {"kinship": "mother"}, "guests"),
        ("guests/", {"client": "x"}, "guests"),
        ("guests/", {"client": "1", "kind": "make_up"}, "guests"),
    ],
)
def test_what_makes_no_sense_stands_at_its_field_in_the_fold_that_is_open(mara, address, act, typed, fold):
    answer = mara.post(address + act, typed, headers=HTMX)
    assert (answer.status_code, opened(answer)) == (422, [fold])
    assert 'aria-invalid="true"' in answer.content.decode() or 'class="errors"' in answer.content.decode()
    assert Lesson.objects.get(pk=address.strip("/").split("/")[1]).version == 1
    if "kept" in typed.values():
        assert "kept" in answer.content.decode()


def test_who_is_free_at_that_time_is_offered_first(school, chess, mara, address):
    busy = Employee.objects.create(first_name="Abel", branch=school.branches["north"])
    free = Employee.objects.create(first_name="Zoe", branch=school.branches["north"])
    other = school.lesson("dance", at=AT)
    LessonTeacher.objects.create(lesson=other, employee=busy, during=(AT, AT), counts=True)
    text = mara.get(address).content.decode()
    at_that_time, _, then = text.partition("Have another lesson then")
    assert "Free at that time" in at_that_time
    assert f'value="{free.pk}"' in at_that_time
    assert f'value="{busy.pk}"' not in at_that_time
    assert f'value="{busy.pk}"' in then

    refused = mara.post(f"{address}substitution/", {"first": busy.pk}, headers=HTMX)
    assert (refused.status_code, opened(refused)) == (409, ["substitute"])
    assert "Abel is taken by Dance" in refused.content.decode()
    assert 'name="as_joint"' not in refused.content.decode()  # Mara does not decide that
    two = {"first": free.pk, "second": school.users["anna"].employee.pk}
    assert mara.post(f"{address}substitution/", two, headers=HTMX).status_code == 200
    assert chess.teachers.count() == 2


def test_what_is_meant_all_the_same_is_asked_and_then_done(school, chess, address):
    oleg, dance = signed_in(school, "oleg"), school.lessons["dance"]
    ClosingDay.objects.create(branch=chess.branch, day=DAY + timedelta(days=7), reason="Repairs")
    school.lesson("dance", at=AT + timedelta(days=7), room=dance.room)
    said = form_to(f"{address}move/", oleg.get(address), day="2026-09-08", room_id=str(dance.room.pk))
    closed = oleg.post(f"{address}move/", said, headers=HTMX)
    assert closed.status_code == 409
    assert "Repairs" in closed.content.decode()
    assert '<input type="checkbox" name="all_the_same"' in closed.content.decode()
    taken = oleg.post(f"{address}move/", said | {"all_the_same": "on"}, headers=HTMX)
    assert taken.status_code == 409
    assert "Room 1 is taken by Dance" in taken.content.decode()
    assert '<input type="checkbox" name="as_joint"' in taken.content.decode()
    meant = said | {"all_the_same": "on", "as_joint": "on"}
    assert oleg.post(f"{address}move/", meant, headers=HTMX).status_code == 200
    moved = Lesson.objects.get(pk=chess.pk)
    assert (moved.day, moved.moved_from, moved.is_joint) == (DAY + timedelta(days=7), DAY, True)
    assert "Moved from" in oleg.get(address).content.decode()


def test_a_stale_form_shows_both_values_and_saves_when_it_is_sent_once_more(mara, address, chess):
    mara.post(f"{address}details/", {"topic": "Castling", "note": "", "version": "1"})
    stale = mara.post(f"{address}details/", {"topic": "The fork", "note": "", "version": "1"}, headers=HTMX)
    text = stale.content.decode()
    assert (stale.status_code, opened(stale)) == (409, ["details"])
    assert "Topic: yours: The fork, now: Castling" in text
    assert 'name="version" value="2"' in text
    assert mara.post(f"{address}details/", {"topic": "The fork", "note": "", "version": "2"}).status_code == 303
    assert Lesson.objects.get(pk=chess.pk).topic == "The fork"


def test_a_known_client_is_found_by_part_of_a_name_and_expected(school, mara, address):
    guest = school.client("Wanda", school.branches["north"])
    found = mara.get(address, {"who": "wand"}, headers=HTMX)
    assert opened(found) == ["guests"]
    assert f'name="client" value="{guest.pk}"' in found.content.decode()
    assert "Nobody is found" in mara.get(address, {"who": "xyzzy"}).content.decode()
    booked = mara.post(f"{address}guests/", {"client": guest.pk, "kind": "trial"}, headers=HTMX)
    assert booked.status_code == 200
    assert f"{address}guests/{guest.pk}/undo/" in booked.content.decode()
    again = mara.post(f"{address}guests/", {"client": guest.pk, "kind": "trial"}, headers=HTMX)
    assert (again.status_code, opened(again)) == (409, ["guests"])
    gone = mara.post(f"{address}guests/{guest.pk}/undo/", headers=HTMX)
    assert f"{address}guests/{guest.pk}/undo/" not in gone.content.decode()
    assert Mark.objects.get().status is None


def test_a_full_lesson_asks_whether_it_is_meant(school, mara, address, chess):
    chess.group.capacity, chess.group.minimum = 2, None
    chess.group.save()
    guest = school.client("Wanda", school.branches["north"])
    full = mara.post(f"{address}guests/", {"client": guest.pk, "kind": "trial"}, headers=HTMX)
    assert full.status_code == 409
    assert '<input type="checkbox" name="over_capacity"' in full.content.decode()
    typed = {"client": guest.pk, "kind": "trial", "over_capacity": "on"}
    assert mara.post(f"{address}guests/", typed, headers=HTMX).status_code == 200


def test_a_phone_that_is_known_is_asked_about(school, mara, address):
    mother = Contact.objects.filter(clients=school.clients()[0]).get()
    typed = {"first_name": "Sister", "kinship": "mother", "phone": mother.phone, "kind": "trial"}
    asked = mara.post(f"{address}guests/", typed, headers=HTMX)
    assert asked.status_code == 422
    assert "Ivan" in asked.content.decode()
    assert mara.post(f"{address}guests/", typed | {"same_as": mother.pk}, headers=HTMX).status_code == 200
    assert Client.objects.get(first_name="Sister").contacts.get() == mother


def test_in_a_trial_lesson_nobody_is_asked_what_a_guest_comes_for(mara, address, chess):
    Lesson.objects.filter(pk=chess.pk).update(lesson_type=LessonType.objects.get(code="trial"))
    assert 'name="kind"' not in mara.get(address).content.decode()
    mara.post(f"{address}guests/", {"first_name": "Newcomer", "kinship": "mother"})
    assert Mark.objects.get().kind == "trial"


def test_without_a_list_of_reasons_words_are_enough(mara, address, chess):
    Choice.objects.filter(of="cancellation").update(archived_at=AT)
    assert mara.post(f"{address}cancellation/", {"reason": ""}).status_code == 422
    assert mara.post(f"{address}cancellation/", {"reason": "Snow"}).status_code == 303
    assert Lesson.objects.get(pk=chess.pk).cancel_reason == "Snow"


def test_the_history_says_what_was_done(school, address):
    vera = signed_in(school, "vera")
    hall = Room.objects.create(branch=school.branches["north"], name="Hall")
    zoe = Employee.objects.create(first_name="Zoe", branch=school.branches["north"])
    vera.post(f"{address}details/", {"topic": "Castling", "note": ""})
    vera.post(f"{address}move/", {"day": "2026-09-01", "starts": "19:30", "minutes": "45", "room_id": hall.pk})
    vera.post(f"{address}substitution/", {"first": zoe.pk})
    vera.post(f"{address}guests/", {"first_name": "Newcomer", "kinship": "mother", "kind": "trial"})
    vera.post(f"{address}cancellation/", {"choice_id": reason("weather"), "reason": "Snow"})
    text = vera.get(address).content.decode().replace("\xa0", " ")
    for said in (
        "topic: Castling", "time: 1 September 2026, 18:00 → 1 September 2026, 19:30", "minutes: 60 → 45",
        "room: Room 0 → Hall", "teachers: Anna → Zoe", "kind: trial", "reason: Weather; in words: Snow",
    ):
        assert said in text


@pytest.mark.parametrize(("name", "most"), [("vera", 14), ("mara", 14), ("anna", 9), ("olha", 9)])
def test_statements_of_the_page(school, address, name, most):
    school.enrol(*(f"x{n}" for n in range(30)))
    browser = signed_in(school, name)
    browser.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(address).status_code == 200
    asked = [
        q["sql"] for q in captured.captured_queries
        if not q["sql"].startswith(("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT"))
        and not any(table in q["sql"] for table in ("access_session", '"access_user"', "access_grant"))
    ]
    assert len(asked) <= most, "\n".join(asked)
