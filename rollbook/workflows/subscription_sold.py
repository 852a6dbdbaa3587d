"""A client buys a subscription, or the next one: with it go the marks that stand already, and what was paused."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import actions as billing
from rollbook.domains.billing.actions import Sale
from rollbook.domains.billing.models import Subscription
from rollbook.domains.billing.rules import Discount
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.rules import Means
from rollbook.domains.schedule.models import ClosedMonth, Lesson
from rollbook.foundation import live
from rollbook.foundation.errors import Refused
from rollbook.screens import selling
from rollbook.screens.selling import Offer, Wanted

_UNDER = Permission.SUBSCRIPTION_SELL


class PriceChanged(Refused):
    """What it costs is no longer what was shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is asked for; `shown` is the amount that the form has shown, to be refused where it is another by now."""

    wanted: Wanted
    key: str
    once: Discount | None = None
    shown: Decimal | None = None
    contract: str = ""
    note: str = ""
    renews_id: int | None = None


@transaction.atomic
def sell(*, orders: Sequence[Order], at: datetime, by: Actor) -> tuple[int, ...]:
    """Sell what is ordered, all of it or nothing; returns the subscriptions, in that order. The same keys again change
    nothing. Marks of these days that no subscription stood for are priced by the new one."""
    known = dict(Subscription.objects.filter(key__in=[order.key for order in orders]).values_list("key", "pk"))
    sales = [_sale(order, offer, known) for order, offer in zip(orders, _offers(orders, by), strict=True)]
    made = billing.sell(sales=sales, at=at, by=by)
    fresh = [pk for order, pk in zip(orders, made, strict=True) if order.key not in known]
    _cover(fresh, at, by)
    live.tell(*(f"group:{pk}" for pk in sorted({order.wanted.group_id for order in orders})))
    return made


def _offers(orders: Sequence[Order], by: Actor) -> Sequence[Offer]:
    """Of many at once, who have no discount of their own; of one with it."""
    if any(order.once for order in orders):
        return [selling.offer(wanted=order.wanted, once=order.once, by=by) for order in orders]
    return selling.offers(wanted=[order.wanted for order in orders], by=by)


def _sale(order: Order, offer: Offer, known: Collection[str]) -> Sale:
    if order.shown is not None and order.shown != offer.reckoning.amount and order.key not in known:
        raise PriceChanged(_("The price has changed meanwhile: look at the reckoning again."))
    wanted = order.wanted
    return Sale(
        client_id=wanted.client_id, group_id=wanted.group_id, tariff_id=wanted.tariff_id, since=wanted.since,
        until=offer.until, reckoning=offer.reckoning, key=order.key, contract=order.contract, note=order.note,
        renews_id=order.renews_id,
    )


def _cover(subscription_ids: Collection[int], at: datetime, by: Actor) -> None:
    """What was marked in these days already, and nothing stood for: it is priced by what was bought for it."""
    fresh = Subscription.objects.filter(
        Q(until=None) | Q(until__gt=OuterRef("day")), pk__in=subscription_ids, client=OuterRef("client"),
        group=OuterRef("lesson__group"), since__lte=OuterRef("day"),
    )
    closed = ClosedMonth.objects.filter(branch=OuterRef("lesson__branch"), month=OuterRef("month"))
    lonely = Mark.objects.standing().filter(Exists(fresh), kind=Kind.REGULAR, covered=None, stands_aside=False)
    lonely = lonely.annotate(month=TruncMonth("day")).exclude(Exists(closed))
    told = {(lesson, client): pk for lesson, client, pk in lonely.values_list("lesson", "client", "pk")}
    if not told:
        return
    rules = house()
    rows = Lesson.objects.filter(pk__in={lesson for lesson, _client in told})
    lessons = sorted(rows.locked().order_by("pk"), key=lambda lesson: (lesson.starts_at, lesson.pk))
    statuses = dict(Mark.objects.filter(pk__in=told.values()).values_list("pk", "status"))
    covers = billing.covers(lessons=lessons, clients={client for _lesson, client in told})
    means: dict[int, Means] = {}
    for lesson in lessons:
        marked = {
            client: Status(status) for (of, client), pk in told.items()
            if of == lesson.pk and (status := statuses[pk])
        }
        found = covers.means(lesson=lesson, marks=marked, rules=rules)
        means |= {told[lesson.pk, client]: each for client, each in found.items()}
    priced = journal.price_anew(means=means, at=at, by=by, under=_UNDER)
    chosen = {cell: pk for cell, pk in covers.chosen.items() if told[cell] in priced}
    billing.settle(mark_ids=priced, covers=chosen, at=at, by=by, under=_UNDER)


@transaction.atomic
def end(*, subscription_id: int, until: date, seen: int | None = None, at: datetime, by: Actor) -> None:
    """The subscription holds until this day, and on it no more; what is left of it is settled by the night."""
    billing.end_subscription(subscription_id=subscription_id, until=until, seen=seen, at=at, by=by)
    _tell(subscription_id)


@transaction.atomic
def take_back(*, subscription_id: int, reason: str, at: datetime, by: Actor) -> None:
    """It was sold by mistake; its charges go with it. Twice changes nothing."""
    billing.take_back_sale(subscription_id=subscription_id, reason=reason, at=at, by=by)
    _tell(subscription_id)


def _tell(subscription_id: int) -> None:
    groups = Subscription.objects.filter(pk=subscription_id).values_list("groups__group", flat=True)
    live.tell(*(f"group:{pk}" for pk in sorted({pk for pk in groups if pk})))
