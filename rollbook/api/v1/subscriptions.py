from datetime import date

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language
from ninja import Router, Status

from rollbook.api.v1.schemas import DECLINED, Day, Id
from rollbook.api.v1.schemas_sales import (
    BoughtByOut,
    EndingIn,
    OfferOut,
    RenewalsOut,
    RenewedOut,
    RenewIn,
    SaleIn,
    SubscriptionOut,
    TakingBackIn,
)
from rollbook.domains.billing.actions import once
from rollbook.screens import client, renewals, sale, subscription
from rollbook.screens.renewals import Renewal
from rollbook.screens.selling import Wanted
from rollbook.workflows import subscription_sold, subscriptions_renewed
from rollbook.workflows.subscription_sold import Order

router = Router()


@router.get("/clients/{int:client_id}/subscriptions", response={200: BoughtByOut, **DECLINED})
def bought(request: HttpRequest, client_id: int) -> dict[str, object]:
    """What a client has bought, the latest first."""
    return {"client_id": client_id, "subscriptions": client.bought(client_id=client_id, by=request.actor)}


@router.get("/clients/{int:client_id}/subscriptions/offer", response={200: OfferOut, **DECLINED})
def offer(
    request: HttpRequest, client_id: int, group_id: Id | None = None, tariff_id: Id | None = None,
    since: Day | None = None,
) -> dict[str, object]:
    """What may be sold for a group, and what that costs from a day on; without them what is usual."""
    asked = sale.asked(client_id=client_id, group_id=group_id, since=since, at=timezone.now(), by=request.actor)
    told: dict[str, object] = {
        "client_id": client_id, "group_id": asked.group_id, "tariffs": asked.tariffs, "since": asked.since,
        "tariff_id": tariff_id or asked.tariff_id, "contract": asked.contract,
    }
    group, tariff = group_id or asked.group_id, tariff_id or asked.tariff_id
    if group is None or tariff is None:
        return told
    price = sale.price(
        wanted=Wanted(client_id, group, tariff, asked.since), language=_language(), by=request.actor
    )
    return told | {
        "until": price.offer.until, "lessons": price.offer.reckoning.lessons,
        "amount": price.offer.reckoning.amount, "at_start": price.at_start, "per_lesson": price.per_lesson,
        "words": price.words, "rules": price.rules,
    }


@router.post("/clients/{int:client_id}/subscriptions", response={201: SubscriptionOut, **DECLINED})
def sell(request: HttpRequest, client_id: int, data: SaleIn) -> Status:
    """Sell a subscription; the same key again sells nothing."""
    given = once(percent=data.discount_percent, amount=data.discount_amount, reason=data.discount_reason)
    order = Order(
        wanted=Wanted(client_id, data.group_id, data.tariff_id, data.since), key=f"sale:{data.key}", once=given,
        shown=data.amount, contract=data.contract, note=data.note,
    )
    (sold,) = subscription_sold.sell(orders=[order], at=timezone.now(), by=request.actor)
    return Status(201, _shown(request, sold))


@router.get("/subscriptions/{int:subscription_id}", response={200: SubscriptionOut, **DECLINED})
def shown(request: HttpRequest, subscription_id: int) -> subscription.Page:
    """What was sold, what it was used for, and what is left of it."""
    return _shown(request, subscription_id)


@router.post("/subscriptions/{int:subscription_id}/ending", response={200: SubscriptionOut, **DECLINED})
def end(request: HttpRequest, subscription_id: int, data: EndingIn) -> subscription.Page:
    """It holds `until` this day and on it no more; what is left is settled by its rules in the night after."""
    subscription_sold.end(
        subscription_id=subscription_id, until=data.until, seen=data.seen, at=timezone.now(), by=request.actor
    )
    return _shown(request, subscription_id)


@router.post("/subscriptions/{int:subscription_id}/taking-back", response={200: SubscriptionOut, **DECLINED})
def take_back(request: HttpRequest, subscription_id: int, data: TakingBackIn) -> subscription.Page:
    """It was sold by mistake, and no lesson of it is used; twice changes nothing."""
    subscription_sold.take_back(
        subscription_id=subscription_id, reason=data.reason, at=timezone.now(), by=request.actor
    )
    return _shown(request, subscription_id)


@router.get("/renewals", response={200: RenewalsOut, **DECLINED})
def listed(
    request: HttpRequest, month: Day | None = None, branch_id: Id | None = None, group_id: Id | None = None
) -> dict[str, object]:
    """The subscriptions of the month of a day (the next one without it) that are to be made, and those made already."""
    found = renewals.listed(
        month=_month(month), branch_id=branch_id, group_id=group_id, language=_language(), by=request.actor
    )
    return {
        "first": found.first, "rows": [_row(row) for row in found.rows], "made": found.made, "more": found.more
    }


@router.post("/renewals", response={201: RenewedOut, **DECLINED})
def renew(request: HttpRequest, data: RenewIn) -> Status:
    """Make them; those made already are left alone."""
    chosen = None if data.enrolment_ids is None else dict.fromkeys(data.enrolment_ids)
    made = subscriptions_renewed.renew(
        month=data.month, chosen=chosen, branch_id=data.branch_id, group_id=data.group_id, at=timezone.now(),
        by=request.actor,
    )
    return Status(201, {"subscription_ids": made})


def _shown(request: HttpRequest, subscription_id: int) -> subscription.Page:
    return subscription.page(
        subscription_id=subscription_id, language=_language(), at=timezone.now(), by=request.actor
    )


def _row(row: Renewal) -> dict[str, object]:
    offer = row.offer
    return {
        "enrolment_id": row.enrolment_id, "client_id": row.client_id, "client": row.client, "group_id": row.group_id,
        "group": row.group, "tariff": row.tariff, "since": offer.wanted.since if offer else None,
        "until": offer.until if offer else None, "lessons": offer.reckoning.lessons if offer else None,
        "amount": row.amount, "words": row.words, "problem": row.problem, "is_chosen": row.is_chosen,
    }


def _month(asked: date | None) -> date:
    return asked or renewals.next_month(at=timezone.now())


def _language() -> str:
    return (get_language() or "en").partition("-")[0]
