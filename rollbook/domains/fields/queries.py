from collections.abc import Collection
from typing import NamedTuple

from django.db.models import Q

from rollbook.domains.access.actor import Actor
from rollbook.domains.fields.models import Choice, ChoiceList
from rollbook.domains.fields.rules import Names


class Offered(NamedTuple):
    choice_id: int
    code: str | None
    names: Names


def offered(*, of: ChoiceList, keep: Collection[int] = (), by: Actor) -> tuple[Offered, ...]:
    """The choices of a list in their order: those that are not archived, and those to keep. Words are no secret."""
    rows = Choice.objects.filter(Q(archived_at=None) | Q(pk__in=keep), of=of).order_by("position", "pk")
    return tuple(Offered(row.pk, row.code, row.names) for row in rows)


def names(*, ids: Collection[int], by: Actor) -> dict[int, Names]:
    """What these choices are called, the archived ones too."""
    return {row.pk: row.names for row in Choice.objects.filter(pk__in=ids)} if ids else {}
