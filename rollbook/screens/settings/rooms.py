from dataclasses import dataclass

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.history.queries import Line
from rollbook.domains.schedule.models import Room
from rollbook.screens.settings import Row, past


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    branch: str
    capacity: int | None
    version: int
    archived: bool
    history: tuple[Line, ...]


def rows(*, archived: bool, by: Actor) -> tuple[Row, ...]:
    """The rooms one may change: branch, places."""
    branches = Branch.objects.whole_to(by, Permission.SETTINGS_EDIT)
    rooms = Room.objects.filter(branch__in=branches, archived_at__isnull=not archived)
    named = rooms.order_by("branch__name", "branch", "name", "pk").values_list("pk", "name", "branch__name", "capacity")
    return tuple(Row(pk, name, (branch, capacity), may_edit=True) for pk, name, branch, capacity in named)


def card(*, pk: int, by: Actor) -> Card:
    row = Room.objects.select_related("branch").pick(by, Permission.SETTINGS_EDIT, pk)
    by.must_in_branch(Permission.SETTINGS_EDIT, row.branch_id)
    done = past(word="room", pk=pk, rows=Room.objects.all(), by=by)
    return Card(row.name, row.branch.name, row.capacity, row.version, row.archived_at is not None, done)


def blank(*, by: Actor) -> None:
    """A room needs a branch: whoever may change none may add none."""
    Branch.objects.whole_to(by, Permission.SETTINGS_EDIT)
