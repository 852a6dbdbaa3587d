"""What may be done. The only place that writes; one file per thing, all known here under their own names."""

from rollbook.domains.comments.actions.comments import (
    AsksForNothing,
    NotYours,
    Resolved,
    change,
    reopen,
    resolve,
    take_back,
    write,
)
from rollbook.domains.comments.actions.mentions import see_mentions

__all__ = [
    "AsksForNothing", "NotYours", "Resolved", "change", "reopen", "resolve", "see_mentions", "take_back", "write",
]
