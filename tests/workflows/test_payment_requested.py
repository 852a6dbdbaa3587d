"""A payer is asked for money: what is reckoned, what is kept, and every way in which nothing is asked."""

from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.db.models import Sum
from django.utils import translation

from rollbook.domains.billing.actions import AnotherRequest, NothingDue
from rollbook.domains.billing.models import AnnouncedPayment, EntryKind, LedgerEntry, Method, PaymentRequest, Tariff
from rollbook.domains.groups.models import Freeze
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Relation
from rollbook.domains.schedule.models import ClosingDay
from rollbook.foundation.errors import InvalidInput, NotAllowed
from rollbook.screens import requesting
from rollbook.screens.requesting import Coming, Reckoning
from rollbook.screens.selling import Wanted
from rollbook.workflows import lesson_cancelled, lesson_marked, payment_received, payment_requested, subscription_sold
from rollbook.workflows.payment_requested import DueChanged
from rollbook.workflows.subscription_sold import Order
from tests.school import AT, DAY

SEPTEMBER = {"first": date(2026, 9, 1), "last": date(2026, 9, 30)}  # Tuesdays: 1, 8, 15, 22, 29
OCTOBER = {"first": date(2026, 10, 1), "last": date(2026, 10, 31)}  # Tuesdays: 6, 13, 20, 27


@pytest.fixture(autouse=True)
def in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def ivan(school):
    return school.clients()[0]


def reckoned(school, *clients, by="mara", days=SEPTEMBER, at=AT):
    return requesting.reckon(client_ids=[client.pk for client in clients], **days, at=at, by=school.actor(by))


def one(school, client, **how):
    return reckoned(school, client, **how).children[0].reckoning


def ask(school, *clients, by="mara", key="a request", days=SEPTEMBER, at=AT, **told):
    return payment_requested.request(
        client_ids=[client.pk for client in clients], **days, key=key, at=at, by=school.actor(by), **told
    )


def mark(school, client, status=Status.ATTENDED):
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={client.pk: status}, seen=None, at=AT, by=school.actor("vera")
    )


def pay(school, client, amount, on=DAY):
    payment_received.receive(
        client_id=client.pk, amount=D(amount), method=Method.CASH, on=on, note="", key=f"{client.pk} {amount}", at=AT,
        by=school.actor("vera"),
    )


def siblings(school):
    first, second = school.clients()
    second.relations.update(contact=first.relations.get(pays=True).contact)
    return first, second


def test_what_is_to_come_is_reckoned_by_the_timetable(school, ivan):
    assert one(school, ivan) == Reckoning(coming=(Coming("Chess", 5, D("62.50")),))
    mark(school, ivan)
    assert one(school, ivan) == Reckoning(charged=D("12.50"), coming=(Coming("Chess", 4, D("50.00")),))


def test_closed_frozen_and_cancelled_days_cost_nothing(school, ivan):
    ClosingDay.objects.create(branch=school.branches["north"], day=date(2026, 9, 8))
    Freeze.objects.create(client=ivan, since=date(2026, 9, 14), until=date(2026, 9, 16))
    lesson_cancelled.cancel(lesson_id=school.lessons["chess"].pk, reason="Snow", at=AT, by=school.actor("vera"))
    assert one(school, ivan).coming == (Coming("Chess", 2, D("25.00")),)


def test_before_the_next_month_stands_what_this_one_still_costs(school, ivan):
    mark(school, ivan)
    pay(school, ivan, 20)
    found = one(school, ivan, days=OCTOBER)
    assert (found.before, found.until_then, found.coming) == (
        D("7.50"), (Coming("Chess", 4, D("50.00")),), (Coming("Chess", 4, D("50.00")),)
    )
    assert found.due == D("92.50")


def test_what_was_paid_announced_let_off_and_corrected_counts(school, ivan):
    pay(school, ivan, 10)
    AnnouncedPayment.objects.create(client=ivan, amount=5, paid_on=DAY, announced_at=AT)
    AnnouncedPayment.objects.create(client=ivan, amount=7, paid_on=DAY, announced_at=AT, declined_at=AT)
    for kind, amount in ((EntryKind.DISCOUNT, 2), (EntryKind.CORRECTION, -1)):
        LedgerEntry.objects.create(
            client=ivan, branch=ivan.branch, kind=kind, amount=amount, reason="x", day=DAY, made_at=AT
        )
    found = one(school, ivan)
    assert (found.paid, found.announced, found.discounts, found.others) == (D(10), D(5), D(2), D(-1))
    assert found.due == D("62.50") - 10 - 5 - 2 + 1


def test_who_has_enough_owes_nothing(school, ivan):
    pay(school, ivan, 100)
    assert one(school, ivan).due == 0


def sell(school, client, **told):
    month = Tariff.objects.create(**{"name": "Month", "kind": "month", "pricing": "month", "price": D(100)} | told)
    wanted = Wanted(client.pk, school.groups["chess"].pk, month.pk, date(2026, 9, 1))
    subscription_sold.sell(orders=[Order(wanted=wanted, key="sold")], at=AT, by=school.actor("mara"))


def test_what_a_subscription_stands_for_costs_what_was_sold(school, ivan):
    sell(school, ivan)
    assert one(school, ivan).coming == (Coming("Chess", 5, D("100.00")),)
    mark(school, ivan)
    assert one(school, ivan).coming == (Coming("Chess", 4, D("80.00")),)


def test_what_is_paid_at_the_start_costs_its_instalments(school, ivan):
    sell(
        school, ivan, kind="course", pricing="whole", lessons=3, price=D(90), charged="start", instalments=3
    )
    found = one(school, ivan, days={"first": date(2026, 9, 1), "last": date(2026, 10, 31)})
    assert (found.charged, found.instalments) == (D(30), D(30))
    # The three lessons of the course are paid for; the six after them go by the tariff of the group.
    assert found.coming == (Coming("Chess", 6, D("75.00")),)


@pytest.mark.parametrize(
    ("today", "days"),
    [
        (date(2026, 9, 1), (date(2026, 9, 1), date(2026, 9, 30))),
        (date(2026, 9, 19), (date(2026, 9, 19), date(2026, 9, 30))),
        (date(2026, 9, 20), (date(2026, 10, 1), date(2026, 10, 31))),
        (date(2026, 12, 31), (date(2027, 1, 1), date(2027, 1, 31))),
    ],
)
def test_the_rest_of_the_month_is_proposed_and_late_in_it_the_next_one(today, days):
    assert requesting.proposed(today=today) == days


# ---- asked


def test_a_request_is_kept_as_it_was_reckoned(school, ivan):
    (pk,) = ask(school, ivan, shown=D("62.50"))
    mark(school, ivan)
    kept = requesting.request(request_id=pk, at=AT, by=school.actor("mara"))
    assert kept.children[0].reckoning == Reckoning(coming=(Coming("Chess", 5, D("62.50")),))
    assert (kept.due, kept.payer, kept.made_by) == (D("62.50"), "Ivan's mother", "Mara")
    entry = Entry.objects.get(verb="payment.requested")
    assert entry.subject == f"client:{ivan.pk}"
    assert entry.new == {"amount": "62.50", "from": "2026-09-01", "until": "2026-09-30"}


def test_the_children_of_one_payer_are_asked_for_together(school):
    both = siblings(school)
    made = ask(school, *both)
    kept = requesting.request(request_id=made[1], at=AT, by=school.actor("mara"))
    assert [child.client_id for child in kept.children] == [client.pk for client in both]
    assert kept.due == D("125.00")


def test_of_another_branch_one_sees_nothing_of_it(school):
    first, second = siblings(school)
    ask(school, first, second)
    second.branch = school.branches["south"]
    second.save()
    second.enrolments.all().delete()
    pk = PaymentRequest.objects.get(client=first).pk
    assert [child.client for child in requesting.request(request_id=pk, at=AT, by=school.actor("mara")).children] == [
        "Ivan"
    ]


def test_the_same_form_asks_once(school, ivan):
    first = ask(school, ivan)
    mark(school, ivan)
    assert ask(school, ivan, shown=D(1)) == first
    with pytest.raises(AnotherRequest):
        ask(school, ivan, days=OCTOBER)
    assert PaymentRequest.objects.count() == 1


def test_what_was_shown_is_what_is_asked(school, ivan):
    with pytest.raises(DueChanged):
        ask(school, ivan, shown=D("62.49"))
    assert not PaymentRequest.objects.exists()


def test_nothing_is_asked_of_who_owes_nothing(school, ivan):
    pay(school, ivan, 100)
    with pytest.raises(NothingDue):
        ask(school, ivan)


def test_clients_of_two_payers_are_not_asked_together(school):
    with pytest.raises(InvalidInput) as refused:
        ask(school, *school.clients())
    assert "client_ids" in refused.value.fields


def test_who_has_no_payer_is_asked_alone(school, ivan):
    Relation.objects.filter(client=ivan).update(pays=False)
    (pk,) = ask(school, ivan)
    assert requesting.request(request_id=pk, at=AT, by=school.actor("mara")).payer == ""


@pytest.mark.parametrize(
    "days",
    [
        {"first": date(2026, 8, 1), "last": date(2026, 8, 31)},
        {"first": date(2026, 9, 10), "last": date(2026, 9, 5)},
        {"first": date(2026, 9, 1), "last": date(2027, 9, 30)},
    ],
)
def test_days_that_make_no_sense_are_refused_at_their_field(school, ivan, days):
    with pytest.raises(InvalidInput) as refused:
        ask(school, ivan, days=days)
    assert "last" in refused.value.fields


def test_nobody_is_nobody(school):
    with pytest.raises(InvalidInput):
        ask(school)


@pytest.mark.parametrize(("by", "error"), [("anna", NotAllowed), ("kira", InvalidInput), ("rita", InvalidInput)])
def test_who_may_not_take_payments_asks_for_none(school, ivan, by, error):
    with pytest.raises(error):
        ask(school, ivan, by=by)
    assert not PaymentRequest.objects.exists()


def test_the_text_says_what_the_sum_is_made_of(school):
    first, second = siblings(school)
    mark(school, first)
    pay(school, first, 10)
    pay(school, second, 70, on=DAY - timedelta(days=40))
    found = reckoned(school, first, second)
    assert requesting.text(reckoned=found, language="en") == (
        "September. Ivan: charged 12.50, Chess 4 lessons 50, paid 10. To pay 52.50. "
        "Olga: left before 70, Chess 5 lessons 62.50. To pay 0. To pay in all 52.50."
    )
    owed = LedgerEntry.objects.filter(client=first).aggregate(sum=Sum("amount"))["sum"]
    assert owed == D("-2.50")
