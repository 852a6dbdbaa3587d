"""What is asked when a client comes into a group, or leaves it."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups import queries as groups
from rollbook.domains.groups.models import Enrolment, Group
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
    slots = TimetableSlot.objects.filter(Q(valid_until=None) | Q(valid_until__gt=today), group=group)
    days = tuple(sorted(set(slots.values_list("weekday", flat=True))))
    found = clients.found(words=words, at=at, by=by)
    enrolled = groups.enrolled(group_ids=[group.pk], at=at, by=by).get(group.pk, 0)
    return Joining(
        group.pk, group.name, group.branch_id, group.capacity, enrolled, days, today, found,
        by.may_in_branch(Permission.CLIENT_EDIT, group.branch_id),
    )


@dataclass(frozen=True, slots=True)
class Leaving:
    enrolment_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    since: date
    until: date | None
    version: int
    today: date


def leaving(*, enrolment_id: int, at: datetime, by: Actor) -> Leaving:
    row = Enrolment.objects.select_related("client", "group__branch").pick(by, Permission.GROUP_EDIT, enrolment_id)
    return Leaving(
        row.pk, row.client_id, row.client.name, row.group_id, row.group.name, row.since, row.until, row.version,
        local(at, row.group.branch.time_zone).date(),
    )
