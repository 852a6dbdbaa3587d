from decimal import Decimal as D

import pytest

from rollbook.foundation.numbers import parse_sum, parse_whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", D(0)),
        ("600", D(600)),
        ("1000.50", D("1000.50")),
        ("1000,5", D("1000.50")),
        ("1 000,50", D("1000.50")),
        ("1\u00a0000,50", D("1000.50")),
        ("1\u202f000\u202f000", D(1000000)),
        ("1.000,50", D("1000.50")),
        ("1,000.50", D("1000.50")),
        ("1'000.50", D("1000.50")),
        ("1.000.000", D(1000000)),
        ("  12,50 ", D("12.50")),
        ("-600", D(-600)),
        ("− 1 234,50", D("-1234.50")),
        ("-0", D(0)),
        ("999999999999.99", D("999999999999.99")),
        ("1.000", None),
        ("1,000", None),
        ("0.005", None),
        ("1,2345", None),
        ("1 00", None),
        ("10 00 000", None),
        ("1.000 000", None),
        ("1,000,50", None),
        ("1.000.50", None),
        ("1e9", None),
        ("1_000", None),
        ("0x10", None),
        ("NaN", None),
        ("Infinity", None),
        ("１２", None),
        ("٣", None),
        ("²", None),
        ("10000000000000", None),
        ("600 ₽", None),
        ("+600", None),
        ("--1", None),
        (".5", None),
        ("5.", None),
        ("", None),
        ("   ", None),
        ("12\n", D(12)),
        ("1\x000", None),
    ],
)
def test_a_sum_is_read_as_it_is_written(text, value):
    assert parse_sum(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), (" 7 ", 7), ("-3", -3), ("−3", -3), ("000", 0), ("999999999", 999999999),
        ("1_000", None), ("１２", None), ("٣", None), ("1e3", None), ("1.0", None), ("1 000", None), ("", None),
        ("9999999999", None), ("0x1", None), ("+1", None),
    ],
)  # fmt: skip
def test_a_whole_number_has_plain_digits(text, value):
    assert parse_whole(text) == value
