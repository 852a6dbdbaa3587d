"""Rights to a make-up whose window has passed unused lapse, every night."""

from datetime import datetime

from rollbook.domains.access.actor import Actor
from rollbook.domains.journal import actions as journal


def lapse(*, at: datetime, by: Actor) -> int:
    """Let all of them lapse that are over by the clock of their branch, some at a time so that nobody waits for long.
    Returns how many. Any number of times, and several at once, do no harm."""
    lapsed = 0
    while some := journal.lapse_rights(at=at, by=by):
        lapsed += some
    return lapsed
