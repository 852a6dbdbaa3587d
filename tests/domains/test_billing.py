import uuid
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction
from django.db.models import Sum

from rollbook.domains.billing import actions as billing
from rollbook.domains.billing import queries
from rollbook.domains.billing.models import Account, EntryKind, LedgerEntry, Payment, Tariff, TariffUse
from rollbook.domains.billing.rules import charge_of, lesson_price, lessons_covered
from rollbook.domains.journal.models import Mark, Status
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.workflows import lesson_marked
from tests.school import AT, DAY


@pytest.mark.parametrize(
    ("pricing", "price", "lessons", "share", "charged"),
    [
        ("fixed", "600", 9, 100, "600.00"),
        ("month", "4800", 9, 100, "533.33"),
        ("month", "100", 8, 100, "12.50"),
        ("month", "100", 3, 100, "33.33"),
        ("month", "200", 3, 100, "66.67"),
        ("month", "0.05", 2, 100, "0.03"),  # half a cent goes up, and not to the even one
        ("month", "0.09", 2, 100, "0.05"),
        ("month", "100", 8, 50, "6.25"),
        ("month", "100", 3, 50, "16.67"),
        ("month", "0.10", 7, 50, "0.01"),
        ("month", "0.05", 2, 50, "0.01"),  # rounded once: 0.0125, where half of a rounded 0.03 would give 0.02
        ("month", "0.01", 1, 50, "0.01"),
        ("month", "100", 0, 100, "100.00"),  # a lesson outside the timetable
        ("fixed", "600", 1, 0, "0.00"),
        ("fixed", "0", 1, 100, "0.00"),
        ("fixed", "1234.56", 1, 33, "407.40"),
    ],
)
def test_price_of_a_lesson(pricing, price, lessons, share, charged):
    whole = lesson_price(pricing=pricing, price=D(price), lessons=lessons)
    assert charge_of(price=whole, share=share) == D(charged)


@pytest.mark.parametrize(
    ("balance", "price", "lessons"),
    [("25", "12.5", 2), ("24.99", "12.5", 1), ("-1", "12.5", 0), ("0", "5", 0), ("9", "0", 0)],
)
def test_how_many_lessons_a_balance_covers(balance, price, lessons):
    assert lessons_covered(balance=D(balance), price=D(price)) == lessons


def pay(school, amount, *, client=None, key=None, on=DAY, name="mara"):
    client = client or school.clients()[0]
    return billing.receive_payment(
        client_id=client.pk, amount=D(amount), method="cash", on=on, note="", key=key or uuid.uuid4().hex, at=AT,
        by=school.actor(name),
    )


def test_the_stored_balance_is_the_sum_of_the_ledger(school):
    ivan, olga = school.clients()
    for client, amount in ((ivan, "100"), (ivan, "0.01"), (ivan, "50"), (olga, "7")):
        pay(school, amount, client=client)
    assert dict(Account.objects.values_list("client", "balance")) == {ivan.pk: D("150.01"), olga.pk: D("7")}
    assert set(Account.objects.values_list("client", "balance")) == set(
        LedgerEntry.objects.values_list("client").annotate(Sum("amount"))
    )


def test_the_same_payment_is_booked_once_and_its_key_serves_no_other(school):
    ivan, olga = school.clients()
    assert pay(school, 5, key="k") == pay(school, 5, key="k")
    for told in ({"amount": 6}, {"amount": 5, "client": olga}, {"amount": 5, "on": DAY - timedelta(days=1)}):
        with pytest.raises(billing.AnotherPayment):
            pay(school, **told, key="k")
    assert (Payment.objects.count(), Account.objects.get().balance) == (1, 5)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"amount": "0"}, "amount"), ({"amount": "-1"}, "amount"), ({"amount": "0.005"}, "amount"),
        ({"amount": "1000000000.01"}, "amount"), ({"amount": "1", "on": DAY + timedelta(days=1)}, "on"),
        ({"amount": "1", "on": date(1999, 1, 1)}, "on"),
    ],
)
def test_a_payment_that_makes_no_sense_is_refused_at_its_field(school, told, field):
    with pytest.raises(InvalidInput) as refused:
        pay(school, **told)
    assert set(refused.value.fields) == {field}
    assert not Payment.objects.exists()


def test_payments_are_taken_only_by_those_who_may(school):
    for name, error in (("anna", NotAllowed), ("boris", NotFound), ("kira", NotFound), ("dina", NotFound)):
        with pytest.raises(error):
            pay(school, 5, name=name)


def test_a_payment_taken_back_leaves_both_lines(school):
    payment = pay(school, 5)
    for _ in range(2):
        billing.take_back_payment(payment_id=payment, reason="Mistake", at=AT, by=school.actor("mara"))
    assert Account.objects.get().balance == 0
    entries = LedgerEntry.objects.order_by("pk").values_list("kind", "amount")
    assert list(entries) == [("payment", D(5)), ("reversal", D(-5))]


def test_a_groups_own_tariff_goes_before_its_programmes_and_each_has_its_days(school):
    chess = school.groups["chess"]
    special = Tariff.objects.create(name="Special", price=D(7))
    TariffUse.objects.create(tariff=special, group=chess, since=DAY, until=DAY + timedelta(days=10))

    def price(day, name="anna"):
        of = {chess.pk: chess.programme_id}
        return queries.terms(groups=of, on=day, by=school.actor(name))[chess.pk].price

    days = (-1, 0, 9, 10)
    assert [price(DAY + timedelta(days=n)) for n in days] == [D("12.5"), D(7), D(7), D("12.5")]
    assert price(date(2025, 1, 1)) == 0


def test_a_statement_explains_itself_line_by_line(school):
    ivan = school.clients()[0]
    pay(school, 30, on=DAY - timedelta(days=40))
    pay(school, 20)
    for status in (Status.MISSED, Status.ATTENDED):
        lesson_marked.mark(
            lesson_id=school.lessons["chess"].pk, marks={ivan.pk: status}, seen=None, at=AT, by=school.actor("mara")
        )
    told = queries.statement(client_id=ivan.pk, first=DAY, last=DAY, by=school.actor("mara"))
    assert (told.opening, told.closing) == (30, D("37.50"))
    assert [(line.kind, line.amount, line.status, line.group) for line in told.lines] == [
        ("payment", D(20), None, ""), ("charge", D("-12.50"), Status.ATTENDED, "Chess"),
    ]
    assert queries.statement(client_id=ivan.pk, first=DAY, last=DAY, by=school.actor("anna")) is None
    hidden = queries.statement(client_id=ivan.pk, first=DAY, last=DAY, by=school.actor("kira"))
    assert (hidden.opening, hidden.lines) == (0, ())


# ---- what the database keeps, whoever writes and however


def test_an_entry_must_fit_its_kind(school):
    client = school.clients()[0]
    told = {"client": client, "branch": client.branch, "day": DAY, "made_at": AT}
    for wrong in (
        {"kind": "payment", "amount": -1}, {"kind": "charge", "amount": -1}, {"kind": "reversal", "amount": 1},
        {"kind": "gift", "amount": 1},
    ):
        with pytest.raises(IntegrityError, match="ledger_entry_of_its_kind"), transaction.atomic():
            LedgerEntry.objects.create(**told, **wrong)


def charged(school):
    ivan = school.clients()[0]
    lesson = school.lessons["chess"].pk
    marks = {ivan.pk: Status.ATTENDED}
    lesson_marked.mark(lesson_id=lesson, marks=marks, seen=None, at=AT, by=school.actor("mara"))
    return LedgerEntry.objects.get()


def again(entry, **told):
    row = {
        "client_id": entry.client_id, "branch_id": entry.branch_id, "kind": entry.kind, "amount": entry.amount,
        "mark_id": entry.mark_id, "day": DAY, "made_at": AT,
    } | told
    return LedgerEntry.objects.create(**row)


def test_a_mark_is_charged_once_until_that_is_reversed(school):
    entry = charged(school)
    with pytest.raises(IntegrityError, match="charged once"), transaction.atomic():
        again(entry)
    again(entry, kind="reversal", amount=-entry.amount, reverses=entry)
    again(entry)
    with pytest.raises(IntegrityError), transaction.atomic():
        again(entry, kind="reversal", amount=-entry.amount, reverses=entry)


def test_a_reversal_takes_back_exactly_one_entry_whole(school):
    entry = charged(school)
    olga = school.clients()[1]
    for wrong in ({"amount": D(1)}, {"client_id": olga.pk}, {"mark_id": None}):
        with pytest.raises(IntegrityError, match="exactly one entry"), transaction.atomic():
            again(entry, **{"kind": EntryKind.REVERSAL, "amount": -entry.amount, "reverses": entry} | wrong)
    assert Mark.objects.get().ledger.count() == 1


LEDGER = "billing_ledgerentry"
CHANGES = [f"UPDATE {LEDGER} SET amount = 0", f"DELETE FROM {LEDGER}", f"TRUNCATE {LEDGER} CASCADE"]
HISTORY = ["UPDATE history_entry SET verb = ''", "DELETE FROM history_entry", "TRUNCATE history_entry"]
BEHIND_THE_BACK = [
    *CHANGES, *HISTORY, "UPDATE billing_account SET balance = 0", "INSERT INTO billing_account VALUES (1, 0, 0)",
    "DELETE FROM billing_account", f"ALTER TABLE {LEDGER} DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    f"DROP TRIGGER {LEDGER}_is_append_only ON {LEDGER}",
]


@pytest.mark.parametrize("statement", BEHIND_THE_BACK)
@pytest.mark.django_db
def test_the_serving_role_may_change_neither_ledger_nor_balance_nor_history(statement):
    with pytest.raises(DatabaseError, match="permission denied|must be owner"), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("statement", [*CHANGES, *HISTORY])
@pytest.mark.django_db(databases=["owner"])
def test_even_the_owner_changes_neither_by_accident(statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(using="owner"):
        connections["owner"].cursor().execute(statement)
