"""One payment for several: the oldest due first, and not a cent more or less than was paid."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollbook.domains.billing.rules import Due, split

IVAN, OLGA, ROMA = 1, 2, 3
DAY = date(2026, 9, 1)


def due(day, client, amount):
    return Due(DAY + timedelta(days=day), client, D(amount))


@pytest.mark.parametrize(
    ("amount", "dues", "then", "parts"),
    [
        ("100", [], IVAN, {IVAN: "100", OLGA: "0"}),
        ("100", [], OLGA, {IVAN: "0", OLGA: "100"}),
        ("100", [due(0, IVAN, 60), due(0, OLGA, 40)], IVAN, {IVAN: "60", OLGA: "40"}),
        ("70", [due(0, IVAN, 60), due(0, OLGA, 40)], IVAN, {IVAN: "60", OLGA: "10"}),
        ("70", [due(1, IVAN, 60), due(0, OLGA, 40)], IVAN, {IVAN: "30", OLGA: "40"}),
        ("50", [due(3, IVAN, 20), due(1, OLGA, 20), due(2, IVAN, 20)], IVAN, {IVAN: "30", OLGA: "20"}),
        ("10", [due(1, IVAN, 20), due(0, OLGA, 20)], IVAN, {IVAN: "0", OLGA: "10"}),
        ("150", [due(0, IVAN, 60), due(0, OLGA, 40)], OLGA, {IVAN: "60", OLGA: "90"}),
        ("0.03", [due(0, IVAN, "0.01"), due(1, OLGA, "0.01")], OLGA, {IVAN: "0.01", OLGA: "0.02"}),
    ],
)
def test_the_oldest_due_is_covered_first_and_what_is_over_is_an_advance(amount, dues, then, parts):
    given = split(amount=D(amount), dues=dues, clients=[IVAN, OLGA], then=then)
    assert given == {client: D(part) for client, part in parts.items()}


def test_on_the_same_day_those_who_stand_first_are_covered_first():
    dues = [due(0, IVAN, 10), due(0, OLGA, 10)]
    assert split(amount=D(15), dues=dues, clients=[OLGA, IVAN], then=IVAN) == {OLGA: D(10), IVAN: D(5)}


SUMS = st.decimals("0.01", "10000", places=2)


@given(
    SUMS, st.lists(st.builds(due, st.integers(-90, 60), st.sampled_from([IVAN, OLGA, ROMA]), SUMS), max_size=12),
    st.sampled_from([IVAN, OLGA, ROMA]),
)
def test_the_parts_add_up_to_the_payment_and_none_is_below_zero(amount, dues, then):
    parts = split(amount=amount, dues=dues, clients=[IVAN, OLGA, ROMA], then=then)
    assert sum(parts.values()) == amount
    assert min(parts.values()) >= 0
    for client in (IVAN, OLGA, ROMA):
        owed = sum(each.amount for each in dues if each.client_id == client)
        assert parts[client] <= owed or client == then
