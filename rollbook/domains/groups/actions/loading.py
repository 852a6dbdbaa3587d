"""Many at once, from files. What a person could not do by hand is refused here, too."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models.functions import Lower

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.actions.churn import follow
from rollbook.domains.groups.fields import EnrolmentRow, GroupRow, ProgrammeRow
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Group, Programme
from rollbook.domains.history import actions as history
from rollbook.domains.imports.actions import refuse
from rollbook.domains.imports.rules import Problem, overlapping, plain, twice
from rollbook.foundation.tables import N_


@transaction.atomic
def load_programmes(*, rows: Sequence[ProgrammeRow], at: datetime, by: Actor) -> list[int]:
    """The ids of new programmes, in the order of the rows; each name is there once."""
    by.must_everywhere(Permission.SETTINGS_EDIT)
    names = set(Programme.objects.filter(archived_at=None).values_list(Lower("name"), flat=True))
    refuse(twice(rows, "name", of=lambda row: row.name.lower(), standing=names))
    refuse([
        row.refused("max_age", N_("The ages are not in order."))
        for row in rows if row.min_age is not None and row.max_age is not None and row.max_age < row.min_age
    ])
    made = Programme.objects.bulk_create(
        [
            Programme(
                name=row.name, min_age=row.min_age, max_age=row.max_age, minutes=row.minutes, capacity=row.capacity
            )
            for row in rows
        ]
    )
    changes = [history.Change(f"programme:{one.pk}", plain(row)) for one, row in zip(made, rows, strict=True)]
    history.record_many(verb="programme.added", changes=changes, at=at, by=by)
    return [programme.pk for programme in made]


@transaction.atomic
def load_groups(*, rows: Sequence[GroupRow], branch_id: int, at: datetime, by: Actor) -> list[int]:
    """The ids of new groups of a branch, in the order of the rows."""
    by.must_everywhere(Permission.GROUP_EDIT)
    refuse([
        row.refused("minimum", N_("The minimum is over the number of places."))
        for row in rows if row.minimum is not None and row.capacity is not None and row.minimum > row.capacity
    ])
    made = Group.objects.bulk_create(
        [
            Group(
                name=row.name, programme_id=row.programme, branch_id=branch_id, minimum=row.minimum,
                capacity=row.capacity, state=row.state,
            )
            for row in rows
        ]
    )
    Teaching = Group.teachers.through
    Teaching.objects.bulk_create(
        Teaching(group_id=group.pk, employee_id=teacher)
        for group, row in zip(made, rows, strict=True) for teacher in sorted(set(row.teachers))
    )
    changes = [history.Change(f"group:{group.pk}", plain(row)) for group, row in zip(made, rows, strict=True)]
    history.record_many(verb="group.added", changes=changes, at=at, by=by)
    return [group.pk for group in made]


@transaction.atomic
def load_enrolments(*, rows: Sequence[EnrolmentRow], at: datetime, by: Actor) -> list[int]:
    """The ids of new enrolments, in the order of the rows; of a client in a group no two share a day. Whose last one
    is over has left, which is recorded; who left soon before another one begins has not."""
    by.must_everywhere(Permission.GROUP_EDIT)
    refuse([*overlapping(rows, of=lambda row: (row.client, row.group)), *_enrolled_already(rows)])
    made = Enrolment.objects.bulk_create(
        [
            Enrolment(
                client_id=row.client, group_id=row.group, since=row.since, until=row.until,
                weekdays=sorted(set(row.weekdays)) or None,
            )
            for row in rows
        ],
        batch_size=5000,
    )
    changes = [
        history.Change(f"client:{row.client}", plain(row), within=f"group:{row.group}") for row in rows
    ]
    history.record_many(verb="enrolment.added", changes=changes, at=at, by=by)
    came_back = ChurnRecord.objects.filter(client__in={row.client for row in rows})
    recorded = set(came_back.values_list("client", flat=True))
    follow(clients={row.client for row in rows if row.until or row.client in recorded}, at=at, by=by)
    return [enrolment.pk for enrolment in made]


def _enrolled_already(rows: Sequence[EnrolmentRow]) -> Iterator[Problem]:
    """Those that share days with an enrolment that stands."""
    standing: dict[tuple[int, int], list[tuple[date, date]]] = defaultdict(list)
    for client, group, since, until in Enrolment.objects.filter(client__in={row.client for row in rows}).values_list(
        "client", "group", "since", "until"
    ):
        standing[client, group].append((since, until or date.max))
    for row in rows:
        if any(row.since < end and begin < (row.until or date.max) for begin, end in standing[row.client, row.group]):
            yield row.refused("since", N_("It shares days with another one."))
