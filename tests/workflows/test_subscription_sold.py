"""What is bought, what it says of marks, and what becomes of it."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.db.models import Sum

from rollbook.domains.access.actor import operator
from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.actions import AnotherSale, DiscountTooHigh, SoldAlready, UsedAlready, once
from rollbook.domains.billing.models import (
    Account,
    ClientDiscount,
    CoveredMark,
    EntryKind,
    LedgerEntry,
    Subscription,
    SubscriptionGroup,
    Tariff,
)
from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule.models import ClosingDay
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.operations.doctor import examine
from rollbook.operations.doctor.billing import PROMISES as OF_BILLING
from rollbook.screens.selling import Wanted
from rollbook.workflows import (
    charge_decided,
    client_frozen,
    client_transferred,
    lesson_cancelled,
    lesson_marked,
    make_up_booked,
    make_ups_lapsed,
    subscription_sold,
    subscriptions_ended,
)
from rollbook.workflows.subscription_sold import Order, PriceChanged
from tests.school import AT

ATTENDED, MISSED, EXCUSED = Status.ATTENDED, Status.MISSED, Status.EXCUSED
SEPTEMBER = date(2026, 9, 1)  # a Tuesday; Tuesdays are 1, 8, 15, 22, 29
JOB = operator("", via="job")


def tariff(**told):
    """A month of chess: 100 for its five Tuesdays."""
    told = {"name": "Month", "kind": "month", "pricing": "month", "price": D(100), "missed_share": 100} | told
    if told["kind"] in ("package", "course", "one_off"):
        told["pricing"] = "whole"
    return Tariff.objects.create(**told)


def sell(school, by_tariff, *, since=SEPTEMBER, client=None, key="one", by="mara", group="chess", at=AT, **told):
    client = client or school.clients()[0]
    order = Order(
        wanted=Wanted(client.pk, school.groups[group].pk, by_tariff.pk, since), key=key, **told
    )
    (pk,) = subscription_sold.sell(orders=[order], at=at, by=school.actor(by))
    return Subscription.objects.get(pk=pk)


def tuesdays(school, number=5):
    """The lessons of chess on the Tuesdays of September, from the first on."""
    return [school.lessons["chess"], *(school.lesson(at=AT + timedelta(weeks=week)) for week in range(1, number))]


def mark(school, lesson, status, *, client=None, at=None):
    client = client or school.clients()[0]
    return lesson_marked.mark(
        lesson_id=lesson.pk, marks={client.pk: status}, seen=None, at=at or lesson.starts_at, by=school.actor("vera")
    )


def balance(client):
    account = Account.objects.filter(client=client).first()
    return account.balance if account else D(0)


def test_a_month_is_sold_as_it_was_reckoned(school):
    sold = sell(school, tariff())
    assert (sold.since, sold.until, sold.lessons, sold.amount, sold.unit) == (
        SEPTEMBER, date(2026, 10, 1), 5, D("100.00"), D("20.00")
    )
    assert (sold.kind, sold.charged, sold.missed_share) == ("month", "lesson", 100)
    assert sold.groups.get().group == school.groups["chess"]
    assert balance(sold.client) == 0


def test_a_part_of_a_month_costs_what_is_left_of_it(school):
    ClosingDay.objects.create(branch=school.branches["north"], day=date(2026, 9, 22))
    sold = sell(school, tariff(), since=date(2026, 9, 10))
    assert (sold.lessons, sold.amount) == (2, D("50.00"))


@pytest.mark.parametrize("by", ["anna", "kira", "olha"])
def test_who_may_not_sell_sells_nothing(school, by):
    with pytest.raises((NotAllowed, NotFound)):
        sell(school, tariff(), by=by)
    assert not Subscription.objects.exists()


def test_the_same_form_sells_once(school):
    month = tariff()
    assert sell(school, month).pk == sell(school, month).pk
    with pytest.raises(AnotherSale):
        sell(school, month, since=date(2026, 10, 1))


def test_a_month_is_sold_once(school):
    month = tariff()
    sell(school, month)
    with pytest.raises(SoldAlready):
        sell(school, month, key="two", since=date(2026, 9, 15))
    sell(school, month, key="three", since=date(2026, 10, 1))


def test_what_was_shown_is_what_is_sold(school):
    with pytest.raises(PriceChanged):
        sell(school, tariff(), shown=D("99.00"))


def test_lesson_by_lesson_is_no_subscription(school):
    with pytest.raises(InvalidInput):
        sell(school, tariff(kind="lesson", pricing="fixed"))


def test_a_discount_is_kept_apart_with_its_reason(school):
    sold = sell(school, tariff(), once=once(percent=D(10), amount=None, reason="First month"))
    assert (sold.price, sold.amount) == (D("100.00"), D("90.00"))
    given = sold.discounts.get()
    assert (given.kind, given.sum, given.reason, given.allowed_by.username) == ("once", D(10), "First month", "mara")


def test_a_discount_above_the_limit_takes_a_right_of_its_own(school):
    high = once(percent=D(50), amount=None, reason="A friend")
    with pytest.raises(DiscountTooHigh):
        sell(school, tariff(), once=high)
    assert sell(school, tariff(name="Other"), once=high, by="oleg").amount == D(50)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"percent": D(10), "amount": D(5), "reason": "x"}, "discount_amount"),
        ({"percent": D(0), "amount": None, "reason": "x"}, "discount_percent"),
        ({"percent": D(101), "amount": None, "reason": "x"}, "discount_percent"),
        ({"percent": None, "amount": D(-1), "reason": "x"}, "discount_amount"),
        ({"percent": D(10), "amount": None, "reason": ""}, "discount_reason"),
    ],
)
def test_a_discount_that_makes_no_sense_is_refused_at_its_field(told, field):
    with pytest.raises(InvalidInput) as refused:
        once(**told)
    assert field in refused.value.fields


def test_a_permanent_discount_and_that_of_a_sibling_come_by_themselves(school):
    first, second = school.clients()
    payer = first.relations.get(pays=True).contact
    second.relations.update(contact=payer)
    ClientDiscount.objects.create(client=second, percent=D(50), reason="Staff", since=date(2026, 1, 1))
    month = tariff(sibling_discount=10)
    assert sell(school, month, client=first).amount == D(100)
    sold = sell(school, month, client=second, key="two")
    assert sold.amount == D(45)
    assert [given.kind for given in sold.discounts.order_by("pk")] == ["permanent", "sibling"]


# ----------------------------------------------------------------------------------------------------------- marks


def test_marks_cost_what_was_sold_and_use_it_up(school):
    sold = sell(school, tariff())
    Tariff.objects.update(price=D(999))  # what was sold keeps its price
    one, two, three, *_ = tuesdays(school)
    for lesson, status in ((one, ATTENDED), (two, MISSED), (three, EXCUSED)):
        mark(school, lesson, status)
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (2, D("-40.00"))
    mark(school, two, None)
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (1, D("-20.00"))


def test_the_last_lesson_takes_the_rounding_in_any_order(school):
    sold = sell(school, tariff(kind="package", price=D(100), lessons=3))
    lessons = tuesdays(school)
    for lesson in lessons[:3]:
        mark(school, lesson, ATTENDED)
    assert balance(sold.client) == D("-100.00")
    mark(school, lessons[0], EXCUSED)
    assert balance(sold.client) == D("-66.67")
    mark(school, lessons[3], ATTENDED)
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (3, D("-100.00"))


def test_what_has_run_out_covers_nothing_more(school):
    sell(school, tariff(kind="package", price=D(20), lessons=1))
    one, two, *_ = tuesdays(school)
    mark(school, one, ATTENDED)
    mark(school, two, ATTENDED)  # by the tariff of the group: 12.50
    assert balance(school.clients()[0]) == D("-32.50")


def test_of_two_that_which_ends_first_is_used(school):
    later = sell(school, tariff(kind="package", price=D(30), lessons=3, days=60), key="later")
    sooner = sell(school, tariff(kind="package", price=D(50), lessons=1, days=20), key="sooner")
    one, two, *_ = tuesdays(school)
    mark(school, one, ATTENDED)
    mark(school, two, ATTENDED)
    assert dict(CoveredMark.objects.values_list("mark__lesson", "subscription")) == {
        one.pk: sooner.pk, two.pk: later.pk
    }


def test_a_range_of_lessons_draws_on_one_subscription(school):
    sold = sell(school, tariff(kind="package", price=D(100), lessons=3))
    lessons, pk = tuesdays(school), sold.client_id
    lesson_marked.mark_range(
        group_id=school.groups["chess"].pk, marks={lesson.pk: {pk: ATTENDED} for lesson in lessons[:4]},
        seen={}, at=lessons[4].starts_at, by=school.actor("vera"),
    )
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (3, D("-112.50"))


def test_what_is_charged_at_the_start_is_not_charged_again(school):
    sold = sell(school, tariff(charged="start"))
    assert balance(sold.client) == D("-100.00")
    one, two, *_ = tuesdays(school)
    mark(school, one, ATTENDED)
    mark(school, two, MISSED)
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (2, D("-100.00"))
    entry = LedgerEntry.objects.get()
    assert (entry.kind, entry.subscription, entry.group, entry.day) == (
        EntryKind.CHARGE, sold, school.groups["chess"], SEPTEMBER
    )


def test_instalments_come_due_one_after_another(school):
    sold = sell(school, tariff(kind="course", price=D(100), lessons=30, charged="start", instalments=3))
    assert balance(sold.client) == D("-33.33")
    subscriptions_ended.settle(at=AT + timedelta(days=31), by=JOB)
    subscriptions_ended.settle(at=AT + timedelta(days=31), by=JOB)
    assert balance(sold.client) == D("-66.66")
    subscriptions_ended.settle(at=AT + timedelta(days=90), by=JOB)
    assert balance(sold.client) == D("-100.00")


def test_what_begins_later_is_charged_later(school):
    sold = sell(school, tariff(charged="start"), since=date(2026, 10, 1))
    assert balance(sold.client) == 0
    subscriptions_ended.settle(at=AT + timedelta(days=29, hours=7), by=JOB)  # 1 October in Kyiv
    assert balance(sold.client) == D("-100.00")


def test_lessons_that_were_marked_before_the_sale_are_priced_by_it(school):
    one, two, *_ = tuesdays(school)
    mark(school, one, ATTENDED)
    mark(school, two, MISSED)
    assert balance(school.clients()[0]) == D("-18.75")
    sold = sell(school, tariff(), at=two.starts_at)
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (2, D("-40.00"))


def test_a_cell_that_is_not_to_be_charged_uses_nothing_up(school):
    sold = sell(school, tariff(charged="start"))
    mark(school, school.lessons["chess"], MISSED)
    charge_decided.decide(mark_id=Mark.objects.get().pk, charged=False, at=AT, by=school.actor("vera"))
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (0, D(-100))
    charge_decided.decide(mark_id=Mark.objects.get().pk, charged=None, at=AT, by=school.actor("vera"))
    sold.refresh_from_db()
    assert sold.used == 1


def test_a_cancelled_lesson_gives_its_lesson_back(school):
    sold = sell(school, tariff())
    mark(school, school.lessons["chess"], ATTENDED)
    how = {"lesson_id": school.lessons["chess"].pk, "at": AT, "by": school.actor("vera")}
    lesson_cancelled.cancel(reason="Snow", **how)
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (0, 0)
    lesson_cancelled.restore(**how)
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (1, D(-20))


# ------------------------------------------------------------------------------------------- the money of a make-up

KINDS = {
    "month, as it happens": ({"kind": "month"}, D(20)),
    "month, at the start": ({"kind": "month", "charged": "start"}, D(20)),
    "month of fixed lessons": ({"kind": "month", "pricing": "fixed", "price": D(15)}, D(15)),
    "package, as it happens": ({"kind": "package", "lessons": 8, "price": D(96)}, D(12)),
    "package, at the start": ({"kind": "package", "lessons": 8, "price": D(96), "charged": "start"}, D(12)),
    "course in instalments": (
        {"kind": "course", "lessons": 10, "price": D(100), "charged": "start", "instalments": 2}, D(10),
    ),
    "one lesson": ({"kind": "one_off", "lessons": 1, "price": D(25)}, D(25)),
}


@pytest.mark.parametrize("host", ["chess", "dance", "judo"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_make_up_is_charged_once_for_the_home_group(school, kind, host):
    told, unit = KINDS[kind]
    sold = sell(school, tariff(**told))
    bought = balance(sold.client)
    sold.client.enrolments.update(weekdays=[2])  # the lesson on Thursday is none of theirs
    mark(school, school.lessons["chess"], EXCUSED)
    assert balance(sold.client) == bought
    lesson = school.lesson(host, at=AT + timedelta(days=2))
    miss = Mark.objects.get(lesson=school.lessons["chess"])
    make_up_booked.book(miss_id=miss.pk, lesson_id=lesson.pk, at=AT, by=school.actor("vera"))
    mark(school, lesson, ATTENDED)
    sold.refresh_from_db()
    prepaid = told.get("charged") == "start"
    assert sold.used == 1
    assert balance(sold.client) == bought - (0 if prepaid else unit)
    of_group = LedgerEntry.objects.filter(group=school.groups["chess"]).aggregate(sum=Sum("amount"))["sum"]
    assert of_group == balance(sold.client)


@pytest.mark.parametrize(
    ("charged", "lapsed_share", "change", "used"),
    [("lesson", 0, 0, 0), ("lesson", 100, -20, 1), ("lesson", 50, -10, 1), ("start", 0, 20, 1), ("start", 30, 14, 1),
     ("start", 100, 0, 1)],
)  # fmt: skip
def test_what_was_not_worked_off_burns_or_comes_back(school, charged, lapsed_share, change, used):
    sold = sell(school, tariff(charged=charged, lapsed_share=lapsed_share))
    before = balance(sold.client)
    mark(school, school.lessons["chess"], EXCUSED)
    later = AT + timedelta(days=40)
    for _ in range(2):
        make_ups_lapsed.lapse(at=later, by=JOB)
    sold.refresh_from_db()
    assert (balance(sold.client) - before, sold.used) == (change, used)
    lapses = LedgerEntry.objects.filter(kind=EntryKind.LAPSE)
    assert [entry.day for entry in lapses] == ([date(2026, 10, 2)] if change else [])


# ------------------------------------------------------------------------------------------ what happens to it later


@pytest.mark.parametrize(
    ("charged", "burns", "change"),
    [("lesson", False, 0), ("lesson", True, -80), ("start", False, 80), ("start", True, 0)],
)
def test_what_is_left_at_the_end(school, charged, burns, change):
    sold = sell(school, tariff(charged=charged, burns=burns))
    mark(school, school.lessons["chess"], ATTENDED)
    before = balance(sold.client)
    subscriptions_ended.settle(at=AT + timedelta(days=28), by=JOB)
    assert balance(sold.client) == before
    for _ in range(2):
        subscriptions_ended.settle(at=AT + timedelta(days=31), by=JOB)
    sold.refresh_from_db()
    assert balance(sold.client) - before == change
    assert sold.closed_on == date(2026, 10, 2)


def test_the_end_waits_while_a_lesson_may_still_be_worked_off(school):
    sold = sell(school, tariff(charged="start"))
    lessons = tuesdays(school)
    mark(school, lessons[4], EXCUSED)  # until 29 October
    subscriptions_ended.settle(at=AT + timedelta(days=31), by=JOB)
    sold.refresh_from_db()
    assert sold.closed_on is None
    later = AT + timedelta(days=60)
    make_ups_lapsed.lapse(at=later, by=JOB)
    subscriptions_ended.settle(at=later, by=JOB)
    sold.refresh_from_db()
    assert sold.closed_on is not None
    assert balance(sold.client) == 0  # all five came back, one as lapsed


def test_a_mark_corrected_afterwards_is_reckoned_again(school):
    sold = sell(school, tariff(charged="start"))
    mark(school, school.lessons["chess"], ATTENDED)
    later = AT + timedelta(days=31)
    subscriptions_ended.settle(at=later, by=JOB)
    assert balance(sold.client) == D(-20)
    mark(school, school.lessons["chess"], None, at=later)
    subscriptions_ended.settle(at=later, by=JOB)
    assert balance(sold.client) == 0


def test_it_is_ended_before_its_day(school):
    sold = sell(school, tariff(charged="start"))
    one, two, *_ = tuesdays(school)
    mark(school, one, ATTENDED)
    mark(school, two, ATTENDED)
    how = {"subscription_id": sold.pk, "at": AT, "by": school.actor("mara")}
    with pytest.raises(UsedAlready):
        subscription_sold.end(until=date(2026, 9, 8), **how)
    with pytest.raises(InvalidInput):
        subscription_sold.end(until=date(2026, 11, 1), **how)
    subscription_sold.end(until=date(2026, 9, 9), **how)
    subscriptions_ended.settle(at=AT + timedelta(days=10), by=JOB)
    assert balance(sold.client) == D(-40)


def test_a_sale_is_taken_back_until_a_lesson_is_used(school):
    sold = sell(school, tariff(charged="start"))
    how = {"subscription_id": sold.pk, "reason": "A slip", "at": AT, "by": school.actor("mara")}
    mark(school, school.lessons["chess"], ATTENDED)
    with pytest.raises(UsedAlready):
        subscription_sold.take_back(**how)
    mark(school, school.lessons["chess"], None)
    subscription_sold.take_back(**how)
    subscription_sold.take_back(**how)
    assert balance(sold.client) == 0
    sell(school, tariff(name="Another"), key="again")


@pytest.mark.parametrize("lapsed_share", [0, 30])
def test_what_was_sold_by_mistake_gives_nothing_back_when_it_lapses(school, lapsed_share):
    sold = sell(school, tariff(charged="start", lapsed_share=lapsed_share))
    mark(school, school.lessons["chess"], EXCUSED)
    subscription_sold.take_back(subscription_id=sold.pk, reason="A slip", at=AT, by=school.actor("mara"))
    make_ups_lapsed.lapse(at=AT + timedelta(days=40), by=JOB)
    assert balance(sold.client) == 0
    assert not [found.promise.name for found in examine(OF_BILLING) if found.broken]


def test_a_freeze_gives_lessons_back(school):
    sold = sell(school, tariff(charged="start"))
    how = {"at": AT, "by": school.actor("mara")}
    first = client_frozen.freeze(client_id=sold.client_id, since=date(2026, 9, 7), until=date(2026, 9, 17), **how)
    client_frozen.freeze(client_id=sold.client_id, since=date(2026, 9, 22), until=date(2026, 9, 23), **how)
    sold.refresh_from_db()
    assert (sold.frozen, balance(sold.client)) == (3, D(-40))
    client_frozen.unfreeze(freeze_id=first, since=date(2026, 9, 14), **how)
    sold.refresh_from_db()
    assert (sold.frozen, balance(sold.client)) == (2, D(-60))
    assert LedgerEntry.objects.standing(EntryKind.CHARGE).get().amount == D(-60)


@pytest.mark.parametrize(("most", "until"), [(None, date(2026, 10, 7)), (2, date(2026, 10, 3))])
def test_a_freeze_makes_a_package_last_longer(school, most, until):
    sold = sell(school, tariff(kind="package", lessons=4, days=30, freezing="extends", freeze_days=most))
    how = {"at": AT, "by": school.actor("mara")}
    client_frozen.freeze(client_id=sold.client_id, since=date(2026, 9, 7), until=date(2026, 9, 13), **how)
    sold.refresh_from_db()
    assert (sold.until, sold.groups.get().until) == (until, until)


def test_a_transfer_takes_the_rest_along(school):
    art = Group.objects.create(
        name="Art", branch=school.branches["north"], programme=school.groups["chess"].programme, capacity=12
    )
    school.groups["art"] = art
    sold = sell(school, tariff())
    mark(school, school.lessons["chess"], ATTENDED)
    stay = sold.client.enrolments.get()
    client_transferred.transfer(
        enrolment_id=stay.pk, group_id=art.pk, since=date(2026, 9, 8), seen=None, at=AT, by=school.actor("mara")
    )
    there = school.lesson("art", at=AT + timedelta(weeks=1))
    mark(school, there, ATTENDED)
    sold.refresh_from_db()
    assert (sold.used, balance(sold.client)) == (2, D(-40))
    assert list(SubscriptionGroup.objects.order_by("since").values_list("group__name", "since", "until")) == [
        ("Chess", SEPTEMBER, date(2026, 9, 8)), ("Art", date(2026, 9, 8), date(2026, 10, 1))
    ]


def test_a_price_of_nothing_is_a_subscription_too(school):
    sold = sell(school, tariff(), once=once(percent=D(100), amount=None, reason="Ours"), by="vera")
    mark(school, school.lessons["chess"], ATTENDED)
    sold.refresh_from_db()
    assert (sold.amount, sold.used, balance(sold.client)) == (0, 1, 0)


def test_a_contract_is_made_with_it(school):
    Organisation.objects.update(contracts=True)
    sold = sell(school, tariff(), contract="17/2026")
    assert (sold.contract.number, sold.contract.payer) == ("17/2026", sold.client.relations.get(pays=True).contact)
