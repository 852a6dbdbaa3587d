"""What is only said to be paid: beside the balance, until somebody who knows confirms or declines it."""

from datetime import timedelta
from decimal import Decimal as D

import pytest

from rollbook.domains.access.models import Role
from rollbook.domains.billing.actions import AnotherPayment, AnsweredAlready
from rollbook.domains.billing.models import Account, AnnouncedPayment, LedgerEntry, Payment
from rollbook.domains.history.models import Entry
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.screens import announced, client
from rollbook.workflows import payment_announced, payment_received
from tests.school import AT, DAY

YESTERDAY = DAY - timedelta(days=1)


def announce(school, *, of=None, amount=50, on=YESTERDAY, key="a key", name="mara", at=AT):
    return payment_announced.announce(
        client_id=(of or school.clients()[0]).pk, amount=D(amount), method="transfer", on=on, note="by the father",
        key=key, at=at, by=school.actor(name),
    )


def confirm(school, pk, name="oleg", **told):
    return payment_announced.confirm(announced_id=pk, at=AT, by=school.actor(name), **told)


def decline(school, pk, name="oleg", reason="Never came"):
    return payment_announced.decline(announced_id=pk, reason=reason, at=AT, by=school.actor(name))


def waiting(school, name="mara"):
    return client.card(client_id=school.clients()[0].pk, at=AT, by=school.actor(name)).announced


def test_it_stands_beside_the_balance_and_never_in_it(school):
    pk = announce(school)
    assert not LedgerEntry.objects.exists()
    [row] = waiting(school)
    assert (row.announced_id, row.amount, row.method, row.on) == (pk, 50, "transfer", YESTERDAY)
    assert (row.note, row.announced_by, row.client) == ("by the father", "Mara", "Ivan")
    card = client.card(client_id=school.clients()[0].pk, at=AT, by=school.actor("mara"))
    assert (card.balance, card.due) == (0, D("62.50"))
    assert waiting(school, "anna") == ()


def test_the_same_is_announced_once_and_its_key_serves_no_other(school):
    assert announce(school) == announce(school)
    for other in ({"amount": 51}, {"on": DAY}, {"of": school.clients()[1]}):
        with pytest.raises(AnotherPayment):
            announce(school, **other)
    assert AnnouncedPayment.objects.count() == Entry.objects.filter(verb="payment.announced").count() == 1


@pytest.mark.parametrize(
    ("told", "field"),
    [({"amount": 0}, "amount"), ({"amount": "0.005"}, "amount"), ({"on": DAY + timedelta(days=1)}, "on")],
)
def test_what_makes_no_sense_is_refused_at_its_field(school, told, field):
    with pytest.raises(InvalidInput) as refused:
        announce(school, **told)
    assert set(refused.value.fields) == {field}
    pk = announce(school)
    with pytest.raises(InvalidInput) as refused:
        confirm(school, pk, **{name: D(value) if name == "amount" else value for name, value in told.items()})
    assert set(refused.value.fields) == {field}
    assert not Payment.objects.exists()


def test_confirmed_it_is_a_payment_as_it_was_announced(school):
    pk = announce(school)
    assert confirm(school, pk) == confirm(school, pk)
    payment = Payment.objects.get()
    assert (payment.amount, payment.method, payment.received_on) == (50, "transfer", YESTERDAY)
    assert (payment.note, payment.announced.pk, Account.objects.get().balance) == ("by the father", pk, 50)
    assert waiting(school) == ()
    assert Entry.objects.filter(verb="payment.confirmed").count() == 1


def test_confirmed_it_may_be_another_sum_on_another_day(school):
    confirm(school, announce(school), amount=D(45), method="cash", on=DAY)
    payment = Payment.objects.get()
    assert (payment.amount, payment.method, payment.received_on) == (45, "cash", DAY)
    assert AnnouncedPayment.objects.get().amount == 50


def test_declined_it_is_not_waited_for(school):
    pk = announce(school)
    ivan = school.clients()[0].pk
    assert decline(school, pk) == decline(school, pk, reason="Once more") == ivan
    assert AnnouncedPayment.objects.get().declined_for == "Never came"
    assert (waiting(school), Payment.objects.exists()) == ((), False)
    with pytest.raises(AnsweredAlready):
        confirm(school, pk)


def test_what_is_confirmed_is_not_declined_and_stays_so_when_its_payment_is_taken_back(school):
    pk = announce(school)
    payment = confirm(school, pk)
    with pytest.raises(AnsweredAlready):
        decline(school, pk)
    payment_received.take_back(payment_id=payment, reason="Another family's", at=AT, by=school.actor("mara"))
    assert confirm(school, pk) == payment
    assert (waiting(school), Account.objects.get().balance) == ((), 0)


def test_who_may_announce_and_who_may_confirm(school):
    for name, error in (("anna", NotAllowed), ("olha", NotAllowed), ("kira", NotFound), ("dina", NotFound)):
        with pytest.raises(error):
            announce(school, name=name)
    pk = announce(school)
    for act in (confirm, decline):
        for name, error in (("mara", NotAllowed), ("nina", NotAllowed), ("anna", NotFound), ("kira", NotFound)):
            with pytest.raises(error):
                act(school, pk, name)
    assert AnnouncedPayment.objects.filter(payment=None, declined_at=None).exists()


def test_the_list_is_of_what_one_may_confirm_the_oldest_first(school, monkeypatch):
    monkeypatch.setattr(announced, "PAGE", 2)
    jan = school.clients("judo")[0]
    pks = [
        announce(school, key=f"key {n}", amount=10 + n, at=AT + timedelta(minutes=n), name="vera", of=of)
        for n, of in enumerate([None, jan, None, jan])
    ]

    def listed(name, **how):
        return announced.listed(by=school.actor(name), **how)

    first = listed("vera")
    second = listed("vera", after=first.page.next)
    assert [row.announced_id for page in (first, second) for row in page.rows] == pks
    assert (first.page.is_first, second.page.is_first, second.page.next) == (True, False, None)
    assert [row.announced_id for row in listed("vera", branch_id=school.branches["south"].pk).rows] == pks[1::2]
    assert [row.announced_id for row in listed("oleg").rows] == pks[::2]
    assert [branch.name for branch in listed("oleg").branches] == ["North"]
    confirm(school, pks[0])
    decline(school, pks[2])
    assert listed("oleg").rows == ()
    with pytest.raises(NotAllowed):
        listed("mara")


def test_its_history_is_told_to_those_who_see_money(school):
    ivan = school.clients()[0].pk
    confirm(school, announce(school))
    decline(school, announce(school, key="another"))

    def told(*permissions):
        Role.objects.filter(name="Clerk").update(permissions=["client.see", "history.see", *permissions])
        return {line.verb for line in client.card(client_id=ivan, at=AT, by=school.actor("dina")).history}

    assert told() == set()
    assert told("money.see") == {"payment.announced", "payment.confirmed", "payment.declined"}
