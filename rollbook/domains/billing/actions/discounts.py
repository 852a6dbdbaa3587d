from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing.actions.payments import LARGEST
from rollbook.domains.billing.models import ClientDiscount
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.versions import plain


class DiscountTooHigh(Refused):
    """It is above the organisation's limit, and whoever gives it may not go there."""


@transaction.atomic
def give_discount(
    *, client_id: int, percent: Decimal | None, amount: Decimal | None, reason: str, since: date, until: date | None,
    at: datetime, by: Actor,
) -> int:
    """Let a client off a part of whatever is sold to them on the days [since, until), None: for good.

    It is either per cent of the price or an amount. Above the organisation's limit it takes a right of its own; so does
    an amount, however small: nobody knows yet of which price it will be taken. Only a limit of 100 per cent, which
    limits nothing, lets everybody give it. What was sold already stays as it was sold.
    """
    client = Client.objects.pick_to_change(by, Permission.SUBSCRIPTION_SELL, client_id)
    _check(percent, amount, reason, since, until)
    _refuse_too_high(client, percent, by)
    told = {"percent": percent, "amount": amount, "reason": reason, "since": since, "until": until}
    row = ClientDiscount.objects.create(client=client, allowed_by_id=by.user_id, **told)
    new = {name: plain(value) for name, value in told.items() if value is not None}
    history.record(verb="discount.given", subject=f"client:{client.pk}", new=new, at=at, by=by)
    return row.pk


def _check(
    percent: Decimal | None, amount: Decimal | None, reason: str, since: date, until: date | None
) -> None:
    fields = {}
    if (percent is None) == (amount is None):
        fields["percent"] = _("Either per cent or an amount, please.")
    elif percent is not None and not 0 < percent <= 100:
        fields["percent"] = _("More than zero and at most 100, please.")
    elif amount is not None and not 0 < amount <= LARGEST:
        fields["amount"] = _("More than zero and at most {largest}, please.").format(largest=LARGEST)
    for name, told in (("percent", percent), ("amount", amount)):
        if told is not None and told != round(told, 2):
            fields[name] = _("At most two digits after the point.")
    if not reason:
        fields["reason"] = _("Why it is given, please.")
    if until is not None and until <= since:
        fields["until"] = _("After the first day, please.")
    if fields:
        raise InvalidInput(fields)


def _refuse_too_high(client: Client, percent: Decimal | None, by: Actor) -> None:
    limit = house().discount_limit
    if (100 if percent is None else percent) <= limit:
        return
    exceed = Permission.DISCOUNT_EXCEED
    if exceed not in Client.objects.all().held_on(by, client.pk, exceed):
        sentence = _("Up to {limit}% you may give; more, or an amount, is given by those who may give any discount.")
        raise DiscountTooHigh(sentence.format(limit=limit))


@transaction.atomic
def end_discount(*, discount_id: int, since: date, at: datetime, by: Actor) -> None:
    """The client pays in full from this day on; a discount that had not begun by then is taken back whole."""
    # The client first, as in `give_discount`.
    client_id = ClientDiscount.objects.pick(by, Permission.SUBSCRIPTION_SELL, discount_id).client_id
    Client.objects.pick_to_change(by, Permission.SUBSCRIPTION_SELL, client_id)
    row = ClientDiscount.objects.pick_to_change(by, Permission.SUBSCRIPTION_SELL, discount_id)
    if row.until is not None and since >= row.until:
        return
    names = ("percent", "amount", "reason", "since", "until")
    old = {name: plain(value) for name in names if (value := getattr(row, name)) is not None}
    if since <= row.since:
        row.delete()
    else:
        row.until = since
        row.save(update_fields=["until"])
    new = {"until": since.isoformat()}
    history.record(verb="discount.ended", subject=f"client:{client_id}", old=old, new=new, at=at, by=by)
