"""A month in the words that are sent to whoever pays, from what was really done: enrolled, marked, sold, paid."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest
from django.db.models import Sum

from rollbook.domains.access.actor import operator
from rollbook.domains.billing.models import EntryKind, LedgerEntry, Method, Tariff, TariffUse, Transfer
from rollbook.domains.groups.models import Group
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.people.models import Client
from rollbook.screens.explained import period, text
from rollbook.screens.selling import Wanted
from rollbook.screens.statement import statement
from rollbook.workflows import (
    charge_decided,
    client_frozen,
    guest_booked,
    lesson_cancelled,
    lesson_marked,
    make_up_booked,
    make_up_by_hand,
    make_ups_lapsed,
    payment_received,
    subscription_sold,
    subscriptions_ended,
)
from rollbook.workflows.subscription_sold import Order

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 31)
END = datetime(2026, 3, 31, 20, tzinfo=UTC)
ATTENDED, MISSED, EXCUSED = Status.ATTENDED, Status.MISSED, Status.EXCUSED
DAYS = (3, 7, 10, 14, 17, 21, 24, 28, 31)  # Tuesdays and Saturdays of March 2026
JOB = operator("", via="job")


class March:
    """A client in a group that meets on these days, at 600 a lesson, and what happens to them."""

    def __init__(self, school):
        self.school = school
        self.owner = school.actor("vera")
        Tariff.objects.update(price=D(600), missed_share=100)
        self.lessons = {day: self.lesson("chess", day) for day in DAYS}
        (self.client,) = school.enrol("Ada", since=FIRST)

    def lesson(self, group, day, month=3):
        return self.school.lesson(group, at=datetime(2026, month, day, 15, tzinfo=UTC))

    def mark(self, status, *days, at=None):
        for day in days:
            self.set(self.lessons[day], status, at=at)

    def set(self, lesson, status, *, at=None):
        lesson_marked.mark(
            lesson_id=lesson.pk, marks={self.client.pk: status}, seen=None, at=at or lesson.starts_at, by=self.owner
        )

    def pay(self, amount, day=5, month=3, key="paid"):
        return payment_received.receive(
            client_id=self.client.pk, amount=D(amount), method=Method.CASH, on=date(2026, month, day), note="",
            key=key, at=END, by=self.owner,
        )

    def mark_of(self, day):
        return Mark.objects.get(client=self.client, lesson=self.lessons[day])

    def visit(self, day, month=4, group="chess"):
        lesson = self.lesson(group, day, month)
        self.client.enrolments.filter(group=self.school.groups[group]).update(until=lesson.day)
        return lesson

    def sell(self, *, group="chess", since=FIRST, **told):
        told = {"name": "Eight", "kind": "package", "pricing": "whole", "price": D(4800), "lessons": 8} | told
        tariff = Tariff.objects.create(**told)
        order = Order(wanted=Wanted(self.client.pk, self.school.groups[group].pk, tariff.pk, since), key=told["name"])
        subscription_sold.sell(orders=[order], at=datetime(2026, 3, 1, 9, tzinfo=UTC), by=self.owner)

    def book(self, kind, amount, day=20, **told):
        LedgerEntry.objects.create(
            client=self.client, branch=self.client.branch, kind=kind, amount=D(amount), day=date(2026, 3, day),
            made_at=END, **told,
        )

    def said(self, language="en", *, first=FIRST, last=LAST, at=END):
        found = statement(client_id=self.client.pk, first=first, last=last, at=at, by=self.owner)
        booked = LedgerEntry.objects.filter(client=self.client, day__lte=last).aggregate(sum=Sum("amount"))["sum"]
        assert found.closing == (booked or 0)
        assert sum(line.amount or 0 for line in found.lines) == found.closing - found.opening
        return text(statement=found, language=language)


@pytest.fixture
def march(school):
    return March(school)


def usual(march):
    march.mark(ATTENDED, 3, 7, 10, 14, 17, 24, 28)
    march.mark(EXCUSED, 21)
    march.mark(MISSED, 31)
    march.pay(5400)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (
            "en",
            "March: 9 lessons, was at 7 (4 200), ill at 1 (may be worked off until 20 April), missed 1 (600). "
            "Paid 5 400. Left 600.",
        ),
        (
            "ru",
            "Март: 9 занятий, посещено 7 (4 200), пропущено по болезни 1 (можно отработать до 20 апреля), "
            "пропущено без причины 1 (600). Оплачено 5 400. Остаток 600.",
        ),
        (
            "uk",
            "Березень: 9 занять, відвідано 7 (4 200), пропущено через хворобу 1 (можна відпрацювати до 20 квітня), "
            "пропущено без причини 1 (600). Сплачено 5 400. Залишок 600.",
        ),
    ],
)
def test_a_month_explains_itself(march, language, sentence):
    usual(march)
    assert march.said(language) == sentence


def nothing(march):
    march.client.enrolments.all().delete()


def only_paid(march):
    nothing(march)
    march.pay(100)


def owed_before(march):
    march.client.enrolments.update(since=date(2026, 2, 1), until=FIRST)
    march.set(march.lesson("chess", 24, month=2), ATTENDED)
    march.set(march.lesson("chess", 28, month=2), ATTENDED)
    march.pay(1000)


def had_before(march):
    march.pay(1500, day=20, month=2)
    march.mark(ATTENDED, 3)
    march.lessons = {}


def half_way(march):
    march.mark(ATTENDED, 3, 7)
    march.mark(Status.PLANNED, 28)


def worked_off(march):
    march.mark(ATTENDED, 3, 7, 10, 14, 24, 28, 31)
    march.mark(EXCUSED, 17, 21)
    host = march.school.lesson("dance", at=datetime(2026, 3, 26, 15, tzinfo=UTC))
    make_up_booked.book(miss_id=march.mark_of(17).pk, lesson_id=host.pk, at=host.starts_at, by=march.owner)
    march.set(host, ATTENDED)


def to_be_worked_off(march):
    march.mark(EXCUSED, 17, 21, 24)
    for day, on in ((17, 2), (21, 4)):
        host = march.school.lesson("dance", at=datetime(2026, 4, on, 15, tzinfo=UTC))
        make_up_booked.book(miss_id=march.mark_of(day).pk, lesson_id=host.pk, at=END, by=march.owner)


def worked_off_at_home(march):
    march.mark(EXCUSED, 21)
    make_up_by_hand.work_off(
        mark_id=march.mark_of(21).pk, on=date(2026, 3, 25), note="At home", at=END, by=march.owner
    )


def burned(march):
    Tariff.objects.update(lapsed_share=100)
    march.mark(EXCUSED, 3)
    make_ups_lapsed.lapse(at=datetime(2026, 4, 3, 5, tzinfo=UTC), by=JOB)


def paid_back_for_a_miss(march):
    march.sell(charged="start")
    march.mark(ATTENDED, 7)
    march.mark(EXCUSED, 3)
    make_ups_lapsed.lapse(at=datetime(2026, 4, 3, 5, tzinfo=UTC), by=JOB)


def bought(march):
    march.sell(charged="start")
    march.mark(ATTENDED, 3, 7, 10, 14)
    march.mark(MISSED, 17)
    march.pay(4800)


def in_instalments(march):
    march.sell(kind="course", charged="start", instalments=3, lessons=30, price=D(9000))
    march.mark(ATTENDED, 3)


def as_lessons_happen(march):
    march.sell()
    march.mark(ATTENDED, 3, 7)


def ended(march):
    march.sell(kind="month", pricing="month", lessons=None, charged="start", price=D(5400))
    march.mark(ATTENDED, 3, 10, 17)
    subscriptions_ended.settle(at=datetime(2026, 4, 3, 5, tzinfo=UTC), by=JOB)


def frozen(march):
    march.mark(ATTENDED, 3, 7)
    client_frozen.freeze(
        client_id=march.client.pk, since=date(2026, 3, 9), until=date(2026, 3, 30), at=END - timedelta(days=25),
        by=march.owner,
    )
    march.mark(ATTENDED, 31)


def two_groups(march):
    march.client.enrolments.create(group=march.school.groups["dance"], since=FIRST)
    march.mark(ATTENDED, 3, 7)
    march.set(march.lesson("dance", 5), ATTENDED)
    march.set(march.lesson("dance", 12), MISSED)
    march.pay(2000)


def as_a_guest(march):
    nothing(march)
    for day, kind in ((5, "trial"), (12, "one_off")):
        lesson = march.lesson("dance", day)
        guest_booked.book(
            lesson_id=lesson.pk, client_id=march.client.pk, kind=kind, at=lesson.starts_at, by=march.owner
        )
        march.set(lesson, ATTENDED)


def cancelled(march):
    march.mark(ATTENDED, 3)
    lesson_cancelled.cancel(lesson_id=march.lessons[7].pk, reason="Snow", at=END, by=march.owner)


def not_charged(march):
    march.mark(MISSED, 3, 7)
    charge_decided.decide(mark_id=march.mark_of(3).pk, charged=False, at=END, by=march.owner)


def by_hand(march):
    nothing(march)
    march.book(EntryKind.DISCOUNT, 200, reason="second child")
    march.book(EntryKind.CORRECTION, -50, reason="counted twice")
    march.book(EntryKind.BONUS, 100, reason="for a friend")


def moved(march):
    nothing(march)
    march.pay(1000)
    transfer = Transfer.objects.create(amount=D(300), reason="x")
    LedgerEntry.objects.bulk_create(
        LedgerEntry(
            client=client, branch=client.branch, kind=EntryKind.TRANSFER, amount=amount, transfer=transfer,
            day=date(2026, 3, 20), made_at=END,
        )
        for client, amount in ((march.client, D(-300)), (march.school.clients()[0], D(300)))
    )


def a_payment_of_before_taken_back(march):
    nothing(march)
    paid = march.pay(500, day=20, month=2)
    entry = LedgerEntry.objects.get(payment=paid)
    march.book(EntryKind.REVERSAL, -500, payment=entry.payment, reverses=entry)


def a_lesson_of_before_marked_anew(march):
    nothing(march)
    lesson = march.lesson("chess", 24, month=2)
    march.client.enrolments.create(group=march.school.groups["chess"], since=date(2026, 2, 1), until=FIRST)
    march.set(lesson, ATTENDED)
    entry = LedgerEntry.objects.get(mark__lesson=lesson)
    march.book(
        EntryKind.REVERSAL, 600, mark=entry.mark, group=entry.group, reverses=entry, about=entry.day,
    )


NINE = "March: 9 lessons, "
CASES = {
    nothing: "March: no lessons. Left 0.",
    only_paid: "March: no lessons. Paid 100. Left 100.",
    owed_before: "Before: owed 1 200. March: no lessons. Paid 1 000. Owed 200.",
    had_before: "Before: left 1 500. March: 9 lessons, was at 1 (600), not marked 8. Left 900.",
    half_way: "March: 9 lessons, was at 2 (1 200), not marked 6, to come 1. Owed 1 200.",
    worked_off: (
        "March: 9 lessons, was at 7 (4 200), ill at 2 (1 worked off; 1 may be worked off until 20 April), "
        "worked off 1 (600). Owed 4 800."
    ),
    to_be_worked_off: (
        "March: 9 lessons, ill at 3 (2 to be worked off on 2 and 4 April; 1 may be worked off until 23 April), "
        "not marked 6. Left 0."
    ),
    worked_off_at_home: "March: 9 lessons, ill at 1 (worked off), not marked 8. Left 0.",
    burned: "March: 9 lessons, ill at 1 (not worked off in time), not marked 8. Left 0.",
    paid_back_for_a_miss: (
        "March: 9 lessons, was at 1, ill at 1 (not worked off in time), not marked 7; subscription 4 800: used 2 of 8. "
        "Owed 4 800."
    ),
    bought: (
        "March: 9 lessons, was at 4, missed 1, not marked 4; subscription 4 800: used 5 of 8. Paid 4 800. Left 0."
    ),
    in_instalments: (
        "March: 9 lessons, was at 1, not marked 8; subscription 3 000 (instalment 1 of 3): used 1 of 30. Owed 3 000."
    ),
    as_lessons_happen: "March: 9 lessons, was at 2 (1 200), not marked 7. Owed 1 200.",
    frozen: "March: 9 lessons, was at 3 (1 800), frozen 6. Owed 1 800.",
    two_groups: (
        "March. Chess: 9 lessons, was at 2 (1 200), not marked 7. Dance: 2 lessons, was at 1 (600), missed 1 (600). "
        "Paid 2 000. Owed 400."
    ),
    as_a_guest: "March: trial 1, one-off 1 (600). Owed 600.",
    cancelled: "March: 8 lessons, was at 1 (600), not marked 7. Owed 600.",
    not_charged: "March: 9 lessons, missed 2 (600), not marked 7. Owed 600.",
    by_hand: (
        "March: no lessons. Discount 200 (second child). Correction −50 (counted twice). Bonus 100 (for a friend). "
        "Left 250."
    ),
    moved: "March: no lessons. Moved to another account 300. Paid 1 000. Left 700.",
    a_payment_of_before_taken_back: (
        "Before: left 500. March: no lessons. Payments of before taken back 500. Left 0."
    ),
    a_lesson_of_before_marked_anew: (
        "Before: owed 600. March: no lessons. Recalculated for other days +600. Left 0."
    ),
}


@pytest.mark.parametrize("done", CASES, ids=lambda done: done.__name__)
def test_whatever_happened_is_told_from_the_facts(march, done):
    done(march)
    assert march.said() == CASES[done]


def test_the_days_after_tell_what_became_of_it(march):
    burned(march)
    april = {"first": date(2026, 4, 1), "last": date(2026, 4, 30)}
    assert march.said(**april) == "April: no lessons. Burned 600: not worked off in time. Owed 600."


def test_what_was_paid_before_comes_back_in_the_month_in_which_the_right_is_over(march):
    paid_back_for_a_miss(march)
    april = {"first": date(2026, 4, 1), "last": date(2026, 4, 30)}
    assert march.said(**april) == (
        "Before: owed 4 800. April: no lessons. Came back 600: not worked off in time. Owed 4 200."
    )


def test_what_was_not_used_comes_back_at_the_end(march):
    ended(march)
    april = {"first": date(2026, 4, 1), "last": date(2026, 4, 30)}
    assert march.said(**april) == "Before: owed 5 400. April: no lessons. Came back 2 160: not used. Owed 3 240."


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 3, 1), date(2026, 3, 31), "March"),
        (date(2026, 3, 2), date(2026, 3, 15), "2–15\N{NO-BREAK SPACE}March"),
        (date(2026, 3, 2), date(2026, 3, 2), "2\N{NO-BREAK SPACE}March"),
        (date(2026, 3, 20), date(2026, 4, 10), "20\N{NO-BREAK SPACE}March – 10\N{NO-BREAK SPACE}April"),
        (date(2024, 3, 1), date(2024, 3, 31), "March 2024"),
    ],
)
def test_the_period_has_a_name(first, last, said):
    assert period(first=first, last=last, today=date(2026, 4, 2), language="en") == said


def test_a_name_of_another_is_never_told(march):
    moved(march)
    names = Client.objects.exclude(pk=march.client.pk).values_list("name", flat=True)
    assert not any(name in march.said() for name in names)


def test_groups_are_named_where_there_are_several(march):
    two_groups(march)
    Group.objects.filter(name="Dance").update(name="Drawing")
    assert "Drawing: 2 lessons," in march.said()


def test_a_group_without_a_tariff_costs_nothing(march):
    TariffUse.objects.all().delete()
    march.mark(ATTENDED, 3)
    assert march.said() == NINE + "was at 1, not marked 8. Left 0."
