from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from psycopg.types.json import Jsonb

from rollbook.domains.history.models import Entry, Reading
from rollbook.foundation.author import Author
from rollbook.foundation.compiled import insert
from rollbook.foundation.copying import MANY, copy_in

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
    told = list(changes)
    if len(told) >= MANY:
        copy_in(
            Entry, ("at", "by_id", "by_name", "via", "verb", "subject", "within", "old", "new"),
            (
                (at, by.user_id, by.name, by.via, verb, one.subject, one.within, Jsonb(one.old), Jsonb(one.new))
                for one in told
            ),
        )
        return
    entries = [
        Entry(
            at=at, by_id=by.user_id, by_name=by.name, via=by.via, verb=verb, subject=one.subject, within=one.within,
            old=dict(one.old), new=dict(one.new),
        )
        for one in told
    ]
    insert(Entry, entries)


def note_reading(*, subject: str, at: datetime, by: Author) -> None:
    """Write down that somebody opened this card: once an hour for each way in which they do, in one statement."""
    hour = at.replace(minute=0, second=0, microsecond=0)
    reading = Reading(at=at, hour=hour, by_id=by.user_id, by_name=by.name, via=by.via, subject=subject)
    Reading.objects.bulk_create([reading], ignore_conflicts=True)
