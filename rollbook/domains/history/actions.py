from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from rollbook.domains.history.models import Entry, Reading
from rollbook.foundation.author import Author

Fields = Mapping[str, object]


class Change(NamedTuple):
    """What happened to one subject, as `record_many` takes it."""

    subject: str
    new: Fields
    old: Fields = {}
    within: str = ""


def record(
    *,
    verb: str,
    subject: str,
    at: datetime,
    by: Author,
    new: Fields,
    old: Fields | None = None,
    within: str = "",
) -> None:
    """Write down what was done; asks no right of its own, for whoever acts is written down.

    `subject` and `within` are a word and a number ("client:7"). `old` and `new` hold what changed, in
    values that JSON knows. `within` is the larger thing on whose card the entry is shown as well.
    """
    record_many(verb=verb, changes=[Change(subject, new, old or {}, within)], at=at, by=by)


def record_many(*, verb: str, changes: Iterable[Change], at: datetime, by: Author) -> None:
    """Write down the same act on many subjects, in one statement."""
    Entry.objects.bulk_create(
        [
            Entry(
                at=at, by_id=by.user_id, by_name=by.name, via=by.via, verb=verb,
                subject=change.subject, within=change.within, old=dict(change.old), new=dict(change.new),
            )
            for change in changes
        ],
        batch_size=5000,
    )


def note_reading(*, subject: str, at: datetime, by: Author) -> None:
    """Write down that somebody opened this card: once an hour for each way in which they do, in one statement."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    reading = Reading(at=at, hour=hour, by_id=by.user_id, by_name=by.name, via=by.via, subject=subject)
    Reading.objects.bulk_create([reading], ignore_conflicts=True)
