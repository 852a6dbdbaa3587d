"""Who saw whose card: written down whichever way it was opened, and shown to who may see the history."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.models import Role
from rollbook.domains.groups.models import Freeze
from rollbook.domains.history.models import Reading
from rollbook.screens import client
from tests.school import ANNAS_KEY, AT
from tests.web.browsing import signed_in


def kept(**of):
    return list(Reading.objects.filter(**of).order_by("pk").values_list("subject", "by_name", "via"))


@pytest.fixture
def ivan(school):
    return school.clients()[0]


def test_a_card_that_is_opened_is_written_down_once_an_hour_for_each_way(school, ivan):
    anna, subject = signed_in(school, "anna"), f"client:{ivan.pk}"
    key = {"authorization": f"Bearer {ANNAS_KEY}"}
    with time_machine.travel(AT, tick=False) as clock:
        for _again in range(3):
            assert anna.get(f"/clients/{ivan.pk}/").status_code == 200
        anna.get(f"/clients/{ivan.pk}/", headers={"hx-request": "true"})  # as a panel
        assert Client().get(f"/api/v1/clients/{ivan.pk}", headers=key).status_code == 200
        assert kept() == [(subject, "Anna", "web"), (subject, "Anna", "api key tablet")]
        clock.move_to(AT + timedelta(minutes=59))
        anna.get(f"/clients/{ivan.pk}/")
        assert len(kept()) == 2
        clock.move_to(AT + timedelta(hours=1))
        anna.get(f"/clients/{ivan.pk}/")
        assert len(kept()) == 3


@pytest.mark.parametrize(
    "address",
    ["/clients/{}/edit/", "/clients/{}/contacts/new/", "/relations/{}/edit/", "/clients/{}/freezes/"],
)
def test_a_form_shows_what_the_card_does(school, ivan, address):
    key = ivan.relations.get().pk if "relations" in address else ivan.pk
    assert signed_in(school, "mara").get(address.format(key)).status_code == 200
    assert kept() == [(f"client:{ivan.pk}", "Mara", "web")]


def test_why_a_child_pauses_is_told_to_who_sees_journals(school, ivan):
    Freeze.objects.create(client=ivan, since=AT.date(), until=AT.date() + timedelta(days=7), reason="chickenpox")
    page = f"/clients/{ivan.pk}/freezes/"
    assert "chickenpox" in signed_in(school, "mara").get(page).content.decode()
    Role.objects.filter(name="Clerk").update(permissions=["client.see", "client.edit"])
    told = signed_in(school, "dina").get(page)
    assert told.status_code == 200
    assert "chickenpox" not in told.content.decode()


@pytest.mark.parametrize("who", ["boris", "dina", None])
def test_whoever_is_refused_has_read_nothing(school, ivan, who):
    browser = signed_in(school, who) if who else Client()
    assert browser.get(f"/clients/{ivan.pk}/").status_code in {303, 403, 404}
    for form in ("edit", "freezes"):
        assert browser.get(f"/clients/{ivan.pk}/{form}/").status_code in {303, 403, 404}
    assert kept() == []


def test_a_list_is_no_card(school, ivan):
    signed_in(school, "mara").get("/clients/?q=Ivan")
    assert kept() == []


def test_who_may_see_the_history_sees_who_saw_the_card(school, ivan):
    signed_in(school, "anna").get(f"/clients/{ivan.pk}/")
    heading = "Who saw this card"
    assert heading not in signed_in(school, "anna").get(f"/clients/{ivan.pk}/").content.decode()
    page = signed_in(school, "oleg").get(f"/clients/{ivan.pk}/").content.decode()
    assert "Anna" in page.partition(heading)[2]


def test_the_owner_sees_what_somebody_read(school, ivan):
    jan = school.clients("judo")[0]
    for opened in (ivan, jan):
        signed_in(school, "vera").get(f"/clients/{opened.pk}/")
    page = f"/settings/access/{school.users['vera'].pk}/"
    told = signed_in(school, "vera").get(page).content.decode().partition("Which cards they opened")[2]
    assert f"/clients/{jan.pk}/" in told
    assert "Ivan" in told
    oleg = f"/settings/access/{school.users['mara'].pk}/"
    assert "Which cards they opened" not in signed_in(school, "oleg").get(oleg).content.decode()


def test_a_card_takes_fifteen_statements_at_most(school, ivan):
    """What is written down included."""
    for who in ("vera", "oleg", "anna", "kira"):
        if who == "kira":
            ivan = school.clients("judo")[0]
        with CaptureQueriesContext(connection) as captured:
            client.card(client_id=ivan.pk, at=AT, by=school.actor(who))
        actors = 1  # the rights of who asks
        assert len(captured) - actors <= 15, [query["sql"][:90] for query in captured]
