from collections.abc import Sequence
from decimal import Decimal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Router, Status

from rollbook.api.v1.schemas import DECLINED, FamilyOut, FamilyPaymentIn, FamilyPaymentOut, ShareIn, Sum
from rollbook.foundation.errors import InvalidInput
from rollbook.screens import family as screen
from rollbook.screens.family import Family
from rollbook.workflows import payment_received

router = Router()


@router.get("/{int:contact_id}", response={200: FamilyOut, **DECLINED})
def family(request: HttpRequest, contact_id: int, amount: Sum | None = None) -> Family:
    """A payer with those for whom they pay, as far as you see their money; `shares` says how `amount`, or all that is
    due, would fall on them."""
    return screen.family(contact_id=contact_id, amount=amount, at=timezone.now(), by=request.actor)


@router.post("/{int:contact_id}/payments", response={201: FamilyPaymentOut, **DECLINED})
def pay(request: HttpRequest, contact_id: int, data: FamilyPaymentIn) -> Status:
    """One payment for several clients; each gets their share, or nobody gets anything."""
    payment = payment_received.receive_family(
        contact_id=contact_id, amount=data.amount, shares=_by_client(data.shares), method=data.method, on=data.on,
        note=data.note, key=data.key, at=timezone.now(), by=request.actor,
    )
    return Status(201, {"payment_id": payment})


def _by_client(shares: Sequence[ShareIn]) -> dict[int, Decimal]:
    found = {share.client_id: share.amount for share in shares}
    if len(found) < len(shares):
        raise InvalidInput({"shares": _("A client stands here twice.")})
    return found
