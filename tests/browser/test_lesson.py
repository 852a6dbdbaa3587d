"""What a person does with one lesson, on its page and beside the journal: calls it off, moves it, books guests."""

import re
from datetime import timedelta
from itertools import count

import pytest
from playwright.sync_api import expect

from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.schedule.models import Lesson, Room
from tests.browser.conftest import LOOKS
from tests.school import AT

NUMBERS = count(1)


@pytest.fixture
def lesson(cast, in_site):
    """A lesson of this test alone."""
    name, chess = f"Foxtrot {next(NUMBERS)}", cast.groups["chess"]
    cast.groups[name] = Group.objects.create(name=name, branch=chess.branch, programme=chess.programme, capacity=3)
    cast.enrol("Gleb", "Hanna", group=name)
    room = Room.objects.create(branch=chess.branch, name=f"Hall of {name}")
    return cast.lesson(name, at=AT + timedelta(days=1), room=room)


@pytest.fixture
def tolerated():
    return ["409"]


@pytest.fixture
def at_lesson(page, context, sign_in, lesson):
    sign_in(context, "oleg")
    page.set_default_timeout(5_000)
    page.goto(f"/lessons/{lesson.pk}/")
    return page


def fold(page, name):
    found = page.locator(f'[data-fold="{name}"]')
    if found.get_attribute("open") is None:
        found.locator("summary").click()
    return found


def send(page, part, button):
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        part.get_by_role("button", name=button, exact=True).click()
    if answer.value.ok:  # what is done closes its fold
        expect(page.locator("#lesson details[open]")).to_have_count(0)
    return answer.value.status


def test_it_is_called_off_with_a_reason_and_restored(at_lesson, lesson, axe):
    cancel = fold(at_lesson, "cancel")
    axe(at_lesson)
    cancel.get_by_label("Reason").select_option(label="Weather")
    cancel.get_by_label("In words").fill("Snow to the knees")
    assert send(at_lesson, cancel, "Cancel the lesson") == 200
    expect(at_lesson.locator("#lesson-list")).to_contain_text("Weather. Snow to the knees")
    expect(at_lesson.locator("#toasts")).to_contain_text("The lesson is cancelled.")
    assert Lesson.objects.get(pk=lesson.pk).cancelled_for.code == "weather"
    assert send(at_lesson, fold(at_lesson, "cancel"), "Restore the lesson") == 200
    expect(at_lesson.locator("#lesson-list")).not_to_contain_text("Snow to the knees")
    assert Lesson.objects.get(pk=lesson.pk).cancelled_at is None


def test_it_is_moved_and_what_was_typed_stays_when_that_is_refused(at_lesson, lesson, cast):
    other = cast.lesson("chess", at=AT + timedelta(days=2), room=cast.lessons["chess"].room)
    room = cast.lessons["chess"].room
    move = fold(at_lesson, "move")
    move.get_by_label("Date").fill(f"{other.day}")
    move.get_by_label("Room").select_option(label=room.name)
    assert send(at_lesson, move, "Move the lesson") == 409
    move = at_lesson.locator('[data-fold="move"]')
    expect(move).to_contain_text(f"{room.name} is taken by")
    expect(move.get_by_label("Date")).to_have_value(f"{other.day}")
    move.get_by_label("Starts").fill("20:00")
    assert send(at_lesson, move, "Move the lesson") == 200
    expect(at_lesson.locator("#lesson h2")).to_contain_text("20:00–21:00")
    moved = Lesson.objects.get(pk=lesson.pk)
    assert (moved.day, moved.moved_from, moved.room) == (other.day, lesson.day, room)


def test_a_guest_is_found_or_added_and_taken_off_the_list(at_lesson, lesson, cast):
    known = cast.client("Ignat", lesson.branch)
    guests = fold(at_lesson, "guests")
    guests.get_by_role("searchbox").fill("igna")
    guests.get_by_role("button", name="Find").click()
    guests = at_lesson.locator('[data-fold="guests"]')
    guests.get_by_label("Ignat").check()
    assert send(at_lesson, guests, "Book the visit") == 200
    assert Mark.objects.get(lesson=lesson).kind == "trial"

    guests = fold(at_lesson, "guests")
    guests.get_by_label("First name", exact=True).fill("Julia")
    guests.get_by_label("Comes").select_option(label="once, paid")
    assert send(at_lesson, guests, "Book the visit") == 409  # the third seat is taken
    guests = at_lesson.locator('[data-fold="guests"]')
    expect(guests.get_by_label("First name", exact=True)).to_have_value("Julia")
    guests.get_by_label("All the same, there will be room").check()
    assert send(at_lesson, guests, "Book the visit") == 200
    assert set(Mark.objects.filter(lesson=lesson).values_list("client__first_name", "kind", "status")) == {
        ("Ignat", "trial", "planned"), ("Julia", "one_off", "planned"),
    }
    guests = fold(at_lesson, "guests")
    assert send(at_lesson, guests.locator(".row", has_text="Ignat"), "Comes no more") == 200
    assert Mark.objects.get(lesson=lesson, client=known).status is None


@pytest.mark.parametrize("look", LOOKS, indirect=True, ids=str)
def test_it_opens_beside_the_journal_which_shows_what_was_done(page, context, sign_in, lesson, look, axe):
    sign_in(context, "oleg")
    page.goto(f"/groups/{lesson.group_id}/?month=2026-09&lesson={lesson.pk}")
    panel = page.locator("#panel")
    expect(panel.locator("h2")).to_contain_text("18:00–19:00")
    axe(page)
    details = fold(panel, "details")
    details.get_by_label("Topic").fill("Slow steps")
    assert send(page, details, "Save") == 200
    expect(panel.locator("#lesson-list")).to_contain_text("Slow steps")
    expect(page.locator(f'th[data-lesson="{lesson.pk}"] a')).to_have_attribute("title", re.compile("Slow steps"))
