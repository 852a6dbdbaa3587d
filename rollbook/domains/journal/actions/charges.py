from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.journal.actions.marks import LessonIsCancelled
from rollbook.domains.journal.actions.rights import StaleMark, misses_of, refuse_used, visits_of
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.journal.rules import Switches, decided, of_kind, of_make_up
from rollbook.domains.schedule.actions import refuse_closed
from rollbook.foundation.errors import Refused


class NothingToCharge(Refused):
    """Nobody knows yet whether the client was there."""


@transaction.atomic
def decide_charge(
    *, mark_id: int, charged: bool | None, switches: Mapping[str, Switches], seen: int | None, at: datetime, by: Actor
) -> bool:
    """Charge a mark or not, whatever the tariff says; None: as the tariff says. False where that stands already.

    The lesson was picked and is locked by the workflow, which gives the `switches` of its tariff and settles. A miss
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
    row = switches[str(mark.status)]
    means = of_make_up(row, miss_share=miss.share) if miss else of_kind(row, kind=mark.kind)
    means = decided(means, charged=charged, miss_share=miss.share if miss else 0)
    old = {"charged": mark.charged}
    mark.charged, mark.share, mark.uses_lesson = charged, means.share, means.uses_lesson
    mark.version += 1
    mark.save(update_fields=["charged", "share", "uses_lesson", "version"])
    history.record(
        verb="mark.charge_decided", subject=f"mark:{mark.pk}", within=f"client:{mark.client_id}", old=old,
        new={"charged": charged}, at=at, by=by,
    )
    return True
