"""What a tariff of each kind may say, and what it costs without a subscription."""

from datetime import date
from decimal import Decimal as D

import pytest

from rollbook.domains.billing import actions as billing
from rollbook.domains.billing import queries
from rollbook.domains.billing.fields import TariffRow
from rollbook.domains.billing.models import LedgerEntry, Subscription, Tariff, TariffUse
from rollbook.domains.billing.rules import fitting, refusals
from rollbook.domains.history.models import Entry
from rollbook.domains.imports.actions import NotImported
from rollbook.domains.imports.rules import Origin
from rollbook.domains.journal.models import Status
from rollbook.foundation.errors import InvalidInput
from rollbook.workflows import charge_decided, lesson_marked
from tests.school import AT, DAY

NEW = {
    "kind": "month", "pricing": "month", "lessons": None, "days": None, "charged": "lesson", "instalments": 1,
    "month_from": "calendar", "pro_rata": "lessons", "round_to": 0, "burns": False, "freezing": "gives_back",
    "freeze_days": None, "sibling_discount": 0, "second_discount": 0,
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ({"kind": "lesson", "pricing": "month"}, {"pricing": "fixed"}),
        ({"kind": "month", "pricing": "fixed"}, {"pricing": "fixed"}),
        ({"kind": "month", "pricing": "whole"}, {"pricing": "month"}),
        ({"kind": "package", "pricing": "fixed", "lessons": 8}, {"pricing": "whole", "lessons": 8}),
        ({"kind": "course", "lessons": 40}, {"pricing": "whole", "lessons": 40}),
        ({"kind": "one_off", "lessons": 7}, {"pricing": "whole", "lessons": 1}),
        ({"kind": "month", "lessons": 8, "days": 30}, {"lessons": None, "days": None}),
        ({"kind": "package", "lessons": 8, "days": 60}, {"days": 60}),
        ({"kind": "month", "instalments": 3}, {"instalments": 1}),
        ({"kind": "course", "lessons": 9, "instalments": 3}, {"instalments": 3}),
        ({"kind": "package", "month_from": "first", "pro_rata": "days", "round_to": 50},
         {"month_from": "calendar", "pro_rata": "lessons", "round_to": 0}),
        ({"kind": "lesson", "burns": True, "sibling_discount": 5, "second_discount": 5},
         {"burns": False, "sibling_discount": 0, "second_discount": 0}),
        ({"kind": "one_off", "freezing": "extends", "freeze_days": 9}, {"freezing": "gives_back", "freeze_days": None}),
        ({"freezing": "counts", "freeze_days": 9}, {"freezing": "counts", "freeze_days": None}),
        ({"freezing": "gives_back", "freeze_days": 9}, {"freeze_days": 9}),
    ],
)  # fmt: skip
def test_what_does_not_belong_to_a_kind_is_put_right(said, becomes):
    fits = fitting(NEW | said)
    assert {name: fits[name] for name in becomes} == becomes
    assert fits["kind"] == (NEW | said)["kind"]


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({}, None),
        ({"kind": "package"}, "lessons"),
        ({"kind": "course"}, "lessons"),
        ({"kind": "one_off"}, None),
        ({"kind": "lesson", "charged": "start"}, "charged"),
        ({"kind": "month", "charged": "start"}, None),
        ({"kind": "course", "lessons": 9, "instalments": 2}, "instalments"),
        ({"kind": "course", "lessons": 9, "instalments": 2, "charged": "start"}, None),
        ({"round_to": 5}, "round_to"),
        ({"freezing": "extends"}, "freezing"),
        ({"freezing": "extends", "month_from": "first"}, None),
        ({"kind": "package", "lessons": 8, "freezing": "extends"}, None),
    ],
)
def test_what_contradicts_itself_is_refused_at_its_field(said, where):
    assert list(refusals(fitting(NEW | said))) == ([where] if where else [])


@pytest.fixture
def vera(school):
    return school.actor("vera")


def add(by, **said):
    return Tariff.objects.get(
        pk=billing.add_tariff(values={"name": "Eight", "price": D(4000), **said}, at=AT, by=by)
    )


def test_each_kind_is_kept_by_the_database(vera):
    for kind, lessons in (("lesson", None), ("month", None), ("package", 8), ("course", 40), ("one_off", None)):
        tariff = add(vera, kind=kind, lessons=lessons)
        assert tariff.kind == kind
    assert Entry.objects.latest("pk").new == {"name": "Eight", "kind": "one_off", "price": "4000"}


def test_the_action_refuses_it_too(vera):
    with pytest.raises(InvalidInput) as told:
        add(vera, kind="package", charged="lesson", instalments=3)
    assert set(told.value.fields) == {"lessons", "instalments"}
    tariff = add(vera, kind="package", lessons=8)
    with pytest.raises(InvalidInput) as told:
        billing.change_tariff(tariff_id=tariff.pk, values={"lessons": None}, seen=1, at=AT, by=vera)
    assert set(told.value.fields) == {"lessons"}


def test_another_kind_takes_along_what_follows(vera):
    tariff = add(vera, kind="course", lessons=40, charged="start", instalments=4)
    billing.change_tariff(tariff_id=tariff.pk, values={"kind": "month"}, seen=1, at=AT, by=vera)
    tariff.refresh_from_db()
    assert (tariff.pricing, tariff.lessons, tariff.instalments, tariff.charged) == ("month", None, 1, "start")
    assert Entry.objects.latest("pk").new == {"kind": "month", "pricing": "month", "lessons": None, "instalments": 1}


def test_what_was_sold_stays_as_it_was_sold(school, vera):
    tariff = add(vera, kind="package", lessons=8, missed_share=50)
    sold = Subscription.objects.create(
        client=school.clients()[0], group=school.groups["chess"], tariff=tariff, since=DAY, lessons=8, price=4000,
        amount=4000, unit=500, kind="package", missed_share=50, sold_at=AT,
    )
    values = {"price": D(9000), "missed_share": 100, "lessons": 9}
    billing.change_tariff(tariff_id=tariff.pk, values=values, seen=1, at=AT, by=vera)
    sold.refresh_from_db()
    assert (sold.price, sold.missed_share, sold.lessons) == (4000, 50, 8)


@pytest.mark.parametrize(
    ("said", "charged"),
    [
        ({"kind": "lesson", "price": D(600)}, "-600"),
        ({"kind": "package", "lessons": 8}, "-500"),
        ({"kind": "package", "lessons": 3, "price": D(100)}, "-33.33"),
        ({"kind": "course", "lessons": 40, "charged": "start", "instalments": 4}, "-100"),
        ({"kind": "one_off", "price": D(700)}, "-700"),
        ({"kind": "month", "pricing": "fixed", "price": D(600)}, "-600"),
        ({"kind": "month", "pricing": "month", "price": D(4000)}, "-800"),  # five Tuesdays in September 2026
    ],
)
def test_a_lesson_without_a_subscription_costs_its_part(school, vera, said, charged):
    chess, ivan = school.groups["chess"], school.clients()[0]
    TariffUse.objects.create(tariff=add(vera, **said), group=chess, since=date(2026, 9, 1))
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={ivan.pk: Status.ATTENDED}, seen=None, at=AT, by=vera
    )
    entry = LedgerEntry.objects.get()
    assert entry.amount == D(charged)
    charge_decided.decide(mark_id=entry.mark_id, charged=False, at=AT, by=vera)
    charge_decided.decide(mark_id=entry.mark_id, charged=True, at=AT, by=vera)
    assert LedgerEntry.objects.latest("pk").amount == D(charged)
    terms = queries.terms(groups={chess.pk: chess.programme_id}, on=DAY, by=vera)[chess.pk]
    assert terms.lessons == Tariff.objects.latest("pk").lessons


def row(number=1, **said):
    return TariffRow(key=str(number), origin=Origin("tariffs.csv", number), name="Eight", price=D(4000), **said)


def test_tariffs_of_each_kind_come_in_from_files(vera):
    ids = billing.load_tariffs(at=AT, by=vera, rows=[
        row(),
        row(kind="package", lessons=8, days=60, burns=True, freezing="extends", freeze_days=14, lapsed_share=100),
        row(kind="course", lessons=40, charged="start", instalments=4, sibling_discount=10, second_discount=5),
        row(kind="month", pricing="month", month_from="first", pro_rata="days", round_to=50),
        row(kind="one_off", days=30),
        row(kind="lesson", instalments=3),
    ])  # fmt: skip
    month, package, course, first, one_off, lesson = (Tariff.objects.get(pk=pk) for pk in ids)
    assert (month.kind, month.pricing, month.price, month.missed_share) == ("month", "fixed", 4000, 100)
    assert (package.pricing, package.lessons, package.days, package.burns) == ("whole", 8, 60, True)
    assert (package.freezing, package.freeze_days, package.lapsed_share) == ("extends", 14, 100)
    assert (course.charged, course.instalments, course.sibling_discount, course.second_discount) == ("start", 4, 10, 5)
    assert (first.pricing, first.month_from, first.pro_rata, first.round_to) == ("month", "first", "days", 50)
    assert (one_off.lessons, one_off.days) == (1, 30)
    assert (lesson.pricing, lesson.instalments) == ("fixed", 1)


def test_a_row_that_contradicts_itself_is_told_by_its_line(vera):
    rows = [row(1, kind="package"), row(2), row(3, round_to=7), row(4, kind="lesson", charged="start")]
    with pytest.raises(NotImported) as told:
        billing.load_tariffs(rows=rows, at=AT, by=vera)
    assert [(each.origin.line, each.field) for each in told.value.problems] == [
        (1, "lessons"), (3, "round_to"), (4, "charged"),
    ]  # fmt: skip
    assert not Tariff.objects.filter(name="Eight").exists()
