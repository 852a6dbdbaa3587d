"""Payments of which somebody says that they were made: beside the balance until it is known."""

from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.payments import AnotherPayment, book, check_payment
from rollbook.domains.billing.models import AnnouncedPayment, Method
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local


class AnsweredAlready(Refused):
    """An announced payment is either confirmed or declined, and once."""

    sentence = gettext_lazy("Somebody has answered this already.")


@transaction.atomic
def announce_payment(
    *, client_id: int, amount: Decimal, method: Method, on: date, note: str, key: str, at: datetime, by: Actor
) -> int:
    """Write down that a client is said to have paid on the local day `on`; returns the id of what is announced.

    The balance stays as it is. The same under the same key is written down once; InvalidInput where amount or day make
    no sense.
    """
    client = Client.objects.select_related("branch").pick_to_change(by, Permission.PAYMENT_TAKE, client_id)
    check_payment(amount, on, today=local(at, client.branch.time_zone).date())
    told = {"client": client, "amount": amount, "method": method, "paid_on": on, "note": note}
    announced, is_new = AnnouncedPayment.objects.get_or_create(
        key=key, defaults=told | {"announced_at": at, "announced_by_id": by.user_id}
    )
    if not is_new:
        if (announced.client_id, announced.amount, announced.paid_on) != (client.pk, amount, on):
            raise AnotherPayment(_("This form has already taken another payment. Open it anew."))
        return announced.pk
    history.record(
        verb="payment.announced", subject=f"client:{client.pk}", at=at, by=by,
        new={"amount": str(amount), "method": method, "on": on.isoformat(), "note": note},
    )
    return announced.pk


@transaction.atomic
def confirm_announced(
    *, announced_id: int, amount: Decimal | None = None, method: Method | None = None, on: date | None = None,
    at: datetime, by: Actor,
) -> int:
    """The money has come: book it, as it was announced or as it came. Returns the id of the payment; twice is once.

    AnsweredAlready where it was declined. It stays confirmed, even if its payment is taken back later.
    """
    announced = _pick(announced_id, by)
    if announced.payment_id:
        return announced.payment_id
    if announced.declined_at:
        raise AnsweredAlready
    client = Client.objects.select_related("branch").locked().get(pk=announced.client_id)
    amount = announced.amount if amount is None else amount
    method, on = method or Method(announced.method), on or announced.paid_on
    check_payment(amount, on, today=local(at, client.branch.time_zone).date())
    announced.payment_id = book(
        {client: amount}, method=method, on=on, note=announced.note, key=f"announced:{announced.key}", at=at,
        by=by, verb="payment.confirmed",
    )
    announced.save(update_fields=["payment"])
    return announced.payment_id


@transaction.atomic
def decline_announced(*, announced_id: int, reason: str, at: datetime, by: Actor) -> int:
    """The money has not come, and is not waited for any more. Returns whose it was; twice changes nothing.

    AnsweredAlready where it was confirmed.
    """
    announced = _pick(announced_id, by)
    if announced.payment_id:
        raise AnsweredAlready
    if not announced.declined_at:
        announced.declined_at, announced.declined_for = at, reason
        announced.save(update_fields=["declined_at", "declined_for"])
        history.record(
            verb="payment.declined", subject=f"client:{announced.client_id}", at=at, by=by,
            old={"amount": str(announced.amount), "on": announced.paid_on.isoformat()}, new={"reason": reason},
        )
    return announced.client_id


def _pick(announced_id: int, by: Actor) -> AnnouncedPayment:
    return AnnouncedPayment.objects.pick_to_change(by, Permission.PAYMENT_CONFIRM, announced_id)
