"""What a client is let off of whatever is sold to them."""

from datetime import date
from decimal import Decimal as D

import pytest

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing import queries
from rollbook.domains.billing.actions import DiscountTooHigh
from rollbook.domains.billing.models import ClientDiscount
from rollbook.domains.history.models import Entry
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from tests.school import AT, DAY

LATER, LAST = date(2026, 10, 1), date(2026, 12, 1)


@pytest.fixture
def ivan(school):
    return school.clients()[0]


def give(school, client, name="mara", **told):
    said = {"percent": D(10), "amount": None, "reason": "Staff", "since": DAY, "until": None} | told
    return billing.give_discount(client_id=client.pk, **said, at=AT, by=school.actor(name))


def end(school, pk, since, name="mara"):
    billing.end_discount(discount_id=pk, since=since, at=AT, by=school.actor(name))


def test_a_discount_is_given_and_told(school, ivan):
    give(school, ivan, percent=D("12.50"), until=LAST)
    row, entry = ClientDiscount.objects.get(), Entry.objects.latest("pk")
    assert (row.percent, row.amount, row.since, row.until) == (D("12.50"), None, DAY, LAST)
    assert row.allowed_by == school.users["mara"]
    assert (entry.verb, entry.subject) == ("discount.given", f"client:{ivan.pk}")
    assert entry.new == {"percent": "12.50", "reason": "Staff", "since": "2026-09-01", "until": "2026-12-01"}


@pytest.mark.parametrize(
    ("told", "where"),
    [
        ({"percent": None}, "percent"),
        ({"amount": D(5)}, "percent"),
        ({"percent": D(0)}, "percent"),
        ({"percent": D("100.01")}, "percent"),
        ({"percent": D("0.005")}, "percent"),
        ({"percent": None, "amount": D(0)}, "amount"),
        ({"percent": None, "amount": D("1e10")}, "amount"),
        ({"percent": None, "amount": D("0.001")}, "amount"),
        ({"reason": ""}, "reason"),
        ({"until": DAY}, "until"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(school, ivan, told, where):
    with pytest.raises(InvalidInput) as error:
        give(school, ivan, "vera", **told)
    assert set(error.value.fields) == {where}
    assert not ClientDiscount.objects.exists()


@pytest.mark.parametrize(
    ("name", "limit", "told", "may"),
    [
        ("mara", 20, {"percent": D(20)}, True),
        ("mara", 20, {"percent": D("20.01")}, False),
        ("mara", 20, {"percent": None, "amount": D(1)}, False),
        ("mara", 0, {"percent": D(1)}, False),
        ("mara", 100, {"percent": D(100)}, True),
        ("mara", 100, {"percent": None, "amount": D(500)}, True),
        ("oleg", 20, {"percent": D(50)}, True),
        ("oleg", 0, {"percent": None, "amount": D(500)}, True),
        ("vera", 20, {"percent": D(100)}, True),
    ],
)
def test_above_the_limit_it_takes_a_right_of_its_own(school, ivan, name, limit, told, may):
    Organisation.objects.update(discount_limit=limit)
    if may:
        assert give(school, ivan, name, **told)
    else:
        with pytest.raises(DiscountTooHigh, match=f"{limit}%"):
            give(school, ivan, name, **told)
    assert ClientDiscount.objects.exists() == may


@pytest.mark.parametrize(
    ("name", "error"),
    [("anna", NotAllowed), ("olha", NotAllowed), ("rita", NotAllowed), ("boris", NotFound), ("kira", NotFound)],
)
def test_only_those_who_sell_give_and_end_it(school, ivan, name, error):
    pk = give(school, ivan)
    with pytest.raises(error):
        give(school, ivan, name)
    with pytest.raises((NotAllowed, NotFound)):
        end(school, pk, LATER, name)
    assert ClientDiscount.objects.get().until is None


def test_it_ends_on_a_day_and_only_once(school, ivan):
    pk = give(school, ivan)
    end(school, pk, LATER)
    end(school, pk, LAST)
    assert ClientDiscount.objects.get().until == LATER
    entry = Entry.objects.latest("pk")
    assert (entry.verb, entry.old["percent"], entry.new) == ("discount.ended", "10.00", {"until": "2026-10-01"})
    assert Entry.objects.filter(verb="discount.ended").count() == 1


@pytest.mark.parametrize("since", [DAY, date(2026, 8, 1)])
def test_one_that_has_not_begun_is_taken_back_whole(school, ivan, since):
    end(school, give(school, ivan), since)
    assert not ClientDiscount.objects.exists()
    assert Entry.objects.latest("pk").old["reason"] == "Staff"


def test_whoever_sells_is_told_what_holds_on_a_day(school, ivan):
    olga = school.clients()[1]
    first, second = give(school, ivan, until=LATER), give(school, ivan, percent=D(5), since=LATER)
    give(school, olga, since=LAST)

    def told(on, name="mara"):
        found = queries.discounts_of(clients=[ivan.pk, olga.pk], on=on, by=school.actor(name))
        return {client: [each.discount_id for each in given] for client, given in found.items()}

    assert told(DAY) == {ivan.pk: [first]}
    assert told(LATER) == {ivan.pk: [second]}
    assert told(None)[ivan.pk] == [second, first]
    assert told(None).keys() == {ivan.pk, olga.pk}
    assert told(DAY, "kira") == told(DAY, "anna") == {}
    (given,) = queries.discounts_of(clients=[ivan.pk], on=DAY, by=school.actor("mara"))[ivan.pk]
    assert (given.percent, given.amount, given.reason, given.allowed_by) == (D(10), None, "Staff", "Mara")
