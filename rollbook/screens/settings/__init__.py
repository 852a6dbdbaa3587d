"""What can be set: one file for each list of settings, with its rows and the card that its form begins with."""

from dataclasses import dataclass
from typing import Any

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.access.scoping import ScopedQuerySet
from rollbook.domains.history import queries as history
from rollbook.domains.history.queries import Line

LATEST = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a list: its name, what else stands in it, and whether whoever asks may change it."""

    pk: int
    name: str
    cells: tuple[object, ...]
    may_edit: bool


def past(*, word: str, pk: int, rows: ScopedQuerySet[Any] | None, by: Actor) -> tuple[Line, ...]:
    """The latest acts upon a card that is shown; nothing for those who may not see what was done to it.

    `rows` are those among which it must be reached; without any it belongs to the organisation as a whole.
    """
    seen = Permission.HISTORY_SEE
    if not by.may(seen):
        return ()
    reached = by.may_everywhere(seen) if rows is None else rows.visible_to(by, seen).filter(pk=pk).exists()
    return tuple(history.of(subject=f"{word}:{pk}", zone=house().time_zone, by=by, limit=LATEST)) if reached else ()
