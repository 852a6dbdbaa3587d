"""What somebody books by hand in an account: each way out of each action, and what the database keeps by itself."""

import uuid
from datetime import date, timedelta
from decimal import Decimal as D

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollbook.domains.access.models import Organisation
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing import queries
from rollbook.domains.billing.actions import by_hand
from rollbook.domains.billing.models import Account, EntryKind, LedgerEntry, Payment, Transfer
from rollbook.domains.groups.models import Enrolment
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.models import Status
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.operations.doctor import examine
from rollbook.operations.doctor.billing import PROMISES
from rollbook.workflows import lesson_marked
from tests.school import AT, DAY

FAR = DAY + timedelta(days=1)


def correct(school, amount, *, client=None, act=billing.correct_balance, name="oleg", **told):
    client = client or school.clients()[0]
    how = {"reason": "Counted wrongly", "on": DAY, "key": uuid.uuid4().hex} | told
    return act(client_id=client.pk, amount=D(amount), at=AT, by=school.actor(name), **how)


def refund(school, amount, *, client=None, name="mara", **told):
    client = client or school.clients()[0]
    how = {"method": "cash", "on": DAY, "note": "", "key": uuid.uuid4().hex} | told
    return billing.refund(client_id=client.pk, amount=D(amount), at=AT, by=school.actor(name), **how)


def move(school, amount, *, giver=None, taker=None, name="mara", **told):
    ivan, olga = school.clients()
    how = {"reason": "To the sister", "key": uuid.uuid4().hex} | told
    return billing.transfer_money(
        from_client_id=giver or ivan.pk, to_client_id=taker or olga.pk, amount=D(amount), at=AT,
        by=school.actor(name), **how,
    )


def charged(school, status=Status.ATTENDED):
    """The standing charge of Ivan's lesson, 12.50 for one attended."""
    ivan = school.clients()[0]
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={ivan.pk: status}, seen=None, at=AT, by=school.actor("oleg")
    )
    return LedgerEntry.objects.filter(kind="charge", reversed_by=None).first()


def let_off(school, charge, *, name="oleg", **told):
    how = {"reason": "Was late by our fault", "key": uuid.uuid4().hex} | told
    return billing.discount_charge(entry_id=charge.pk, at=AT, by=school.actor(name), **how)


def take_back(school, entry, name="oleg"):
    return billing.take_back_entry(entry_id=entry, reason="A mistake", at=AT, by=school.actor(name))


def balance(client):
    return dict(Account.objects.values_list("client", "balance")).get(client.pk, D(0))


def promises_are_kept():
    return not [found.promise.name for found in examine(PROMISES) if found.broken]


# ---- corrections and bonuses


@pytest.mark.parametrize(
    ("act", "kind", "amount"),
    [
        (billing.correct_balance, "correction", "-7.50"), (billing.correct_balance, "correction", "7.50"),
        (billing.give_bonus, "bonus", "7.50"),
    ],
)
def test_what_is_booked_says_why_and_by_whom(school, act, kind, amount):
    ivan = school.clients()[0]
    entry = LedgerEntry.objects.get(pk=correct(school, amount, act=act))
    assert (entry.kind, entry.amount, entry.reason, entry.day, entry.about) == (
        kind, D(amount), "Counted wrongly", DAY, None,
    )
    assert (entry.made_by, entry.branch) == (school.users["oleg"], ivan.branch)
    assert balance(ivan) == D(amount)
    said = Entry.objects.get(verb__in=["balance.corrected", "bonus.given"])
    assert (said.subject, said.new["amount"], said.new["entry"]) == (f"client:{ivan.pk}", amount, entry.pk)
    assert promises_are_kept()


@pytest.mark.parametrize("act", [billing.correct_balance, billing.give_bonus])
@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"amount": "0"}, "amount"), ({"amount": "0.005"}, "amount"), ({"amount": "1000000000.01"}, "amount"),
        ({"amount": "1", "on": FAR}, "on"), ({"amount": "1", "on": date(1999, 1, 1)}, "on"),
        ({"amount": "1", "reason": " "}, "reason"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(school, act, told, field):
    with pytest.raises(InvalidInput) as refused:
        correct(school, act=act, **told)
    assert set(refused.value.fields) == {field}
    assert not LedgerEntry.objects.exists()


def test_a_bonus_takes_nothing_away(school):
    with pytest.raises(InvalidInput):
        correct(school, "-1", act=billing.give_bonus)


def test_the_same_is_booked_once_and_its_key_serves_nothing_else(school):
    olga = school.clients()[1]
    assert correct(school, 5, key="k") == correct(school, 5, key="k")
    for told in (
        {"amount": 6}, {"amount": 5, "client": olga}, {"amount": 5, "reason": "Another"},
        {"amount": 5, "act": billing.give_bonus}, {"amount": 5, "on": DAY - timedelta(days=1)},
    ):
        with pytest.raises(billing.AnotherEntry):
            correct(school, **told, key="k")
    assert (LedgerEntry.objects.count(), Account.objects.get().balance) == (1, 5)


def test_balances_are_corrected_only_by_those_who_may(school):
    for name, error in (("mara", NotAllowed), ("anna", NotAllowed), ("kira", NotFound), ("dina", NotFound)):
        with pytest.raises(error):
            correct(school, 5, name=name)


# ---- discounts for one charge


def test_a_charge_is_let_off_in_part_and_at_most_whole(school):
    charge = charged(school)
    first = LedgerEntry.objects.get(pk=let_off(school, charge, percent=D(10)))
    assert (first.kind, first.amount, first.discounts, first.mark, first.group_id, first.day) == (
        "discount", D("1.25"), charge, None, charge.group_id, charge.day,
    )
    let_off(school, charge, amount=D(11))
    with pytest.raises(billing.MoreThanCharged, match="0.25"):
        let_off(school, charge, amount=D("0.26"))
    let_off(school, charge, amount=D("0.25"))
    assert balance(school.clients()[0]) == 0
    assert promises_are_kept()


@pytest.mark.parametrize(
    "told",
    [
        {}, {"percent": D(5), "amount": D(1)}, {"percent": D(0)}, {"percent": D("100.01")}, {"amount": D(0)},
        {"amount": D(-1)}, {"percent": D(5), "reason": ""},
    ],
)
def test_a_discount_that_makes_no_sense_is_refused(school, told):
    with pytest.raises(InvalidInput):
        let_off(school, charged(school), **told)


def test_above_the_limit_it_takes_the_right_to_exceed_it(school):
    Organisation.objects.update(discount_limit=20)
    (jan,) = school.clients("judo")
    lesson_marked.mark(
        lesson_id=school.lessons["judo"].pk, marks={jan.pk: Status.ATTENDED}, seen=None, at=AT, by=school.actor("rita")
    )
    charge = LedgerEntry.objects.get(client=jan)
    let_off(school, charge, percent=D(20), name="kira")
    with pytest.raises(billing.BeyondLimit, match="20 per cent"):
        let_off(school, charge, amount=D("0.01"), name="kira")  # together they are more
    let_off(school, charge, amount=D("0.01"), name="rita")


def test_the_same_discount_is_given_once(school):
    charge = charged(school)
    assert let_off(school, charge, percent=D(10), key="k") == let_off(school, charge, percent=D(10), key="k")
    with pytest.raises(billing.AnotherEntry):
        let_off(school, charge, percent=D(20), key="k")
    assert LedgerEntry.objects.filter(kind="discount").count() == 1


def test_only_a_charge_that_stands_is_let_off(school):
    gone = charged(school)
    bonus = LedgerEntry.objects.get(pk=correct(school, 5, act=billing.give_bonus))
    charged(school, Status.EXCUSED)
    for entry in (gone, bonus):
        with pytest.raises(billing.MoreThanCharged):
            let_off(school, entry, percent=D(10))
    with pytest.raises(NotAllowed):
        let_off(school, gone, percent=D(10), name="mara")
    with pytest.raises(NotFound):
        let_off(school, gone, percent=D(10), name="kira")


def test_a_discount_goes_with_its_charge(school):
    """However the mark is changed: what is charged anew is charged whole."""
    charge = charged(school)
    let_off(school, charge, percent=D(10))
    taken_back = let_off(school, charge, percent=D(20))
    take_back(school, taken_back)
    charged(school, Status.MISSED)
    assert balance(school.clients()[0]) == D("-6.25")
    assert not LedgerEntry.objects.filter(kind="discount", reversed_by=None).exists()
    charged(school, None)
    assert balance(school.clients()[0]) == 0
    assert promises_are_kept()


def test_to_settle_what_has_no_discount_costs_no_statement_more(school, django_assert_num_queries):
    charge = LedgerEntry.objects.standing_charges().get(pk=charged(school).pk)
    with django_assert_num_queries(0):
        assert by_hand.without_discounts([charge], at=AT) == []


# ---- refunds


def test_money_is_given_back_out_of_the_balance(school):
    ivan = school.clients()[0]
    correct(school, 30)
    payment = Payment.objects.get(pk=refund(school, "12.50", note="Leaves"))
    entry = payment.entries.get()
    assert (payment.is_refund, payment.amount, entry.kind, entry.amount) == (True, D("12.50"), "refund", D("-12.50"))
    assert (balance(ivan), entry.made_by) == (D("17.50"), school.users["mara"])
    assert promises_are_kept()


def test_more_than_the_balance_only_if_it_is_meant(school):
    with pytest.raises(billing.MoreThanBalance):
        refund(school, 1)
    assert not Payment.objects.exists()
    refund(school, 1, over_balance=True)
    assert balance(school.clients()[0]) == -1


def test_the_same_refund_is_booked_once_and_its_key_serves_nothing_else(school):
    ivan, olga = school.clients()
    correct(school, 5)
    assert refund(school, 5, key="k") == refund(school, 5, key="k")
    for told in ({"amount": 6}, {"amount": 5, "client": olga}, {"amount": 5, "on": DAY - timedelta(days=1)}):
        with pytest.raises(billing.AnotherPayment):
            refund(school, **told, key="k")
    with pytest.raises(billing.AnotherPayment):
        billing.receive_payment(
            client_id=ivan.pk, amount=D(5), method="cash", on=DAY, note="", key="k", at=AT, by=school.actor("mara")
        )
    assert balance(ivan) == 0


@pytest.mark.parametrize(("told", "field"), [({"amount": "-1"}, "amount"), ({"amount": "1", "on": FAR}, "on")])
def test_a_refund_that_makes_no_sense_is_refused_at_its_field(school, told, field):
    with pytest.raises(InvalidInput) as refused:
        refund(school, **told)
    assert set(refused.value.fields) == {field}


def test_a_refund_is_taken_back_as_a_payment_is(school):
    correct(school, 5)
    payment = refund(school, 5)
    for _ in range(2):
        billing.take_back_payment(payment_id=payment, reason="Mistake", at=AT, by=school.actor("mara"))
    assert balance(school.clients()[0]) == 5
    assert promises_are_kept()


def test_money_is_given_back_only_by_those_who_take_it(school):
    for name, error in (("anna", NotAllowed), ("kira", NotFound), ("dina", NotFound)):
        with pytest.raises(error):
            refund(school, 5, name=name)


# ---- transfers


def test_money_moves_and_the_total_stays(school):
    ivan, olga = school.clients()
    correct(school, 30)
    transfer = Transfer.objects.get(pk=move(school, "12.50"))
    assert (balance(ivan), balance(olga)) == (D("17.50"), D("12.50"))
    assert {entry.reason for entry in transfer.entries.all()} == {"To the sister"}
    assert promises_are_kept()


def test_more_than_the_balance_moves_only_if_it_is_meant(school):
    with pytest.raises(billing.MoreThanBalance):
        move(school, 1)
    assert not Transfer.objects.exists()
    move(school, 1, over_balance=True)


def test_the_same_transfer_is_moved_once_and_its_key_serves_nothing_else(school):
    ivan, olga = school.clients()
    dan = school.clients("dance")[0]
    correct(school, 5)
    assert move(school, 5, key="k") == move(school, 5, key="k")
    for told in ({"amount": 4}, {"amount": 5, "taker": dan.pk}, {"amount": 5, "reason": "Another"}):
        with pytest.raises(billing.AnotherEntry):
            move(school, **told, key="k")
    with pytest.raises(billing.AnotherEntry):
        move(school, 5, giver=olga.pk, taker=ivan.pk, key="k")
    assert (balance(ivan), balance(olga)) == (0, 5)


def test_a_receiver_who_may_not_be_chosen_is_refused_like_one_who_is_not_there(school):
    ivan, jan = school.clients()[0], school.clients("judo")[0]
    correct(school, 5)
    for name, taker in (("mara", ivan.pk), ("mara", jan.pk), ("mara", 0), ("oleg", jan.pk)):
        with pytest.raises(InvalidInput) as refused:
            move(school, 5, taker=taker or 10**9, name=name)
        assert set(refused.value.fields) == {"client_id"}
    for name, error in (("anna", NotAllowed), ("rita", NotAllowed), ("kira", NotFound), ("dina", NotFound)):
        with pytest.raises(error):
            move(school, 5, name=name)


@pytest.mark.parametrize("told", [{"amount": "0"}, {"amount": "-1"}, {"amount": "1", "reason": ""}])
def test_a_transfer_that_makes_no_sense_is_refused(school, told):
    with pytest.raises(InvalidInput):
        move(school, **told)


def test_a_transfer_is_taken_back_on_both_sides(school):
    ivan, olga = school.clients()
    correct(school, 5)
    transfer = move(school, 5)
    for _ in range(2):
        clients = billing.take_back_transfer(transfer_id=transfer, reason="Mistake", at=AT, by=school.actor("mara"))
        assert clients == (ivan.pk, olga.pk)
    assert (balance(ivan), balance(olga)) == (5, 0)
    assert LedgerEntry.objects.filter(kind="reversal").count() == 2
    assert promises_are_kept()


def test_a_transfer_is_taken_back_only_by_those_who_may_for_both(school):
    jan = school.clients("judo")[0]
    correct(school, 5)
    transfer = move(school, 5, taker=jan.pk, name="vera")
    for name, error in (("mara", NotAllowed), ("kira", NotAllowed), ("anna", NotFound), ("dina", NotFound)):
        with pytest.raises(error):
            billing.take_back_transfer(transfer_id=transfer, reason="Mistake", at=AT, by=school.actor(name))


AMOUNTS = st.decimals(min_value="0.01", max_value="1000", places=2)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(moves=st.lists(st.tuples(st.integers(0, 2), st.integers(1, 2), AMOUNTS, st.booleans()), max_size=6))
def test_whatever_moves_the_total_stays(school, moves):
    clients = [*school.clients(), *school.clients("dance")]
    with transaction.atomic():
        correct(school, 100)
        before = {client: balance(client) for client in clients}
        for giver, step, amount, stays in moves:
            taker = clients[(giver + step) % 3]
            transfer = move(school, amount, giver=clients[giver].pk, taker=taker.pk, over_balance=True, name="vera")
            if stays:
                before[clients[giver]] -= amount
                before[taker] += amount
            else:
                billing.take_back_transfer(transfer_id=transfer, reason="No", at=AT, by=school.actor("vera"))
        assert {client: balance(client) for client in clients} == before
        assert sum(before.values()) == 100
        transaction.set_rollback(True)


# ---- their way back


@pytest.mark.parametrize("act", [billing.correct_balance, billing.give_bonus])
def test_what_was_booked_by_hand_is_taken_back_once_for_a_reason(school, act):
    ivan = school.clients()[0]
    entry = correct(school, 5, act=act)
    for _ in range(2):
        assert take_back(school, entry) == ivan.pk
    reversal = LedgerEntry.objects.get(kind="reversal")
    assert (balance(ivan), reversal.reason, reversal.made_by) == (0, "A mistake", school.users["oleg"])
    assert Entry.objects.filter(verb="entry.taken_back").count() == 1
    with pytest.raises(NotAllowed):
        take_back(school, entry, name="mara")
    with pytest.raises(NotFound):
        take_back(school, entry, name="kira")


def test_what_was_charged_paid_or_moved_goes_back_on_its_own_way(school):
    charged(school)
    refund(school, 1, over_balance=True)
    move(school, 1, over_balance=True)
    take_back(school, correct(school, 1))
    for entry in LedgerEntry.objects.exclude(kind="correction"):
        with pytest.raises(billing.NotByHand):
            take_back(school, entry.pk)


# ---- how a statement tells of it


def test_a_statement_says_why_and_to_whom_as_far_as_that_may_be_known(school):
    ivan, jan = school.clients()[0], school.clients("judo")[0]
    correct(school, 30)
    move(school, 5, taker=jan.pk, name="vera")

    def lines(client, name):
        told = queries.statement(client_id=client.pk, first=DAY, last=FAR, by=school.actor(name))
        return [(line.kind, line.amount, line.reason, line.other_id, line.other) for line in told.lines]

    assert lines(ivan, "vera") == [
        (EntryKind.CORRECTION, 30, "Counted wrongly", None, ""),
        (EntryKind.TRANSFER, -5, "To the sister", jan.pk, "Jan"),
    ]
    assert lines(ivan, "mara")[1] == (EntryKind.TRANSFER, -5, "To the sister", None, "")
    assert lines(jan, "kira") == [(EntryKind.TRANSFER, 5, "To the sister", None, "")]


# ---- what the database keeps, whoever writes and however (spec 05, rule 2)


@pytest.mark.parametrize("table", ["billing_ledgerentry", "billing_account"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET client_id = client_id", "DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_the_serving_role_changes_no_line_and_no_balance(school, table, statement):
    correct(school, 5)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


INSERT = """
  INSERT INTO billing_ledgerentry (
    client_id, branch_id, kind, amount, transfer_id, discounts_id, reverses_id, reason, day, made_at
  )
  VALUES (
    %(client)s, %(branch)s, %(kind)s, %(amount)s, %(transfer)s, %(discounts)s, %(reverses)s, 'By hand', '2026-09-01',
    now()
  )
"""


def written(client, **told):
    row = dict.fromkeys(("transfer", "discounts", "reverses")) | {"client": client.pk, "branch": client.branch_id}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(INSERT, row | told)


def test_half_a_transfer_is_refused(school):
    ivan = school.clients()[0]
    transfer = Transfer.objects.create(amount=5, reason="Half")
    with pytest.raises(IntegrityError, match="takes from one what it gives another"):
        written(ivan, kind="transfer", amount=-5, transfer=transfer.pk)
    correct(school, 5)
    whole = Transfer.objects.get(pk=move(school, 5))
    half = whole.entries.get(client=ivan)
    with pytest.raises(IntegrityError, match="takes from one what it gives another"):
        written(ivan, kind="reversal", amount=5, transfer=whole.pk, reverses=half.pk)


def test_a_reversal_of_another_amount_is_refused(school):
    ivan, olga = school.clients()
    entry = correct(school, 5)
    for client, amount in ((ivan, -4), (ivan, 5), (olga, -5)):
        with pytest.raises(IntegrityError, match="exactly one entry"):
            written(client, kind="reversal", amount=amount, reverses=entry)


def test_a_discount_above_its_charge_or_of_none_is_refused(school):
    ivan, olga = school.clients()
    charge = charged(school)
    bonus = correct(school, 20, act=billing.give_bonus)
    for client, amount, of in ((ivan, "12.51", charge.pk), (olga, 1, charge.pk), (ivan, 1, bonus)):
        with pytest.raises(IntegrityError, match="never more than that"):
            written(client, kind="discount", amount=D(amount), discounts=of)
    for kind, amount in (("correction", 1), ("discount", -1)):
        with pytest.raises(IntegrityError, match="ledger_discount_of_charge"):
            written(ivan, kind=kind, amount=amount, discounts=charge.pk)


def test_it_takes_no_group_to_hold_money(school):
    """Balances are of clients: whoever left has one as well."""
    ivan = school.clients()[0]
    Enrolment.objects.filter(client=ivan).update(until=DAY)
    correct(school, 5)
    refund(school, 5)
    assert balance(ivan) == 0
