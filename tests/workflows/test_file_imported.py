"""One file of a person, from its bytes to the rows: each kind on the cast of all tests."""

from datetime import date, time
from decimal import Decimal

import pytest

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client, Contact, Relation
from rollbook.domains.schedule.models import Lesson
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

    def take(text, kind="", *, duplicates="join", source="file-1", by="vera", branch="north", **told):
        data = text.encode() if isinstance(text, str) else text
        name = told.pop("name", "a.csv")
        described = apart.describe(name=name, data=data)
        found = file_imported.recognise(described=described, kind=kind, by=school.actor("vera"))
        columns = {column: guess.column for column, guess in found.columns.items()} | told.pop("columns", {})
        return file_imported.take_in(
            name=name, file=data, options=Options(), kind=kind or found.kind, columns=columns,
            branch_id=school.branches[branch].pk, duplicates=duplicates, source=source,
            by=school.actor(by), **{"at": AT, **told},
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


GROUPS = """Название;Направление;Педагог;Кабинет;Расписание;Мест
Рисование 5-6;Арт;Anna;Room 0;Пн, Ср 17:00-18:30;10
Chess;Games and arts;Anna;;Вт 18:00;12
Лепка;Арт;Никто;;;8
"""


def test_groups_come_with_their_timetable_and_programmes_that_are_new(take, school):
    outcome = take(GROUPS)
    assert told(outcome) == [(4, "Педагог", "Педагог: There is no teacher Никто.")]
    assert outcome.added == {"programmes": 1, "groups": 1, "slots": 2}
    assert outcome.known == 1
    group = Group.objects.get(name="Рисование 5-6")
    assert (group.programme.name, group.programme.minutes, group.capacity) == ("Арт", 90, 10)
    slots = [(slot.weekday, slot.starts, slot.minutes, slot.room.name) for slot in group.slots.order_by("weekday")]
    assert slots == [(1, time(17), 90, "Room 0"), (3, time(17), 90, "Room 0")]
    assert take(GROUPS).added == {}
    assert take(GROUPS, source="file-2").added == {}


ENROLMENTS = """Ученик;Группа;Дата зачисления;Дата отчисления
Ivan;Dance;01.09.2026;
Olga;Dance;01.09.2026;01.10.2026
Nobody;Dance;01.09.2026;
Ivan;Chess;01.09.2026;
Ivan;Chess;01.12.2025;01.02.2026
Olga;Ballet;01.09.2026;
"""


def test_enrolments_of_those_who_are_here(take, school):
    outcome = take(ENROLMENTS)
    assert told(outcome) == [
        (4, "Ученик", "Ученик: There is no client Nobody in this branch."),
        (6, "Дата зачисления", "Дата зачисления: It shares days with another one."),
        (7, "Группа", "Группа: There is no group Ballet in this branch."),
    ]
    assert (outcome.added, outcome.known, outcome.taken) == ({"enrolments": 2}, 1, 2)
    olga = Enrolment.objects.get(client__first_name="Olga", group=school.groups["dance"])
    assert (olga.since, olga.until) == (date(2026, 9, 1), date(2026, 10, 1))
    again = take(ENROLMENTS)
    assert (again.added, again.known) == ({}, 3)


LESSONS = """Группа;Дата;Время;Кабинет;Педагог;Тема
Chess;04.08.2026;18:00-19:30;Room 0;Anna;Дебют
Chess;04.08.2026;19:00;Room 0;;
Chess;01.09.2026;18:00;;;
Chess;11.08.2026;;;;
"""


def test_lessons_that_overlap_come_in_as_joint_ones_and_are_listed(take, school):
    outcome = take(LESSONS)
    assert told(outcome) == [(5, "Время", "Время: Nothing is said here.")]
    assert (outcome.added, outcome.known) == ({"lessons": 2}, 1)
    assert {(overlap.origin.line, overlap.room, overlap.teacher) for overlap in outcome.overlaps} == {
        (2, "Room 0", ""), (2, "", "Anna"),
    }
    first, second = Lesson.objects.filter(day=date(2026, 8, 4)).order_by("starts_at")
    assert (first.topic, first.is_joint, first.held_at, second.ends_at - second.starts_at) == (
        "Дебют", True, first.ends_at, first.ends_at - first.starts_at - (first.ends_at - second.starts_at)
    )
    assert take(LESSONS).added == {}
    assert take(LESSONS, source="file-2").added == {}


MARKS = """Ученик;Группа;Дата;Посещение
Ivan;Chess;01.09.2026;был
Olga;Chess;01.09.2026;Н
Dan;Chess;01.09.2026;+
Ivan;Chess;08.09.2026;+
Ivan;Chess;01.09.2026;был
Olga;Chess;01.09.2026;пел
"""


def test_marks_are_charged_as_if_they_had_been_set_by_hand(take, school):
    outcome = take(MARKS)
    assert told(outcome) == [
        (4, "Ученик", "Ученик: The client is not in the group on 2026-09-01."),
        (5, "Дата", "Дата: The group has no lesson then."),
        (7, "Посещение", "Посещение: пел is not a word that is known here."),
    ]
    assert (outcome.added, outcome.known) == ({"marks": 2}, 1)
    ivan, olga = school.clients()
    assert Mark.objects.get(client=ivan).status == "attended"
    assert (Account.objects.get(client=ivan).balance, Account.objects.get(client=olga).balance) == (
        Decimal("-12.50"), Decimal("-6.25")
    )
    assert take(MARKS).added == {}
    assert told(take(MARKS.replace(";Н", ";+"), source="file-2"))[0] == (
        3, "Посещение", "Посещение: There is another mark in this lesson already."
    )


PAYMENTS = """Клиент;Сумма;Дата;Способ оплаты;Номер чека
Ivan;1 000,50 грн;01.09.2026;нал;
Olga;200;02.09.2026;карта;A-1
Olga;200;02.09.2026;карта;A-2
Ivan;1000,50;1.9.2026;наличные;
Dan;-5;02.09.2026;;
Vasya;5;02.09.2026;;
"""


def test_payments_are_booked_once(take, school):
    outcome = take(PAYMENTS)
    assert told(outcome) == [
        (5, "Сумма", "Сумма: An earlier line says the same. If both were paid, give each its number."),
        (6, "Сумма", "Сумма: A sum from 0.01 to 1000000000 is expected, not -5."),
        (7, "Клиент", "Клиент: There is no client Vasya in this branch."),
    ]
    assert outcome.added == {"payments": 3}
    ivan, olga = school.clients()
    assert (Account.objects.get(client=ivan).balance, Account.objects.get(client=olga).balance) == (
        Decimal("1000.50"), Decimal("400")
    )
    assert set(Payment.objects.values_list("method", flat=True)) == {"cash", "card"}
    assert take(PAYMENTS).added == {}
    assert take(PAYMENTS, source="file-2").added == {}
    assert LedgerEntry.objects.count() == 3
