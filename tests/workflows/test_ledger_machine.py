"""Any order of marks, corrections, make-ups, decisions, cancellations and payments leaves the ledger of the last state
(spec 02, rule 1), and a right to a make-up is never used twice."""

import os
from dataclasses import dataclass
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
from rollbook.domains.journal.models import Mark, Status
from rollbook.foundation.errors import Refused
from rollbook.operations.doctor import examine
from rollbook.operations.doctor.billing import PROMISES as OF_BILLING
from rollbook.operations.doctor.journal import PROMISES as OF_JOURNAL
from rollbook.workflows import (
    charge_decided,
    lesson_cancelled,
    lesson_marked,
    make_up_booked,
    make_up_by_hand,
    payment_received,
)
from tests.school import AT, DAY, found_school

PRICE = D("12.50")
SHARE = {Status.ATTENDED: 100, Status.MISSED: 50}
COUNTING = (Status.PLANNED, Status.ATTENDED)
DEEP = os.environ.get("DEEP") == "1"
# Three clients, three lessons of their group, and two of another one, to which they may come as guests.
CLIENTS, LESSONS, HOSTS, ALL = st.integers(0, 2), st.integers(0, 2), st.integers(3, 4), st.integers(0, 4)
STATUS = st.sampled_from([*Status, None])


@dataclass
class Cell:
    """What the model knows of a mark."""

    status: Status | None = None
    share: int = 0
    decided: bool | None = None
    by_hand: bool = False
    makes_up: int | None = None
    """The lesson that this visit works off."""


class Ledger(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        school = found_school()
        school.enrol("Petro")
        self.clients = [client.pk for client in school.clients()]
        earlier = [school.lesson(at=AT - timedelta(days=days)) for days in (7, 14)]
        hosts = [school.lessons["dance"], school.lesson("dance", at=AT + timedelta(hours=2))]
        self.lessons = [lesson.pk for lesson in (school.lessons["chess"], *earlier, *hosts)]
        self.by = school.actor("oleg")
        self.cells = {(client, lesson): Cell() for client in range(3) for lesson in range(5)}
        self.cancelled, self.paid = set(), {}

    def teardown(self):
        try:
            assert not [found.promise.name for found in examine((*OF_BILLING, *OF_JOURNAL)) if found.broken]
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    # What the rules say -----------------------------------------------------------------------------------------------

    def holder(self, client, lesson):
        """The lesson whose visit keeps the right of this miss, or None."""
        return next(
            (
                host for host in (3, 4)
                if host not in self.cancelled and self.cells[client, host].makes_up == lesson
                and self.cells[client, host].status in COUNTING
            ),
            None,
        )

    def is_used(self, client, lesson):
        host = self.holder(client, lesson)
        return self.cells[client, lesson].by_hand or (
            host is not None and self.cells[client, host].status == Status.ATTENDED
        )

    def is_free_for(self, client, host):
        """Whether the visit may count, be it that it does already."""
        lesson = self.cells[client, host].makes_up
        miss = self.cells[client, lesson]
        return miss.status == Status.EXCUSED and not miss.by_hand and self.holder(client, lesson) in {None, host}

    def tariff(self, client, lesson, status):
        """The share that the tariff charges for a mark; a visit costs what the miss has left."""
        cell = self.cells[client, lesson]
        if cell.makes_up is None:
            return SHARE.get(status, 0)
        return 100 - self.cells[client, cell.makes_up].share if status == Status.ATTENDED else 0

    def attempt(self, may, act, **told):
        """Do it; refused exactly where the rules say so."""
        if may:
            return act(at=AT, by=self.by, **told)
        with pytest.raises(Refused), transaction.atomic():
            act(at=AT, by=self.by, **told)
        return None

    def set(self, client, lesson, status):
        cell = self.cells[client, lesson]
        if cell.status != status:
            cell.status, cell.decided = status, None
            cell.share = self.tariff(client, lesson, status)

    def mark_id(self, client, lesson):
        return Mark.objects.get(client=self.clients[client], lesson=self.lessons[lesson]).pk

    # What is done -----------------------------------------------------------------------------------------------------

    @rule(lesson=LESSONS, marks=st.dictionaries(CLIENTS, STATUS, min_size=1))
    def mark(self, lesson, marks):
        changing = {client for client in marks if self.cells[client, lesson].status != marks[client]}
        may = lesson not in self.cancelled and not any(self.is_used(client, lesson) for client in changing)
        done = self.attempt(
            may, lesson_marked.mark, lesson_id=self.lessons[lesson], seen=None,
            marks={self.clients[client]: status for client, status in marks.items()},
        )
        if done is None:
            return
        gone = set()
        for client in changing:
            self.set(client, lesson, marks[client])
            for host in (3, 4):
                visit = self.cells[client, host]
                if (visit.makes_up, visit.status) == (lesson, Status.PLANNED) and marks[client] != Status.EXCUSED:
                    gone.add((self.clients[client], self.lessons[host]))
                    self.set(client, host, None)
        assert {(visit.client_id, visit.lesson_id) for visit in done.withdrawn} == gone

    @rule(lesson=LESSONS)
    def everyone(self, lesson):
        self.attempt(lesson not in self.cancelled, lesson_marked.everyone, lesson_id=self.lessons[lesson])
        for client in range(3) if lesson not in self.cancelled else ():
            if self.cells[client, lesson].status in (None, Status.PLANNED):
                self.set(client, lesson, Status.ATTENDED)

    @rule(client=CLIENTS, lesson=LESSONS, host=HOSTS)
    def book(self, client, lesson, host):
        miss, visit = self.cells[client, lesson], self.cells[client, host]
        may = (
            miss.status == Status.EXCUSED and not miss.by_hand and not {lesson, host} & self.cancelled
            and self.holder(client, lesson) is None and visit.status is None
        )
        if miss.status is None:
            return
        self.attempt(
            may, make_up_booked.book, miss_id=self.mark_id(client, lesson), lesson_id=self.lessons[host]
        )
        if may:
            self.cells[client, host] = Cell(Status.PLANNED, makes_up=lesson)

    @rule(client=CLIENTS, host=HOSTS, status=STATUS)
    def visit(self, client, host, status):
        visit = self.cells[client, host]
        if visit.makes_up is None:
            return
        counts = visit.status != status and status in COUNTING
        may = host not in self.cancelled and (not counts or self.is_free_for(client, host))
        self.attempt(
            may, lesson_marked.mark, lesson_id=self.lessons[host], marks={self.clients[client]: status}, seen=None
        )
        if may:
            self.set(client, host, status)

    @rule(client=CLIENTS, lesson=LESSONS)
    def by_hand(self, client, lesson):
        miss = self.cells[client, lesson]
        if miss.status is None:
            return
        may = (
            miss.status == Status.EXCUSED and not miss.by_hand and lesson not in self.cancelled
            and self.holder(client, lesson) is None
        )
        self.attempt(
            may, make_up_by_hand.work_off, mark_id=self.mark_id(client, lesson), note="at home",
            on=DAY - timedelta(days=1),
        )
        miss.by_hand |= may

    @rule(client=CLIENTS, lesson=LESSONS)
    def not_by_hand(self, client, lesson):
        if self.cells[client, lesson].status is not None:
            make_up_by_hand.undo(mark_id=self.mark_id(client, lesson), at=AT, by=self.by)
            self.cells[client, lesson].by_hand = False

    @rule(client=CLIENTS, lesson=ALL, charged=st.sampled_from([True, False, None]))
    def decide(self, client, lesson, charged):
        cell = self.cells[client, lesson]
        if cell.status is None:
            return
        known = cell.status != Status.PLANNED and lesson not in self.cancelled
        may = known and (cell.decided == charged or lesson > 2 or not self.is_used(client, lesson))
        self.attempt(may, charge_decided.decide, mark_id=self.mark_id(client, lesson), charged=charged)
        if not may or cell.decided == charged:
            return
        rest = 100 if cell.makes_up is None else 100 - self.cells[client, cell.makes_up].share
        cell.decided = charged
        cell.share = self.tariff(client, lesson, cell.status) if charged is None else rest if charged else 0

    @rule(lesson=ALL)
    def cancel(self, lesson):
        lesson_cancelled.cancel(lesson_id=self.lessons[lesson], reason="Snow", at=AT, by=self.by)
        self.cancelled.add(lesson)

    @rule(lesson=ALL)
    def restore(self, lesson):
        gone = {
            client for client in range(3)
            if lesson in self.cancelled and lesson > 2 and self.cells[client, lesson].status in COUNTING
            and not self.is_free_for(client, lesson)
        }
        withdrawn = lesson_cancelled.restore(lesson_id=self.lessons[lesson], at=AT, by=self.by)
        assert {visit.client_id for visit in withdrawn} == {self.clients[client] for client in gone}
        self.cancelled.discard(lesson)
        for client in gone:
            self.set(client, lesson, None)

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
                PRICE * cell.share / 100 for (who, lesson), cell in self.cells.items()
                if who == index and lesson not in self.cancelled
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
