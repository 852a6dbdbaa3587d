"""The reckoning as a person would write it, in the three languages."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.utils import translation

from rollbook.domains.billing.rules import Discount, of_package, of_period
from rollbook.screens.reckoning import in_words

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
MONTH = [FIRST + timedelta(days=days) for days in range(31)]
MONDAYS_AND_THURSDAYS = [day for day in MONTH if day.isoweekday() in (1, 4)]
SIBLING = Discount(kind="sibling", percent=D("10.00"))


def march(*numbers):
    return [FIRST.replace(day=number) for number in numbers]


def period(since, *, pricing="month", price=4800, way="lessons", **told):
    usual = {
        "round_to": 0, "first": FIRST, "last": LAST, "timetable": MONDAYS_AND_THURSDAYS, "closed": (), "frozen": (),
        "discounts": (),
    }
    return of_period(pricing=pricing, price=D(price), way=way, since=FIRST.replace(day=since), **usual | told)


def package(price, lessons, *discounts):
    return of_package(price=D(price), lessons=lessons, round_to=0, discounts=discounts)


PART = period(12, discounts=[SIBLING])
FULL_OF_EXCEPTIONS = period(
    12, round_to=50, closed=march(23), frozen=march(16, 19),
    discounts=[
        Discount(kind="sibling", percent=D("12.50"), reason="2 + 1"), Discount(kind="once", amount=D(100)),
        Discount(kind="permanent", percent=D(5)), Discount(kind="second", percent=D(5)),
    ],
)


def written(reckoning, language, currency="UAH"):
    """With spaces as a keyboard writes them."""
    lines = in_words(reckoning, currency=currency, language=language)
    return [line.replace("\u202f", " ").replace("\xa0", " ") for line in lines]


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "12, 16, 19, 23, 26 and 30 March: 6 of 9 lessons", "4 800 / 9 ≈ 533.33 a lesson",
                "4 800 / 9 × 6 = 3 200", "Sibling discount, 10%: −320", "Total: 2 880 UAH",
            ],
        ),
        (
            "ru",
            [
                "12, 16, 19, 23, 26 и 30 марта: 6 из 9 занятий", "4 800 / 9 ≈ 533,33 за занятие",
                "4 800 / 9 × 6 = 3 200", "Скидка за брата или сестру, 10%: −320", "Итого: 2 880 ₴",
            ],
        ),
        (
            "uk",
            [
                "12, 16, 19, 23, 26 і 30 березня: 6 з 9 уроків", "4 800 / 9 ≈ 533,33 за урок",
                "4 800 / 9 × 6 = 3 200", "Знижка за брата або сестру, 10%: −320", "Разом: 2 880 ₴",
            ],
        ),
    ],
)
def test_a_part_of_a_month(language, lines):
    assert written(PART, language) == lines


@pytest.mark.parametrize(
    ("language", "lines"),
    [
        (
            "en",
            [
                "12, 26 and 30 March: 3 of 8 lessons", "Without 23 March: the branch is closed",
                "Without 16 and 19 March: a freeze", "4 800 / 8 = 600 a lesson", "600 × 3 = 1 800",
                "Permanent discount, 5%: −90", "Sibling discount (2 + 1), 12.5%: −213.75",
                "Discount for a second programme, 5%: −74.81",
                "One-time discount, 100 off the whole price: −37.50", "Rounded up: +16.06", "Total: 1 400 UAH",
            ],
        ),
        (
            "ru",
            [
                "12, 26 и 30 марта: 3 из 8 занятий", "Кроме 23 марта: филиал не работает",
                "Кроме 16 и 19 марта: заморозка", "4 800 / 8 = 600 за занятие", "600 × 3 = 1 800",
                "Постоянная скидка, 5%: −90", "Скидка за брата или сестру (2 + 1), 12,5%: −213,75",
                "Скидка за второе направление, 5%: −74,81", "Разовая скидка, 100 с полной цены: −37,50",
                "Округление вверх: +16,06", "Итого: 1 400 ₴",
            ],
        ),
        (
            "uk",
            [
                "12, 26 і 30 березня: 3 з 8 уроків", "Крім 23 березня: філія не працює",
                "Крім 16 і 19 березня: заморозка", "4 800 / 8 = 600 за урок", "600 × 3 = 1 800",
                "Постійна знижка, 5%: −90", "Знижка за брата або сестру (2 + 1), 12,5%: −213,75",
                "Знижка за другий напрям, 5%: −74,81", "Разова знижка, 100 з повної ціни: −37,50",
                "Округлення вгору: +16,06", "Разом: 1 400 ₴",
            ],
        ),
    ],
)
def test_what_is_left_out_and_taken_off_is_named(language, lines):
    assert written(FULL_OF_EXCEPTIONS, language) == lines


ALL_NINE = "2, 5, 9, 12, 16, 19, 23, 26 and 30 March: 9 lessons"


@pytest.mark.parametrize(
    ("reckoning", "lines"),
    [
        (period(1), [ALL_NINE, "4 800 a month", "Total: 4 800 UAH"]),
        (
            period(1, pricing="fixed", price=600),
            [ALL_NINE, "600 a lesson × 9 = 5 400", "Total: 5 400 UAH"],
        ),
        (period(31), ["No lessons are left.", "Total: 0 UAH"]),
        (period(1, timetable=()), ["No lessons are planned in this period.", "Total: 0 UAH"]),
        (
            period(26, pricing="fixed", price=600),
            ["26 and 30 March: 2 of 9 lessons", "600 a lesson × 2 = 1 200", "Total: 1 200 UAH"],
        ),
        (
            period(26, way="days"),
            [
                "26 and 30 March: 2 lessons", "4 800 a month", "6 of 31 days: 4 800 / 31 × 6 = 929.03",
                "Total: 929.03 UAH",
            ],
        ),
        (
            period(1, way="days", frozen=march(*range(10, 26))),
            [
                "2, 5, 9, 26 and 30 March: 5 lessons", "Without 10–25 March: a freeze", "4 800 a month",
                "15 of 31 days: 4 800 / 31 × 15 = 2 322.58", "Total: 2 322.58 UAH",
            ],
        ),
        (
            period(26, way="days", pricing="fixed", price=600),
            [
                "26 and 30 March: 2 lessons", "600 a lesson, 5 400 for the whole period",
                "6 of 31 days: 5 400 / 31 × 6 = 1 045.16", "Total: 1 045.16 UAH",
            ],
        ),
        (
            period(26, way="none"),
            [
                "26 and 30 March: 2 of 9 lessons", "4 800 a month", "The price does not depend on the first day.",
                "Total: 4 800 UAH",
            ],
        ),
        (
            period(1, discounts=[Discount(kind="once", percent=D(100), reason="prize")]),
            [ALL_NINE, "4 800 a month", "One-time discount (prize), 100%: −4 800", "Total: 0 UAH"],
        ),
        (package(4800, 8, SIBLING), ["8 lessons: 4 800", "Sibling discount, 10%: −480", "Total: 4 320 UAH"]),
        (
            package(700, 1, Discount(kind="once", amount=D(50))),
            ["1 lesson: 700", "One-time discount: −50", "Total: 650 UAH"],
        ),
        (package(24000, None), ["Price: 24 000", "Total: 24 000 UAH"]),
    ],
)
def test_each_way_of_pricing_has_its_words(reckoning, lines):
    assert written(reckoning, "en") == lines


@pytest.mark.parametrize(
    ("lessons", "ru", "uk"),
    [
        (1, "1 занятие: 700", "1 урок: 700"),
        (3, "3 занятия: 700", "3 уроки: 700"),
        (5, "5 занятий: 700", "5 уроків: 700"),
        (21, "21 занятие: 700", "21 урок: 700"),
    ],
)
def test_lessons_are_counted_as_the_language_does(lessons, ru, uk):
    assert (written(package(700, lessons), "ru")[0], written(package(700, lessons), "uk")[0]) == (ru, uk)


@pytest.mark.parametrize(
    ("count", "ru", "uk"),
    [
        (21, "21 марта: 1 из 21 занятия", "21 березня: 1 з 21 уроку"),
        (22, "22 марта: 1 из 22 занятий", "22 березня: 1 з 22 уроків"),
        (25, "25 марта: 1 из 25 занятий", "25 березня: 1 з 25 уроків"),
    ],
)
def test_of_how_many_is_said_as_the_language_does(count, ru, uk):
    last = period(count, timetable=MONTH[:count])
    assert (written(last, "ru")[0], written(last, "uk")[0]) == (ru, uk)


def test_it_is_written_in_the_language_of_the_reader_and_not_of_the_page():
    with translation.override("ru"):
        assert written(package(700, 1), "en", currency="USD") == ["1 lesson: 700", "Total: 700 USD"]
