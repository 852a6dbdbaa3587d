"""A client goes on in another group, pauses and leaves, from the page that the side panel shows."""

from itertools import count

import pytest
from playwright.sync_api import expect

from rollbook.domains.fields.models import Choice
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Freeze, Group
from rollbook.domains.journal.models import Mark
from tests.browser.conftest import BOTH_ENDS
from tests.school import AT

NUMBERS = count(1)
in_both_looks = pytest.mark.parametrize("look", BOTH_ENDS, indirect=True, ids=str)


@pytest.fixture
def other(cast, group):
    """Another group of the programme, with lessons on the same days."""
    made = Group.objects.create(
        name=f"Вальс {next(NUMBERS)}", branch=group[0].branch, programme=group[0].programme, capacity=8
    )
    cast.groups[made.name] = made
    for lesson in group[1]:
        cast.lesson(made.name, at=lesson.starts_at)
    return made


@pytest.fixture
def abramova(group):
    return Enrolment.objects.get(group=group[0], client__first_name="Абрамова")


@pytest.fixture
def mara(page, context, sign_in):
    sign_in(context, "mara")
    page.set_default_timeout(5_000)
    return page


def states(page, group, client):
    """The cells of a client in the journal of September, by what they show."""
    page.goto(f"/groups/{group.pk}/?month=2026-09")
    cells = page.locator(f'tr[data-client="{client.pk}"] > td:not(.money, .share)')
    return cells.evaluate_all('cells => cells.map(cell => cell.querySelector(".cell")?.classList[1] ?? "none")')


@in_both_looks
def test_a_transfer_in_the_middle_of_a_month(mara, group, other, abramova, axe):
    pupil = abramova.client
    assert states(mara, group[0], pupil) == ["unmarked"] * 4
    mara.goto(f"/enrolments/{abramova.pk}/?open=transfer")
    axe(mara)
    form = mara.locator('[data-fold="transfer"] form')
    form.get_by_label("To the group").select_option(str(other.pk))
    form.get_by_label("First day there").fill("2026-09-15")
    form.get_by_role("button", name="Transfer").click()
    expect(mara.locator("article").get_by_role("link", name=other.name)).to_be_visible()
    assert states(mara, group[0], pupil) == ["unmarked", "unmarked", "none", "none"]
    assert states(mara, other, pupil) == ["none", "none", "unmarked", "unmarked"]
    assert not ChurnRecord.objects.filter(client=pupil).exists()


def test_what_is_marked_stops_it_and_what_was_typed_stays(mara, group, other, abramova, tolerated):
    tolerated.append("409")
    Mark.objects.create(client=abramova.client, lesson=group[1][3], status="missed", marked_at=AT)
    mara.goto(f"/enrolments/{abramova.pk}/?open=transfer")
    form = mara.locator('[data-fold="transfer"] form')
    form.get_by_label("To the group").select_option(str(other.pk))
    form.get_by_label("First day there").fill("2026-09-15")
    form.get_by_role("button", name="Transfer").click()
    fold = mara.locator('[data-fold="transfer"]')
    expect(fold.get_by_role("alert")).to_contain_text("22\u00a0September\u00a02026")
    expect(form.get_by_label("First day there")).to_have_value("2026-09-15")


@in_both_looks
def test_a_client_leaves_for_a_reason_and_the_card_says_so(mara, abramova, axe):
    pupil, moved = abramova.client, Choice.objects.get(of="churn", code="moved")
    mara.goto(f"/clients/{pupil.pk}/")
    mara.get_by_role("link", name="end", exact=True).click()
    fold = mara.locator('[data-fold="end"]')
    fold.get_by_label("From this day on").fill("2026-09-20")
    fold.get_by_label("Reason").select_option(str(moved.pk))
    fold.get_by_label("Note").fill("Львов")
    fold.get_by_role("button", name="Save").click()
    expect(mara.locator("#panel article")).to_contain_text("Moved away. Львов")
    axe(mara)
    mara.goto(f"/clients/{pupil.pk}/")
    expect(mara.locator("#client-card")).to_contain_text("Moved away. Львов")


@in_both_looks
def test_a_client_pauses_and_comes_again(mara, abramova, axe):
    pupil, sea = abramova.client, Choice.objects.get(of="freeze", code="holiday")
    mara.goto(f"/clients/{pupil.pk}/freezes/")
    fold = mara.locator('[data-fold="freeze"]')
    fold.get_by_label("First day").fill("2099-07-01")
    fold.get_by_label("Comes again on").fill("2099-08-01")
    fold.get_by_label("Reason").select_option(str(sea.pk))
    fold.get_by_role("button", name="Freeze").click()
    expect(mara.locator("#client-freezes")).to_contain_text("Holiday")
    axe(mara)
    mara.get_by_role("button", name="Take back").click()
    expect(mara.locator("#client-freezes")).to_contain_text("There was no freeze yet.")
    assert not Freeze.objects.filter(client=pupil).exists()


def test_all_of_a_new_group_is_seen_at_once(mara, look):
    mara.goto("/groups/new/")
    button = mara.get_by_role("button", name="Create the group").bounding_box()
    assert button["y"] + button["height"] <= look.height
