"""Corrections, bonuses and discounts for one charge: each with its reason, under its key booked once."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Organisation
from rollbook.domains.billing.actions.entries import AnotherEntry, check, open_day, refuse_another
from rollbook.domains.billing.actions.reversing import reversals
from rollbook.domains.billing.models import BY_HAND, EntryKind, LedgerEntry, Subscription
from rollbook.domains.history import actions as history
from rollbook.domains.journal.models import Mark
from rollbook.domains.people.models import Client
from rollbook.foundation.errors import InvalidInput, NotAllowed, Refused
from rollbook.foundation.formats import round_half_up
from rollbook.foundation.periods import local


class NotByHand(Refused):
    """What was charged or paid goes back on its own way."""


class MoreThanCharged(Refused):
    """The discounts of a charge would be more than the charge, or it stands no more."""


class BeyondLimit(NotAllowed):
    """More off a charge than the organisation leaves to everybody who corrects balances."""


@transaction.atomic
def correct_balance(
    *, client_id: int, amount: Decimal, reason: str, on: date, key: str, at: datetime, by: Actor
) -> int:
    """Set a balance right by an amount above or below zero; returns the id of the entry.

    `key` is made by whoever asks: the same under the same key is booked once. InvalidInput where amount, day or reason
    make no sense.
    """
    return _book(EntryKind.CORRECTION, "balance.corrected", client_id, amount, reason, on, key, at, by)


@transaction.atomic
def give_bonus(*, client_id: int, amount: Decimal, reason: str, on: date, key: str, at: datetime, by: Actor) -> int:
    """Give a client something for a reason: for a friend who came, for a prize. Otherwise as a correction."""
    return _book(EntryKind.BONUS, "bonus.given", client_id, amount, reason, on, key, at, by)


def _book(
    kind: EntryKind, verb: str, client_id: int, amount: Decimal, reason: str, on: date, key: str, at: datetime,
    by: Actor,
) -> int:
    client = Client.objects.select_related("branch").pick_to_change(by, Permission.BALANCE_CORRECT, client_id)
    today = local(at, client.branch.time_zone).date()
    check(amount=amount, on=on, today=today, reason=reason, signed=kind == EntryKind.CORRECTION)
    same = {"client_id": client.pk, "kind": kind, "amount": amount, "reason": reason}
    days = open_day(branch_id=client.branch_id, day=on)
    told = same | days | {"branch_id": client.branch_id, "made_by_id": by.user_id, "made_at": at}
    entry, is_new = LedgerEntry.objects.get_or_create(key=key, defaults=told)
    if not is_new:
        refuse_another(entry, same)
        if on not in (entry.day, entry.about):
            raise AnotherEntry
        return entry.pk
    history.record(
        verb=verb, subject=f"client:{client.pk}", at=at, by=by,
        new={"amount": str(amount), "reason": reason, "on": on.isoformat(), "entry": entry.pk},
    )
    return entry.pk


@transaction.atomic
def discount_charge(
    *, entry_id: int, reason: str, key: str, at: datetime, by: Actor, percent: Decimal | None = None,
    amount: Decimal | None = None,
) -> int:
    """Let a client off a part of one charge, by percent of it or by an amount; returns the id of the entry.

    All discounts of a charge together are never more than the charge, and what is above the limit of the organisation
    takes the right to exceed it (BeyondLimit). The same under the same key is booked once.
    """
    entry = LedgerEntry.objects.pick(by, Permission.BALANCE_CORRECT, entry_id)
    if entry.kind != EntryKind.CHARGE:
        raise MoreThanCharged(_("A discount is for a charge."))
    Client.objects.pick_to_change(by, Permission.BALANCE_CORRECT, entry.client_id)
    _hold(entry)
    charged = -entry.amount
    off = _off(charged, percent, amount)
    check(amount=off, on=entry.day, today=entry.day, reason=reason)
    same = {"client_id": entry.client_id, "discounts_id": entry.pk, "amount": off, "reason": reason}
    if stands := LedgerEntry.objects.filter(key=key).first():
        refuse_another(stands, same)
        return stands.pk
    left = _left(entry)
    if off > left:
        raise MoreThanCharged(_("No more is left of this charge than {left}.").format(left=left))
    _within_limit(entry, charged - left + off, by)
    told = same | open_day(branch_id=entry.branch_id, day=entry.day) | {
        "branch_id": entry.branch_id, "group_id": entry.group_id, "subscription_id": entry.subscription_id,
        "kind": EntryKind.DISCOUNT, "made_by_id": by.user_id, "made_at": at,
    }
    discount, is_new = LedgerEntry.objects.get_or_create(key=key, defaults=told)
    if not is_new:
        refuse_another(discount, same)
    history.record(
        verb="charge.discounted", subject=f"client:{entry.client_id}", at=at, by=by,
        new={"amount": str(off), "reason": reason, "on": entry.day.isoformat(), "entry": discount.pk},
    )
    return discount.pk


def _hold(charge: LedgerEntry) -> None:
    """Nobody settles what was charged for until we are done."""
    of: Any = Mark if charge.mark_id else Subscription
    of.objects.filter(pk=charge.mark_id or charge.subscription_id).locked().first()


def _off(charged: Decimal, percent: Decimal | None, amount: Decimal | None) -> Decimal:
    if (percent is None) == (amount is None):
        raise InvalidInput({"percent": _("Percent or an amount: one of the two.")})
    if percent is None:
        return amount or Decimal(0)
    if not 0 < percent <= 100:
        raise InvalidInput({"percent": _("More than zero and at most 100.")})
    return round_half_up(charged * percent / 100, 2)


def _left(charge: LedgerEntry) -> Decimal:
    """What of a charge is not let off yet; nothing where it stands no more."""
    if LedgerEntry.objects.filter(reverses=charge).exists():
        return Decimal(0)
    standing = LedgerEntry.objects.filter(discounts=charge, reversed_by=None)
    return -charge.amount - (standing.aggregate(sum=Sum("amount"))["sum"] or 0)


def _within_limit(charge: LedgerEntry, off: Decimal, by: Actor) -> None:
    limit = Organisation.objects.values_list("discount_limit", flat=True).get()
    if off * 100 <= -charge.amount * limit:
        return
    if not Client.objects.all().held_on(by, charge.client_id, Permission.DISCOUNT_EXCEED):
        raise BeyondLimit(_("You may let off at most {limit} per cent of a charge.").format(limit=limit))


@transaction.atomic
def take_back_entry(*, entry_id: int, reason: str, at: datetime, by: Actor) -> int:
    """Reverse a correction, a bonus or a discount, for a reason. Twice changes nothing. Returns whose it was."""
    entry = LedgerEntry.objects.pick(by, Permission.BALANCE_CORRECT, entry_id)
    if entry.kind not in BY_HAND:
        raise NotByHand(_("What was charged or paid is taken back where it was marked or booked."))
    Client.objects.pick_to_change(by, Permission.BALANCE_CORRECT, entry.client_id)
    if not LedgerEntry.objects.filter(reverses=entry).exists():
        LedgerEntry.objects.bulk_create(reversals([entry], at=at, reason=reason, by=by))
        history.record(
            verb="entry.taken_back", subject=f"client:{entry.client_id}", at=at, by=by,
            old={"amount": str(entry.amount)}, new={"reason": reason, "entry": entry.pk},
        )
    return entry.client_id


def without_discounts(charges: Collection[LedgerEntry], *, at: datetime) -> list[LedgerEntry]:
    """What takes the discounts back that stand on these charges, for whoever reverses them and holds what they are
    for. A charge that is known to have none (LedgerQuerySet.standing_charges says so) costs no statement."""
    some = [charge.pk for charge in charges if getattr(charge, "is_discounted", True)]
    standing = LedgerEntry.objects.filter(discounts__in=some, reversed_by=None) if some else ()
    return reversals(standing, at=at)
