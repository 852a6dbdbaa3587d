"""The last enrolments of clients have ended by time: they have left."""

from datetime import datetime

from rollbook.domains.access.actor import Actor
from rollbook.domains.groups import actions as groups


def record(*, at: datetime, by: Actor) -> int:
    """Record those who left and of whom it was not said before; returns how many they are."""
    return groups.record_churn(at=at, by=by)
