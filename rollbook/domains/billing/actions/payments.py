from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.closing import booked_on, open_days
from rollbook.domains.billing.actions.reversing import reversals
from rollbook.domains.billing.models import EntryKind, LedgerEntry, Method, Payment
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client, Contact, Relation
from rollbook.foundation.errors import InvalidInput, NotAllowed, Refused
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
    check_payment(amount, on, today=local(at, client.branch.time_zone).date())
    return book({client: amount}, method=method, on=on, note=note, key=key, at=at, by=by)


@transaction.atomic
def receive_family_payment(
    *, contact_id: int, amount: Decimal, shares: Mapping[int, Decimal], method: Method, on: date, note: str, key: str,
    at: datetime, by: Actor,
) -> int:
    """Book one payment of somebody who pays for several clients: each gets their share of it, or none gets anything.

    `shares` are by client, and add up to the amount; who gets nothing of it may be left out. InvalidInput where they do
    not add up, or name somebody for whom this contact does not pay. It takes the right for each client. Otherwise as
    `receive_payment`.
    """
    payer = Contact.objects.pick(by, Permission.MONEY_SEE, contact_id)
    parts = {pk: share for pk, share in sorted(shares.items()) if share}
    of_payer = Q(relations__in=Relation.objects.filter(contact=payer, pays=True))
    if not Client.objects.visible_to(by, Permission.PAYMENT_TAKE).filter(of_payer).exists():
        raise NotAllowed
    family = Client.objects.visible_to(by, Permission.MONEY_SEE).filter(of_payer)
    _check_shares(amount, parts, strangers=set(parts).difference(family.values_list("pk", flat=True)))
    clients = Client.objects.select_related("branch")
    picked = {clients.pick_to_change(by, Permission.PAYMENT_TAKE, pk): share for pk, share in parts.items()}
    check_payment(amount, on, today=min(local(at, client.branch.time_zone).date() for client in picked))
    return book(picked, method=method, on=on, note=note, key=key, at=at, by=by)


def _check_shares(amount: Decimal, parts: Mapping[int, Decimal], *, strangers: Collection[int]) -> None:
    fields = {}
    for client_id, share in parts.items():
        if client_id in strangers:
            fields[f"share-{client_id}"] = _("This contact does not pay for this client.")
        elif share < 0 or share != share.quantize(Decimal("0.01")):
            fields[f"share-{client_id}"] = _("A share is zero or more, with two digits after the point at most.")
    given = sum(parts.values(), Decimal(0))
    if not fields and (given != amount or not parts):
        sentence = _("The shares add up to {given}, the payment is {amount}.")
        fields["amount"] = sentence.format(given=given, amount=amount)
    if fields:
        raise InvalidInput(fields)


def book(
    shares: Mapping[Client, Decimal], *, method: Method, on: date, note: str, key: str, at: datetime, by: Actor,
    verb: str = "payment.received",
) -> int:
    """One payment with an entry for each of these clients, whom the caller has picked and locked. Under a key that was
    used: the payment of then."""
    amount = sum(shares.values(), Decimal(0))
    told = {"amount": amount, "method": method, "received_on": on, "note": note}
    payment, is_new = Payment.objects.get_or_create(key=key, defaults=told)
    if not is_new:
        refuse_another(payment, shares, on)
        return payment.pk
    opened = open_days([(client.branch_id, on) for client in shares])
    entries = [
        LedgerEntry(
            client=client, branch=client.branch, kind=EntryKind.PAYMENT, amount=share, payment=payment, made_at=at,
            **booked_on(branch_id=client.branch_id, day=on, opened=opened)._asdict(),
        )
        for client, share in shares.items()
    ]
    LedgerEntry.objects.bulk_create(entries)
    history.record_many(
        verb=verb, at=at, by=by,
        changes=[
            history.Change(
                f"client:{entry.client_id}",
                {"amount": str(entry.amount), "method": method, "on": on.isoformat(), "note": note, "entry": entry.pk},
            )
            for entry in entries
        ],
    )
    return payment.pk


def refuse_another(
    payment: Payment, shares: Mapping[Client, Decimal], on: date, *, is_refund: bool = False
) -> None:
    """AnotherPayment where the key of this payment was used for other shares, another day, or the other way."""
    kind, sign = (EntryKind.REFUND, -1) if is_refund else (EntryKind.PAYMENT, 1)
    booked = dict(payment.entries.filter(kind=kind).values_list("client", "amount"))
    if (booked, payment.received_on) != ({client.pk: sign * share for client, share in shares.items()}, on):
        raise AnotherPayment(_("This form has already taken another payment. Open it anew."))


def check_payment(amount: Decimal, on: date, *, today: date) -> None:
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

    It takes the right for each of the clients for whom it was booked; they are what is returned.
    """
    payment = Payment.objects.pick_to_change(by, Permission.PAYMENT_TAKE, payment_id)
    clients = tuple(payment.entries.order_by("client").values_list("client", flat=True).distinct())
    reached = Client.objects.visible_to(by, Permission.PAYMENT_TAKE).filter(pk__in=clients)
    if reached.count() < len(clients):
        raise NotAllowed
    reverse(Payment.objects.filter(pk=payment.pk), reason=reason, at=at, by=by)
    return clients


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
