"""What a sale costs, as an accountant would check it: each row is reckoned by hand beside it."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.domains.billing.rules import Discount, instalments, nth_price, of_package, of_period
from rollbook.domains.billing.rules.pro_rata import KINDS

MARCH = date(2026, 3, 1)  # 31 days; 5 Mondays: 2, 9, 16, 23, 30; 4 Thursdays: 5, 12, 19, 26
FEBRUARY = date(2026, 2, 1)  # 28 days; Mondays and Thursdays 2, 5, 9, 12, 16, 19, 23, 26
LEAP = date(2028, 2, 1)  # 29 days; Mondays and Thursdays 3, 7, 10, 14, 17, 21, 24, 28
MONDAY, THURSDAY, SATURDAY = 1, 4, 6


def off(kind, told, reason=""):
    """10% or an amount."""
    if told.endswith("%"):
        return Discount(kind=kind, percent=D(told[:-1]), reason=reason)
    return Discount(kind=kind, amount=D(told), reason=reason)


def days(month, *numbers):
    return [month.replace(day=number) for number in numbers]


def reckon(
    since, *, pricing="month", price="4800", way="lessons", round_to=0, month=MARCH, weekdays=(MONDAY, THURSDAY),
    closed=(), frozen=(), discounts=(),
):
    """From this day of a month to its end; the days of everything are numbers of the month."""
    last = (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    all_days = [month.replace(day=number) for number in range(1, last.day + 1)]
    return of_period(
        pricing=pricing, price=D(price), way=way, round_to=round_to, first=month, last=last,
        since=month.replace(day=since),
        timetable=[day for weekday in weekdays for day in all_days if day.isoweekday() == weekday],
        closed=days(month, *closed), frozen=days(month, *frozen), discounts=[off(*told) for told in discounts],
    )


TEN = ("sibling", "10%")


def unit_of(amount, lessons):
    return of_package(price=amount, lessons=lessons, round_to=0, discounts=()).unit


@pytest.mark.parametrize(
    ("since", "told", "part", "of", "before", "amount"),
    [
        # The examples of the specification.
        (12, {"pricing": "fixed", "price": "600"}, 6, 9, "3600.00", "3600.00"),
        (12, {}, 6, 9, "3200.00", "3200.00"),  # 4 800 x 6 / 9
        (12, {"discounts": [TEN]}, 6, 9, "3200.00", "2880.00"),  # 4 320 x 6 / 9
        (12, {"closed": [23]}, 5, 8, "3000.00", "3000.00"),  # 4 800 x 5 / 8
        # First days.
        (1, {}, 9, 9, "4800.00", "4800.00"),
        (2, {}, 9, 9, "4800.00", "4800.00"),
        (3, {}, 8, 9, "4266.67", "4266.67"),  # 4 266.666...
        (13, {}, 5, 9, "2666.67", "2666.67"),
        (30, {}, 1, 9, "533.33", "533.33"),  # on the last lesson, the month's last day but one
        (31, {}, 0, 9, "0.00", "0.00"),  # after the last lesson
        (31, {"discounts": [TEN], "round_to": 100}, 0, 9, "0.00", "0.00"),  # nothing stays nothing
        (26, {"pricing": "fixed", "price": "600"}, 2, 9, "1200.00", "1200.00"),
        # February, with and without its 29th; the price of another month.
        (16, {"month": FEBRUARY}, 4, 8, "2400.00", "2400.00"),
        (28, {"month": FEBRUARY}, 0, 8, "0.00", "0.00"),
        (28, {"month": FEBRUARY, "weekdays": [SATURDAY]}, 1, 4, "1200.00", "1200.00"),
        (28, {"month": LEAP}, 1, 8, "600.00", "600.00"),
        (29, {"month": LEAP}, 0, 8, "0.00", "0.00"),
        (12, {"price": "5200"}, 6, 9, "3466.67", "3466.67"),  # after the price went up
        (12, {"pricing": "fixed", "price": "650"}, 6, 9, "3900.00", "3900.00"),
        # Closing days: the month gives less, whether they are behind or ahead.
        (12, {"closed": [9]}, 6, 8, "3600.00", "3600.00"),
        (12, {"closed": [24]}, 6, 9, "3200.00", "3200.00"),  # no lesson is on it
        (12, {"closed": [23, 26]}, 4, 7, "2742.86", "2742.86"),  # 2 742.857...
        (1, {"closed": [2, 9, 16, 23, 30], "weekdays": [MONDAY]}, 0, 0, "0.00", "0.00"),  # a month without lessons
        (1, {"weekdays": []}, 0, 0, "0.00", "0.00"),
        (12, {"pricing": "fixed", "price": "600", "closed": [23]}, 5, 8, "3000.00", "3000.00"),
        # Freezes: less is bought, but a lesson costs the same.
        (12, {"frozen": [16, 19]}, 4, 9, "2133.33", "2133.33"),
        (12, {"frozen": [5]}, 6, 9, "3200.00", "3200.00"),  # it is over already
        (12, {"closed": [23], "frozen": [23, 26]}, 4, 8, "2400.00", "2400.00"),
        (12, {"frozen": range(12, 32)}, 0, 9, "0.00", "0.00"),
        # Two lessons on a day, and one weekday of two.
        (30, {"weekdays": [MONDAY, MONDAY]}, 2, 10, "960.00", "960.00"),
        (12, {"weekdays": [THURSDAY], "price": "2400"}, 3, 4, "1800.00", "1800.00"),
        # Rounding: half up, once.
        (12, {"price": "100"}, 6, 9, "66.67", "66.67"),
        (19, {"price": "100"}, 4, 9, "44.44", "44.44"),
        (28, {"price": "0.02", "month": FEBRUARY, "weekdays": [SATURDAY]}, 1, 4, "0.01", "0.01"),  # half a cent
        (12, {"price": "100", "discounts": [("once", "50%")]}, 6, 9, "66.67", "33.33"),  # not half of 66.67: 33.34
        # Rounding up.
        (3, {"round_to": 1}, 8, 9, "4266.67", "4267.00"),
        (3, {"round_to": 10}, 8, 9, "4266.67", "4270.00"),
        (3, {"round_to": 50}, 8, 9, "4266.67", "4300.00"),
        (3, {"round_to": 100}, 8, 9, "4266.67", "4300.00"),
        (12, {"round_to": 100}, 6, 9, "3200.00", "3200.00"),  # round already
        (12, {"round_to": 50, "discounts": [TEN]}, 6, 9, "3200.00", "2900.00"),
        # Discounts: of the whole price, before the part is taken.
        (12, {"discounts": [("once", "100%")]}, 6, 9, "3200.00", "0.00"),
        (12, {"discounts": [("once", "100%")], "round_to": 100}, 6, 9, "3200.00", "0.00"),
        (12, {"discounts": [("once", "500")]}, 6, 9, "3200.00", "2866.67"),  # 4 300 x 6 / 9
        (12, {"discounts": [("once", "5000")]}, 6, 9, "3200.00", "0.00"),  # more than the price
        (1, {"discounts": [("once", "500"), TEN]}, 9, 9, "4800.00", "3820.00"),  # 4 800 - 480 - 500
        (1, {"discounts": [("permanent", "20%"), TEN]}, 9, 9, "4800.00", "3456.00"),  # 4 800 x 0.8 x 0.9
        (1, {"discounts": [("permanent", "500"), TEN]}, 9, 9, "4800.00", "3870.00"),  # (4 800 - 500) x 0.9
        (1, {"discounts": [TEN, ("sibling", "600")]}, 9, 9, "4800.00", "4200.00"),  # 600 is more than 480
        (1, {"discounts": [TEN, ("sibling", "400")]}, 9, 9, "4800.00", "4320.00"),
        (12, {"discounts": [("once", "500")], "pricing": "fixed", "price": "600"}, 6, 9, "3600.00", "3266.67"),
        # By calendar days: a freeze shortens them, closing days do not.
        (12, {"way": "days"}, 20, 31, "3096.77", "3096.77"),  # 4 800 x 20 / 31
        (12, {"way": "days", "closed": [23]}, 20, 31, "3096.77", "3096.77"),
        (12, {"way": "days", "frozen": range(16, 26)}, 10, 31, "1548.39", "1548.39"),
        (31, {"way": "days"}, 1, 31, "154.84", "154.84"),
        (1, {"way": "days"}, 31, 31, "4800.00", "4800.00"),
        (15, {"way": "days", "month": FEBRUARY}, 14, 28, "2400.00", "2400.00"),
        (15, {"way": "days", "month": LEAP}, 15, 29, "2482.76", "2482.76"),
        (12, {"way": "days", "pricing": "fixed", "price": "600"}, 20, 31, "3483.87", "3483.87"),  # 5 400 x 20 / 31
        (12, {"way": "days", "discounts": [TEN], "round_to": 10}, 20, 31, "3096.77", "2790.00"),  # 2 787.10
        # None: the whole price whatever the first day.
        (12, {"way": "none"}, 6, 9, "4800.00", "4800.00"),
        (31, {"way": "none"}, 0, 9, "4800.00", "4800.00"),
        (12, {"way": "none", "pricing": "fixed", "price": "600"}, 6, 9, "5400.00", "5400.00"),
        (12, {"way": "none", "discounts": [TEN]}, 6, 9, "4800.00", "4320.00"),
    ],
)
def test_price_from_a_day_to_the_end(since, told, part, of, before, amount):
    found = reckon(since, **told)
    assert (found.part, found.of, found.before, found.amount) == (part, of, D(before), D(amount))
    assert found.before - sum(given.sum for given in found.discounts) + found.rounded == found.amount


def test_the_reckoning_names_the_lessons_and_what_is_left_out():
    found = reckon(12, closed=[9, 23, 24], frozen=[12, 13, 23])
    assert found.left == tuple(days(MARCH, 16, 19, 26, 30))
    assert (found.closed, found.frozen) == (tuple(days(MARCH, 9, 23)), tuple(days(MARCH, 12)))
    assert (found.lessons, found.part, found.of, found.whole) == (4, 4, 7, D(4800))
    found = reckon(12, way="days", closed=[23], frozen=[13, 14])
    assert found.left == tuple(days(MARCH, 12, 16, 19, 26, 30))
    assert (found.closed, found.frozen, found.lessons) == (tuple(days(MARCH, 23)), tuple(days(MARCH, 13, 14)), 5)
    assert reckon(30, weekdays=[MONDAY, MONDAY], closed=[23]).closed == tuple(days(MARCH, 23))
    assert reckon(30, weekdays=[MONDAY, MONDAY]).left == tuple(days(MARCH, 30, 30))


def test_a_period_may_begin_with_the_first_lesson_and_end_in_another_month():
    first, last = date(2026, 3, 12), date(2026, 4, 11)
    timetable = [first + timedelta(days=days) for days in range(31) if (first + timedelta(days=days)).isoweekday() == 4]
    told = {
        "pricing": "month", "price": D(1000), "round_to": 0, "first": first, "last": last, "timetable": timetable,
        "closed": (), "frozen": (), "discounts": (),
    }
    assert of_period(way="lessons", since=first, **told).amount == D(1000)
    assert of_period(way="lessons", since=date(2026, 4, 1), **told).amount == D(400)  # 2 and 9 April of 5
    assert of_period(way="days", since=date(2026, 4, 1), **told).amount == D("354.84")  # 11 of 31 days
    assert of_period(way="days", since=date(2026, 3, 1), **told).amount == D(1000)
    assert of_period(way="days", since=date(2026, 4, 12), **told).amount == 0


def test_each_discount_says_what_it_took_in_the_order_of_the_kinds():
    found = reckon(
        12, round_to=50,
        discounts=[
            ("once", "100", "late"), ("second", "0%"), ("sibling", "5%"), ("sibling", "10%", "brother"),
            ("permanent", "20%", "staff"),
        ],
    )
    assert [(given.discount.kind, given.discount.reason, given.sum) for given in found.discounts] == [
        ("permanent", "staff", D(640)),  # 960 x 6 / 9
        ("sibling", "brother", D(256)),  # 384 x 6 / 9
        ("once", "late", D("66.67")),  # 100 x 6 / 9
    ]
    assert (found.before, found.rounded, found.amount) == (D(3200), D("12.67"), D(2250))


def test_a_discount_that_finds_nothing_left_is_not_shown():
    found = reckon(1, discounts=[("permanent", "100%"), ("sibling", "10%")])
    assert [given.discount.kind for given in found.discounts] == ["permanent"]


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "sibling"}, {"kind": "sibling", "percent": D(10), "amount": D(10)}, {"kind": "staff", "amount": D(1)},
        {"kind": "once", "percent": D(-1)}, {"kind": "once", "amount": D(-1)},
    ],
)
def test_a_discount_is_per_cent_or_an_amount_of_a_known_kind(told):
    with pytest.raises(ValueError, match="Discount"):
        Discount(**told)


@pytest.mark.parametrize(
    ("price", "lessons", "round_to", "discounts", "amount", "unit"),
    [
        ("4800", 8, 0, [], "4800", "600"),
        ("1000", 3, 0, [], "1000", "333.33"),
        ("1000", 3, 0, [TEN], "900", "300"),
        ("999", 8, 50, [], "1000", "125"),
        ("24000", None, 0, [TEN], "21600", "21600"),  # a course whose lessons nobody counts
        ("700", 1, 0, [], "700", "700"),  # a single visit
        ("700", 1, 0, [("once", "100%")], "0", "0"),
        ("0.05", 10, 0, [], "0.05", "0.00"),
    ],
)
def test_price_of_a_package(price, lessons, round_to, discounts, amount, unit):
    found = of_package(
        price=D(price), lessons=lessons, round_to=round_to, discounts=[off(*told) for told in discounts]
    )
    assert (found.way, found.pricing, found.left, found.lessons) == ("none", "whole", (), lessons)
    assert (found.whole, found.before, found.amount, found.unit) == (D(price), D(price), D(amount), D(unit))


@pytest.mark.parametrize(
    ("amount", "lessons", "others", "used", "price"),
    [
        ("1000", 3, "0", 0, "333.33"),
        ("1000", 3, "333.33", 1, "333.33"),
        ("1000", 3, "666.66", 2, "333.34"),  # the last takes the rest
        ("1000", 3, "1000", 3, "0"),  # all are used up
        ("1000", 3, "1100", 2, "0"),  # never below zero
        ("700", 1, "0", 0, "700"),
        ("700", 0, "0", 0, "700"),
        ("0", 4, "0", 1, "0"),
    ],
)
def test_price_of_one_more_lesson(amount, lessons, others, used, price):
    unit = unit_of(D(amount), lessons)
    assert nth_price(amount=D(amount), unit=unit, lessons=lessons, others=D(others), used=used) == D(price)


@pytest.mark.parametrize(
    ("amount", "number", "parts"),
    [
        ("24000", 4, ["6000", "6000", "6000", "6000"]),
        ("100", 3, ["33.33", "33.33", "33.34"]),
        ("500.01", 2, ["250", "250.01"]),
        ("0.02", 3, ["0", "0", "0.02"]),
        ("700", 1, ["700"]),
    ],
)
def test_instalments(amount, number, parts):
    assert instalments(amount=D(amount), number=number) == tuple(D(part) for part in parts)


MONEY = st.decimals(0, 10**9, places=2)
KIND = st.sampled_from(KINDS)
PERCENT = st.decimals(0, 100, places=2)
DISCOUNTS = st.lists(
    st.builds(Discount, kind=KIND, percent=PERCENT) | st.builds(Discount, kind=KIND, amount=MONEY), max_size=6
)
DAYS = st.lists(st.dates(MARCH, MARCH.replace(day=31)), max_size=40)
ROUND_TO = st.sampled_from([0, 1, 10, 50, 100])


@given(
    pricing=st.sampled_from(["fixed", "month"]), price=MONEY, way=st.sampled_from(["lessons", "days", "none"]),
    round_to=ROUND_TO, since=st.dates(MARCH - timedelta(days=9), MARCH + timedelta(days=40)), timetable=DAYS,
    closed=DAYS, frozen=DAYS, discounts=DISCOUNTS,
)
def test_whatever_is_sold_the_reckoning_adds_up(**told):
    found = of_period(first=MARCH, last=MARCH.replace(day=31), **told)
    adds_up(found, told["round_to"])
    assert len({given.discount.kind for given in found.discounts}) == len(found.discounts)
    assert 0 <= found.part <= found.of


@given(price=MONEY, lessons=st.none() | st.integers(1, 100), round_to=ROUND_TO, discounts=DISCOUNTS)
def test_whatever_package_is_sold_it_adds_up(price, lessons, round_to, discounts):
    adds_up(of_package(price=price, lessons=lessons, round_to=round_to, discounts=discounts), round_to)


def adds_up(found, round_to):
    assert found.before - sum(given.sum for given in found.discounts) + found.rounded == found.amount
    assert found.amount >= 0
    assert all(given.sum > 0 for given in found.discounts)
    assert 0 <= found.rounded < max(round_to, D("0.01"))
    assert {value.as_tuple().exponent for value in (found.before, found.amount, found.rounded, found.unit)} == {-2}


@given(amount=MONEY, lessons=st.integers(1, 60))
def test_all_lessons_together_cost_the_amount(amount, lessons):
    others = D(0)
    for used in range(lessons):
        price = nth_price(amount=amount, unit=unit_of(amount, lessons), lessons=lessons, others=others, used=used)
        assert price >= 0
        others += price
    assert others == amount


@given(amount=MONEY, number=st.integers(1, 60))
def test_all_instalments_together_are_the_amount(amount, number):
    parts = instalments(amount=amount, number=number)
    assert (len(parts), sum(parts)) == (number, amount)
    assert all(part >= 0 for part in parts)
