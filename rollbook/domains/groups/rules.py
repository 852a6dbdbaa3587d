"""When a client has left (spec 12, 3); plain values in, plain values out."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta
from typing import NamedTuple

SOON = timedelta(days=14)
"""Whoever begins anew within these days after the last one has not left."""


class Stay(NamedTuple):
    """An enrolment on the days [since, until)."""

    enrolment_id: int
    since: date
    until: date | None

    def goes_on(self, day: date) -> bool:
        """Whether it covers this day or a later one."""
        return self.until is None or self.until > day


class Departure(NamedTuple):
    """A churn record as it is to be: of which enrolment, and with which one the client is back."""

    enrolment_id: int
    left_on: date
    returned: int | None


def departures(
    stays: Collection[Stay], *, recorded: Collection[int] = (), ended: int | None = None, today: date
) -> Iterator[Departure]:
    """The churn records of a client, from all enrolments and from those that have had a record until now.

    Whoever has another enrolment, be it current or to come, does not leave. Of a last day that is to come nothing is
    said, but of the one that somebody has just `ended`. Once recorded it stays so, and is void where the client goes
    on, or begins anew soon; only the one whose last day is told anew is asked anew.
    """
    last = _last(stays)
    known = set(recorded)
    if last and not any(stay.until == last.until for stay in stays if stay.enrolment_id in known):
        known |= {last.enrolment_id} if last.enrolment_id == ended or _is_over(last, today) else set()
    for stay in stays:
        if stay.enrolment_id not in known or stay.until is None:
            continue
        left_on = stay.until
        others = [other for other in stays if other is not stay and other.goes_on(left_on)]
        if stay.enrolment_id == ended and any(other.since < left_on for other in others):
            continue
        back = min((other.since, other.enrolment_id) for other in others) if others else None
        yield Departure(stay.enrolment_id, left_on, back[1] if back and back[0] <= left_on + SOON else None)


def _last(stays: Collection[Stay]) -> Stay | None:
    """The one that ends last; None where one has no end."""
    if not stays or any(stay.until is None for stay in stays):
        return None
    return max(stays, key=lambda stay: (stay.until or date.max, stay.since, stay.enrolment_id))


def _is_over(stay: Stay, today: date) -> bool:
    return stay.until is not None and stay.until <= today
