from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from rollbook.api.v1.schemas import DECLINED, DiscountIn, DiscountsOut
from rollbook.domains.billing import actions as billing
from rollbook.screens import discounts as screen

of_clients, of_all = Router(), Router()


@of_clients.get("/{int:client_id}/discounts", response={200: DiscountsOut, **DECLINED})
def discounts(request: HttpRequest, client_id: int) -> screen.Page:
    """The permanent discounts of a client, the latest first."""
    return screen.page(client_id=client_id, at=timezone.now(), by=request.actor)


@of_clients.post("/{int:client_id}/discounts", response={201: DiscountsOut, **DECLINED})
def give(request: HttpRequest, client_id: int, data: DiscountIn) -> Status:
    """Either `percent` or an `amount` off whatever is sold on the days [since, until); without `until` for good."""
    billing.give_discount(client_id=client_id, **data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, discounts(request, client_id))


@of_all.delete("/{int:discount_id}", response={200: DiscountsOut, **DECLINED})
def end(request: HttpRequest, discount_id: int) -> screen.Page:
    """The client pays in full from today on; a discount that is to come is taken back whole."""
    client_id = screen.client_of(discount_id=discount_id, by=request.actor)
    today = discounts(request, client_id).today
    billing.end_discount(discount_id=discount_id, since=today, at=timezone.now(), by=request.actor)
    return discounts(request, client_id)
