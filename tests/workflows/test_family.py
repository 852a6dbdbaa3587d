"""A payer and their children: what is due of each, one payment for all of them, and who may see and do what."""

import uuid
from datetime import timedelta
from decimal import Decimal as D

import pytest

from rollbook.domains.access.models import Role
from rollbook.domains.billing.actions import AnotherPayment
from rollbook.domains.billing.models import Account, LedgerEntry, Payment
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.history.models import Entry
from rollbook.domains.journal.models import Status
from rollbook.domains.people.models import Contact, Relation
from rollbook.domains.schedule.models import TimetableSlot
from rollbook.foundation.errors import InvalidInput, NotAllowed, NotFound
from rollbook.screens import client, family
from rollbook.workflows import lesson_marked, payment_received
from tests.school import AT, DAY


@pytest.fixture
def siblings(school):
    """Ivan's mother pays for Dan of another group and for Jan of the other branch, too."""
    ivan, dan, jan = school.clients()[0], school.clients("dance")[0], school.clients("judo")[0]
    mother = ivan.contacts.get()
    Relation.objects.filter(client__in=[dan, jan]).update(contact=mother)
    return mother, ivan, dan, jan


def seen(school, contact, name="vera", **how):
    return family.family(contact_id=contact.pk, at=AT, by=school.actor(name), **how)


def receive(school, contact, shares, *, amount=None, key=None, name="vera", on=DAY):
    return payment_received.receive_family(
        contact_id=contact.pk, amount=D(amount or sum(shares.values())),
        shares={of.pk: D(share) for of, share in shares.items()}, method="cash", on=on, note="",
        key=key or uuid.uuid4().hex, at=AT, by=school.actor(name),
    )


def balances():
    return {pk: balance for pk, balance in Account.objects.values_list("client", "balance") if balance}


def test_what_is_due_of_each_is_what_their_card_says(school, siblings):
    mother, ivan, dan, jan = siblings
    lesson_marked.mark(
        lesson_id=school.lessons["chess"].pk, marks={ivan.pk: Status.MISSED}, seen=None, at=AT, by=school.actor("vera")
    )
    Freeze.objects.create(client=dan, since=DAY, until=DAY + timedelta(days=10))
    payment_received.receive(
        client_id=jan.pk, amount=D(20), method="cash", on=DAY, note="", key="jan", at=AT, by=school.actor("vera")
    )
    shown = seen(school, mother)
    cards = [client.card(client_id=child.client_id, at=AT, by=school.actor("vera")) for child in shown.children]
    assert [(child.name, child.balance, child.due) for child in shown.children] == [
        (card.name, card.balance, card.due) for card in cards
    ]
    assert [child.due for child in shown.children] == [D("37.50"), D("56.25"), D("42.50")]  # Dan, Ivan, Jan
    assert (shown.balance, shown.due, shown.proposed) == (D("13.75"), D("136.25"), D("136.25"))
    assert [place.name for child in shown.children for place in child.groups] == ["Dance", "Chess", "Judo"]


def test_those_whose_money_is_not_seen_are_not_there_and_not_counted(school, siblings):
    mother, *_children, jan = siblings
    whole, part = seen(school, mother), seen(school, mother, "mara")
    assert [child.name for child in part.children] == ["Dan", "Ivan"]
    assert (whole.is_whole, part.is_whole) == (True, False)
    assert part.due == part.proposed == D(125)
    Relation.objects.filter(client=jan).update(contact=Contact.objects.create(first_name="Another"))
    alone = seen(school, mother, "mara")
    assert alone == part


@pytest.mark.parametrize(
    ("name", "error"), [("anna", NotAllowed), ("kira", None), ("boris", NotAllowed), ("dina", NotFound)]
)
def test_a_family_is_seen_with_its_money(school, siblings, name, error):
    if error:
        with pytest.raises(error):
            seen(school, siblings[0], name)
    else:
        assert [child.name for child in seen(school, siblings[0], name).children] == ["Jan"]


def test_who_pays_for_nobody_is_no_family(school, siblings):
    aunt = Contact.objects.create(first_name="Aunt")
    Relation.objects.create(client=siblings[1], contact=aunt, pays=False)
    for contact in (aunt, Contact(pk=99999)):
        with pytest.raises(NotFound):
            seen(school, contact)


def test_a_card_leads_to_the_family_where_others_are_seen(school, siblings):
    mother, ivan, dan, jan = siblings

    def families(of, name):
        return client.card(client_id=of.pk, at=AT, by=school.actor(name)).families

    assert families(ivan, "mara") == families(jan, "vera") == {mother.pk}
    assert families(jan, "kira") == families(school.clients()[1], "mara") == frozenset()
    Relation.objects.filter(client=dan).update(contact=Contact.objects.create(first_name="Another"))
    assert families(ivan, "mara") == frozenset()


def test_the_oldest_due_is_proposed_first_and_the_rest_goes_to_whoever_owes_next(school, siblings):
    """Ivan owes since August; in October judo comes first, on the first of the month."""
    mother, ivan, dan, jan = siblings
    august = school.lesson("chess", at=AT - timedelta(days=14))
    lesson_marked.mark(
        lesson_id=august.pk, marks={ivan.pk: Status.ATTENDED}, seen=None, at=AT, by=school.actor("vera")
    )
    TimetableSlot.objects.create(
        group=school.groups["judo"], weekday=4, starts="18:00", minutes=60, valid_from=DAY + timedelta(days=30),
        room=school.groups["judo"].slots.get().room,
    )

    def proposed(amount):
        shares = seen(school, mother, amount=D(amount)).shares
        assert sum(shares.values()) == D(amount)
        return [shares[of.pk] for of in (ivan, dan, jan)]

    assert proposed(5) == [D(5), 0, 0]
    assert proposed("12.50") == [D("12.50"), 0, 0]
    assert proposed(50) == [D("25"), D("12.50"), D("12.50")]
    assert proposed(200) == [D(75), D("62.50"), D("62.50")]
    assert proposed(220) == [D(75), D("62.50"), D("82.50")]


def test_what_is_left_over_of_what_was_paid_covers_the_next_lessons(school, siblings):
    mother, ivan, dan, jan = siblings
    receive(school, mother, {ivan: D(30)})
    assert seen(school, mother, amount=D(25)).shares == {ivan.pk: 0, dan.pk: D(25), jan.pk: 0} | {
        dan.pk: D("12.50"), jan.pk: D("12.50")
    }
    assert seen(school, mother).shares == {dan.pk: D("62.50"), ivan.pk: D("32.50"), jan.pk: D("62.50")}


def test_a_child_in_no_group_may_be_paid_for(school, siblings):
    mother, ivan, dan, jan = siblings
    Enrolment.objects.filter(client__in=[ivan, dan, jan]).update(until=DAY)
    shown = seen(school, mother, amount=D(10))
    assert (shown.due, shown.shares) == (0, {dan.pk: D(10), ivan.pk: 0, jan.pk: 0})


def test_one_payment_has_an_entry_for_each_child_and_is_told_on_each(school, siblings):
    mother, ivan, dan, jan = siblings
    payment = receive(school, mother, {ivan: D("60.01"), dan: D("39.99"), jan: D(0)})
    assert Payment.objects.get(pk=payment).amount == 100
    assert balances() == {ivan.pk: D("60.01"), dan.pk: D("39.99")}
    told = Entry.objects.filter(verb="payment.received").order_by("pk")
    assert [(entry.subject, entry.new["amount"]) for entry in told] == [
        (f"client:{of.pk}", share) for of, share in sorted(
            ((ivan, "60.01"), (dan, "39.99")), key=lambda pair: pair[0].pk
        )
    ]


def test_the_same_family_payment_is_booked_once_and_its_key_serves_no_other(school, siblings):
    mother, ivan, dan, _jan = siblings
    first = receive(school, mother, {ivan: 60, dan: 40}, key="a key")
    assert receive(school, mother, {dan: 40, ivan: 60}, key="a key") == first
    for other in ({ivan: 40, dan: 60}, {ivan: 100}, {ivan: 60, dan: 41}):
        with pytest.raises(AnotherPayment):
            receive(school, mother, other, key="a key")
    with pytest.raises(AnotherPayment):
        payment_received.receive(
            client_id=ivan.pk, amount=D(100), method="cash", on=DAY, note="", key="a key", at=AT,
            by=school.actor("vera"),
        )
    assert (Payment.objects.count(), LedgerEntry.objects.count()) == (1, 2)


def test_shares_that_do_not_add_up_or_make_no_sense_are_refused_at_their_field(school, siblings):
    mother, ivan, dan, _jan = siblings
    olga = school.clients()[1]
    for shares, amount, field in (
        ({ivan: 60, dan: 30}, 100, "amount"), ({}, 100, "amount"), ({ivan: 0}, 0.01, "amount"),
        ({ivan: 110, dan: -10}, 100, f"share-{dan.pk}"), ({ivan: "0.005", dan: "99.995"}, 100, f"share-{ivan.pk}"),
        ({ivan: 60, olga: 40}, 100, f"share-{olga.pk}"),
    ):
        with pytest.raises(InvalidInput) as refused:
            receive(school, mother, shares, amount=amount)
        assert field in refused.value.fields
    with pytest.raises(InvalidInput) as refused:
        receive(school, mother, {ivan: 1}, on=DAY + timedelta(days=1))
    assert set(refused.value.fields) == {"on"}
    assert not Payment.objects.exists()


def test_it_takes_the_right_for_each_child_and_all_or_none_get_their_share(school, siblings):
    mother, ivan, _dan, jan = siblings
    for name, error in (("anna", NotAllowed), ("nina", NotAllowed), ("dina", NotFound), ("rita", NotAllowed)):
        with pytest.raises(error):
            receive(school, mother, {ivan: 60, jan: 40}, name=name)  # Rita sees both, and takes payments in South
    with pytest.raises(InvalidInput):
        receive(school, mother, {ivan: 60, jan: 40}, name="mara")  # who knows of no Jan
    assert not Payment.objects.exists()
    receive(school, mother, {jan: 40}, name="rita")
    assert balances() == {jan.pk: 40}


def test_taking_a_split_payment_back_takes_the_right_for_each_child(school, siblings):
    mother, ivan, dan, jan = siblings
    payment = receive(school, mother, {ivan: 60, jan: 40})

    def back(name):
        return payment_received.take_back(payment_id=payment, reason="A mistake", at=AT, by=school.actor(name))

    for name in ("mara", "kira", "rita"):
        with pytest.raises(NotAllowed):
            back(name)
    assert balances() == {ivan.pk: 60, jan.pk: 40}
    assert back("vera") == back("vera") == tuple(sorted([ivan.pk, jan.pk]))
    assert (balances(), LedgerEntry.objects.count()) == ({}, 4)


def test_who_takes_payments_for_some_is_proposed_these_alone(school, siblings):
    mother, _ivan, _dan, jan = siblings
    shown = seen(school, mother, "rita")
    assert len(shown.children) == 3
    assert shown.shares == {jan.pk: D("62.50")}
    Role.objects.filter(code="branch_manager").update(permissions=["client.see", "money.see"])
    assert seen(school, mother, "rita").shares == {}
