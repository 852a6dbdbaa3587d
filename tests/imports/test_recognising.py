"""Which column is which, in three languages."""

from datetime import date

import pytest

from rollbook.domains.imports.rules.kinds import KINDS
from rollbook.domains.imports.rules.recognising import LOOKS, fingerprint, plain_heading, recognised, unmet
from rollbook.domains.imports.rules.usual import Habits

HABITS = Habits("RU", date(2026, 11, 21))


@pytest.mark.parametrize(
    ("kind", "columns"),
    [
        ("clients", {
            "ФИО ребёнка": "name", "Дата рождения": "birth_date", "ФИО родителя": "contact_name",
            "Телефон родителя": "contact_phone", "Группа": "group", "Комментарий": "note", "№": "",
        }),
        ("clients", {
            "Фамилия": "last_name", "Имя": "first_name", "Отчество": "middle_name", "Д.Р.": "birth_date",
            "Мама": "contact_name", "Телефон мамы": "contact_phone", "Папа": "contact2_name",
            "Тел. папы": "contact2_phone", "E-mail": "contact_email", "Кем приходится": "contact_kinship",
        }),
        ("clients", {
            "Прізвище": "last_name", "Ім'я": "first_name", "Дата народження": "birth_date", "Телефон": "contact_phone",
            "Телефон 2": "contact2_phone", "Примітка": "note",
        }),
        ("clients", {
            "Full name": "name", "Date of birth": "birth_date", "Parent": "contact_name",
            "Parent phone": "contact_phone", "Father's phone": "contact2_phone", "Email": "contact_email",
            "Notes": "note",
        }),
        ("groups", {
            "Название группы": "name", "Направление": "programme", "Педагог": "teachers", "Кабинет": "room",
            "Расписание": "timetable", "Мест": "capacity",
        }),
        ("groups", {"Group name": "name", "Course": "programme", "Days": "weekdays", "Time": "time", "Room": "room"}),
        ("enrolments", {"Ученик": "client", "Группа": "group", "Дата зачисления": "since", "Дата отчисления": "until"}),
        ("enrolments", {"Учень": "client", "Група": "group", "Дата зарахування": "since"}),
        ("lessons", {
            "Группа": "group", "Дата": "day", "Начало": "starts", "Конец": "ends", "Педагог": "teachers",
            "Тема урока": "topic",
        }),
        ("lessons", {"Group": "group", "Date": "day", "Start time": "starts", "End time": "ends", "Coach": "teachers"}),
        ("marks", {"Ученик": "client", "Группа": "group", "Дата": "day", "Посещение": "status"}),
        ("marks", {"Клієнт": "client", "Група": "group", "Дата заняття": "day", "Відмітка": "status"}),
        ("payments", {
            "Клиент": "client", "Сумма": "amount", "Дата": "day", "Способ оплаты": "method",
            "Назначение платежа": "note", "Номер чека": "number",
        }),
        ("payments", {"Client": "client", "Amount": "amount", "Payment date": "day", "Method": "method"}),
    ],
)
def test_headings_are_known(kind: str, columns: dict[str, str]) -> None:
    found = recognised(list(columns), [], habits=HABITS)
    assert found.kind == kind
    assert {name: found.columns[name].column if name in found.columns else "" for name in columns} == columns


def test_what_is_said_of_the_kind_is_taken_at_its_word() -> None:
    found = recognised(["ФИО", "Телефон"], [], habits=HABITS, kind="payments")
    assert {name: guess.column for name, guess in found.columns.items()} == {"ФИО": "client", "Телефон": "client_phone"}


def test_strange_headings_are_known_by_what_stands_below() -> None:
    rows = [["Иванов", "8 912 345-67-89", "05.03.2018", "a@b.ru"], ["Петров", "+7 900 000-00-00", "6.3.18", ""]]
    found = recognised(["p", "q", "r", "s"], rows, habits=HABITS, kind="clients").columns
    assert {name: (guess.column, guess.certainty) for name, guess in found.items()} == {
        "q": ("contact_phone", LOOKS), "r": ("birth_date", LOOKS), "s": ("contact_email", LOOKS),
    }


def test_a_heading_that_lies_is_doubted() -> None:
    found = recognised(["Телефон", "ФИО"], [["Иванов", "Пётр"], ["Петров", "Анна"]], habits=HABITS, kind="clients")
    assert found.columns["Телефон"].certainty < LOOKS < found.columns["ФИО"].certainty


def test_the_whole_of_a_foreign_heading_is_less_certain_than_a_known_one() -> None:
    found = recognised(["Контактный телефон (для связи)", "ФИО"], [], habits=HABITS, kind="clients")
    assert found.columns["Контактный телефон (для связи)"].column == "contact_phone"
    assert found.columns["Контактный телефон (для связи)"].certainty < found.columns["ФИО"].certainty == 100


def test_the_fingerprint_is_that_of_the_words_in_their_order() -> None:
    assert fingerprint(["ФИО ребёнка", "Тел."]) == fingerprint([" фио  РЕБЕНКА", "тел"])
    assert fingerprint(["a", "b"]) != fingerprint(["b", "a"])
    assert len(fingerprint([])) == 32


def test_what_is_missing_is_told() -> None:
    assert unmet(KINDS["clients"], []) == [("name", "last_name", "first_name")]
    assert unmet(KINDS["payments"], ["client_phone", "amount"]) == [("day",)]
    assert unmet(KINDS["lessons"], ["group", "day", "time"]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_headings_are_written_as_they_are_compared(kind: str) -> None:
    columns = KINDS[kind].columns
    assert [hint for column in columns for hint in column.hints if plain_heading(hint) != hint] == []
    assert len({column.name for column in columns}) == len(columns)
