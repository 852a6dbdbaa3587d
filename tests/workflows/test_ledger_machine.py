"""Any order of marks, corrections, cancellations and payments leaves the ledger of the last state (spec 02, rule 1)."""

import os
from datetime import timedelta
from decimal import Decimal as D

import pytest
from django.db import transaction
from django.db.models import Count, Q, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.journal.actions import LessonIsCancelled
from rollbook.domains.journal.models import Status
from rollbook.workflows import lesson_cancelled, lesson_marked, payment_received
from tests.school import AT, DAY, found_school

PRICE = {Status.ATTENDED: D("12.50"), Status.MISSED: D("6.25")}
DEEP = os.environ.get("DEEP") == "1"
CLIENTS, LESSONS = st.integers(0, 2), st.integers(0, 2)


class Ledger(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        school = found_school()
        school.enrol("Petro")
        self.clients = [client.pk for client in school.clients()]
        earlier = [school.lesson(at=AT - timedelta(days=days)) for days in (7, 14)]
        self.lessons = [school.lessons["chess"].pk, *(lesson.pk for lesson in earlier)]
        self.by = school.actor("mara")
        self.marks, self.cancelled, self.paid = {}, set(), {}

    def teardown(self):
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def _mark(self, lesson, marks):
        def call():
            lesson_marked.mark(lesson_id=self.lessons[lesson], marks=marks, seen=None, at=AT, by=self.by)

        if lesson in self.cancelled:
            with pytest.raises(LessonIsCancelled):
                call()
        else:
            call()
            self.marks |= {(client, lesson): status for client, status in marks.items()}

    @rule(lesson=LESSONS, marks=st.dictionaries(CLIENTS, st.sampled_from([*Status, None]), min_size=1))
    def mark(self, lesson, marks):
        self._mark(lesson, {self.clients[client]: status for client, status in marks.items()})

    @rule(lesson=LESSONS)
    def everyone(self, lesson):
        if lesson in self.cancelled:
            return
        lesson_marked.everyone(lesson_id=self.lessons[lesson], at=AT, by=self.by)
        for client in self.clients:
            if self.marks.get((client, lesson)) in (None, Status.PLANNED):
                self.marks[client, lesson] = Status.ATTENDED

    @rule(lesson=LESSONS)
    def cancel(self, lesson):
        lesson_cancelled.cancel(lesson_id=self.lessons[lesson], reason="Snow", at=AT, by=self.by)
        self.cancelled.add(lesson)

    @rule(lesson=LESSONS)
    def restore(self, lesson):
        lesson_cancelled.restore(lesson_id=self.lessons[lesson], at=AT, by=self.by)
        self.cancelled.discard(lesson)

    @rule(client=CLIENTS, key=st.integers(0, 4))
    def pay(self, client, key):
        """A key that comes again is the same payment, by the same client."""
        client = (client + key) % 3 if key not in self.paid else self.paid[key][0]
        amount = D(key * 7 + 1) / 100
        payment_received.receive(
            client_id=self.clients[client], amount=amount, method="cash", on=DAY, note="", key=str(key), at=AT,
            by=self.by,
        )
        self.paid.setdefault(key, (client, amount))

    @rule(key=st.integers(0, 4))
    def take_back(self, key):
        payment = Payment.objects.filter(key=str(key)).first()
        if payment:
            billing.take_back_payment(payment_id=payment.pk, reason="Mistake", at=AT, by=self.by)
            self.paid[key] = (self.paid[key][0], D(0))

    @invariant()
    def balances_are_those_of_the_last_state(self):
        stored = dict(Account.objects.values_list("client", "balance"))
        for index, client in enumerate(self.clients):
            charged = sum(
                PRICE.get(status, D(0)) for (who, lesson), status in self.marks.items()
                if who == client and lesson not in self.cancelled
            )
            paid = sum(amount for who, amount in self.paid.values() if who == index)
            assert stored.get(client, D(0)) == paid - charged

    @invariant()
    def stored_is_summed_and_each_mark_is_charged_once(self):
        summed = LedgerEntry.objects.values_list("client").annotate(Sum("amount"), Count("pk"))
        assert set(Account.objects.values_list("client", "balance", "entries")) == set(summed)
        twice = (
            LedgerEntry.objects.filter(mark__isnull=False).values("mark")
            .annotate(n=Count("pk", filter=Q(kind="charge")) - Count("pk", filter=Q(kind="reversal")))
            .exclude(n__in=(0, 1))
        )
        assert not twice.exists()


@pytest.mark.django_db
def test_any_order_of_acts_leaves_the_ledger_of_the_last_state():
    examples, steps = (200, 50) if DEEP else (25, 25)
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
