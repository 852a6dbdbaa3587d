"""The same sent fifty times at once is booked once (spec 05, rule 3)."""

from decimal import Decimal as D

import pytest

from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.models import Account, LedgerEntry, Payment, Transfer
from rollbook.domains.journal.models import Status
from rollbook.workflows import lesson_marked, money_corrected, money_refunded, money_transferred
from tests.school import AT, DAY, found_school
from tests.workflows.test_at_once import at_once

MANY = 50


@pytest.fixture
def school(own_database):
    school = found_school()
    billing.give_bonus(
        client_id=school.clients()[0].pk, amount=D(100), reason="To have something", on=DAY, key="begin", at=AT,
        by=school.actor("oleg"),
    )
    return school


def balances(school):
    stored = dict(Account.objects.values_list("client", "balance"))
    return [stored.get(client.pk, D(0)) for client in school.clients()]


def many(call):
    assert at_once(*[call] * MANY) == [None] * MANY


def test_a_correction(school):
    ivan, by = school.clients()[0].pk, school.actor("oleg")
    many(lambda: money_corrected.correct(
        client_id=ivan, amount=D(-7), reason="Counted twice", on=DAY, key="the same", at=AT, by=by
    ))
    assert LedgerEntry.objects.filter(kind="correction").count() == 1
    assert balances(school) == [93, 0]


def test_a_refund(school):
    ivan, by = school.clients()[0].pk, school.actor("mara")
    many(lambda: money_refunded.refund(
        client_id=ivan, amount=D(100), method="cash", on=DAY, note="", key="the same", at=AT, by=by
    ))
    assert Payment.objects.get().entries.count() == 1
    assert balances(school) == [0, 0]


def test_a_transfer(school):
    (ivan, olga), by = school.clients(), school.actor("mara")
    many(lambda: money_transferred.transfer(
        from_client_id=ivan.pk, to_client_id=olga.pk, amount=D(100), reason="Sisters", key="the same", at=AT, by=by
    ))
    assert Transfer.objects.get().entries.count() == 2
    assert balances(school) == [0, 100]


def test_transfers_to_and_fro_wait_for_each_other_at_most(school):
    (ivan, olga), by = school.clients(), school.actor("mara")

    def move(giver, taker, key):
        return lambda: money_transferred.transfer(
            from_client_id=giver.pk, to_client_id=taker.pk, amount=D(1), reason="Sisters", key=key, over_balance=True,
            at=AT, by=by,
        )

    calls = [move(*pair, f"{n} {pair[0].pk}") for n in range(10) for pair in ((ivan, olga), (olga, ivan))]
    assert at_once(*calls) == [None] * 20
    assert balances(school) == [100, 0]


def test_a_discount_while_its_mark_is_changed(school):
    """Whoever is second sees what the first did: no discount is left without its charge."""
    ivan, by = school.clients()[0], school.actor("oleg")

    def mark(status):
        lesson_marked.mark(lesson_id=school.lessons["chess"].pk, marks={ivan.pk: status}, seen=None, at=AT, by=by)

    mark(Status.ATTENDED)
    charge = LedgerEntry.objects.get(kind="charge").pk

    def let_off():
        money_corrected.discount(entry_id=charge, percent=D(10), reason="Late", key="off", at=AT, by=by)

    told = at_once(let_off, lambda: mark(Status.EXCUSED))
    assert told[1] is None
    assert told[0] is None or isinstance(told[0], billing.MoreThanCharged)
    assert balances(school) == [100, 0]
