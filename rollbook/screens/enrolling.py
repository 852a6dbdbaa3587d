"""What is asked when a client comes into a group, goes on in another one, or leaves it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.fields.rules import Names, told
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.models import Enrolment, Group, GroupState
from rollbook.domains.schedule.models import TimetableSlot
from rollbook.foundation.periods import local
from rollbook.screens import clients
from rollbook.screens.clients import Row


@dataclass(frozen=True, slots=True)
class Joining:
    group_id: int
    group: str
    branch_id: int
    capacity: int | None
    enrolled: int
    weekdays: tuple[int, ...]
    """ISO numbers of the days on which it meets."""
    today: date
    found: tuple[Row, ...]
    may_add: bool
    """Whether a new client may be added in the branch."""


def joining(*, group_id: int, words: str, at: datetime, by: Actor) -> Joining:
    """The group, and the clients that fit the words."""
    group = Group.objects.select_related("branch").pick(by, Permission.GROUP_EDIT, group_id)
    today = local(at, group.branch.time_zone).date()
    found = clients.found(words=words, at=at, by=by)
    enrolled = groups.enrolled(group_ids=[group.pk], at=at, by=by).get(group.pk, 0)
    return Joining(
        group.pk, group.name, group.branch_id, group.capacity, enrolled, _meets(group, today), today, found,
        by.may_in_branch(Permission.CLIENT_EDIT, group.branch_id),
    )


@dataclass(frozen=True, slots=True)
class Target:
    """A group to which the client may be transferred."""

    group_id: int
    name: str
    branch: str
    enrolled: int
    capacity: int | None
    teaches_the_same: bool
    """Of the same programme."""


@dataclass(frozen=True, slots=True)
class Belongs:
    """A client in a group, with what its forms begin with."""

    enrolment_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    branch: str
    since: date
    until: date | None
    weekdays: tuple[int, ...]
    """None chosen is every day of the group."""
    meets: tuple[int, ...]
    """ISO numbers of the days on which it meets."""
    choice_id: int | None
    """Why the client leaves, where that is recorded; with the note."""
    choice: Names | None
    note: str
    targets: tuple[Target, ...]
    """Those of the same programme first."""
    version: int
    today: date

    @property
    def is_over(self) -> bool:
        return self.until is not None and self.until <= self.today

    def why(self, language: str) -> str:
        return told(self.choice, self.note, language=language)


def belongs(*, enrolment_id: int, at: datetime, by: Actor) -> Belongs:
    rows = Enrolment.objects.select_related("client", "group__branch", "churn_record__choice")
    row = rows.pick(by, Permission.GROUP_EDIT, enrolment_id)
    today = local(at, row.group.branch.time_zone).date()
    record = getattr(row, "churn_record", None)
    choice = record.choice if record else None
    return Belongs(
        row.pk, row.client_id, row.client.name, row.group_id, row.group.name, row.group.branch.name, row.since,
        row.until, tuple(row.weekdays or ()), _meets(row.group, today), choice.pk if choice else None,
        choice.names if choice else None, record.note if record else "", _targets(row.group, at, by), row.version,
        today,
    )


def _meets(group: Group, today: date) -> tuple[int, ...]:
    slots = TimetableSlot.objects.filter(Q(valid_until=None) | Q(valid_until__gt=today), group=group)
    return tuple(sorted(set(slots.values_list("weekday", flat=True))))


def _targets(group: Group, at: datetime, by: Actor) -> tuple[Target, ...]:
    """The groups that meet and that whoever asks may change."""
    open_ones = Group.objects.visible_to(by, Permission.GROUP_EDIT).exclude(pk=group.pk)
    rows = open_ones.filter(state__in=[GroupState.RECRUITING, GroupState.RUNNING]).order_by("search", "pk")
    named = tuple(rows.values_list("pk", "name", "branch__name", "capacity", "programme"))
    enrolled = groups.enrolled(group_ids=[pk for pk, *_ in named], at=at, by=by)
    found = (
        Target(pk, name, branch, enrolled.get(pk, 0), capacity, programme == group.programme_id)
        for pk, name, branch, capacity, programme in named
    )
    return tuple(sorted(found, key=lambda target: not target.teaches_the_same))
