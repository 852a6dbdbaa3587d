"""Every night: instalments come due, and subscriptions whose last day has passed are settled."""

from datetime import datetime

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing import actions as billing


def settle(*, at: datetime, by: Actor) -> int:
    """Charge what is due and close what has ended, some at a time so that nobody waits for long. Returns how many were
    closed. Any number of times, and several at once, do no harm."""
    after = 0
    while after := billing.charge_due(after=after, at=at, by=by):
        pass
    closed = 0
    while some := billing.close_ended(at=at, by=by):
        closed += some
    return closed
