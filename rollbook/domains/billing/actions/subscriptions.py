"""What is sold: a tariff, for a client in a group, at a price that was reckoned and shown."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing.actions.by_hand import without_discounts
from rollbook.domains.billing.actions.discounts import DiscountTooHigh
from rollbook.domains.billing.actions.instalments import charge_instalments
from rollbook.domains.billing.actions.reversing import reversals
from rollbook.domains.billing.models import (
    RULES,
    Contract,
    CoveredMark,
    EntryKind,
    LedgerEntry,
    Subscription,
    SubscriptionDiscount,
    SubscriptionGroup,
    Tariff,
    TariffKind,
)
from rollbook.domains.billing.rules import Discount, Reckoning, as_json
from rollbook.domains.groups.models import Group
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client, Relation
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.periods import local
from rollbook.foundation.versions import alter


class AnotherSale(Refused):
    sentence = gettext_lazy("This form has already sold something else. Open it anew.")


class SoldAlready(Refused):
    sentence = gettext_lazy("The client has a subscription of this group for some of these days already.")


class ContractTaken(Refused):
    sentence = gettext_lazy("There is a contract of this number already.")


class UsedAlready(Refused):
    sentence = gettext_lazy("Lessons of it have been used: end the subscription instead, or take the marks back first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """What is sold, as it was reckoned: for the days [since, until)."""

    client_id: int
    group_id: int
    tariff_id: int
    since: date
    until: date | None
    reckoning: Reckoning
    key: str
    contract: str = ""
    note: str = ""
    renews_id: int | None = None


@transaction.atomic
def sell(*, sales: Collection[Sale], at: datetime, by: Actor) -> tuple[int, ...]:
    """Write down what is sold, with price and rules as they are now; what is written off at the start is charged when
    its day has come. Returns the subscriptions, in the order of the sales; each key sells once.

    The reckonings come from the workflow. SoldAlready where a month is sold twice, DiscountTooHigh where a discount
    given now is above the limit of the organisation and whoever sells may not exceed it.
    """
    buyers = Client.objects.select_related("branch").locked()
    clients = _picked(buyers, by, Permission.SUBSCRIPTION_SELL, {sale.client_id for sale in sales})
    groups = _picked(Group.objects.all(), by, Permission.JOURNAL_SEE, {sale.group_id for sale in sales})
    tariffs = Tariff.objects.in_bulk({sale.tariff_id for sale in sales})
    contracts = _contracts(sales)
    standing = {row.key: row for row in Subscription.objects.filter(key__in=[sale.key for sale in sales])}
    limit = house().discount_limit
    rows = {}
    for sale in sales:
        if old := standing.get(sale.key):
            _refuse_another(old, sale)
            continue
        tariff = tariffs.get(sale.tariff_id)
        if tariff is None or tariff.archived_at or tariff.kind == TariffKind.LESSON:
            raise InvalidInput({"tariff_id": _("Choose a tariff of the list.")})
        _refuse_too_high(sale, limit, by)
        rows[sale.key] = _row(sale, tariff, contracts.get((sale.client_id, sale.renews_id)), at, by)
    with refusing({"subscription_of_month_once": SoldAlready, "subscription_renews_id_key": SoldAlready}):
        Subscription.objects.bulk_create(rows.values())
    _follow([(sale, rows[sale.key]) for sale in sales if sale.key in rows], clients, groups, at, by)
    today = {row.pk: local(at, clients[row.client_id].branch.time_zone).date() for row in rows.values()}
    charge_instalments(subscriptions=list(rows.values()), today=today, at=at)
    known = {**standing, **rows}
    return tuple(known[sale.key].pk for sale in sales)


def _picked(rows: Any, by: Actor, permission: Permission, ids: Collection[int]) -> dict[int, Any]:
    """What `pick` answers of each, in one statement for all of them."""
    reached = rows.reached_by(by, by.holding(permission)).filter(pk__in=ids)
    found = {row.pk: row for row in reached.order_by("pk")}
    for pk in sorted(set(ids) - found.keys()):
        rows.pick(by, permission, pk)  # which says why not
    return found


def _contracts(sales: Collection[Sale]) -> dict[tuple[int, int | None], int | None]:
    """By client and the subscription that is renewed: its contract, which goes on."""
    renewed = {sale.renews_id for sale in sales if sale.renews_id}
    if not renewed:
        return {}
    rows = Subscription.objects.filter(pk__in=renewed, contract__ended_on=None)
    return {(client, pk): contract for client, pk, contract in rows.values_list("client", "pk", "contract")}


def _refuse_another(old: Subscription, sale: Sale) -> None:
    same = (old.client_id, old.group_id, old.tariff_id, old.since)
    if same != (sale.client_id, sale.group_id, sale.tariff_id, sale.since):
        raise AnotherSale


def _refuse_too_high(sale: Sale, limit: int, by: Actor) -> None:
    """Of what is given for this one sale; what a client has for good was allowed then, and tariffs say the rest."""
    given = sum((one.sum for one in sale.reckoning.discounts if one.discount.kind == "once"), Decimal(0))
    if given * 100 <= sale.reckoning.before * limit:
        return
    if Permission.DISCOUNT_EXCEED not in Client.objects.all().held_on(by, sale.client_id, Permission.DISCOUNT_EXCEED):
        sentence = _("A discount of more than {limit} is given by whoever may exceed the limit.")
        raise DiscountTooHigh(sentence.format(limit=f"{limit}%"))


def _row(sale: Sale, tariff: Tariff, contract: int | None, at: datetime, by: Actor) -> Subscription:
    reckoning = sale.reckoning
    kept = as_json(reckoning) | {"until": sale.until.isoformat() if sale.until else None}
    return Subscription(
        client_id=sale.client_id, group_id=sale.group_id, tariff=tariff, since=sale.since, until=sale.until,
        lessons=reckoning.lessons, price=reckoning.before, amount=reckoning.amount, unit=reckoning.unit,
        instalments=tariff.instalments, reckoning=kept, note=sale.note, key=sale.key, sold_at=at,
        sold_by_id=by.user_id, renews_id=sale.renews_id, contract_id=contract,
        **{name: getattr(tariff, name) for name in RULES},
    )


def _follow(
    made: Collection[tuple[Sale, Subscription]], clients: dict[int, Client], groups: dict[int, Group], at: datetime,
    by: Actor,
) -> None:
    SubscriptionGroup.objects.bulk_create(
        SubscriptionGroup(subscription=row, group_id=row.group_id, since=row.since, until=row.until)
        for _sale, row in made
    )
    SubscriptionDiscount.objects.bulk_create(
        SubscriptionDiscount(
            subscription=row, kind=given.discount.kind, percent=given.discount.percent, amount=given.discount.amount,
            sum=given.sum, reason=given.discount.reason,
            allowed_by_id=by.user_id if given.discount.kind == "once" else None,
        )
        for sale, row in made for given in sale.reckoning.discounts
    )
    for sale, row in made:
        if sale.contract:
            _sign(sale.contract, row, at, clients[row.client_id].branch.time_zone)
    history.record_many(
        verb="subscription.sold", at=at, by=by,
        changes=[
            history.Change(
                f"subscription:{row.pk}", told(row, groups[row.group_id].name), within=f"client:{row.client_id}"
            )
            for _sale, row in made
        ],
    )


def told(row: Subscription, group: str = "") -> dict[str, object]:
    """What the history says of a subscription."""
    return {
        **({"group": group} if group else {}), "amount": str(row.amount), "lessons": row.lessons,
        "since": row.since.isoformat(), "until": row.until.isoformat() if row.until else None,
    }


def _sign(number: str, row: Subscription, at: datetime, zone: str) -> None:
    """The contract of this number, of this client: the one there is, or a new one."""
    payer = Relation.objects.filter(client=row.client_id, pays=True).values_list("contact", flat=True).first()
    with refusing({"billing_contract_number_key": ContractTaken}):
        contract, _is_new = Contract.objects.get_or_create(
            number=number, client_id=row.client_id,
            defaults={"payer_id": payer, "signed_on": local(at, zone).date()},
        )
    row.contract = contract
    row.save(update_fields=["contract"])


@transaction.atomic
def end_subscription(*, subscription_id: int, until: date, seen: int | None, at: datetime, by: Actor) -> None:
    """It holds until this day and on it no more; what is left of it is settled as its rules say, by the night. Refused
    where lessons were used on that day or later (UsedAlready), or where it has ended by then anyway."""
    row = _pick(subscription_id, by)
    if until <= row.since or (row.until is not None and until > row.until):
        raise InvalidInput({"until": _("A day within the subscription, please.")})
    if CoveredMark.objects.filter(subscription=row, uses=True, mark__day__gte=until).exists():
        raise UsedAlready(_("Lessons of this subscription were used on that day or later."))
    if difference := alter(row, {"until": until}, seen=seen):
        row.reckoning["until"] = until.isoformat()
        row.save(update_fields=["until", "reckoning", "version"])
        places = SubscriptionGroup.objects.filter(subscription=row)
        places.filter(since__gte=until).delete()
        places.exclude(until__lte=until).update(until=until)
        _tell("subscription.ended", row, difference.old, difference.new, at, by)


@transaction.atomic
def take_back_sale(*, subscription_id: int, reason: str, at: datetime, by: Actor) -> None:
    """It was sold by mistake: its own charges are reversed with it. UsedAlready where a lesson of it was used. Twice
    changes nothing."""
    row = _pick(subscription_id, by)
    if row.taken_back_at:
        return
    if row.used:
        raise UsedAlready
    row.taken_back_at = at
    row.version += 1
    row.renews = None
    row.save(update_fields=["taken_back_at", "version", "renews"])
    CoveredMark.objects.filter(subscription=row).delete()
    charges = list(LedgerEntry.objects.standing_charges().filter(subscription=row).order_by("pk"))
    lapses = LedgerEntry.objects.standing(EntryKind.LAPSE).filter(subscription=row).order_by("pk")
    gone = [*reversals([*charges, *lapses], at=at), *without_discounts(charges, at=at)]
    LedgerEntry.objects.bulk_create(gone)
    _tell("subscription.taken_back", row, {"amount": str(row.amount)}, {"reason": reason}, at, by)


def _pick(subscription_id: int, by: Actor) -> Any:
    return Subscription.objects.pick_to_change(by, Permission.SUBSCRIPTION_SELL, subscription_id)


def _tell(
    verb: str, row: Subscription, old: dict[str, object], new: dict[str, object], at: datetime, by: Actor
) -> None:
    history.record(
        verb=verb, subject=f"subscription:{row.pk}", within=f"client:{row.client_id}", old=old, new=new, at=at, by=by
    )


def once(*, percent: Decimal | None, amount: Decimal | None, reason: str) -> Discount | None:
    """The discount for one subscription, as a form has it; None where none is asked for."""
    if percent is None and amount is None:
        return None
    fields = {}
    if percent is not None and amount is not None:
        fields["discount_amount"] = _("Per cent or an amount, one of the two.")
    if percent is not None and not 0 < percent <= 100:
        fields["discount_percent"] = _("From 0 to 100.")
    if amount is not None and amount <= 0:
        fields["discount_amount"] = _("More than zero, please.")
    if not reason:
        fields["discount_reason"] = _("Say why, please: discounts are reported.")
    if fields:
        raise InvalidInput(fields)
    return Discount(kind="once", percent=percent, amount=amount, reason=reason)
