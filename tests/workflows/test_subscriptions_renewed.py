"""The next month of all members: proposed in one list, made at once, or by themselves on a set day."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.models import ClientDiscount, Contract, Subscription, SubscriptionGroup, Tariff, TariffUse
from rollbook.domains.groups.models import Enrolment
from rollbook.foundation.errors import NotAllowed, NotFound
from rollbook.screens import renewals
from rollbook.screens.renewals import Problem
from rollbook.screens.selling import Wanted
from rollbook.workflows import client_frozen, client_transferred, subscription_sold, subscriptions_renewed
from rollbook.workflows.subscription_sold import Order, PriceChanged

JANUARY, FEBRUARY = date(2027, 1, 1), date(2027, 2, 1)
EVE = datetime(2027, 1, 25, 12, tzinfo=UTC)
JOB = operator("", via="job")


@pytest.fixture
def month(school):
    """Chess costs 100 a month: four Tuesdays in January 2027, four in February."""
    made = Tariff.objects.create(name="Month", kind="month", pricing="month", price=D(100))
    TariffUse.objects.create(tariff=made, group=school.groups["chess"], since=date(2026, 1, 1))
    TariffUse.objects.filter(programme__isnull=False).delete()
    return made


def listed(school, when=FEBRUARY, by="mara", **told):
    return renewals.listed(month=when, language="en", by=school.actor(by), **told)


def renew(school, when=FEBRUARY, chosen=None, by="mara", **told):
    return subscriptions_renewed.renew(month=when, chosen=chosen, at=EVE, by=school.actor(by), **told)


def sell(school, tariff, since=JANUARY, client=None, group="chess", key="january"):
    client = client or school.clients()[0]
    order = Order(wanted=Wanted(client.pk, school.groups[group].pk, tariff.pk, since), key=key)
    (pk,) = subscription_sold.sell(orders=[order], at=EVE, by=school.actor("mara"))
    return Subscription.objects.get(pk=pk)


def amounts(rows):
    return {row.client: row.amount for row in rows}


def test_january_is_followed_by_february_at_its_price_with_its_freezes_and_discounts(school, month):
    first, second = school.clients()
    second.relations.update(contact=first.relations.get(pays=True).contact)
    month.sibling_discount = 10
    month.save()
    assert amounts(listed(school, JANUARY).rows) == {"Ivan": D(100), "Olga": D(90)}
    assert len(renew(school, JANUARY)) == 2
    month.price = D(120)
    month.save()
    client_frozen.freeze(
        client_id=first.pk, since=date(2027, 2, 8), until=date(2027, 2, 15), at=EVE, by=school.actor("mara")
    )
    found = listed(school)
    # Of Ivan's four Tuesdays one is frozen; Olga pays 10% less.
    assert amounts(found.rows) == {"Ivan": D(90), "Olga": D(108)}
    assert [row.offer.reckoning.lessons for row in found.rows] == [3, 4]
    assert found.amount == D(198)
    made = Subscription.objects.in_bulk(renew(school)).values()
    assert {(row.client.name, row.amount, row.renews.since) for row in made} == {
        ("Ivan", D(90), JANUARY), ("Olga", D(108), JANUARY)
    }
    assert not listed(school).rows
    assert amounts(listed(school).made) == {"Ivan": D(90), "Olga": D(108)}


def test_twice_changes_nothing(school, month):
    chosen = {row.enrolment_id: row.amount for row in listed(school).rows}
    assert len(renew(school, chosen=chosen)) == 2
    assert renew(school, chosen=chosen) == ()
    assert renew(school) == ()
    keys = {f"renewal:{pk}:2027-02" for pk in chosen}
    assert set(Subscription.objects.values_list("key", flat=True)) == keys


def test_only_those_that_are_chosen_at_the_amounts_that_were_shown(school, month):
    one, other = (row.enrolment_id for row in listed(school).rows)
    with pytest.raises(PriceChanged):
        renew(school, chosen={one: D(99), other: None})
    assert not Subscription.objects.exists()
    assert len(renew(school, chosen={one: D(100)})) == 1
    with pytest.raises(NotFound):
        renew(school, chosen={Enrolment.objects.get(group=school.groups["judo"]).pk: None})


def test_what_somebody_has_sold_meanwhile_is_left_alone(school, month):
    chosen = {row.enrolment_id: row.amount for row in listed(school).rows}
    sell(school, month, since=FEBRUARY)
    assert len(renew(school, chosen=chosen)) == 1


@pytest.mark.parametrize("by", ["anna", "nina", "kira", "olha"])
def test_it_takes_the_right_to_sell(school, month, by):
    with pytest.raises(NotAllowed):
        listed(school, by=by)


def test_each_sees_those_to_whom_they_may_sell(school, month):
    TariffUse.objects.update(group=None, programme=school.groups["chess"].programme)
    assert [row.client for row in listed(school, by="mara").rows] == ["Ivan", "Olga", "Dan"]
    assert [row.client for row in listed(school, by="zlata").rows] == ["Ivan", "Olga"]
    assert [row.client for row in listed(school, by="vera").rows] == ["Ivan", "Olga", "Dan", "Jan"]
    north, judo = school.branches["north"].pk, school.groups["judo"].pk
    assert [row.client for row in listed(school, by="vera", branch_id=north).rows] == ["Ivan", "Olga", "Dan"]
    assert [row.client for row in listed(school, by="vera", group_id=judo).rows] == ["Jan"]


def test_who_joins_within_the_month_pays_for_what_is_left(school, month):
    school.enrol("Late", since=date(2027, 2, 10))
    school.enrol("Gone", until=FEBRUARY)
    assert amounts(listed(school).rows) == {"Ivan": D(100), "Late": D(50), "Olga": D(100)}


def test_who_leaves_within_the_month_is_looked_at(school, month):
    school.enrol("Leaving", until=date(2027, 2, 10))
    found = listed(school)
    leaving = next(row for row in found.rows if row.client == "Leaving")
    assert (leaving.problem, leaving.is_chosen, leaving.may_be_made) == (Problem.LEAVES, False, True)
    assert len(renew(school)) == 2
    assert len(renew(school, chosen={leaving.enrolment_id: None})) == 1


def test_a_month_without_lessons_is_not_made(school, month):
    school.groups["chess"].slots.update(valid_until=FEBRUARY)
    found = listed(school)
    assert {row.problem for row in found.rows} == {Problem.NO_LESSONS}
    with pytest.raises(NotFound):
        renew(school, chosen={found.rows[0].enrolment_id: None})


def test_the_tariff_before_is_kept_unless_it_is_sold_no_more(school, month):
    own = Tariff.objects.create(name="Early bird", kind="month", pricing="month", price=D(80))
    sell(school, own)
    assert amounts(listed(school).rows) == {"Ivan": D(80), "Olga": D(100)}
    own.archived_at = EVE
    own.save()
    assert amounts(listed(school).rows) == {"Ivan": D(100), "Olga": D(100)}
    TariffUse.objects.all().delete()
    (row,) = listed(school).rows
    assert (row.client, row.problem, row.may_be_made) == ("Ivan", Problem.ARCHIVED, False)


def test_what_is_priced_by_the_lesson_is_not_renewed_until_a_month_is_bought(school, month):
    TariffUse.objects.all().delete()
    assert not listed(school).rows
    sell(school, month)
    assert [row.client for row in listed(school).rows] == ["Ivan"]


def test_whoever_has_lessons_of_a_package_left_buys_nothing(school, month):
    package = Tariff.objects.create(name="Eight", kind="package", pricing="whole", lessons=8, price=D(90))
    sold = sell(school, package)
    assert [row.client for row in listed(school).rows] == ["Olga"]
    Subscription.objects.filter(pk=sold.pk).update(lessons=0)
    assert [row.client for row in listed(school).rows] == ["Ivan", "Olga"]


def test_a_month_that_begins_with_the_first_lesson_goes_on_from_its_end(school, month):
    month.month_from = "first"
    month.save()
    sell(school, month, since=date(2027, 1, 12))
    row = next(row for row in listed(school).rows if row.client == "Ivan")
    assert (row.offer.wanted.since, row.offer.until) == (date(2027, 2, 12), date(2027, 3, 12))


def test_it_follows_a_transfer(school, month):
    TariffUse.objects.create(tariff=month, group=school.groups["dance"], since=date(2026, 1, 1))
    sell(school, month)
    client_transferred.transfer(
        enrolment_id=school.clients()[0].enrolments.get().pk, group_id=school.groups["dance"].pk,
        since=date(2027, 1, 20), seen=None, at=EVE, by=school.actor("mara"),
    )
    row = next(row for row in listed(school).rows if row.client == "Ivan")
    assert (row.group, row.renews_id) == ("Dance", Subscription.objects.get().pk)


def test_what_was_taken_back_may_be_made_again_by_hand(school, month):
    (first, _second) = renew(school)
    subscription_sold.take_back(subscription_id=first, reason="Asked to wait", at=EVE, by=school.actor("mara"))
    (row,) = listed(school).rows
    assert (row.was_taken_back, row.is_chosen, row.key[-2:]) == (True, False, ":1")
    assert renew(school) == ()
    assert len(renew(school, chosen={row.enrolment_id: None})) == 1


def test_the_contract_goes_on(school, month):
    sold = sell(school, month)
    contract = Contract.objects.create(client=sold.client, number="7", signed_on=JANUARY)
    Subscription.objects.update(contract=contract)
    renew(school)
    assert Subscription.objects.get(renews=sold).contract == contract


def test_the_number_of_statements_does_not_grow_with_the_clients(school, month):
    def statements(act):
        with CaptureQueriesContext(connection) as asked:
            act()
        return len(asked)

    for client in school.clients():
        ClientDiscount.objects.create(client=client, percent=D(10), reason="Staff", since=date(2026, 1, 1))
    few = statements(lambda: listed(school)), statements(lambda: renew(school))
    for client in school.enrol(*(f"Another {number}" for number in range(24))):
        ClientDiscount.objects.create(client=client, percent=D(10), reason="Staff", since=date(2026, 1, 1))
    many = statements(lambda: listed(school)), statements(lambda: renew(school))
    assert many[0] <= few[0]
    assert many[1] <= few[1]
    assert Subscription.objects.count() == 26


# ----------------------------------------------------------------------------------------------------------- by night


def night(at):
    return subscriptions_renewed.renew_due(at=at, by=JOB)


def test_on_the_day_that_is_set_the_night_makes_them_once(school, month):
    assert night(EVE) == 0
    Organisation.objects.update(renewal_day=25)
    assert night(EVE - timedelta(days=1)) == 0
    assert night(EVE) == 2
    assert night(EVE + timedelta(days=3)) == 0
    assert set(Subscription.objects.values_list("since", "sold_by")) == {(FEBRUARY, None)}
    school.enrol("Late")
    assert night(EVE + timedelta(days=3)) == 1


def test_the_night_leaves_alone_what_somebody_has_to_look_at(school, month):
    Organisation.objects.update(renewal_day=1)
    school.enrol("Leaving", until=date(2027, 2, 10))
    assert night(EVE) == 2
    first = Subscription.objects.order_by("pk").first()
    subscription_sold.take_back(subscription_id=first.pk, reason="Asked to wait", at=EVE, by=school.actor("mara"))
    assert night(EVE) == 0


def test_each_branch_has_its_own_calendar(school, month):
    TariffUse.objects.update(group=None, programme=school.groups["chess"].programme)
    Organisation.objects.update(renewal_day=25)
    # In Almaty the 25th has begun.
    assert night(datetime(2027, 1, 24, 20, tzinfo=UTC)) == 1
    assert SubscriptionGroup.objects.get().group == school.groups["judo"]
