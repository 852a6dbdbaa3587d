"""What is booked by hand: corrections, bonuses, discounts for a charge, refunds, transfers; and the list of them."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Field, Router, Schema, Status
from pydantic import BeforeValidator, WithJsonSchema

from rollbook.api.v1.keys import key
from rollbook.api.v1.schemas import DECLINED, Day, Id, In, Line, PaymentIn, PaymentOut, ReversalIn, Sum
from rollbook.domains.billing.models import EntryKind
from rollbook.screens import client, corrections
from rollbook.workflows import money_corrected, money_refunded, money_transferred

of_clients, of_entries, of_transfers, of_corrections = Router(), Router(), Router(), Router()


def _plain(value: object) -> object:
    """A sum as digits, as elsewhere; below zero with a minus."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,10}(\.[0-9]{1,2})?", value):
        return value
    raise ValueError("A sum is digits in quotes, like \"-1000.50\".")


_SIGNED = WithJsonSchema({"type": "string", "pattern": r"^-?\d{1,10}(\.\d{1,2})?$"})
SignedSum = Annotated[Decimal, BeforeValidator(_plain), _SIGNED]
Reason = Annotated[Line, Field(min_length=1)]
KeyIn = Annotated[str, Field(min_length=8, max_length=60, pattern=r"^[\x21-\x7e]*$")]
"""Made by whoever sends: the same under the same key is booked once."""


class BonusIn(In):
    amount: Sum
    reason: Reason
    on: Day
    key: KeyIn


class CorrectionIn(In):
    amount: SignedSum
    """Below zero takes away."""
    reason: Reason
    on: Day
    key: KeyIn


class DiscountIn(In):
    percent: Sum | None = None
    amount: Sum | None = None
    """One of the two."""
    reason: Reason
    key: KeyIn


class RefundIn(PaymentIn):
    over_balance: bool = False


class TransferIn(In):
    client_id: Id
    """To whom."""
    amount: Sum
    reason: Reason
    key: KeyIn
    over_balance: bool = False


class BookedOut(Schema):
    entry_id: int
    balance: Decimal | None


class MovedOut(Schema):
    transfer_id: int
    balance: Decimal | None
    """Of whom it was moved from."""


class BalanceOut(Schema):
    client_id: int
    balance: Decimal | None


class CorrectionOut(Schema):
    entry_id: int
    day: date
    client_id: int
    client: str
    kind: EntryKind
    amount: Decimal
    reason: str
    by_name: str
    is_gone: bool
    """Taken back."""


class TotalOut(Schema):
    kind: EntryKind
    number: int
    amount: Decimal


class CorrectionsOut(Schema):
    first: date
    last: date
    totals: list[TotalOut]
    corrections: list[CorrectionOut]
    next: str | None


@of_clients.post("/{int:client_id}/corrections", response={201: BookedOut, **DECLINED})
def correct(request: HttpRequest, client_id: int, data: CorrectionIn) -> Status:
    """Set a balance right, by an amount above or below zero and for a reason."""
    entry = money_corrected.correct(client_id=client_id, **data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, {"entry_id": entry, "balance": _balance(request, client_id)})


@of_clients.post("/{int:client_id}/bonuses", response={201: BookedOut, **DECLINED})
def give_bonus(request: HttpRequest, client_id: int, data: BonusIn) -> Status:
    entry = money_corrected.give_bonus(client_id=client_id, **data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, {"entry_id": entry, "balance": _balance(request, client_id)})


@of_clients.post("/{int:client_id}/refunds", response={201: PaymentOut, **DECLINED})
def refund(request: HttpRequest, client_id: int, data: RefundIn) -> Status:
    """Book money that was given back: more than the balance only with `over_balance`."""
    payment = money_refunded.refund(client_id=client_id, **data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, {"payment_id": payment, "balance": _balance(request, client_id)})


@of_clients.post("/{int:client_id}/transfers", response={201: MovedOut, **DECLINED})
def transfer(request: HttpRequest, client_id: int, data: TransferIn) -> Status:
    """Move money to another client: more than the balance only with `over_balance`."""
    told = data.dict()
    moved = money_transferred.transfer(
        from_client_id=client_id, to_client_id=told.pop("client_id"), **told, at=timezone.now(), by=request.actor
    )
    return Status(201, {"transfer_id": moved, "balance": _balance(request, client_id)})


@of_entries.post("/{int:entry_id}/discount", response={201: BalanceOut, **DECLINED})
def discount(request: HttpRequest, entry_id: int, data: DiscountIn) -> Status:
    """Let the client off a part of this charge."""
    client_id = money_corrected.discount(entry_id=entry_id, **data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, {"client_id": client_id, "balance": _balance(request, client_id)})


@of_entries.post("/{int:entry_id}/reversal", response={200: BalanceOut, **DECLINED})
def take_back(request: HttpRequest, entry_id: int, data: ReversalIn) -> dict[str, object]:
    """Take a correction, a bonus or a discount back; twice changes nothing."""
    client_id = money_corrected.take_back(
        entry_id=entry_id, reason=data.reason, at=timezone.now(), by=request.actor
    )
    return {"client_id": client_id, "balance": _balance(request, client_id)}


@of_transfers.post("/{int:transfer_id}/reversal", response={200: BalanceOut, **DECLINED})
def take_transfer_back(request: HttpRequest, transfer_id: int, data: ReversalIn) -> dict[str, object]:
    """Take both sides back; twice changes nothing. The answer is of whom it was moved from."""
    clients = money_transferred.take_back(
        transfer_id=transfer_id, reason=data.reason, at=timezone.now(), by=request.actor
    )
    return {"client_id": clients[0], "balance": _balance(request, clients[0])}


@of_corrections.get("/", response={200: CorrectionsOut, **DECLINED})
def listed(request: HttpRequest, month: Day | None = None, after: str = "") -> dict[str, object]:
    """Corrections, bonuses and discounts in the month of a day (this one without it), the latest first."""
    found = corrections.corrections(month=month, after=key(after), at=timezone.now(), by=request.actor)
    return {
        "first": found.first, "last": found.last, "totals": found.totals, "corrections": found.rows,
        "next": str(found.page.next) if found.page.next else None,
    }


def _balance(request: HttpRequest, client_id: int) -> Decimal | None:
    return client.card(client_id=client_id, at=timezone.now(), by=request.actor).balance
