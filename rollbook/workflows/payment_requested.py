"""A payer is asked for money: what is due is reckoned, and kept as it was shown."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.actions import Asked
from rollbook.domains.billing.models import PaymentRequest
from rollbook.domains.people.models import Client
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.screens import requesting


class DueChanged(Refused):
    sentence = _("What is due has changed meanwhile: look at the reckoning again.")


@transaction.atomic
def request(
    *, client_ids: Sequence[int], first: date, last: date, key: str, shown: Decimal | None = None, at: datetime,
    by: Actor,
) -> tuple[int, ...]:
    """Ask the payer of these clients for what is due for the days [first, last]; returns the requests, in the order of
    the clients. `shown` is the sum that the form has shown, refused (DueChanged) where it is another one by now. The
    same `key` again changes nothing."""
    chosen = tuple(dict.fromkeys(client_ids))
    payable = Client.objects.visible_to(by, Permission.PAYMENT_TAKE).filter(pk__in=chosen)
    if not chosen or payable.count() != len(chosen):
        raise InvalidInput({"client_ids": gettext("Choose at least one of those for whom you take payments, please.")})
    reckoned = requesting.reckon(client_ids=chosen, first=first, last=last, at=at, by=by)
    is_new = not PaymentRequest.objects.filter(key=key).exists()
    if is_new and shown is not None and shown != reckoned.due:
        raise DueChanged
    return billing.request_payment(
        asked=[Asked(child.client_id, child.due, child.reckoning.as_json()) for child in reckoned.children],
        first=first, last=last, key=key, at=at, by=by,
    )
