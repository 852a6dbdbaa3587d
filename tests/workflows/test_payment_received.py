from datetime import timedelta
from decimal import Decimal as D

from django.db import connection
from django.test.utils import CaptureQueriesContext

from rollbook.domains.access.models import Grant, Role, User
from rollbook.workflows import payment_received
from tests.school import AT, DAY


def test_the_journals_of_today_are_told_whoever_takes_a_payment_and_of_whatever_day(school):
    """A cashier who sees no journals, and money that came before the client was in the group."""
    [late] = school.enrol("Late", since=DAY)
    cashier = User.objects.create(username="zoe", name="Zoe")
    role = Role.objects.create(name="Cashier", permissions=["client.see", "money.see", "payment.take"])
    Grant.objects.create(user=cashier, role=role, reach="everything")
    by, told = cashier.as_actor(via="test"), f"group:{school.groups['chess'].pk}"
    with CaptureQueriesContext(connection) as statements:
        payment = payment_received.receive(
            client_id=late.pk, amount=D(100), method="cash", on=DAY - timedelta(days=30), note="", key="late-august",
            at=AT, by=by,
        )
        payment_received.take_back(payment_id=payment, reason="A mistake", at=AT, by=by)
    assert str(statements.captured_queries).count(f"pg_notify('rollbook', '{told}')") == 2
