from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from rollbook.api.v1.schemas import DECLINED, FreezesOut
from rollbook.screens import client_form
from rollbook.workflows import client_frozen

router = Router()


@router.delete("/{int:freeze_id}", response={200: FreezesOut, **DECLINED})
def unfreeze(request: HttpRequest, freeze_id: int) -> dict[str, object]:
    """The client comes again from today on; a freeze that is to come is taken back whole."""
    now = timezone.now()
    client_id = client_form.client_of_freeze(freeze_id=freeze_id, by=request.actor)
    today = client_form.pauses(client_id=client_id, at=now, by=request.actor).today
    client_frozen.unfreeze(freeze_id=freeze_id, since=today, at=now, by=request.actor)
    shown = client_form.pauses(client_id=client_id, at=now, by=request.actor)
    return {"client_id": client_id, "freezes": shown.pauses}
