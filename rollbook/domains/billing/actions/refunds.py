from datetime import date, datetime
from decimal import Decimal

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.entries import MoreThanBalance, check, open_day
from rollbook.domains.billing.actions.payments import refuse_another
from rollbook.domains.billing.models import Account, EntryKind, LedgerEntry, Method, Payment
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation.periods import local


@transaction.atomic
def refund(
    *, client_id: int, amount: Decimal, method: Method, on: date, note: str, key: str, at: datetime, by: Actor,
    over_balance: bool = False,
) -> int:
    """Book money that was given back to a client on the local day `on`; returns the id of the payment.

    MoreThanBalance where the client has less than that, unless it is meant all the same. Key and InvalidInput as with
    money that came.
    """
    client = Client.objects.select_related("branch").pick_to_change(by, Permission.PAYMENT_TAKE, client_id)
    check(amount=amount, on=on, today=local(at, client.branch.time_zone).date())
    told = {"amount": amount, "method": method, "received_on": on, "note": note, "is_refund": True}
    payment, is_new = Payment.objects.get_or_create(key=key, defaults=told)
    if not is_new:
        refuse_another(payment, {client: amount}, on, is_refund=True)
        return payment.pk
    refuse_more_than_balance(client, amount, over_balance=over_balance)
    entry = LedgerEntry.objects.create(
        client=client, branch=client.branch, kind=EntryKind.REFUND, amount=-amount, payment=payment,
        made_by_id=by.user_id, made_at=at, **open_day(branch_id=client.branch_id, day=on),
    )
    history.record(
        verb="payment.refunded", subject=f"client:{client.pk}", at=at, by=by,
        new={"amount": str(amount), "method": method, "on": on.isoformat(), "note": note, "entry": entry.pk},
    )
    return payment.pk


def refuse_more_than_balance(client: Client, amount: Decimal, *, over_balance: bool) -> None:
    """The caller holds the client, so that nobody else gives the same money away."""
    balance = Account.objects.filter(client=client).values_list("balance", flat=True).first() or Decimal(0)
    if amount > balance and not over_balance:
        raise MoreThanBalance
