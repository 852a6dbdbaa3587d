"""One file of a person, from its bytes to the rows: each kind on the cast of all tests."""

from datetime import date, time
from decimal import Decimal

import pytest
from django.utils import translation

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Organisation
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.imports import actions as imports
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client, Contact, Relation
from rollbook.domains.schedule.actions import loading
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import overlaps
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.foundation.tables import apart
from rollbook.foundation.tables.apart import Options
from rollbook.workflows import file_imported
from rollbook.workflows.file_imported import taking
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
            by=school.actor(by), remember=remembering(source), **{"at": AT, **told},
        )

    return take


def remembering(source):
    def remember(rows):
        added = {target: [(row, row.id) for row in one] for target, one in rows.items()}
        imports.remember(source=source, added=added, started_at=AT, finished_at=AT, by=operator("import"))

    return remember


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
Olga;200;31.08.2026;карта;A-1
Olga;200;31.08.2026;карта;A-2
Ivan;1000,50;1.9.2026;наличные;
Dan;-5;31.08.2026;;
Vasya;5;31.08.2026;;
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


# Who is here already --------------------------------------------------------------------------------------------------


def test_who_is_here_gets_what_is_missing_and_is_not_changed(take, school):
    ivan = school.clients()[0]
    outcome = take(
        "ФИО;Дата рождения;Папа;Телефон папы;Группа;Примечание\nIvan;05.03.2018;Пётр;+7 912 000-00-01;Dance;новое\n"
    )
    assert (outcome.added, outcome.joined) == ({"contacts": 1, "relations": 1, "enrolments": 1}, 1)
    ivan.refresh_from_db()
    assert (ivan.note, Client.objects.filter(first_name="Ivan").count()) == ("", 1)
    father = Relation.objects.get(client=ivan, contact__phone="+79120000001")
    assert (father.kinship, father.pays) == ("father", False)
    assert Enrolment.objects.filter(client=ivan, group=school.groups["dance"]).exists()


def test_the_same_name_with_another_birth_date_is_somebody_else(take):
    assert take("ФИО;Дата рождения\nIvan;06.03.2018\n").added == {"clients": 1}


def test_what_is_over_is_not_who_is_meant(take, school):
    """An import that was undone leaves archived clients and disbanded groups behind, where the ledger holds them."""
    Client.objects.update(archived_at=AT)
    Group.objects.filter(name="Chess").update(state="disbanded")
    assert take("ФИО;Дата рождения\nIvan;05.03.2018\n").added == {"clients": 1}
    assert take("Название;Направление\nChess;Games and arts\n", "groups").added == {"groups": 1}


def test_namesakes_who_may_both_be_meant_are_named(take, school):
    school.enrol("Ivan")
    outcome = take("ФИО;Дата рождения\nIvan;05.03.2018\n")
    [(line, column, sentence)] = told(outcome)
    assert (line, column, sentence.count("Ivan, 05.03.2018")) == (2, "ФИО", 2)
    assert told(take("Клиент;Сумма;Дата\nIvan;5;01.09.2026\n"))[0][2].count("Ivan, 05.03.2018") == 2


def test_a_namesake_is_told_apart_by_the_phone_of_a_parent(take, school):
    second = school.enrol("Ivan")[0]
    phone = second.contacts.get().phone
    take(f"Клиент;Телефон;Сумма;Дата\nIvan;{phone};5;01.09.2026\n")
    assert Account.objects.get(client=second).balance == 5


def test_who_is_known_is_left_out_where_that_is_wanted(take):
    outcome = take(CLIENTS, duplicates="skip")
    assert (outcome.added["clients"], outcome.skipped, outcome.broken) == (3, 0, 1)
    other = CLIENTS.replace("Иванов Пётр Сергеевич", "Новиков Олег")
    outcome = take(other, duplicates="skip", source="file-2")
    assert (outcome.added, outcome.skipped) == ({}, 3)


def test_a_contact_of_two_children_may_be_named_in_many_ways(take):
    take("ФИО;Мама;Телефон\nИванов Пётр;Анна;89123456789\nИванова Мария;Иванова А.;+7(912)345-67-89\n")
    assert Contact.objects.filter(phone="+79123456789").count() == 1


@pytest.mark.parametrize("chunk", [1, 1000])
def test_brothers_and_sisters_of_one_file_are_not_left_out(take, monkeypatch, chunk):
    """Known is what stood before the file; not what its earlier lines brought."""
    monkeypatch.setattr(taking, "CHUNK", chunk)
    lines = "ФИО;Мама;Телефон\nИванов Пётр;Анна;89123456789\nИванова Мария;Анна;89123456789\n"
    outcome = take(lines + "Иванов Пётр;Анна;89123456789\n", duplicates="skip")
    assert (outcome.added, outcome.skipped) == ({"clients": 2, "contacts": 1, "relations": 2}, 1)


@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_phone_makes_nobody_of_another_name_the_parent_of_a_child(take, school, monkeypatch, chunk):
    monkeypatch.setattr(taking, "CHUNK", chunk)
    take("ФИО;Родитель;Телефон\nСидоров Олег;Сидоров Игорь;89123456789\n")
    igor = Contact.objects.get(phone="+79123456789")
    outcome = take(
        "ФИО;Родитель;Телефон\nПетров Иван;Петрова Ольга;89123456789\nСидоров Олег;Другой Человек;89123456789\n"
        "Сидорова Мария;;89123456789\nНовиков Павел;Игорь;89123456789\nКим Юна;С. И.;89123456789\n"
        "Попов Пётр;Попова Анна;89120000000\nЗуев Пётр;Зуева Мария;89120000000\nЗуев Олег;Попова А.;89120000000\n",
        source="file-2",
    )
    assert told(outcome) == [
        (2, "Телефон", "Телефон: Сидоров Игорь has this phone. If it is the same person, write the same name."),
        (8, "Телефон", "Телефон: Попова Анна has this phone. If it is the same person, write the same name."),
    ]
    assert set(igor.clients.values_list("last_name", flat=True)) == {"Сидоров", "Сидорова", "Новиков", "Ким"}
    assert not Client.objects.filter(last_name="Петров").exists()
    assert Contact.objects.get(phone="+79120000000").clients.count() == 2


def test_two_parents_with_one_phone_are_told(take):
    columns = {"Папа": "contact2_name", "Телефон папы": "contact2_phone"}
    outcome = take("ФИО;Мама;Телефон;Папа;Телефон папы\nКим Юна;Анна;89123456789;Олег;89123456789\n", columns=columns)
    sentence = "Телефон папы: Анна has this phone. If it is the same person, write the same name."
    assert told(outcome) == [(2, "Телефон папы", sentence)]


def test_the_second_contact_may_be_who_pays(take):
    columns = {"Папа": "contact2_name", "Папа платит": "contact2_pays"}
    outcome = take("ФИО;Мама;Папа;Папа платит\nКим Юна;Анна;Олег;да\nКим Ян;Анна;Олег;\n", columns=columns)
    assert told(outcome) == []
    pays = Relation.objects.filter(pays=True).values_list("client__first_name", "contact__first_name")
    assert set(pays) & {("Юна", "Олег"), ("Ян", "Анна"), ("Юна", "Анна"), ("Ян", "Олег")} == {
        ("Юна", "Олег"), ("Ян", "Анна")
    }


def test_a_grown_client_without_a_contact_is_their_own(take):
    take("ФИО;Дата рождения;Телефон\nИванов Пётр;05.03.1980;89123456789\nПетров Олег;05.03.2018;89123456780\n")
    assert Relation.objects.get(client__last_name="Иванов").kinship == "self"
    child = Relation.objects.get(client__last_name="Петров")
    assert (child.kinship, child.contact.name, child.pays) == ("other", "Петров", True)


def test_a_number_of_the_own_lists_finds_a_client_in_another_file(take):
    take("ID;ФИО\n17;Иванов Пётр\n18;Иванов Пётр\n", source="file-1")
    take("ID клиента;Сумма;Дата\n18;5;01.09.2026\n", "payments", source="file-2")
    assert LedgerEntry.objects.get().client == Client.objects.filter(last_name="Иванов").order_by("pk")[1]
    elsewhere = take("ID клиента;Сумма;Дата\n18;5;02.09.2026\n", "payments", source="file-3", branch="south")
    assert told(elsewhere) == [(2, "ID клиента", "ID клиента: There is no client 18 in this branch.")]


def test_one_number_is_one_person(take):
    """Whoever has the number of somebody else does not disappear in them."""
    lines = (
        "ID;ФИО;Дата рождения;Телефон\n7;Иванов Пётр;05.03.2018;\n7;Сидорова Ольга;;89123456789\n"
        "7;Иванов Пётр;06.03.2018;\n7;Пётр Иванов;;89123456780\n"
    )
    outcome = take(lines)
    sentence = "ID: An earlier line has this number, with another name or birth date."
    assert told(outcome) == [(3, "ID", sentence), (4, "ID", sentence)]
    assert outcome.added == {"clients": 1, "contacts": 1, "relations": 1}
    assert Relation.objects.get(client__last_name="Иванов").contact.phone == "+79123456780"
    again = take(lines)
    assert (again.added, again.known, told(again)) == ({}, 2, told(outcome))


def test_a_group_of_another_name_by_now_keeps_its_times(take):
    lines = "Название;Направление;Расписание\nЛепка;Арт;Пн 10:00\n"
    take(lines, "groups")
    Group.objects.filter(name="Лепка").update(name="Глина")
    outcome = take(lines, "groups")
    assert (outcome.added, outcome.known) == ({}, 1)


def test_who_has_left_a_group_is_not_put_into_it_again(take, school):
    lines = "ФИО;Дата рождения;Группа\nКим Юна;05.03.2018;Chess\n"
    take(lines)
    Enrolment.objects.filter(client__last_name="Ким").update(since=date(2026, 8, 1), until=date(2026, 9, 1))
    for source in ("file-1", "file-2"):
        outcome = take(lines, source=source)
        assert (outcome.added, outcome.known) == ({}, 1)
    back = "ФИО;Дата рождения;Группа;В группе с\nКим Юна;05.03.2018;Chess;01.09.2026\n"
    assert take(back, "clients", columns={"В группе с": "enrolled_since"}, source="file-3").added == {"enrolments": 1}


def test_a_payment_that_was_taken_back_is_not_swallowed(take, school):
    lines = "Клиент;Сумма;Дата;Номер чека\nIvan;5;01.09.2026;A\nOlga;5;01.09.2026;\nOlga;6;01.09.2026;\n"
    take(lines)
    of_ivan, of_olga, _ = Payment.objects.order_by("pk")
    for payment in (of_ivan, of_olga):
        billing.take_back_payment(payment_id=payment.pk, reason="-", at=AT, by=school.actor("vera"))
    sentence = "This payment was taken back. If it was made after all, give it another number."
    for source in ("file-1", "file-2"):
        outcome = take(lines, source=source)
        assert told(outcome) == [(2, "Номер чека", f"Номер чека: {sentence}"), (3, "Сумма", f"Сумма: {sentence}")]
        assert (outcome.added, outcome.known) == ({}, 1)
    assert take(lines.replace("01.09.2026;\nOlga;6", "01.09.2026;B\nOlga;6"), source="file-3").added == {"payments": 1}


# However many lines are written together ------------------------------------------------------------------------------

chunks = pytest.mark.parametrize("chunk", [1, 2, 1000])


def by_line(outcome):
    return {line: sentence for line, _, sentence in told(outcome)}


@chunks
def test_a_doubled_payment_is_told_wherever_it_stands(take, monkeypatch, chunk):
    monkeypatch.setattr(taking, "CHUNK", chunk)
    outcome = take(
        "Клиент;Сумма;Дата;Номер чека\nIvan;5;01.09.2026;\nOlga;5;01.09.2026;A\nIvan;5;01.09.2026;\n"
        "Olga;5;01.09.2026;A\nOlga;6;01.09.2026;A\n"
    )
    number = "Номер чека: Another payment has this number already."
    assert by_line(outcome) == {
        4: "Сумма: An earlier line says the same. If both were paid, give each its number.", 5: number, 6: number,
    }
    assert outcome.added == {"payments": 2}


@chunks
def test_two_marks_in_one_lesson_are_told_wherever_they_stand(take, monkeypatch, chunk):
    monkeypatch.setattr(taking, "CHUNK", chunk)
    outcome = take(
        "Ученик;Группа;Дата;Посещение\nIvan;Chess;01.09.2026;был\nIvan;Chess;01.09.2026;н\nIvan;Chess;01.09.2026;был\n"
    )
    assert by_line(outcome) == {3: "Посещение: There is another mark in this lesson already."}
    assert (outcome.added, outcome.known) == ({"marks": 1}, 1)
    assert Mark.objects.get().status == "attended"


@chunks
def test_enrolments_that_share_days_are_told_wherever_they_stand(take, monkeypatch, chunk):
    monkeypatch.setattr(taking, "CHUNK", chunk)
    outcome = take(
        "Ученик;Группа;Дата зачисления;Дата отчисления\nIvan;Dance;01.10.2026;01.11.2026\nIvan;Dance;01.09.2026;\n"
        "Ivan;Dance;05.10.2026;10.10.2026\nIvan;Dance;01.10.2026;01.11.2026\nIvan;Dance;01.11.2026;\n"
        "Olga;Dance;01.09.2026;01.08.2026\nOlga;Dance;01.08.2026;\n"
    )
    shared = "Дата зачисления: It shares days with another one."
    assert by_line(outcome) == {3: shared, 4: shared, 7: "Дата отчисления: It ends before it begins."}
    assert (outcome.added, outcome.known) == ({"enrolments": 3}, 1)


@chunks
def test_a_group_has_its_times_once_wherever_it_stands_again(take, monkeypatch, chunk):
    monkeypatch.setattr(taking, "CHUNK", chunk)
    outcome = take(
        "ID;Название;Направление;Расписание\n1;Лепка;Арт;Пн 10:00\n2;Йога;Арт;Вт 10:00\n1;Лепка;Арт;Пн 10:00\n"
        "1;Танец;Арт;Ср 10:00\n",
        "groups",
    )
    assert by_line(outcome) == {4: "ID: There is one of these already.", 5: "ID: There is one of these already."}
    assert outcome.added == {"programmes": 1, "groups": 2, "slots": 2}
    take("Название;Направление\nТанец;Арт\n", "groups", source="file-2")
    lines = "Название;Направление;Расписание\nТанец;Арт;Пн 10:00\nТанец;Арт;Ср 10:00\n"
    outcome = take(lines, "groups", source="file-3")
    assert by_line(outcome) == {3: "Название: There is one of these already."}
    assert outcome.added == {"slots": 1}


@chunks
@pytest.mark.parametrize("duplicates", ["join", "skip"])
def test_clients_who_stand_twice_wherever_they_stand(take, monkeypatch, chunk, duplicates):
    monkeypatch.setattr(taking, "CHUNK", chunk)
    outcome = take(
        "ID;ФИО;Телефон;Группа;Зачислен\n7;Иванов Пётр;89120000001;Chess;01.09.2026\n;Ким Юна;89120000002;;\n"
        "7;Иванов Пётр;89120000003;Chess;\n7;Иванов Пётр;;Chess;01.08.2026\n8;Иванов Олег;;Chess;\n"
        "7;Иванов Иван;;;\n;Ким Юна;89120000002;Dance;\n",
        "clients", columns={"Зачислен": "enrolled_since"}, duplicates=duplicates,
    )
    number = "ID: An earlier line has this number, with another name or birth date."
    if duplicates == "skip":
        assert (by_line(outcome), outcome.skipped) == ({7: number}, 3)
        assert outcome.added == {"clients": 3, "contacts": 2, "relations": 2, "enrolments": 2}
    else:
        assert by_line(outcome) == {5: "Зачислен: It shares days with another one.", 7: number}
        assert (outcome.taken, outcome.joined, outcome.known) == (5, 2, 0)
        assert outcome.added == {"clients": 3, "contacts": 3, "relations": 3, "enrolments": 3}


@chunks
def test_a_line_that_is_refused_stands_in_nobody_s_way(take, monkeypatch, chunk):
    monkeypatch.setattr(taking, "CHUNK", chunk)
    outcome = take("ID;ФИО;E-mail\n7;Иванов Пётр;none\n7;Ким Юна;\n")
    assert by_line(outcome) == {2: "E-mail: none is no e-mail address."}
    assert outcome.added == {"clients": 1}


@chunks
def test_a_number_that_comes_later_than_its_client(take, monkeypatch, chunk):
    monkeypatch.setattr(taking, "CHUNK", chunk)
    outcome = take(
        "ID;ФИО;Дата рождения;Телефон\n;Ким Юна;05.03.2018;\n7;Ким Юна;05.03.2018;\n7;Ким Юна;;89120000002\n"
        "7;Ким Ян;;89120000003\n"
    )
    assert by_line(outcome) == {5: "ID: An earlier line has this number, with another name or birth date."}
    assert outcome.added == {"clients": 1, "contacts": 1, "relations": 1}


def test_many_lines_in_each_other_s_way_refuse_no_file(take):
    lines = "".join(f"7;Иванов {name};none\n" for name in "АБВГДЕЖЗИКЛМНОПРСТУФ")
    outcome = take(f"ID;ФИО;E-mail\n{lines}8;Ким Юна;\n")
    assert (outcome.broken, outcome.added) == (20, {"clients": 1})


def test_what_is_still_to_come_is_refused_at_its_field(take, school):
    """As by hand: nothing is paid tomorrow, nobody has come to tomorrow's lesson."""
    outcome = take("Клиент;Сумма;Дата\nIvan;5;02.09.2026\nIvan;5;01.09.2026\nIvan;5;20.08.2016\nIvan;5;31.08.2016\n")
    sentence = "Дата: The day of a payment is today or before, within ten years."
    assert (by_line(outcome), outcome.added) == ({2: sentence, 4: sentence}, {"payments": 2})

    take("Группа;Дата;Время\nChess;03.09.2026;18:00\n")
    outcome = take(
        "Ученик;Группа;Дата;Посещение\nIvan;Chess;03.09.2026;был\nOlga;Chess;03.09.2026;н\nIvan;Chess;03.09.2026;б\n"
    )
    sentence = "Дата: The lesson has not been yet: who came can be marked on its day."
    assert by_line(outcome) == {2: sentence, 3: sentence}
    assert (outcome.added, Mark.objects.get().status) == ({"marks": 1}, "excused")

    outcome = take("ФИО;Клиент с\nКим Юна;02.09.2026\nКим Ян;01.09.2026\n", "clients", columns={"Клиент с": "since"})
    assert (by_line(outcome), outcome.added) == ({2: "Клиент с: This day is still to come."}, {"clients": 1})


def test_of_what_stands_only_that_is_read_which_lessons_can_meet(take, school, monkeypatch):
    seen = []
    monkeypatch.setattr(loading, "overlaps", lambda spans: seen.extend(spans) or overlaps(spans))
    take("Группа;Дата;Время;Кабинет\nChess;01.08.2025;18:00;Room 0\nChess;01.10.2026;18:00;Room 0\n")
    assert {span.place for span in seen if span.place < 0} == set()


# What is refused ------------------------------------------------------------------------------------------------------


def test_what_the_rows_or_the_domains_refuse_is_set_aside_and_the_rest_taken(take):
    outcome = take(
        "ФИО;Родитель;Платит;Папа;Папа платит;E-mail\n"
        f"{'Й' * 101} Пётр;;;;;\nИванов Пётр;Анна;да;Олег;да;\nСидоров Олег;Ольга;;;;no-mail\nПопов Иван;Мария;;;;\n",
        columns={"Папа платит": "contact2_pays"},
    )
    assert told(outcome) == [
        (2, "ФИО", "ФИО: Longer than 100 signs."),
        (3, "Папа платит", "Папа платит: The client has a payer already."),
        (4, "E-mail", "E-mail: no-mail is no e-mail address."),
    ]
    assert outcome.added == {"clients": 1, "contacts": 1, "relations": 1}


def test_a_dry_run_does_everything_and_takes_it_back(take):
    outcome = take(CLIENTS, dry_run=True)
    assert (outcome.added["clients"], outcome.broken) == (3, 1)
    assert not Client.objects.filter(last_name="Иванов").exists()
    assert take(CLIENTS).added == outcome.added


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kind": "deals"}, "kind"), ({"duplicates": "merge"}, "duplicates"), ({"columns": {"Нет": "name"}}, "columns"),
        ({"columns": {"ФИО": "secret"}}, "columns"), ({"columns": {"ФИО": ""}}, "columns"),
        ({"columns": {"ФИО": "first_name", "Имя": "first_name"}}, "columns"), ({"branch_id": None}, "branch"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(school, asked, field):
    sensible = {
        "kind": "clients", "duplicates": "join", "columns": {"ФИО": "name"}, "branch_id": school.branches["north"].pk
    }
    with pytest.raises(InvalidInput) as refused:
        file_imported.take_in(
            name="a.csv", file="ФИО;Имя\nA;B\n".encode(), options=Options(), source="file-1", at=AT,
            remember=remembering("file-1"), by=school.actor("vera"), **sensible | asked,
        )
    assert set(refused.value.fields) == {field}


@pytest.mark.parametrize("name", ["oleg", "mara", "anna", "kira", "rita", "dina"])
def test_only_who_changes_settings_everywhere_takes_files_in(take, name):
    with pytest.raises(NotAllowed):
        take(CLIENTS, by=name)


def test_into_a_branch_that_is_there(take, school):
    school.branches["north"].pk = 0
    with pytest.raises(NotFound):
        take(CLIENTS)


# The file of errors ---------------------------------------------------------------------------------------------------


@translation.override("en")
@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_lines_that_were_set_aside_are_put_right_and_sent_again(take, school, form):
    lines = CLIENTS.replace("Сидоров Олег", "=Сидоров Олег") + "лишь;два\n"
    outcome = take(lines)
    data = file_imported.error_file(
        name="a.csv", file=lines.encode(), options=Options(), problems=outcome.problems, form=form,
        by=school.actor("vera"),
    )
    described = apart.describe(name=f"a.{form}", data=data)
    assert described.columns[-2:] == ("Line", "What is wrong")
    first, second = described.rows
    assert first.cells[0] == ("'=Сидоров Олег" if form == "csv" else "=Сидоров Олег")
    assert first.cells[-2:] == ("4", "Дата рождения: 12.13.2018 is no day (19.03.2026).")
    assert second.cells == ("лишь", "два", "", "", "", "", "6", "2 cells, where the header has 6.")

    found = file_imported.recognise(described=described, by=school.actor("vera"))
    assert {"Line", "What is wrong"} & set(found.columns) == set()
    if form == "csv":
        assert take(data.replace(b"12.13.2018", b"12.12.2018"), source="file-2").added == {"clients": 1}
        assert Client.objects.filter(last_name="=Сидоров").exists()


# At size --------------------------------------------------------------------------------------------------------------

BROKEN = {
    17: ("31.02.2018", None), 100: ("завтра", None), 999: (None, "8 (912) 34"), 1000: (None, "нет"),
    1001: ("05.03.1890", None), 2500: ("05.03.2100", None), 3333: (None, "8 (912) 345-67-89, 345-67-90"),
    4000: ("00.00.0000", None), 4999: (None, "доб. 5"), 5001: ("5 жуля 2018", None),
}


def five_thousand():
    """Lines 2 to 5,001; the broken ones have a day or a phone that is none."""
    yield "ФИО;Дата рождения;Родитель;Телефон"
    for line in range(2, 5002):
        day, phone = BROKEN.get(line, (None, None))
        day = day or f"{line % 28 + 1:02}.{line % 12 + 1:02}.{2010 + line % 10}"
        phone = phone or f"8 (9{line % 90 + 10}) {line // 100 % 1000 + 100}-{line % 100:02}-{line // 77 % 100:02}"
        yield f"Иванов{chr(0x430 + line % 32)}{chr(0x430 + line // 32 % 32)} Пётр {line};{day};Петрова Анна;{phone}"


def test_five_thousand_clients_of_an_old_office(take):
    data = "\r\n".join(five_thousand()).encode("windows-1251")
    outcome = take(data)
    assert sorted({problem.line for problem in outcome.problems}) == sorted(BROKEN)
    assert (outcome.lines, outcome.taken, outcome.broken, outcome.added["clients"]) == (5000, 4990, 10, 4990)
    again = take(data)
    assert (again.added, again.known, again.broken) == ({}, 4990, 10)
