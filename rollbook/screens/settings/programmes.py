from dataclasses import dataclass

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Programme
from rollbook.domains.history.queries import Line
from rollbook.foundation.errors import NotFound
from rollbook.screens.settings import Row, past


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    min_age: int | None
    max_age: int | None
    minutes: int
    capacity: int | None
    version: int
    archived: bool
    history: tuple[Line, ...]


def rows(*, archived: bool, by: Actor) -> tuple[Row, ...]:
    """What is taught: ages, minutes of a lesson, places in a group. All branches share it."""
    by.must(Permission.SETTINGS_EDIT)
    may_edit = by.may_everywhere(Permission.SETTINGS_EDIT)
    named = (
        Programme.objects.filter(archived_at__isnull=not archived)
        .order_by("name", "pk")
        .values_list("pk", "name", "min_age", "max_age", "minutes", "capacity")
    )
    return tuple(
        Row(pk, name, (_ages(youngest, oldest), minutes, capacity), may_edit)
        for pk, name, youngest, oldest, minutes, capacity in named
    )


def card(*, pk: int, by: Actor) -> Card:
    blank(by=by)
    row = Programme.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    return Card(
        row.name, row.min_age, row.max_age, row.minutes, row.capacity, row.version, row.archived_at is not None,
        past(word="programme", pk=pk, rows=None, by=by),
    )


def blank(*, by: Actor) -> None:
    by.must_everywhere(Permission.SETTINGS_EDIT)


def _ages(youngest: int | None, oldest: int | None) -> str:
    if youngest is None and oldest is None:
        return ""
    return f"{youngest or 0}–{oldest}" if oldest is not None else f"{youngest}+"
