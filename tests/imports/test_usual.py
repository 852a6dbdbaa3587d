"""How people write things in tables, as a table."""

from datetime import date

import pytest

from rollbook.domains.imports.rules import usual
from rollbook.domains.imports.rules.usual import Habits, Name, Reading, month_first, split_name
from rollbook.domains.imports.rules.values import Unfit
from rollbook.foundation.tables import Cell

HABITS = Habits("RU", date(2026, 11, 21))


@pytest.mark.parametrize(
    ("reading", "told", "read"),
    [
        (usual.DAY, "19.03.2026", "2026-03-19"), (usual.DAY, "9.3.26", "2026-03-09"),
        (usual.DAY, "19/03/2026", "2026-03-19"), (usual.DAY, "19-03-2026", "2026-03-19"),
        (usual.DAY, "2026-03-19", "2026-03-19"), (usual.DAY, "2026.3.9", "2026-03-09"),
        (usual.DAY, "2026-03-19T00:00:00", "2026-03-19"), (usual.DAY, "19.03.2026 0:00", "2026-03-19"),
        (usual.DAY, "19.03.2026 г.", "2026-03-19"), (usual.DAY, "19 марта 2026 г.", "2026-03-19"),
        (usual.DAY, "19 березня 2026 р.", "2026-03-19"), (usual.DAY, "March 19, 2026", "2026-03-19"),
        (usual.DAY, "19-Mar-2026", "2026-03-19"), (usual.DAY, "46100", "2026-03-19"),
        (usual.DAY, "1.1.36", "2036-01-01"), (usual.DAY, "1.1.37", "1937-01-01"),
        (usual.BIRTHDAY, "5.3.18", "2018-03-05"), (usual.BIRTHDAY, "5.3.78", "1978-03-05"),
        (usual.BIRTHDAY, "29.02.2016", "2016-02-29"),
        (usual.CLOCK, "17:30", "17:30"), (usual.CLOCK, "9.00", "09:00"), (usual.CLOCK, "9", "09:00"),
        (usual.CLOCK, "17:30:00", "17:30"), (usual.CLOCK, "5:30 PM", "17:30"), (usual.CLOCK, "12:15 am", "00:15"),
        (usual.SPAN, "17:00-18:30", ("17:00", "18:30")), (usual.SPAN, "9.00 – 10.30", ("09:00", "10:30")),
        (usual.SPAN, "17:00 до 18:00", ("17:00", "18:00")), (usual.SPAN, "17:00", ("17:00",)),
        (usual.WEEKDAYS_READ, "Пн, Ср", ("1", "3")), (usual.WEEKDAYS_READ, "вт-чт", ("2", "3", "4")),
        (usual.WEEKDAYS_READ, "понеділок і п'ятниця", ("1", "5")), (usual.WEEKDAYS_READ, "Mon/Wed", ("1", "3")),
        (usual.WEEKDAYS_READ, "1, 3", ("1", "3")), (usual.WEEKDAYS_READ, "суббота", ("6",)),
        (usual.TIMETABLE, "Пн, Ср 17:00-18:30", ("1 17:00 18:30", "3 17:00 18:30")),
        (usual.TIMETABLE, "пн-ср 9.00–10.00; сб 11:00", ("1 09:00 10:00", "2 09:00 10:00", "3 09:00 10:00", "6 11:00")),
        (usual.TIMETABLE, "Вт с 18:00 до 19:00\nчт 17:00", ("2 18:00 19:00", "4 17:00")),
        (usual.TIMETABLE, "Tue 18:00-19:00, Thu 18:00-19:00", ("2 18:00 19:00", "4 18:00 19:00")),
        (usual.PHONE, "8 (912) 345-67-89", "+79123456789"), (usual.PHONE, "+7 912 345 67 89", "+79123456789"),
        (usual.PHONE, "79123456789", "+79123456789"), (usual.PHONE, "9123456789", "+79123456789"),
        (usual.PHONE, "+380 50 123 45 67", "+380501234567"),
        (usual.SUM, "1 000,50", "1000.50"), (usual.SUM, "1000 руб.", "1000"), (usual.SUM, "₴2 500", "2500"),
        (usual.SUM, "−600", "-600"), (usual.SUM, "100 р 50 к", "100.50"), (usual.SUM, "5 грн 25 коп", "5.25"),
        (usual.SUM, "1 000 руб. 5 коп.", "1000.05"), (usual.SUM, "5 гривень 25 копійок", "5.25"),
        (usual.SUM, "1500р", "1500"), (usual.SUM, "1500,00 рублей", "1500"), (usual.SUM, "UAH 250", "250"),
        (usual.SUM, "₴-100", "-100"), (usual.COUNT, "60 мин", "60"),
        (usual.STATUS, "был", "attended"), (usual.STATUS, "+", "attended"), (usual.STATUS, "Присутня", "attended"),
        (usual.STATUS, "н", "missed"), (usual.STATUS, "Н", "missed"), (usual.STATUS, "-", "missed"),
        (usual.STATUS, "б/у", "missed"), (usual.STATUS, "не була", "missed"), (usual.STATUS, "absent", "missed"),
        (usual.STATUS, "ув.", "excused"), (usual.STATUS, "Болел", "excused"), (usual.STATUS, "хворів", "excused"),
        (usual.STATUS, "запланировано", "planned"),
        *((usual.STATUS, told, "excused") for told in (
            "по болезни", "пропуск по болезни", "отсутствовал по уважительной причине", "пропуск (болел)", "н/у",
            "не был, болел", "Н - болел", "отсутствовал из-за болезни", "пропуск, справка", "был болен",
            "уваж. причина", "з поважної причини", "відсутній через хворобу", "не прийшла, захворіла", "absent: ill",
            "was sick", "excused absence", "absent for a good reason",
        )),
        *((usual.STATUS, told, "missed") for told in (
            "по неуважительной причине", "отсутствовал по неуважительной причине", "пропуск без уважительной причины",
            "неуваж.", "не уважительная причина", "без поважної причини", "відсутня без поважних причин", "прогул",
            "нет", "не пришёл на урок", "н.б.", "unexcused absence", "absent without a reason", "did not come",
            "no show",
        )),
        (usual.STATUS, "был на занятии", "attended"), (usual.STATUS, "да, был", "attended"),
        (usual.STATUS, "по плану", "planned"),
        (usual.KINSHIP_READ, "Мама", "mother"), (usual.KINSHIP_READ, "тато", "father"),
        (usual.KINSHIP_READ, "бабуся", "grandparent"), (usual.KINSHIP_READ, "тётя", "other"),
        (usual.METHOD, "наличные", "cash"), (usual.METHOD, "безнал", "transfer"), (usual.METHOD, "картка", "card"),
        (usual.METHOD, "перевод на карту", "transfer"), (usual.METHOD, "Сбербанк онлайн", "online"),
        (usual.STATE, "Набирается", "recruiting"), (usual.STATE, "завершена", "finished"),
        (usual.METHOD, "банковская карта", "card"), (usual.METHOD, "интернет-банкинг", "online"),
        (usual.METHOD, "безналичный расчёт", "transfer"), (usual.METHOD, "на р/с", "transfer"),
        (usual.METHOD, "by credit card", "card"), (usual.METHOD, "переказ на картку", "transfer"),
        (usual.STATE, "идёт набор", "recruiting"), (usual.STATE, "в работе", "running"),
        (usual.KINSHIP_READ, "мать ребёнка", "mother"), (usual.KINSHIP_READ, "подруга мамы", "other"),
        (usual.KINSHIP_READ, "не мама", "other"),
        (usual.FLAG, "не платит", "no"), (usual.FLAG, "нет, не платит", "no"), (usual.FLAG, "не платить", "no"),
        (usual.FLAG, "does not pay", "no"), (usual.FLAG, "да, платит", "yes"),
        (usual.FLAG, "Да", "yes"), (usual.FLAG, "ні", "no"),
        (usual.EMAIL, "mailto:Anna@Example.org", "anna@example.org"),
        (usual.LIST, "Анна, Олег и Ира; Юля", ("Анна", "Олег", "Ира", "Юля")),
    ],
)
def test_it_is_read_as_it_is_meant(reading: Reading, told: str, read: Cell) -> None:
    assert reading.read(told, HABITS) == read


@pytest.mark.parametrize(
    ("reading", "told"),
    [
        (usual.DAY, "31.02.2026"), (usual.DAY, "завтра"), (usual.DAY, "12.13.2026"), (usual.DAY, "1.1.1"),
        (usual.DAY, "19.03/2026"), (usual.DAY, "5"), (usual.DAY, "99999"), (usual.DAY, "１.３.2026"),
        (usual.DAY, "00.00.0000"), (usual.DAY, "19.03.2026 и 20.03.2026"), (usual.CLOCK, "25:00"),
        (usual.CLOCK, "17:60"), (usual.CLOCK, "вечером"), (usual.SPAN, "утром"), (usual.WEEKDAYS_READ, "каждый день"),
        (usual.TIMETABLE, "17:00"), (usual.TIMETABLE, "Пн"), (usual.TIMETABLE, "Пн 17:00, Ср"),
        (usual.TIMETABLE, "как получится"), (usual.PHONE, "нет"), (usual.PHONE, "345-67-89, 345-67-90"),
        (usual.PHONE, "8 (912) 345-67-89 доб. 5"), (usual.PHONE, "7.9E+10"), (usual.SUM, "много"),
        (usual.SUM, "1e3"), (usual.COUNT, "пять"), (usual.STATUS, "пел"), (usual.METHOD, "натурой"),
        (usual.FLAG, "наверное"),
        *((usual.SUM, told) for told in (
            "1500 руб.00", "100 р 50", "5 грн 25", "1р5", "100 грн 5 грн 25", "руб", "1500,50 руб. 25 коп.",
            "100 р 500 коп", "р1р0р", "100$50",
        )),
        *((usual.STATUS, told) for told in (
            "был, болел", "не болел", "нет справки", "справки нет", "нет уважительной причины", "не было урока",
            "болел, прогулял", "не отсутствовал", "не запланирован", "был, опоздал", "н б", "б у",
            "пропуск с отработкой", "болел без справки", "not ill", "no excuse", "was ill and came", "был " * 20,
        )),
        *((usual.FLAG, told) for told in ("да нет", "не да", "не нет", "платит мама", "not yes", "ні, платить")),
        *((usual.STATE, told) for told in (
            "не работает", "набор закрыт", "не набирается", "ещё не активна", "неактивна", "not running", "не працює",
        )),
        *((usual.METHOD, told) for told in ("без наличных", "не картой", "нал или карта", "не готівка", "not cash")),
    ],
)
def test_what_says_nothing_is_told(reading: Reading, told: str) -> None:
    with pytest.raises(Unfit) as unfit:
        reading.read(told, HABITS)
    assert unfit.value.reason.format(**unfit.value.values)


def test_an_old_trunk_prefix_stands_before_a_ukrainian_code() -> None:
    assert usual.PHONE.read("8 (050) 123-45-67", HABITS._replace(region="UA")) == "+380501234567"
    with pytest.raises(Unfit):
        usual.PHONE.read("8 (912) 345-67-89", HABITS._replace(region="UA"))


@pytest.mark.parametrize(
    ("column", "first"),
    [
        (["03/19/2026", "01/02/2026"], True), (["19/03/2026", "01/02/2026"], False), (["01/02/2026"], False),
        (["03.19.2026"], False), (["19/03/2026", "03/19/2026"], False), (["", "x", "3-19-26"], True),
    ],
)
def test_a_column_decides_whether_the_month_stands_first(column: list[str], first: bool) -> None:
    assert month_first(column) is first


def test_where_it_does_a_day_is_read_so() -> None:
    american = HABITS._replace(month_first=True)
    assert usual.DAY.read("03/04/2026", american) == "2026-03-04"
    assert usual.DAY.read("03.04.2026", american) == "2026-04-03"


@pytest.mark.parametrize(
    ("told", "parts"),
    [
        ("Иванов Пётр Сергеевич", Name("Иванов", "Пётр", "Сергеевич")), ("Иванов  Пётр", Name("Иванов", "Пётр", "")),
        ("Пётр", Name("", "Пётр", "")), ("John Smith", Name("Smith", "John", "")),
        ("John Ronald Reuel Tolkien", Name("Tolkien", "John", "Ronald Reuel")),
        ("Smith, John", Name("Smith", "John", "")),
        ("Мамедов Али Гусейн оглы", Name("Мамедов", "Али", "Гусейн оглы")), ("", Name("", "", "")),
    ],
)
def test_a_name_has_parts(told: str, parts: Name) -> None:
    assert split_name(told) == parts
