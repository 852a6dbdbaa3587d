"""One file of a person, from its bytes to the rows: each kind on the cast of all tests."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.groups.models import Enrolment, Group, Programme
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client, Contact, Relation
from rollbook.domains.schedule.models import Lesson, TimetableSlot
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.foundation.tables import apart
from rollbook.foundation.tables.apart import Options
from rollbook.workflows import file_imported
from tests.school import AT

pytestmark = pytest.mark.django_db


@pytest.fixture
def take(school):
    """Take lines of CSV in as the owner, in North, by what is recognised."""
    Organisation.objects.update(phone_region="RU")

    def take(text, kind="", *, duplicates="join", dry_run=False, at=AT, source="file-1", by="vera", branch="north", **told):
        data = text.encode() if isinstance(text, str) else text
        name = told.pop("name", "a.csv")
        described = apart.describe(name=name, data=data)
        found = file_imported.recognise(described=described, kind=kind, by=school.actor("vera"))
        columns = {column: guess.column for column, guess in found.columns.items()} | told.pop("columns", {})
        return file_imported.take_in(
            name=name, file=data, options=Options(), kind=kind or found.kind, columns=columns,
            branch_id=school.branches[branch].pk, duplicates=duplicates, dry_run=dry_run, source=source, at=at,
            by=school.actor(by), **told,
        )

    return take


def told(outcome):
    return [(problem.line, problem.column, problem.told(str)) for problem in outcome.problems]


CLIENTS = """ФИО ребёнка;Дата рождения;ФИО родителя;Телефон мамы;Группа;Примечание
Иванов Пётр Сергеевич;05.03.2018;Иванова Анна;8 (912) 345-67-89;Chess;аллергия
Иванова Мария;1.2.2019;Иванова Анна;8 912 345 67 89;;
Сидоров Олег;12.13.2018;;;;
Кузнецова Ольга;;;+7 900 000-00-00;Chess;
"""


def test_clients_come_with_their_contacts_and_into_their_group(take, school):
    outcome = take(CLIENTS)
    assert told(outcome) == [(4, "Дата рождения", "Дата рождения: 12.13.2018 is no day (19.03.2026).")]
    assert (outcome.lines, outcome.taken, outcome.joined, outcome.broken) == (4, 3, 1, 1)
    assert outcome.added == {"clients": 3, "contacts": 2, "relations": 3, "enrolments": 2}
    peter = Client.objects.get(last_name="Иванов")
    assert (peter.first_name, peter.middle_name, peter.birth_date, peter.note) == (
        "Пётр", "Сергеевич", date(2018, 3, 5), "аллергия"
    )
    anna = Contact.objects.get(phone="+79123456789")
    assert set(anna.clients.values_list("first_name", flat=True)) == {"Пётр", "Мария"}
    assert Relation.objects.filter(contact=anna, kinship="mother", pays=True).count() == 2
    assert Enrolment.objects.get(client=peter).group == school.groups["chess"]


def test_the_same_file_again_adds_nothing(take):
    take(CLIENTS)
    outcome = take(CLIENTS)
    assert (outcome.added, outcome.known, outcome.taken) == ({}, 3, 0)
    outcome = take(CLIENTS, source="file-2")
    assert (outcome.added, outcome.known, outcome.taken) == ({}, 3, 0)
