"""Many at once, when their import is undone: the same in the other direction. Whether somebody works with them by now
is asked by the workflow."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.imports.actions import Ids, take_away
from rollbook.domains.journal.models import Kind, Mark


@transaction.atomic
def unload_marks(*, ids: Ids, at: datetime, by: Actor) -> tuple[int, ...]:
    """Marks go again. Those that were charged, or that stand in the row of one taken back, are taken back as by hand,
    and returned: the ledger is to follow."""
    by.must_everywhere(Permission.JOURNAL_MARK)
    taken_back = {
        "status": None, "kind": Kind.REGULAR, "minutes_late": 0, "present": False, "uses_lesson": False,
        "pays_teacher": False, "share": 0, "lapse_share": 0, "prepaid": False, "make_up_until": None, "makes_up": None,
        "worked_off_on": None, "worked_off_note": "", "lapsed_on": None, "charged": None, "marked_at": at,
        "marked_by": by.user_id, "version": F("version") + 1,
    }
    marks = Mark.objects.filter(pk__in=ids)
    old_rows = list(marks.filter(version__gt=1).values_list("pk", flat=True))
    charged = take_away(
        rows=marks.exclude(pk__in=old_rows), word="lesson", subject="lesson_id", within="client", kept_as={}, at=at,
        by=by,
    )
    kept = (*old_rows, *charged)
    Mark.objects.filter(pk__in=kept).update(**taken_back)
    return kept


@transaction.atomic
def unload_worked_off(*, ids: Ids, at: datetime, by: Actor) -> None:
    """These misses were not worked off by hand. Nobody has seen them otherwise since, so the version goes back, too."""
    by.must_everywhere(Permission.JOURNAL_MARK)
    marks = Mark.objects.filter(pk__in=ids)
    changes = [
        history.Change(f"mark:{pk}", {}, within=f"client:{client}") for pk, client in marks.values_list("pk", "client")
    ]
    marks.update(worked_off_on=None, worked_off_note="", version=F("version") - 1)
    history.record_many(verb="import.undone", changes=changes, at=at, by=by)
