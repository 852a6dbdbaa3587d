from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from rollbook.domains.history.models import Entry
from rollbook.foundation.author import Author


@dataclass(frozen=True, slots=True)
class Line:
    """One act, as a card shows it."""

    at: datetime
    by_name: str
    via: str
    verb: str
    subject: str
    old: Mapping[str, object]
    new: Mapping[str, object]


def of(*, subject: str, by: Author, limit: int = 50) -> Sequence[Line]:
    """The latest acts upon a subject or within it, newest first.

    Whether `by` may see the subject is asked by whoever shows its card: history knows no rows but its own.
    """
    entries = Entry.objects.filter(Q(subject=subject) | Q(within=subject)).order_by("-at", "-pk")[:limit]
    return tuple(Line(*row) for row in entries.values_list("at", "by_name", "via", "verb", "subject", "old", "new"))
