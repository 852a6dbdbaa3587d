from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.journal.actions.marks import LessonIsCancelled
from rollbook.domains.journal.actions.rights import StaleMark, misses_of, refuse_used, visits_of
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.journal.rules import Means, decided, of_kind, of_make_up
from rollbook.domains.schedule.actions import refuse_closed
from rollbook.foundation.errors import Refused


@transaction.atomic
def price_anew(*, means: Mapping[int, Means], at: datetime, by: Actor, under: Permission) -> tuple[int, ...]:
    """Give marks, by their ids, the price that a subscription says which was sold afterwards; what they give a right to
    stays. Returns those that were priced: a make-up costs what its miss does, and a miss that was worked off stays as
    it is. It follows from the sale; the lessons are locked by the workflow, which settles."""
    by.must(under)
    alone = Mark.objects.standing().filter(pk__in=means, makes_up=None, worked_off_on=None)
    marks = list(alone.locked().order_by("pk"))
    visited = {pk for pk, visits in visits_of(marks).items() if visits}
    changed = [mark for mark in marks if mark.pk not in visited]
    for mark in changed:
        row = of_kind(means[mark.pk].switches[str(mark.status)], kind=mark.kind)
        row = decided(row, charged=mark.charged)
        mark.share, mark.uses_lesson, mark.lapse_share = row.share, row.uses_lesson, row.lapse_share
        mark.price, mark.prepaid = means[mark.pk].price_of(row), means[mark.pk].prepaid
        mark.version += 1
    Mark.objects.bulk_update(changed, ["share", "uses_lesson", "lapse_share", "price", "prepaid", "version"])
    return tuple(mark.pk for mark in changed)


class NothingToCharge(Refused):
    """Nobody knows yet whether the client was there."""


@transaction.atomic
def decide_charge(
    *, mark_id: int, charged: bool | None, means: Means, seen: int | None, at: datetime, by: Actor
) -> bool:
    """Charge a mark or not, whatever the tariff says; None: as the tariff says. False where that stands already.

    The lesson was picked and is locked by the workflow, which says what it `means` by its tariff and settles. A miss
    that was worked off stays as it is: there the visit is decided about.
    """
    mark = Mark.objects.select_related("lesson__branch").pick_to_change(by, Permission.CHARGE_DECIDE, mark_id)
    if mark.stands_aside:
        raise LessonIsCancelled
    if mark.status in {None, Status.PLANNED}:
        raise NothingToCharge(_("Whether the client was there is not marked yet."))
    if mark.charged == charged:
        return False
    refuse_closed(mark.lesson.branch, mark.day, at=at, by=by)
    if seen is not None and seen != mark.version:
        raise StaleMark(_("Somebody has marked in the meantime."))
    refuse_used([mark], visits_of([mark]), by)
    miss = misses_of([mark]).get(mark.makes_up_id or 0)
    row = means.switches[str(mark.status)]
    told = {"miss_share": miss.share, "miss_uses": miss.uses_lesson} if miss else {}
    row = of_make_up(row, **told) if miss else of_kind(row, kind=mark.kind)
    row = decided(row, charged=charged, **told)
    old = {"charged": mark.charged}
    mark.charged, mark.share, mark.uses_lesson, mark.lapse_share = charged, row.share, row.uses_lesson, row.lapse_share
    mark.price, mark.prepaid = mark.price if miss else means.price_of(row), means.prepaid
    mark.version += 1
    mark.save(update_fields=["charged", "share", "uses_lesson", "lapse_share", "price", "prepaid", "version"])
    history.record(
        verb="mark.charge_decided", subject=f"mark:{mark.pk}", within=f"client:{mark.client_id}", old=old,
        new={"charged": charged}, at=at, by=by,
    )
    return True
