from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from rollbook.api.v1.keys import key
from rollbook.api.v1.schemas import (
    DECLINED,
    CardOut,
    ClientsOut,
    Day,
    FreezeIn,
    FreezesOut,
    PaymentIn,
    PaymentOut,
)
from rollbook.screens import client, client_form, clients
from rollbook.workflows import client_frozen, payment_received

router = Router()


@router.get("/", response={200: ClientsOut, **DECLINED})
def listed(request: HttpRequest, q: str = Query("", max_length=200), after: str = "") -> dict[str, object]:
    """A page of clients by name; `q` is any part of a name or phone."""
    found = clients.listed(words=q, after=key(after), at=timezone.now(), by=request.actor)
    return {"clients": found.rows, "next": str(found.page.next) if found.page.next else None}


@router.get("/{int:client_id}", response={200: CardOut, **DECLINED})
def card(request: HttpRequest, client_id: int, month: Day | None = None) -> client.Card:
    """The client with the account over the month of a day (this one without it)."""
    return client.card(client_id=client_id, month=month, at=timezone.now(), by=request.actor)


@router.post("/{int:client_id}/payments", response={201: PaymentOut, **DECLINED})
def pay(request: HttpRequest, client_id: int, data: PaymentIn) -> Status:
    payment = payment_received.receive(client_id=client_id, **data.dict(), at=timezone.now(), by=request.actor)
    shown = client.card(client_id=client_id, at=timezone.now(), by=request.actor)
    return Status(201, {"payment_id": payment, "balance": shown.balance})


@router.get("/{int:client_id}/freezes", response={200: FreezesOut, **DECLINED})
def freezes(request: HttpRequest, client_id: int) -> dict[str, object]:
    """The pauses of a client, the latest first."""
    shown = client_form.pauses(client_id=client_id, at=timezone.now(), by=request.actor)
    return {"client_id": client_id, "freezes": shown.pauses}


@router.post("/{int:client_id}/freezes", response={201: FreezesOut, **DECLINED})
def freeze(request: HttpRequest, client_id: int, data: FreezeIn) -> Status:
    """A pause on the days [since, until); `choice_id` is of the list `freeze`."""
    client_frozen.freeze(client_id=client_id, **data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, freezes(request, client_id))
