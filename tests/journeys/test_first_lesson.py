"""From an empty installation to a marked lesson: with a file that somebody has, and by hand."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from rollbook.domains.access.models import Branch
from rollbook.domains.billing.models import Account
from rollbook.domains.groups.models import Group, Programme
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.periods import local
from tests.imports.academy import SMALL

pytestmark = pytest.mark.django_db


def said(*words, **told):
    out = StringIO()
    call_command(*words, stdout=out, stderr=StringIO(), **told)
    return out.getvalue()


@pytest.fixture
def owner(client):
    """Whoever has just typed `rollbook createowner` and follows the link it prints."""
    link = said("createowner", name="Nina", email="nina@example.org", language="en").strip()
    follow(client, link)
    return client


def follow(client, link):
    address = re.search(r"/account/link/[^/\s]+/", link).group()
    assert address.split("/")[-2] in client.get(address).content.decode()
    told = {"secret": address.split("/")[-2]}
    assert client.post("/account/link/", told).status_code in (302, 303)
    assert client.get("/groups/").status_code == 200


def test_a_school_comes_from_its_files_and_marking_changes_balances(client):
    said("import", "it-academy", str(SMALL))
    link = said("createowner", name="Nina", email="nina@example.org", language="en")
    follow(client, link)
    group = Group.objects.order_by("pk").first()
    assert group.name in client.get("/groups/").content.decode()
    lesson = Lesson.objects.filter(group=group).order_by("starts_at").first()
    mark = lesson.marks.filter(status="attended", visits=None).first()
    journal = client.get(f"/groups/{group.pk}/", {"month": f"{lesson.day:%Y-%m}"}).content.decode()
    assert mark.client.name in journal
    before = Account.objects.get(client=mark.client).balance
    told = {f"mark-{mark.client_id}": "excused", f"seen-{mark.client_id}": mark.version}
    assert client.post(f"/lessons/{lesson.pk}/marks/", told).status_code == 303
    after = Account.objects.get(client=mark.client).balance
    assert after > before
    card = client.get(f"/clients/{mark.client_id}/", {"month": f"{lesson.day:%Y-%m}"}).content.decode()
    assert "reckoning" in card


def test_by_hand_from_nothing_to_a_marked_and_paid_lesson(owner):
    branch = Branch.objects.get()
    today = local(timezone.now(), branch.time_zone).date()
    assert owner.post("/settings/programmes/new/", {"name": "Chess", "minutes": "60"}).status_code == 303
    programme = Programme.objects.get()
    tariff = {
        "name": "A lesson", "kind": "lesson", "price": "12,50", "missed_share": "100", "excused_share": "0",
    }
    assert owner.post("/settings/tariffs/new/", tariff).status_code == 303
    # It meets today, and the tariff is its own.
    form = owner.get("/groups/new/").content.decode()
    tariff_id = re.search(r'<option value="(\d+)">A lesson', form).group(1)
    told = {
        "name": "Chess 7–8", "programme_id": programme.pk, "branch_id": branch.pk, "capacity": "8", "state": "running",
        "tariff_id": tariff_id, "since": today.isoformat(), "slots-TOTAL_FORMS": "1", "slots-INITIAL_FORMS": "0",
        "slots-0-weekday": today.isoweekday(), "slots-0-starts": "00:00", "slots-0-minutes": "60",
    }
    made = owner.post("/groups/new/", told)
    assert made.status_code == 303, re.findall(r"(?s)class=.error.*?</p>", made.content.decode())
    group = Group.objects.get()
    assert Lesson.objects.filter(group=group, day__gte=today - timedelta(days=1)).count() >= 8
    pupil = {
        "last_name": "Ёлкина", "first_name": "Anna", "kinship": "mother", "contact_first_name": "Olga",
        "phone": "+49 30 901820", "since": (today - timedelta(days=1)).isoformat(),
    }
    assert owner.post(f"/groups/{group.pk}/enrolments/", pupil).status_code == 303
    client = Client.objects.get()
    lesson = Lesson.objects.filter(group=group).order_by("starts_at").first()
    assert owner.post(f"/lessons/{lesson.pk}/everyone/").status_code == 303
    assert Account.objects.get(client=client).balance == -12.5
    paid = {"amount": "12.50", "method": "cash", "on": today.isoformat(), "key": "k" * 20}
    assert owner.post(f"/clients/{client.pk}/payments/", paid).status_code == 303
    assert Account.objects.get(client=client).balance == 0
