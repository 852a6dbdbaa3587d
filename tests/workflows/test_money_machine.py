"""Spec 05, rule 1: whatever is marked, sold, paid, given back, moved, paused, closed and taken back, in any order, a
client's stored balance is the sum of their entries, and all of them say why they are there.

What somebody books by hand is followed here, to the cent; what marks and subscriptions cost is asked of the doctor.
"""

import os
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rollbook.domains.access.actor import operator
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Account, EntryKind, LedgerEntry, Payment, Subscription, Tariff, Transfer
from rollbook.domains.groups.models import Enrolment, Freeze, Group
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule.models import ClosedMonth
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.operations.doctor import examine
from rollbook.operations.doctor.billing import PROMISES as OF_BILLING
from rollbook.operations.doctor.journal import PROMISES as OF_JOURNAL
from rollbook.screens.selling import Wanted
from rollbook.workflows import (
    charge_decided,
    client_frozen,
    client_transferred,
    lesson_cancelled,
    lesson_marked,
    make_up_booked,
    make_up_by_hand,
    make_ups_lapsed,
    money_corrected,
    money_refunded,
    money_transferred,
    month_closed,
    payment_received,
    subscription_sold,
    subscriptions_ended,
)
from rollbook.workflows.subscription_sold import Order
from tests.school import AT, DAY, found_school

DEEP = os.environ.get("DEEP") == "1"
JOB = operator("", via="job")
TARIFFS = (
    {"kind": "month", "pricing": "month", "price": D(100), "missed_share": 100},
    {"kind": "month", "pricing": "month", "price": D("99.99"), "charged": "start", "lapsed_share": 30},
    {"kind": "month", "pricing": "fixed", "price": D("12.35"), "excused_share": 50, "burns": True},
    {"kind": "package", "pricing": "whole", "price": D(100), "lessons": 3, "days": 30, "freezing": "extends"},
    {"kind": "package", "pricing": "whole", "price": D(50), "lessons": 2, "charged": "start", "burns": True, "days": 9},
    {"kind": "course", "pricing": "whole", "price": D(200), "lessons": 7, "charged": "start", "instalments": 3},
    {"kind": "one_off", "pricing": "whole", "price": D(20), "lessons": 1},
)  # fmt: skip
WEEKS = (-5, -4, -2, -1, 0)
"""Of the lessons, counted from 1 September: two of them are in July and August."""
CLIENT, LESSON = st.integers(0, 1), st.integers(0, len(WEEKS) - 1)
AMOUNT = st.integers(1, 9000).map(lambda cents: D(cents) / 100)
STATUS = st.sampled_from([*Status, None, Status.ATTENDED, Status.EXCUSED])
MONTHS = (date(2026, 7, 1), date(2026, 8, 1), date(2026, 9, 1))
SINCE = st.sampled_from([date(2026, 7, 20), date(2026, 8, 1), date(2026, 8, 18), date(2026, 9, 1)])


class Money(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        school = found_school()
        first, second = school.clients()
        second.relations.update(contact=first.relations.get(pays=True).contact)
        self.clients = [first.pk, second.pk]
        chess = school.groups["chess"]
        art = Group.objects.create(name="Art", branch=chess.branch, programme=chess.programme, capacity=12)
        school.groups["art"] = art
        self.groups = (chess.pk, art.pk)
        self.lessons = [school.lesson(at=AT + timedelta(weeks=week)).pk for week in WEEKS[:-1]]
        self.lessons.append(school.lessons["chess"].pk)
        self.hosts = [school.lessons["dance"].pk, school.lesson("art", at=AT + timedelta(weeks=-1, hours=3)).pk]
        self.tariffs = [
            Tariff.objects.create(name=f"Tariff {number}", **told).pk for number, told in enumerate(TARIFFS)
        ]
        self.by, self.branch, self.now = school.actor("oleg"), chess.branch_id, AT
        self.number = 0
        self.hand = [D(0), D(0)]
        """What was booked by hand and stands: payments, refunds, transfers, corrections, bonuses."""
        self.booked = {}
        """What may be taken back: by a key, how it is done, and what it is to each of the two."""

    def teardown(self):
        try:
            # The doctor's clock is the real one: what is due by it was charged.
            self.now = timezone.now()
            self.night()
            found = [f"{f.promise.name}: {f.broken}" for f in examine((*OF_BILLING, *OF_JOURNAL)) if f.broken]
            assert not found
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    def attempt(self, act, **told):
        """Do it, where nothing is against it; whatever is refused changes nothing."""
        before = LedgerEntry.objects.count()
        try:
            with transaction.atomic():
                return act(at=self.now, by=told.pop("by", self.by), **told) or True
        except (Refused, InvalidInput):
            assert LedgerEntry.objects.count() == before
            return None

    def key(self):
        self.number += 1
        return f"key {self.number}"

    @property
    def today(self):
        return self.now.date()

    # What happens in lessons ------------------------------------------------------------------------------------------

    @initialize(kinds=st.tuples(st.integers(0, 6), st.integers(0, 6)))
    def begin(self, kinds):
        for client, kind in enumerate(kinds):
            self.sell(client, kind, date(2026, 7, 20), 0)

    @rule(lesson=LESSON, marks=st.dictionaries(CLIENT, STATUS, min_size=1))
    def mark(self, lesson, marks):
        told = {self.clients[client]: status for client, status in marks.items()}
        self.attempt(lesson_marked.mark, lesson_id=self.lessons[lesson], marks=told, seen=None)

    @rule(statuses=st.lists(STATUS, min_size=len(WEEKS), max_size=len(WEEKS)), client=CLIENT)
    def mark_many(self, statuses, client):
        marks = {pk: {self.clients[client]: status} for pk, status in zip(self.lessons, statuses, strict=True)}
        self.attempt(lesson_marked.mark_range, group_id=self.groups[0], marks=marks, seen={})

    @rule(data=st.data(), host=st.integers(0, 1))
    def book_and_come(self, data, host):
        misses = Mark.objects.rights().filter(status__in=["excused", "missed"]).order_by("pk")
        if not misses:
            return
        miss = data.draw(st.sampled_from(list(misses)))
        self.attempt(make_up_booked.book, miss_id=miss.pk, lesson_id=self.hosts[host])

    @rule(host=st.integers(0, 1), client=CLIENT, status=STATUS)
    def visit(self, host, client, status):
        marks = {self.clients[client]: status}
        self.attempt(lesson_marked.mark, lesson_id=self.hosts[host], marks=marks, seen=None)

    @rule(data=st.data(), undo=st.booleans())
    def by_hand(self, data, undo):
        marks = list(Mark.objects.filter(make_up_until__isnull=False).order_by("pk"))
        if marks:
            mark = data.draw(st.sampled_from(marks))
            told = {} if undo else {"note": "at home", "on": mark.day}
            self.attempt(make_up_by_hand.undo if undo else make_up_by_hand.work_off, mark_id=mark.pk, **told)

    @rule(data=st.data(), charged=st.sampled_from([True, False, None]))
    def decide(self, data, charged):
        if marks := list(Mark.objects.standing().order_by("pk")):
            self.attempt(charge_decided.decide, mark_id=data.draw(st.sampled_from(marks)).pk, charged=charged)

    @rule(lesson=LESSON, back=st.booleans())
    def cancel(self, lesson, back):
        told = {} if back else {"reason": "Snow"}
        self.attempt(
            lesson_cancelled.restore if back else lesson_cancelled.cancel, lesson_id=self.lessons[lesson], **told
        )

    # What is bought ---------------------------------------------------------------------------------------------------

    @rule(client=CLIENT, kind=st.integers(0, 6), since=SINCE, percent=st.sampled_from([0, 0, 10, 33, 100]))
    def sell(self, client, kind, since, percent):
        once = billing.once(percent=D(percent), amount=None, reason="A friend") if percent else None
        order = Order(
            wanted=Wanted(self.clients[client], self.groups[0], self.tariffs[kind], since), key=self.key(), once=once
        )
        self.attempt(subscription_sold.sell, orders=[order])

    @rule(data=st.data(), day=st.integers(1, 40), whole=st.booleans())
    def end(self, data, day, whole):
        if rows := list(Subscription.objects.standing().order_by("pk")):
            row = data.draw(st.sampled_from(rows))
            if whole:
                self.attempt(subscription_sold.take_back, subscription_id=row.pk, reason="A slip")
            else:
                until = row.since + timedelta(days=day)
                self.attempt(subscription_sold.end, subscription_id=row.pk, until=until)

    @rule(client=CLIENT, since=st.integers(-45, 20), days=st.integers(1, 20))
    def freeze(self, client, since, days):
        first = DAY + timedelta(days=since)
        self.attempt(
            client_frozen.freeze, client_id=self.clients[client], since=first, until=first + timedelta(days=days)
        )

    @rule(data=st.data())
    def unfreeze(self, data):
        if rows := list(Freeze.objects.order_by("pk")):
            row = data.draw(st.sampled_from(rows))
            self.attempt(client_frozen.unfreeze, freeze_id=row.pk, since=row.since + timedelta(days=1))

    @rule(client=CLIENT, into=st.integers(0, 1), since=st.integers(-30, 10))
    def transfer(self, client, into, since):
        stay = Enrolment.objects.filter(client=self.clients[client], until=None).first()
        if stay and stay.group_id != self.groups[into]:
            self.attempt(
                client_transferred.transfer, enrolment_id=stay.pk, group_id=self.groups[into],
                since=DAY + timedelta(days=since), seen=None,
            )

    @rule(days=st.integers(1, 30))
    def nights(self, days):
        """Time goes on, and the night does its work."""
        self.now += timedelta(days=days)
        self.night()

    def night(self):
        make_ups_lapsed.lapse(at=self.now, by=JOB)
        subscriptions_ended.settle(at=self.now, by=JOB)

    @rule(month=st.sampled_from(MONTHS), back=st.booleans())
    def close(self, month, back):
        self.attempt(month_closed.reopen if back else month_closed.close, branch_id=self.branch, month=month)

    # What is booked by hand -------------------------------------------------------------------------------------------

    def stands(self, key, undo, *changes):
        self.booked[key] = (undo, changes)
        for client, change in changes:
            self.hand[client] += change

    @rule(client=CLIENT, amount=AMOUNT, ago=st.integers(0, 60))
    def pay(self, client, amount, ago):
        key = self.key()
        for _ in range(2):  # a form that is sent twice
            self.attempt(
                payment_received.receive, client_id=self.clients[client], amount=amount, method="cash",
                on=self.today - timedelta(days=ago), note="", key=key,
            )
        payment = Payment.objects.get(key=key)
        self.stands(key, (payment_received.take_back, {"payment_id": payment.pk}), (client, amount))

    @rule(client=CLIENT, amount=AMOUNT, ago=st.integers(0, 60))
    def refund(self, client, amount, ago):
        key = self.key()
        if payment := self.attempt(
            money_refunded.refund, client_id=self.clients[client], amount=amount, method="cash",
            on=self.today - timedelta(days=ago), note="", key=key,
        ):
            self.stands(key, (payment_received.take_back, {"payment_id": payment}), (client, -amount))

    @rule(client=CLIENT, amount=AMOUNT, over=st.booleans())
    def move(self, client, amount, over):
        key = self.key()
        if transfer := self.attempt(
            money_transferred.transfer, from_client_id=self.clients[client], to_client_id=self.clients[1 - client],
            amount=amount, reason="For the other", key=key, over_balance=over,
        ):
            undo = (money_transferred.take_back, {"transfer_id": transfer})
            self.stands(key, undo, (client, -amount), (1 - client, amount))

    @rule(client=CLIENT, amount=AMOUNT, sign=st.sampled_from([1, -1]), ago=st.integers(0, 60), bonus=st.booleans())
    def correct(self, client, amount, sign, ago, bonus):
        key, change = self.key(), amount if bonus else sign * amount
        if entry := self.attempt(
            money_corrected.give_bonus if bonus else money_corrected.correct, client_id=self.clients[client],
            amount=change, reason="So it is", on=self.today - timedelta(days=ago), key=key,
        ):
            self.stands(key, (money_corrected.take_back, {"entry_id": entry}), (client, change))

    @rule(data=st.data(), percent=st.integers(1, 100))
    def discount(self, data, percent):
        """Of one charge; it goes with its charge, so the doctor follows it."""
        if charges := list(LedgerEntry.objects.standing(EntryKind.CHARGE).order_by("pk")):
            entry = data.draw(st.sampled_from(charges))
            self.attempt(
                money_corrected.discount, entry_id=entry.pk, percent=D(percent), reason="Sorry", key=self.key()
            )

    @precondition(lambda self: self.booked)
    @rule(data=st.data(), twice=st.booleans())
    def take_back(self, data, twice):
        key = data.draw(st.sampled_from(sorted(self.booked)))
        (act, told), changes = self.booked.pop(key)
        for _ in range(1 + twice):
            assert self.attempt(act, reason="A slip", **told)
        for client, change in changes:
            self.hand[client] -= change

    # What holds -------------------------------------------------------------------------------------------------------

    @invariant()
    def stored_is_summed(self):
        summed = LedgerEntry.objects.values_list("client").annotate(Sum("amount"), Count("pk"))
        assert set(Account.objects.values_list("client", "balance", "entries")) == set(summed)

    @invariant()
    def what_was_booked_by_hand_stands(self):
        kinds = ["payment", "refund", "transfer", "correction", "bonus"]
        by_hand = LedgerEntry.objects.filter(Q(kind__in=kinds) | Q(kind="reversal", reverses__kind__in=kinds))
        sums = dict(by_hand.values_list("client").annotate(Sum("amount")))
        assert [sums.get(client, D(0)) for client in self.clients] == self.hand

    @invariant()
    def a_transfer_gives_one_what_it_takes_from_the_other(self):
        uneven = Transfer.objects.annotate(sum=Sum("entries__amount")).exclude(sum=0)
        assert not uneven.exists()

    @invariant()
    def subscriptions_count_what_is_used(self):
        rows = Subscription.objects.annotate(counted=Count("covered", filter=Q(covered__uses=True)))
        assert not rows.exclude(used=F("counted")).exists()
        assert not rows.filter(lessons__lt=F("used") + F("frozen")).exists()

    @invariant()
    def nothing_is_discounted_beyond_its_charge(self):
        given = LedgerEntry.objects.standing(EntryKind.DISCOUNT).values("discounts", "discounts__amount")
        for charge in given.annotate(sum=Sum("amount")):
            assert charge["sum"] <= -charge["discounts__amount"]

    @invariant()
    def closed_months_stand(self):
        for row in ClosedMonth.objects.all():
            later = LedgerEntry.objects.filter(
                branch=row.branch_id, made_at__gt=row.closed_at, day__year=row.month.year, day__month=row.month.month
            )
            assert not later.exists()


@pytest.mark.django_db
def test_any_order_of_acts_leaves_accounts_that_explain_themselves():
    examples, steps = (200, 50) if DEEP else (30, 30)
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
