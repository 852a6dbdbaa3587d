from datetime import date
from decimal import Decimal as D

import pytest

from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.actions import TariffInUse
from rollbook.domains.billing.models import Tariff, TariffUse
from rollbook.domains.history.models import Entry
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from tests.school import AT

SEPTEMBER, OCTOBER, NOVEMBER = date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1)


@pytest.fixture
def vera(school):
    return school.actor("vera")


@pytest.fixture
def dear(school):
    return Tariff.objects.create(name="Dear", price=D(50))


@pytest.fixture
def cheap(school):
    return Tariff.objects.create(name="Cheap", price=D(5))


def price(group, tariff, since, by):
    billing.price_group(group_id=group.pk, tariff_id=tariff and tariff.pk, since=since, at=AT, by=by)


def uses(**whose):
    return list(TariffUse.objects.filter(**whose).order_by("since").values_list("tariff__name", "since", "until"))


def test_the_former_tariff_holds_until_the_day_before(school, vera, dear, cheap):
    chess = school.groups["chess"]
    price(chess, dear, SEPTEMBER, vera)
    price(chess, cheap, NOVEMBER, vera)
    assert uses(group=chess) == [("Dear", SEPTEMBER, NOVEMBER), ("Cheap", NOVEMBER, None)]
    entry = Entry.objects.latest("pk")
    assert (entry.subject, entry.old, entry.new) == (
        f"group:{chess.pk}", {"tariff": dear.pk}, {"tariff": cheap.pk, "since": "2026-11-01"},
    )


def test_one_that_was_to_begin_later_still_will(school, vera, dear, cheap):
    chess = school.groups["chess"]
    price(chess, dear, NOVEMBER, vera)
    price(chess, cheap, OCTOBER, vera)
    assert uses(group=chess) == [("Cheap", OCTOBER, NOVEMBER), ("Dear", NOVEMBER, None)]


def test_one_of_the_same_day_is_replaced_and_the_same_one_is_no_news(school, vera, dear, cheap):
    chess = school.groups["chess"]
    price(chess, dear, OCTOBER, vera)
    price(chess, cheap, OCTOBER, vera)
    price(chess, cheap, NOVEMBER, vera)
    assert uses(group=chess) == [("Cheap", OCTOBER, None)]
    assert Entry.objects.filter(verb="tariff.used").count() == 2


def test_without_a_tariff_of_its_own_a_group_has_that_of_its_programme(school, vera, dear):
    chess = school.groups["chess"]
    price(chess, dear, SEPTEMBER, vera)
    price(chess, None, OCTOBER, vera)
    assert uses(group=chess) == [("Dear", SEPTEMBER, OCTOBER)]


def test_a_programme_is_priced_by_those_who_price_the_whole(school, vera, dear):
    chess = school.groups["chess"]
    said = {"programme_id": chess.programme_id, "tariff_id": dear.pk, "since": OCTOBER, "at": AT}
    billing.price_programme(**said, by=vera)
    assert uses(programme=chess.programme_id) == [("Standard", date(2026, 1, 1), OCTOBER), ("Dear", OCTOBER, None)]
    with pytest.raises(NotAllowed):
        billing.price_programme(**said, by=school.actor("oleg"))
    with pytest.raises(NotFound):
        billing.price_programme(**said | {"programme_id": 0}, by=vera)


def test_a_tariff_that_is_not_there_or_put_away_prices_nothing(school, vera, dear):
    billing.archive_tariff(tariff_id=dear.pk, on=OCTOBER, at=AT, by=vera)
    for pk in (0, 2**63, dear.pk):
        with pytest.raises(InvalidInput):
            billing.price_group(group_id=school.groups["chess"].pk, tariff_id=pk, since=OCTOBER, at=AT, by=vera)


@pytest.mark.parametrize(
    ("who", "error"), [("mara", NotAllowed), ("anna", NotAllowed), ("kira", NotFound), ("dina", NotFound)]
)
def test_a_group_is_priced_by_those_who_may(school, dear, who, error):
    with pytest.raises(error):
        price(school.groups["chess"], dear, OCTOBER, school.actor(who))
    assert uses(group=school.groups["chess"]) == []


def test_the_manager_of_a_branch_prices_its_groups_but_changes_no_tariff(school, dear):
    oleg = school.actor("oleg")
    price(school.groups["chess"], dear, OCTOBER, oleg)
    with pytest.raises(NotFound):
        price(school.groups["judo"], dear, OCTOBER, oleg)
    for call in (
        lambda: billing.add_tariff(values={"name": "x", "price": D(1)}, at=AT, by=oleg),
        lambda: billing.change_tariff(tariff_id=dear.pk, values={"price": D(1)}, seen=None, at=AT, by=oleg),
        lambda: billing.archive_tariff(tariff_id=dear.pk, on=OCTOBER, at=AT, by=oleg),
        lambda: billing.restore_tariff(tariff_id=dear.pk, at=AT, by=oleg),
    ):
        with pytest.raises(NotAllowed):
            call()


def test_a_tariff_in_use_today_or_later_is_not_put_away(school, vera, dear):
    chess = school.groups["chess"]
    price(chess, dear, NOVEMBER, vera)
    with pytest.raises(TariffInUse, match="Chess"):
        billing.archive_tariff(tariff_id=dear.pk, on=OCTOBER, at=AT, by=vera)
    price(chess, None, NOVEMBER, vera)
    billing.archive_tariff(tariff_id=dear.pk, on=OCTOBER, at=AT, by=vera)
    dear.refresh_from_db()
    assert dear.archived_at == AT


def test_a_new_price_prices_nothing_anew(school, vera):
    """What was marked keeps the price of its day; see the workflow of marking."""
    from rollbook.domains.billing.models import LedgerEntry
    from rollbook.domains.journal.models import Status
    from rollbook.workflows import lesson_marked

    ivan = school.clients()[0]
    lesson = school.lessons["chess"].pk
    lesson_marked.mark(lesson_id=lesson, marks={ivan.pk: Status.ATTENDED}, seen=None, at=AT, by=vera)
    billing.change_tariff(tariff_id=Tariff.objects.get().pk, values={"price": D(99)}, seen=1, at=AT, by=vera)
    assert LedgerEntry.objects.get().amount == D("-12.50")
