from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.closing import booked_on, open_days
from rollbook.domains.billing.actions.reversing import reversals
from rollbook.domains.billing.models import EntryKind, LedgerEntry, Method, Payment
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.periods import local

LARGEST = Decimal("1000000000")
LONGEST_AGO = timedelta(days=3660)


class AnotherPayment(Refused):
    """The key of this payment was used for another one."""


@transaction.atomic
def receive_payment(
    *, client_id: int, amount: Decimal, method: Method, on: date, note: str, key: str, at: datetime, by: Actor
) -> int:
    """Book money that came for a client on the local day `on`; returns the id of the payment.

    `key` is made by whoever asks: the same payment under the same key is booked once, and the second call answers as
    the first. InvalidInput where amount or day make no sense. Where the month of that day is closed, it is booked in
    the first open one after it.
    """
    client = Client.objects.select_related("branch").pick_to_change(by, Permission.PAYMENT_TAKE, client_id)
    _check(amount, on, today=local(at, client.branch.time_zone).date())
    told = {"amount": amount, "method": method, "received_on": on, "note": note}
    payment, is_new = Payment.objects.get_or_create(key=key, defaults=told)
    if not is_new:
        refuse_another(payment, client, amount, on)
        return payment.pk
    opened = open_days([(client.branch_id, on)])
    day, about = booked_on(branch_id=client.branch_id, day=on, opened=opened)
    entry = LedgerEntry.objects.create(
        client=client, branch=client.branch, kind=EntryKind.PAYMENT, amount=amount, payment=payment, day=day,
        about=about, made_at=at,
    )
    history.record(
        verb="payment.received", subject=f"client:{client.pk}", at=at, by=by,
        new={"amount": str(amount), "method": method, "on": on.isoformat(), "note": note, "entry": entry.pk},
    )
    return payment.pk


def refuse_another(
    payment: Payment, client: Client, amount: Decimal, on: date, *, is_refund: bool = False
) -> None:
    same = (payment.amount, payment.received_on, payment.is_refund) == (amount, on, is_refund)
    if not (same and payment.entries.filter(client=client).exists()):
        raise AnotherPayment(_("This form has already taken another payment. Open it anew."))


def _check(amount: Decimal, on: date, *, today: date) -> None:
    fields = {}
    if not 0 < amount <= LARGEST:
        fields["amount"] = _("A payment is more than zero and at most {largest}.").format(largest=LARGEST)
    elif amount != amount.quantize(Decimal("0.01")):
        fields["amount"] = _("At most two digits after the point.")
    if not today - LONGEST_AGO <= on <= today:
        fields["on"] = _("The day of a payment is today or before, within ten years.")
    if fields:
        raise InvalidInput(fields)


@transaction.atomic
def take_back_payment(*, payment_id: int, reason: str, at: datetime, by: Actor) -> tuple[int, ...]:
    """Put a payment or a refund that was booked by mistake right: each of its entries is reversed. Twice changes
    nothing.

    Returns the clients for whom it was booked.
    """
    payment = Payment.objects.pick_to_change(by, Permission.PAYMENT_TAKE, payment_id)
    reverse(Payment.objects.filter(pk=payment.pk), reason=reason, at=at, by=by)
    return tuple(payment.entries.order_by("client").values_list("client", flat=True).distinct())


def reverse(payments: QuerySet[Payment], *, reason: str, at: datetime, by: Actor) -> None:
    """Reverse each entry of these payments that stands, on its day, or after it where its month is closed; the caller
    has picked them."""
    standing = LedgerEntry.objects.standing(EntryKind.PAYMENT, EntryKind.REFUND).filter(payment__in=payments)
    entries = reversals(standing.order_by("client", "pk"), at=at)
    LedgerEntry.objects.bulk_create(entries, batch_size=5000)
    history.record_many(
        verb="payment.taken_back", at=at, by=by,
        changes=[
            history.Change(f"client:{e.client_id}", {"reason": reason}, {"amount": str(-e.amount)}) for e in entries
        ],
    )
