"""Any order of marks, corrections, make-ups, decisions, freezes, transfers, cancellations, payments and what is booked
by hand leaves the ledger of the last state (spec 02, rule 1); a right to a make-up is never used twice, and nobody is
marked where they are not expected."""

import os
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal as D
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import Count, Q, Sum
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

from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.models import Enrolment, Freeze, Group
from rollbook.domains.journal.models import Mark, Status
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.operations.doctor import examine
from rollbook.operations.doctor.billing import PROMISES as OF_BILLING
from rollbook.operations.doctor.journal import PROMISES as OF_JOURNAL
from rollbook.workflows import (
    charge_decided,
    client_frozen,
    client_transferred,
    lesson_cancelled,
    lesson_marked,
    make_up_booked,
    make_up_by_hand,
    money_corrected,
    money_refunded,
    money_transferred,
    payment_received,
)
from tests.school import AT, DAY, found_school

PRICE = D("12.50")
SHARE = {Status.ATTENDED: 100, Status.MISSED: 50}
COUNTING = (Status.PLANNED, Status.ATTENDED)
DEEP = os.environ.get("DEEP") == "1"
# Two clients, three lessons of their group, two of one to which they may be transferred, and two of a third one, to
# which they come as guests: by the group and the day of each.
DAYS = tuple(DAY - timedelta(days=days) for days in (14, 7, 0))
LESSONS_OF = (
    ("chess", DAYS[2]), ("chess", DAYS[1]), ("chess", DAYS[0]), ("art", DAYS[2]), ("art", DAYS[1]),
    ("dance", DAYS[2]), ("dance", DAYS[2]),
)  # fmt: skip
VISITED = (5, 6)
LESSONS, ALL = range(5), range(7)
CLIENT, LESSON, HOST, ANY = st.integers(0, 1), st.sampled_from(LESSONS), st.sampled_from(VISITED), st.sampled_from(ALL)
CENTS = st.integers(1, 5000).map(lambda cents: D(cents) / 100)
STATUS, DAY_OF_ALL = st.sampled_from([*Status, None]), st.sampled_from(DAYS)
# Of the two days that have been: mostly misses that may be worked off.
BEGUN = st.lists(st.sampled_from([*Status, Status.EXCUSED, Status.EXCUSED, None]), min_size=4, max_size=4)


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
        self.clients = [client.pk for client in school.clients()]
        earlier = [school.lesson(at=AT - timedelta(days=days)) for days in (7, 14)]
        chess = school.groups["chess"]
        school.groups["art"] = Group.objects.create(
            name="Art", branch=chess.branch, programme=chess.programme, capacity=12
        )
        others = [school.lesson("art", at=AT - timedelta(days=days)) for days in (0, 7)]
        hosts = [school.lessons["dance"], school.lesson("dance", at=AT + timedelta(hours=2))]
        lessons = [school.lessons["chess"], *earlier, *others, *hosts]
        assert [(school.groups[name].pk, day) for name, day in LESSONS_OF] == [
            (lesson.group_id, lesson.day) for lesson in lessons
        ]
        self.lessons = [lesson.pk for lesson in lessons]
        self.groups = {name: group.pk for name, group in school.groups.items()}
        self.by = school.actor("oleg")
        self.cells = {(client, lesson): Cell() for client in range(2) for lesson in ALL}
        self.cancelled, self.paid = set(), {}
        self.stays = {client: [("chess", date(2026, 1, 1))] for client in range(2)}
        """The groups of a client, each from a day on."""
        self.frozen = {client: set() for client in range(2)}
        self.by_hand = [D(0), D(0)]
        """What was corrected, given back and moved, of each client."""

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
                host for host in VISITED
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

    def home(self, client, day):
        """The group of which the client is a member on this day."""
        return next(group for group, since in reversed(self.stays[client]) if since <= day)

    def is_expected(self, client, lesson):
        group, day = LESSONS_OF[lesson]
        return self.home(client, day) == group and day not in self.frozen[client]

    def where(self, field, lessons=ALL):
        """The cells of these lessons, of which this is true: by client and lesson."""
        return [place for place, cell in self.cells.items() if place[1] in lessons and getattr(cell, field)]

    def excused(self):
        return [place for place in self.where("status", LESSONS) if self.cells[place].status == Status.EXCUSED]

    def told(self, client, group, days):
        """What is marked of a member in the lessons of a group on these days."""
        found = {
            self.cells[client, lesson].status for lesson, (of, day) in enumerate(LESSONS_OF)
            if of == group and day in days and lesson not in VISITED
        }
        return found - {None}

    def attempt(self, may, act, **told):
        """Do it; refused exactly where the rules say so."""
        if may:
            return act(at=AT, by=self.by, **told)
        with pytest.raises((Refused, InvalidInput)), transaction.atomic():
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

    @initialize(statuses=BEGUN)
    def begin(self, statuses):
        """With a journal that is marked already: acts on an empty one are few."""
        self.mark(1, dict(enumerate(statuses[:2])))
        self.mark(2, dict(enumerate(statuses[2:])))

    @rule(lesson=LESSON, marks=st.dictionaries(CLIENT, STATUS, min_size=1))
    def mark(self, lesson, marks):
        changing = {client for client in marks if self.cells[client, lesson].status != marks[client]}
        may = (
            lesson not in self.cancelled and not any(self.is_used(client, lesson) for client in changing)
            and all(marks[client] is None or self.is_expected(client, lesson) for client in changing)
        )
        done = self.attempt(
            may, lesson_marked.mark, lesson_id=self.lessons[lesson], seen=None,
            marks={self.clients[client]: status for client, status in marks.items()},
        )
        if done is None:
            return
        gone = set()
        for client in changing:
            self.set(client, lesson, marks[client])
            for host in VISITED:
                visit = self.cells[client, host]
                if (visit.makes_up, visit.status) == (lesson, Status.PLANNED) and marks[client] != Status.EXCUSED:
                    gone.add((self.clients[client], self.lessons[host]))
                    self.set(client, host, None)
        assert {(visit.client_id, visit.lesson_id) for visit in done.withdrawn} == gone

    @rule(lesson=LESSON)
    def everyone(self, lesson):
        self.attempt(lesson not in self.cancelled, lesson_marked.everyone, lesson_id=self.lessons[lesson])
        for client in range(2) if lesson not in self.cancelled else ():
            if self.cells[client, lesson].status in (None, Status.PLANNED) and self.is_expected(client, lesson):
                self.set(client, lesson, Status.ATTENDED)

    @precondition(lambda self: self.excused())
    @rule(data=st.data(), host=HOST)
    def book(self, data, host):
        client, lesson = data.draw(st.sampled_from(self.excused()))
        miss, visit = self.cells[client, lesson], self.cells[client, host]
        may = (
            not miss.by_hand and not {lesson, host} & self.cancelled
            and self.holder(client, lesson) is None and visit.status is None
            and LESSONS_OF[host][1] not in self.frozen[client]
        )
        self.attempt(
            may, make_up_booked.book, miss_id=self.mark_id(client, lesson), lesson_id=self.lessons[host]
        )
        if may:
            self.cells[client, host] = Cell(Status.PLANNED, makes_up=lesson)

    @precondition(lambda self: any(cell.makes_up is not None for cell in self.cells.values()))
    @rule(data=st.data(), status=STATUS)
    def visit(self, data, status):
        visits = [place for place, cell in self.cells.items() if cell.makes_up is not None]
        client, host = data.draw(st.sampled_from(visits))
        visit = self.cells[client, host]
        counts = visit.status != status and status in COUNTING
        may = host not in self.cancelled and (not counts or self.is_free_for(client, host))
        self.attempt(
            may, lesson_marked.mark, lesson_id=self.lessons[host], marks={self.clients[client]: status}, seen=None
        )
        if may:
            self.set(client, host, status)

    @precondition(lambda self: self.excused())
    @rule(data=st.data())
    def by_hand(self, data):
        client, lesson = data.draw(st.sampled_from(self.excused()))
        miss = self.cells[client, lesson]
        may = (
            not miss.by_hand and lesson not in self.cancelled
            and self.holder(client, lesson) is None
        )
        self.attempt(
            may, make_up_by_hand.work_off, mark_id=self.mark_id(client, lesson), note="at home",
            on=DAY - timedelta(days=1),
        )
        miss.by_hand |= may

    @precondition(lambda self: self.where("by_hand"))
    @rule(data=st.data())
    def not_by_hand(self, data):
        client, lesson = data.draw(st.sampled_from(self.where("by_hand")))
        make_up_by_hand.undo(mark_id=self.mark_id(client, lesson), at=AT, by=self.by)
        self.cells[client, lesson].by_hand = False

    @precondition(lambda self: self.where("status"))
    @rule(data=st.data(), charged=st.sampled_from([True, False, None]))
    def decide(self, data, charged):
        client, lesson = data.draw(st.sampled_from(self.where("status")))
        cell = self.cells[client, lesson]
        known = cell.status != Status.PLANNED and lesson not in self.cancelled
        may = known and (cell.decided == charged or lesson in VISITED or not self.is_used(client, lesson))
        self.attempt(may, charge_decided.decide, mark_id=self.mark_id(client, lesson), charged=charged)
        if not may or cell.decided == charged:
            return
        rest = 100 if cell.makes_up is None else 100 - self.cells[client, cell.makes_up].share
        cell.decided = charged
        cell.share = self.tariff(client, lesson, cell.status) if charged is None else rest if charged else 0

    @rule(lesson=ANY)
    def cancel(self, lesson):
        lesson_cancelled.cancel(lesson_id=self.lessons[lesson], reason="Snow", at=AT, by=self.by)
        self.cancelled.add(lesson)

    @precondition(lambda self: self.cancelled)
    @rule(data=st.data())
    def restore(self, data):
        lesson = data.draw(st.sampled_from(sorted(self.cancelled)))
        gone = {
            client for client in range(2)
            if lesson in VISITED and self.cells[client, lesson].status in COUNTING
            and not self.is_free_for(client, lesson)
        }
        withdrawn = lesson_cancelled.restore(lesson_id=self.lessons[lesson], at=AT, by=self.by)
        assert {visit.client_id for visit in withdrawn} == {self.clients[client] for client in gone}
        self.cancelled.discard(lesson)
        for client in gone:
            self.set(client, lesson, None)

    @rule(client=CLIENT, day=DAY_OF_ALL)
    def freeze(self, client, day):
        was_marked = self.told(client, self.home(client, day), {day}) & {Status.ATTENDED, Status.MISSED}
        may = day not in self.frozen[client] and not was_marked
        self.attempt(
            may, client_frozen.freeze, client_id=self.clients[client], since=day, until=day + timedelta(days=1)
        )
        self.frozen[client].add(day) if may else None

    @precondition(lambda self: any(self.frozen.values()))
    @rule(data=st.data())
    def unfreeze(self, data):
        client, day = data.draw(st.sampled_from([(who, day) for who in range(2) for day in sorted(self.frozen[who])]))
        row = Freeze.objects.get(client=self.clients[client], since=day)
        groups.unfreeze(freeze_id=row.pk, since=day, at=AT, by=self.by)
        self.frozen[client].discard(day)

    @rule(client=CLIENT, group=st.sampled_from(["chess", "art"]), day=DAY_OF_ALL)
    def transfer(self, client, group, day):
        """To and fro; from the very day of the last transfer on, that one is another."""
        old, since = self.stays[client][-1]
        may = group != old and day >= since and not self.told(client, old, {of for of in DAYS if of >= day})
        self.attempt(
            may, client_transferred.transfer, group_id=self.groups[group], since=day, seen=None,
            enrolment_id=Enrolment.objects.get(client=self.clients[client], until=None).pk,
        )
        if may:
            self.stays[client] = [stay for stay in self.stays[client] if stay[1] != day] + [(group, day)]

    @rule(client=CLIENT, key=st.integers(0, 4))
    def pay(self, client, key):
        """A key that comes again is the same payment, by the same client."""
        client = (client + key) % 2 if key not in self.paid else self.paid[key][0]
        amount = D(key * 7 + 1) / 100
        payment_received.receive(
            client_id=self.clients[client], amount=amount, method="cash", on=DAY, note="", key=str(key), at=AT,
            by=self.by,
        )
        self.paid.setdefault(key, (client, amount))

    @precondition(lambda self: self.paid)
    @rule(data=st.data())
    def take_back(self, data):
        key = data.draw(st.sampled_from(sorted(self.paid)))
        payment = Payment.objects.get(key=str(key))
        billing.take_back_payment(payment_id=payment.pk, reason="Mistake", at=AT, by=self.by)
        self.paid[key] = (self.paid[key][0], D(0))

    @rule(client=CLIENT, amount=CENTS, what=st.sampled_from(["correct", "refund", "move"]), stays=st.booleans())
    def book_by_hand(self, client, amount, what, stays):
        how = {"amount": amount, "key": uuid4().hex, "at": AT, "by": self.by}
        whose, other = self.clients[client], self.clients[1 - client]
        back = {"reason": "Not so", "at": AT, "by": self.by}
        match what:
            case "correct":
                entry = money_corrected.correct(client_id=whose, reason="So", on=DAY, **how | {"amount": -amount})
                stays or money_corrected.take_back(entry_id=entry, **back)
            case "refund":
                payment = money_refunded.refund(
                    client_id=whose, method="cash", on=DAY, note="", over_balance=True, **how
                )
                stays or payment_received.take_back(payment_id=payment, **back)
            case _:
                transfer = money_transferred.transfer(
                    from_client_id=whose, to_client_id=other, reason="So", over_balance=True, **how
                )
                stays or money_transferred.take_back(transfer_id=transfer, **back)
        if stays:
            self.by_hand[client] -= amount
            self.by_hand[1 - client] += amount if what == "move" else 0

    @precondition(lambda self: LedgerEntry.objects.standing_charges().exists())
    @rule(data=st.data(), percent=st.integers(1, 30))
    def let_off(self, data, percent):
        """Taken back again or not, it goes with its charge: balances are looked at without what is let off."""
        charges = LedgerEntry.objects.standing_charges().order_by("pk").values_list("pk", flat=True)
        try:
            money_corrected.discount(
                entry_id=data.draw(st.sampled_from([*charges])), percent=D(percent), reason="So", key=uuid4().hex,
                at=AT, by=self.by,
            )
        except billing.MoreThanCharged:
            return

    @invariant()
    def balances_are_those_of_the_last_state(self):
        stored = dict(Account.objects.values_list("client", "balance"))
        for index, client in enumerate(self.clients):
            charged = sum(
                PRICE * cell.share / 100 for (who, lesson), cell in self.cells.items()
                if who == index and lesson not in self.cancelled
            )
            paid = sum(amount for who, amount in self.paid.values() if who == index) + self.by_hand[index]
            let_off = LedgerEntry.objects.filter(client=client, kind="discount", reversed_by=None)
            off = let_off.aggregate(sum=Sum("amount"))["sum"] or 0
            assert stored.get(client, D(0)) == paid + off - charged

    @invariant()
    def clients_are_where_they_were_brought(self):
        for client, pk in enumerate(self.clients):
            starts = Enrolment.objects.filter(client=pk).order_by("since").values_list("group", "since")
            assert list(starts) == [(self.groups[group], since) for group, since in self.stays[client]]
            assert set(Freeze.objects.filter(client=pk).values_list("since", flat=True)) == self.frozen[client]

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
    examples, steps = (200, 50) if DEEP else (30, 30)
    run_state_machine_as_test(
        Ledger,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
