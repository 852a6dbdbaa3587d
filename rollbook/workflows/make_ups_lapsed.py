"""Rights to a make-up whose window has passed unused lapse, every night."""

from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing import actions as billing
from rollbook.domains.journal import actions as journal


def lapse(*, at: datetime, by: Actor) -> int:
    """Let all of them lapse that are over by the clock of their branch, some at a time so that nobody waits for long;
    the ledger follows where that costs something. Returns how many. Any number of times, and several at once, do no
    harm."""
    lapsed = 0
    while some := _some(at, by):
        lapsed += some
    return lapsed


@transaction.atomic
def _some(at: datetime, by: Actor) -> int:
    marks = journal.lapse_rights(at=at, by=by)
    billing.settle(mark_ids=marks, at=at, by=by, under=Permission.JOURNAL_CORRECT)
    return len(marks)
