from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from rollbook.api.v1.keys import key
from rollbook.api.v1.schemas import (
    DECLINED,
    AnnouncedListOut,
    AnnouncedOut,
    ConfirmationIn,
    ConfirmedOut,
    PaymentIn,
    ReversalIn,
)
from rollbook.screens import announced as screen
from rollbook.workflows import payment_announced

router, of_clients = Router(), Router()


@of_clients.post("/{int:client_id}/announced", response={201: AnnouncedOut, **DECLINED})
def announce(request: HttpRequest, client_id: int, data: PaymentIn) -> Status:
    """A client is said to have paid: it waits for confirmation, and the balance stays as it is."""
    pk = payment_announced.announce(client_id=client_id, **data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, {"announced_id": pk})


@router.get("/", response={200: AnnouncedListOut, **DECLINED})
def listed(
    request: HttpRequest, branch_id: int | None = Query(None, ge=1, lt=2**31), after: str = ""
) -> dict[str, object]:
    """Payments that are announced and wait for you to confirm them, the oldest first."""
    found = screen.listed(branch_id=branch_id, after=key(after), by=request.actor)
    return {"announced": found.rows, "next": str(found.page.next) if found.page.next else None}


@router.post("/{int:announced_id}/confirmation", response={200: ConfirmedOut, **DECLINED})
def confirm(request: HttpRequest, announced_id: int, data: ConfirmationIn) -> dict[str, object]:
    """The money has come: it is booked, as it was announced where nothing else is said. Twice is once."""
    payment = payment_announced.confirm(
        announced_id=announced_id, **data.dict(), at=timezone.now(), by=request.actor
    )
    return {"payment_id": payment}


@router.post("/{int:announced_id}/declining", response={200: AnnouncedOut, **DECLINED})
def decline(request: HttpRequest, announced_id: int, data: ReversalIn) -> dict[str, object]:
    """It is not waited for any more; twice changes nothing."""
    payment_announced.decline(
        announced_id=announced_id, reason=data.reason, at=timezone.now(), by=request.actor
    )
    return {"announced_id": announced_id}
