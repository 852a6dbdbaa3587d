from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.models import PaymentRequest
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client, Relation
from rollbook.foundation.errors import InvalidInput, Refused


class AnotherRequest(Refused):
    sentence = gettext_lazy("This form has already asked for something else. Open it anew.")


class NothingDue(Refused):
    sentence = gettext_lazy("Nothing is due for these days: there is nothing to ask for.")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for a client, as it was reckoned."""

    client_id: int
    due: Decimal
    reckoning: Mapping[str, Any]


@transaction.atomic
def request_payment(
    *, asked: Collection[Asked], first: date, last: date, key: str, at: datetime, by: Actor
) -> tuple[int, ...]:
    """Write down what is asked of a payer for the days [first, last], a request for each of their children; returns
    them in that order. The same form again asks once, whatever is due by then.

    The reckonings come from the workflow. InvalidInput where the clients have not all the same payer, NothingDue where
    none of them owes anything.
    """
    clients = [each.client_id for each in sorted(asked, key=lambda each: each.client_id)]
    for client_id in clients:
        Client.objects.pick_to_change(by, Permission.PAYMENT_TAKE, client_id)
    standing = {row.client_id: row for row in PaymentRequest.objects.filter(key=key)}
    if standing:
        same = {(row.first, row.last) for row in standing.values()} == {(first, last)}
        if not same or standing.keys() != set(clients):
            raise AnotherRequest
        return tuple(standing[each.client_id].pk for each in asked)
    if not any(each.due for each in asked):
        raise NothingDue
    payer = _payer(clients)
    rows = PaymentRequest.objects.bulk_create(
        PaymentRequest(
            client_id=each.client_id, payer_id=payer, first=first, last=last, due=each.due, reckoning=each.reckoning,
            key=key, made_at=at, made_by_id=by.user_id,
        )
        for each in asked
    )
    history.record_many(
        verb="payment.requested", at=at, by=by,
        changes=[
            history.Change(
                f"client:{row.client_id}",
                {"amount": str(row.due), "from": first.isoformat(), "until": last.isoformat()},
            )
            for row in rows
        ],
    )
    return tuple(row.pk for row in rows)


def _payer(clients: Collection[int]) -> int | None:
    pays = dict(Relation.objects.filter(client__in=clients, pays=True).values_list("client", "contact"))
    payers = {pays.get(client) for client in clients}
    if len(clients) > 1 and (len(payers) > 1 or None in payers):
        raise InvalidInput({"client_ids": _("One payer is asked at a time: these clients have not the same one.")})
    return payers.pop()
