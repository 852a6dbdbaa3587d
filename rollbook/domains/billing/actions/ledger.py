from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.actions.by_hand import without_discounts
from rollbook.domains.billing.actions.reversing import in_open_months, reversal
from rollbook.domains.billing.models import CoveredMark, EntryKind, LedgerEntry, Subscription
from rollbook.domains.billing.rules import charge_of
from rollbook.domains.journal.models import Mark
from rollbook.foundation.compiled import Rows, insert, once
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import Refused

Cells = Mapping[tuple[int, int], int]
"""Subscriptions, by lesson and client."""
_NONE: Cells = MappingProxyType({})


class UsedUp(Refused):
    sentence = _("The subscription has no lesson left for it: another one has been used meanwhile.")


@transaction.atomic(savepoint=False)  # of the workflow's one: two round trips less
def settle(
    *, mark_ids: Collection[int], covers: Cells = _NONE, at: datetime, by: Actor,
    under: Permission = Permission.JOURNAL_MARK,
) -> None:
    """Make the ledger say what the marks say: a wrong charge is reversed, a missing one is added; what was not worked
    off in time is burned, or comes back. And make subscriptions count them: those that `covers` names, or else the
    ones that have stood for these marks.

    A mark of a cancelled lesson, or one taken back, costs nothing. It follows from another act, which has picked the
    marks, so the right `under` which that was done is enough. Settling twice changes nothing.
    """
    if not mark_ids:
        return
    by.must(under)
    marks = list(_locked(marks=list(mark_ids)))
    _cover(marks, covers)
    charged = {entry.mark_id: entry for entry in _charges(marks=list(mark_ids))}
    may_lapse = [mark.pk for mark in marks if mark.make_up_until and (mark.prepaid or mark.lapse_share)]
    lapsed = {entry.lapse_of_id: entry for entry in _lapses(marks=may_lapse)} if may_lapse else {}
    # Of charges the months are open, or nothing in them would have been marked.
    charges = [entry for mark in marks for entry in _settling(charged.get(mark.pk), _charge(mark, at), at)]
    gone = [entry.reverses for entry in charges if entry.reverses]
    lapses = [entry for mark in marks for entry in _settling(lapsed.get(mark.pk), _lapse(mark, at), at)]
    insert(LedgerEntry, [*charges, *without_discounts(gone, at=at), *in_open_months(lapses)])


@once
def _locked(*, marks: Any) -> Rows:
    """The marks with what else decides what they cost, in the order in which the trigger locks accounts, too."""
    return (
        Mark.objects.filter(pk__any=marks)
        .annotate(
            branch_id=F("lesson__branch"), cancelled_at=F("lesson__cancelled_at"),
            home_group_id=Coalesce("makes_up__lesson__group", "lesson__group"),
            covered_by=F("covered__subscription"), counted=F("covered__uses"),
        )
        .locked()
        .order_by("client", "pk")
    )


@once
def _charges(*, marks: Any) -> Rows:
    return LedgerEntry.objects.standing_charges().filter(mark__any=marks)


@once
def _lapses(*, marks: Any) -> Rows:
    return LedgerEntry.objects.standing(EntryKind.LAPSE).filter(lapse_of__any=marks)


def _cover(marks: Collection[Any], covers: Cells) -> None:
    """Write down for which marks subscriptions stand, and which of them have used up a lesson; a trigger counts."""
    for mark in marks:
        mark.was = (mark.covered_by, mark.counted)
        mark.covered_by = covers.get((mark.lesson_id, mark.client_id), mark.covered_by)
        mark.counted = _counts(mark) and mark.uses_lesson
    # What was not worked off uses up a lesson as well, as long as there is one: who has had all has lost nothing.
    gone = [mark for mark in marks if mark.covered_by and not mark.counted and _is_gone(mark)]
    rest = _rest(gone)
    for mark in gone:
        had = mark.was == (mark.covered_by, True)
        mark.counted = had or rest[mark.covered_by] > 0
        rest[mark.covered_by] -= not had
    changed = [mark for mark in marks if mark.covered_by and mark.was != (mark.covered_by, mark.counted)]
    if changed:
        rows = [CoveredMark(mark_id=m.pk, subscription_id=m.covered_by, uses=m.counted) for m in changed]
        with refusing({"subscription_not_used_up_twice": UsedUp}):
            CoveredMark.objects.bulk_create(
                rows, update_conflicts=True, unique_fields=["mark"], update_fields=["subscription", "uses"]
            )
        # Whose end was reckoned with another number of lessons is to be reckoned again, some night.
        again = Subscription.objects.filter(pk__in={m.covered_by for m in changed}, closed_on__isnull=False)
        again.update(closed_on=None)


def _rest(marks: Collection[Any]) -> dict[int, int]:
    """By subscription, how many lessons it has left; locked. What is not counted has always one."""
    if not marks:
        return {}
    rows = Subscription.objects.filter(pk__in={mark.covered_by for mark in marks}).locked().order_by("pk")
    return {row.pk: 1000 if row.lessons is None else row.lessons - row.frozen - row.used for row in rows}


def _counts(mark: Any) -> bool:
    return mark.status is not None and mark.cancelled_at is None


def _is_gone(mark: Any) -> bool:
    """Whether a lesson that was excused is used up all the same: the right to work it off is over and that costs
    something, or it was paid before and has been worked off without a visit. What was sold by mistake has paid for
    nothing."""
    paid = mark.prepaid and mark.covered_by
    return _counts(mark) and bool((mark.lapsed_on and (paid or mark.lapse_share)) or (paid and mark.worked_off_on))


def _charge(mark: Any, at: datetime) -> LedgerEntry | None:
    price = charge_of(price=mark.price, share=mark.share) if _counts(mark) and not mark.prepaid else 0
    if not price:
        return None
    return LedgerEntry(
        client_id=mark.client_id, branch_id=mark.branch_id, group_id=mark.home_group_id, kind=EntryKind.CHARGE,
        amount=-price, mark=mark, day=mark.day, made_at=at,
    )


def _lapse(mark: Any, at: datetime) -> LedgerEntry | None:
    """What is burned, or comes back of what was paid before."""
    if not (mark.lapsed_on and _is_gone(mark)) or mark.uses_lesson or (mark.covered_by and not mark.counted):
        return None
    if mark.prepaid:
        amount = charge_of(price=mark.price, share=100 - mark.lapse_share if mark.covered_by else 0)
    else:
        amount = -charge_of(price=mark.price, share=mark.lapse_share)
    if not amount:
        return None
    return LedgerEntry(
        client_id=mark.client_id, branch_id=mark.branch_id, kind=EntryKind.LAPSE, amount=amount, lapse_of=mark,
        subscription_id=mark.covered_by, day=mark.lapsed_on, made_at=at,
    )


def _settling(old: LedgerEntry | None, new: LedgerEntry | None, at: datetime) -> Iterator[LedgerEntry]:
    if old and new and old.amount == new.amount:
        return
    if old:
        yield reversal(old, day=old.day, at=at)
    if new:
        yield new

