from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from rollbook.foundation import formats


def plain(text):
    """Spaces and hyphens that do not break, as a keyboard writes them."""
    return text.replace("\u202f", " ").replace("\xa0", " ").replace("\u2011", "-")


@pytest.mark.parametrize(
    ("amount", "language", "written"),
    [
        ("0", "ru", "0"),
        ("-0.00", "ru", "0"),
        ("600", "ru", "600"),
        ("-600", "ru", "−600"),
        ("1200", "ru", "1 200"),
        ("1200.00", "en", "1 200"),
        ("148800", "uk", "148 800"),
        ("-1234567.5", "ru", "−1 234 567,50"),
        ("562.50", "en", "562.50"),
        ("562.05", "uk", "562,05"),
        ("0.005", "ru", "0,01"),
        ("-0.004", "ru", "0"),
        ("999.999", "ru", "1 000"),
    ],
)
def test_money(amount, language, written):
    assert plain(formats.money(Decimal(amount), language=language)) == written


def test_thousands_stay_together_by_a_thin_space():
    assert formats.money(1200, language="ru") == "1\u202f200"


@pytest.mark.parametrize(
    ("currency", "language", "written"),
    [
        ("RUB", "ru", "1 200,50 ₽"),
        ("UAH", "uk", "1 200,50 ₴"),
        ("PLN", "uk", "1 200,50 PLN"),
        ("USD", "en", "1 200.50 USD"),
    ],
)
def test_price(currency, language, written):
    assert plain(formats.price(Decimal("1200.50"), currency=currency, language=language)) == written


@pytest.mark.parametrize(("amount", "written"), [("2400", "+2 400"), ("-2400", "−2 400"), ("0", "0"), ("-0.001", "0")])
def test_signed(amount, written):
    assert plain(formats.signed(Decimal(amount), language="ru")) == written


@pytest.mark.parametrize(
    ("share", "places", "language", "written"),
    [
        (0.87, 0, "ru", "87%"),
        (1, 0, "ru", "100%"),
        (0.875, 1, "ru", "87,5%"),
        (0.005, 0, "en", "1%"),
        (-0.1, 0, "en", "−10%"),
    ],
)
def test_percent(share, places, language, written):
    assert formats.percent(share, language=language, places=places) == written


THURSDAY = date(2026, 3, 19)


@pytest.mark.parametrize(
    ("form", "language", "written"),
    [
        (formats.day, "ru", "19 марта 2026"),
        (formats.day, "uk", "19 березня 2026"),
        (formats.day, "en", "19 March 2026"),
        (formats.short_day, "ru", "19.03.2026"),
        (formats.short_day, "uk", "19.03.2026"),
        (formats.short_day, "en", "19 Mar 2026"),
        (formats.day_month, "ru", "19 марта"),
        (formats.day_month, "uk", "19 березня"),
        (formats.month, "ru", "Март 2026"),
        (formats.month, "uk", "Березень 2026"),
        (formats.month, "en", "March 2026"),
        (formats.weekday, "ru", "чт"),
        (formats.weekday, "uk", "чт"),
        (formats.weekday, "en", "Thu"),
    ],
)
def test_days(form, language, written):
    assert plain(form(THURSDAY, language=language)) == written


@pytest.mark.parametrize(
    ("numbers", "language", "written"),
    [
        ([], "ru", ""),
        ([19], "ru", "19 марта"),
        ([30, 12, 16], "ru", "12, 16 и 30 марта"),
        ([12, 16, 30], "uk", "12, 16 і 30 березня"),
        ([12, 16, 30], "en", "12, 16 and 30 March"),
        ([12, 13], "ru", "12 и 13 марта"),
        ([2, 12, 13, 14, 15, 30, 31], "en", "2, 12–15, 30 and 31 March"),
        ([12, 13, 14], "ru", "12–14 марта"),
        ([12, 12, 13, 14], "en", "12 (×2), 13 and 14 March"),
        ([12, 12, 13, 13, 14, 14], "en", "12–14 (×2) March"),
    ],
)
def test_several_days(numbers, language, written):
    days = [date(2026, 3, number) for number in numbers]
    assert plain(formats.days(days, language=language)) == written


def test_several_days_of_several_months():
    days = [date(2026, 12, 28), date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 4)]
    assert plain(formats.days(days, language="ru")) == "28 и 31 декабря, 1 и 4 января"


def test_weekdays_count_from_monday():
    assert [formats.weekday(index, language="ru") for index in range(7)] == ["пн", "вт", "ср", "чт", "пт", "сб", "вс"]
    assert formats.weekday(3, language="ru", wide=True) == "четверг"


def test_times_are_written_in_the_zone_they_come_in():
    at = datetime(2026, 3, 19, 17, 5, tzinfo=UTC)
    assert formats.clock(at) == "17:05"
    assert formats.clock(time(9, 0)) == "09:00"
    assert plain(formats.moment(at, language="ru")) == "19 марта 2026, 17:05"


@pytest.mark.parametrize(
    ("e164", "written"),
    [
        ("+79123456789", "+7 912 345-67-89"),
        ("+380671234567", "+380 67 123 4567"),
        ("+12025550123", "+1 202-555-0123"),
        ("no number", "no number"),
        ("", ""),
    ],
)
def test_phone(e164, written):
    assert plain(formats.phone(e164)) == written


@pytest.mark.parametrize(
    ("born", "on", "months"),
    [
        (date(2019, 1, 19), THURSDAY, 86),
        (date(2019, 3, 20), THURSDAY, 83),
        (date(2026, 3, 19), THURSDAY, 0),
        (date(2026, 1, 31), date(2026, 2, 28), 0),
        (date(2020, 2, 29), date(2021, 2, 28), 11),
        (date(2020, 2, 29), date(2021, 3, 1), 12),
        (date(2027, 1, 1), THURSDAY, -10),
    ],
)
def test_months_between(born, on, months):
    assert formats.months_between(born, on) == months


@pytest.mark.parametrize(
    ("months", "language", "written"),
    [
        (86, "ru", "7 л 2 м"),
        (86, "uk", "7 р 2 м"),
        (86, "en", "7 y 2 m"),
        (84, "ru", "7 л"),
        (13, "ru", "1 г 1 м"),
        (12 * 4 + 11, "ru", "4 г 11 м"),
        (12 * 11 + 1, "ru", "11 л 1 м"),
        (12 * 12 + 1, "ru", "12 лет"),
        (12 * 21, "ru", "21 год"),
        (12 * 33, "uk", "33 роки"),
        (12 * 34 + 5, "en", "34 y"),
        (8, "ru", "8 м"),
        (0, "ru", "0 м"),
        (-9, "ru", "0 м"),
    ],
)
def test_age(months, language, written):
    assert plain(formats.age(months, language=language)) == written
