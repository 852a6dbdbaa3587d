from dataclasses import dataclass
from datetime import time

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history.queries import Line
from rollbook.foundation.formats import clock
from rollbook.screens.settings import Row, past


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    address: str
    time_zone: str
    opens: time
    closes: time
    calls_from: time
    calls_until: time
    version: int
    archived: bool
    history: tuple[Line, ...]


def rows(*, archived: bool, by: Actor) -> tuple[Row, ...]:
    """The branches one may change: address, manager, opening hours."""
    branches = Branch.objects.whole_to(by, Permission.SETTINGS_EDIT).filter(archived_at__isnull=not archived)
    named = branches.order_by("name", "pk").values_list(
        "pk", "name", "address", "management__employee__name", "opens", "closes", "time_zone"
    )
    return tuple(
        Row(pk, name, (address, manager or "", f"{clock(opens)}–{clock(closes)}", zone), may_edit=True)
        for pk, name, address, manager, opens, closes, zone in named
    )


def card(*, pk: int, by: Actor) -> Card:
    row = Branch.objects.pick_whole(by, Permission.SETTINGS_EDIT, pk)
    return Card(
        row.name, row.address, row.time_zone, row.opens, row.closes, row.calls_from, row.calls_until, row.version,
        row.archived_at is not None, past(word="branch", pk=pk, rows=Branch.objects.all(), by=by),
    )


def blank(*, by: Actor) -> None:
    by.must_everywhere(Permission.SETTINGS_EDIT)
