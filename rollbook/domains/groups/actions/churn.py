"""The records of those who left follow from the enrolments: whatever begins or ends, they are made to fit."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.fields.models import Choice
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Group
from rollbook.domains.groups.rules import Departure, Stay, departures
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation.periods import local, local_day


class Ended(NamedTuple):
    """The enrolment whose last day is just being told, and why; the choice is not known where nobody was asked."""

    enrolment_id: int
    choice: Choice | None = None
    note: str = ""


@transaction.atomic
def record_churn(*, at: datetime, by: Actor) -> int:
    """Record those whose last enrolment has ended by time, and nobody was asked why; returns how many they are."""
    by.must_everywhere(Permission.GROUP_EDIT)
    today = local_day(at, "group__branch__time_zone")
    later = Q(until=None) | Q(until__gt=OuterRef("until"))
    going_on = Enrolment.objects.filter(later, client=OuterRef("client"))
    recorded = ChurnRecord.objects.filter(client=OuterRef("client"), left_on=OuterRef("until"))
    over = Enrolment.objects.filter(~Exists(going_on), ~Exists(recorded), until__lte=today)
    made = follow(clients=set(over.values_list("client", flat=True)), at=at, by=by)
    history.record_many(
        verb="client.left", at=at, by=by,
        changes=[
            history.Change(
                f"client:{row.client_id}", {"left_on": row.left_on.isoformat()}, within=f"group:{row.group_id}"
            )
            for row in made
        ],
    )
    return len(made)


def follow(
    *, clients: Collection[int], ended: Ended | None = None, at: datetime, by: Actor
) -> list[ChurnRecord]:
    """Bring the records of clients in line with their enrolments, whatever has changed; returns the new ones.

    Asks no right of its own: whoever changes an enrolment has it. The clients are locked: of two whose acts meet, be it
    in different groups, the second sees what the first one did.
    """
    zones = dict(
        Client.objects.filter(pk__in=clients).locked().order_by("pk").values_list("pk", "branch__time_zone")
    )
    stays: dict[int, list[Stay]] = defaultdict(list)
    rows = Enrolment.objects.filter(client__in=zones).values_list("client", "pk", "since", "until")
    for client, pk, since, until in rows:
        stays[client].append(Stay(pk, since, until))
    standing: dict[int, dict[int, ChurnRecord]] = defaultdict(dict)
    for row in ChurnRecord.objects.filter(client__in=zones):
        standing[row.client_id][row.enrolment_id] = row
    told: list[ChurnRecord] = []
    gone: list[int] = []
    missing: dict[int, Departure] = {}
    for client, zone in zones.items():
        records, today = standing[client], local(at, zone).date()
        wanted = {
            each.enrolment_id: each
            for each in departures(
                stays[client], recorded=records, ended=ended.enrolment_id if ended else None, today=today
            )
        }
        gone += [row.pk for pk, row in records.items() if pk not in wanted]
        told += [row for pk, row in records.items() if pk in wanted and _moved(row, wanted[pk])]
        missing |= {pk: each for pk, each in wanted.items() if pk not in records}
    ChurnRecord.objects.filter(pk__in=gone).delete()
    ChurnRecord.objects.bulk_update(told, ["left_on", "returned"], batch_size=1000)
    return _made(missing, ended, at, by)


def _moved(row: ChurnRecord, wanted: Departure) -> bool:
    """Whether it stands otherwise than it is to; then it does so from now on."""
    was = row.left_on, row.returned_id
    row.left_on, row.returned_id = wanted.left_on, wanted.returned
    return was != (row.left_on, row.returned_id)


def _made(
    missing: Mapping[int, Departure], ended: Ended | None, at: datetime, by: Actor
) -> list[ChurnRecord]:
    found = Enrolment.objects.filter(pk__in=missing).order_by("pk")
    rows = found.values_list("pk", "client", "group", "client__responsible")
    teachers = first_teachers({group for _pk, _client, group, _responsible in rows})
    return ChurnRecord.objects.bulk_create(
        [
            ChurnRecord(
                client_id=client, enrolment_id=pk, group_id=group, teacher_id=teachers.get(group),
                left_on=missing[pk].left_on, returned_id=missing[pk].returned,
                choice=ended.choice if ended and ended.enrolment_id == pk else None,
                note=ended.note if ended and ended.enrolment_id == pk else "",
                credited_to_id=responsible or teachers.get(group), recorded_at=at, recorded_by_id=by.user_id,
            )
            for pk, client, group, responsible in rows
        ],
        batch_size=1000,
    )


def first_teachers(group_ids: Collection[int]) -> dict[int, int]:
    """By group, the first of its teachers by name."""
    rows = Group.teachers.through.objects.filter(group__in=group_ids).order_by("employee__search", "employee")
    teachers: dict[int, int] = {}
    for group, employee in rows.values_list("group", "employee"):
        teachers.setdefault(group, employee)
    return teachers
