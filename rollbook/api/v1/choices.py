from django.http import HttpRequest
from ninja import Router

from rollbook.api.v1.schemas import DECLINED, ChoicesOut
from rollbook.domains.fields import queries as fields
from rollbook.domains.fields.models import ChoiceList

router = Router()


@router.get("/{of}", response={200: ChoicesOut, **DECLINED})
def choices(request: HttpRequest, of: ChoiceList) -> dict[str, object]:
    """The choices of a list that are offered today, in their order."""
    return {"choices": fields.offered(of=of, by=request.actor)}
