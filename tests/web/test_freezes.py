"""The page of a client's freezes, which stands in the side panel as well."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from rollbook.domains.fields.models import Choice
from rollbook.domains.groups.models import Freeze
from rollbook.domains.journal.models import Mark
from tests.web.browsing import filled, signed_in

HTMX = {"HX-Request": "true"}


@pytest.fixture
def mara(school):
    """The administrator of North."""
    return signed_in(school, "mara")


@pytest.fixture
def ivan(school):
    return school.clients()[0]


def freeze(browser, client, *, headers=None, **typed):
    address = f"/clients/{client.pk}/freezes/"
    said = {"choice_id": str(Choice.objects.get(of="freeze", code="holiday").pk), **typed}
    return browser.post(address, filled(browser.get(address), **said), headers=headers or {})


def test_a_client_is_frozen_and_comes_again_today(mara, ivan):
    page, today = f"/clients/{ivan.pk}/freezes/", timezone.now().date()
    said = {"since": (today - timedelta(days=3)).isoformat(), "until": (today + timedelta(days=9)).isoformat()}
    assert freeze(mara, ivan, **said, reason="Sea").status_code == 303
    assert "Holiday. Sea" in mara.get(page).content.decode()
    assert "Holiday. Sea" in mara.get(f"/clients/{ivan.pk}/").content.decode()
    answer = freeze(mara, ivan, **said)
    assert answer.status_code == 409
    assert "frozen already" in answer.content.decode()
    assert mara.post(f"/freezes/{Freeze.objects.get().pk}/end/").status_code == 303
    assert today - timedelta(days=1) <= Freeze.objects.get().until <= today + timedelta(days=1)


def test_a_client_comes_again_on_the_day_of_their_branch(school, time_machine):
    """Almaty is ahead of Kyiv, whose clock is the organisation's."""
    time_machine.move_to(datetime(2026, 9, 1, 20, tzinfo=UTC))
    rita, jan = signed_in(school, "rita"), school.clients("judo")[0]
    row = Freeze.objects.create(client=jan, since=date(2026, 8, 1), until=date(2026, 10, 1))
    assert rita.post(f"/freezes/{row.pk}/end/").status_code == 303
    assert Freeze.objects.get().until == date(2026, 9, 2)


def test_a_freeze_to_come_is_taken_back_whole(mara, ivan):
    freeze(mara, ivan, since="2099-01-01", until="2099-02-01")
    mara.post(f"/freezes/{Freeze.objects.get().pk}/end/")
    assert not Freeze.objects.exists()


@pytest.mark.parametrize(
    ("since", "until", "where"),
    [("2026-10-01", "2026-10-01", "until"), ("2026-10-01", "", "until"), ("x", "2026-10-02", "since")],
)
def test_a_freeze_that_makes_no_sense_is_refused_at_its_field(mara, ivan, since, until, where):
    answer = freeze(mara, ivan, since=since, until=until)
    assert answer.status_code == 422
    assert f'id="id_{where}_error"' in answer.content.decode()
    assert not Freeze.objects.exists()


def test_the_freeze_of_another_branch_is_not_found(mara, school):
    jan = school.clients("judo")[0]
    row = Freeze.objects.create(client=jan, since=date(2026, 9, 1), until=date(2026, 9, 9))
    assert mara.post(f"/freezes/{row.pk}/end/").status_code == 404


def test_why_a_client_pauses_is_one_of_the_list(mara, ivan):
    answer = freeze(mara, ivan, since="2026-10-01", until="2026-10-02", choice_id="")
    assert answer.status_code == 422
    assert 'id="id_choice_id_error"' in answer.content.decode()


def test_the_panel_is_given_the_block_and_the_journal_is_told(mara, ivan):
    answer = freeze(mara, ivan, since="2099-10-01", until="2099-10-02", headers=HTMX)
    assert answer.status_code == 200
    assert answer.content.decode().strip().startswith('<article class="sheet"')
    assert json.loads(answer["HX-Trigger"]).keys() == {"ledger-changed", "toast"}
    answer = mara.post(f"/freezes/{Freeze.objects.get().pk}/end/", headers=HTMX)
    assert "There was no freeze yet." in answer.content.decode()
    assert not Freeze.objects.exists()


def test_a_freeze_over_what_is_marked_is_refused_in_its_form_and_lists_the_marks(mara, school, ivan):
    Mark.objects.create(client=ivan, lesson=school.lessons["chess"], status="missed", marked_at=timezone.now())
    answer = freeze(mara, ivan, since="2026-09-01", until="2026-09-08", headers=HTMX)
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "1\u00a0September\u00a02026: missed" in text
    assert 'data-fold="freeze" open' in text
    assert 'value="2026-09-08"' in text
    assert not Freeze.objects.exists()


def test_past_and_coming_ones_stand_apart(mara, ivan, time_machine):
    time_machine.move_to(datetime(2026, 9, 1, 12, tzinfo=UTC))
    for since, until in (((2026, 1, 1), (2026, 2, 1)), ((2026, 8, 30), (2026, 9, 3)), ((2026, 10, 1), (2026, 10, 9))):
        Freeze.objects.create(client=ivan, since=date(*since), until=date(*until))
    text = mara.get(f"/clients/{ivan.pk}/freezes/").content.decode()
    coming, past = text.split("<h3>Past</h3>")
    assert coming.count("Comes again today") == coming.count("Take back") == 1
    assert "1\u00a0January\u00a02026" in past
    assert "Take back" not in past
