from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from rollbook.api.v1.schemas import DECLINED, PaymentOut, ReversalIn
from rollbook.screens import client
from rollbook.workflows import payment_received

router = Router()


@router.post("/{int:payment_id}/reversal", response={200: PaymentOut, **DECLINED})
def take_back(request: HttpRequest, payment_id: int, data: ReversalIn) -> dict[str, object]:
    """Put a payment that was booked by mistake right; twice changes nothing."""
    now = timezone.now()
    clients = payment_received.take_back(payment_id=payment_id, reason=data.reason, at=now, by=request.actor)
    shown = client.card(client_id=clients[0], at=now, by=request.actor)
    return {"payment_id": payment_id, "balance": shown.balance}
