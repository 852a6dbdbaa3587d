"""How one payment falls on the children that it is for."""

from collections.abc import Collection, Iterable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

_ZERO = Decimal("0.00")


class Due(NamedTuple):
    """What a client owes since a day, or will owe on one that is still to come."""

    day: date
    client_id: int
    amount: Decimal


def split(*, amount: Decimal, dues: Iterable[Due], clients: Collection[int], then: int) -> dict[int, Decimal]:
    """What each of these clients gets of a payment: the oldest due is covered first (spec 12, 8).

    Of what is due on the same day the clients that stand first are covered first. What is over is an advance of the one
    who owes next, `then`. The parts add up to the payment, and none is below zero.
    """
    places = {client: place for place, client in enumerate(clients)}
    parts, left = dict.fromkeys(clients, _ZERO), amount
    for due in sorted(dues, key=lambda due: (due.day, places[due.client_id])):
        covered = min(due.amount, left)
        parts[due.client_id] += covered
        left -= covered
    parts[then] += left
    return parts
