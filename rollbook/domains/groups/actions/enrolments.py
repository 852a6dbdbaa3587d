from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Enrolment, Group, GroupState
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation import live
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.versions import alter


class GroupFull(Refused):
    """All places are taken on some day from the first one on; may be gone over by saying so."""


class GroupOver(Refused):
    sentence = gettext_lazy("This group meets no more: nobody can join it.")


class EnrolledAlready(Refused):
    sentence = gettext_lazy("This client is in this group already on some of these days.")


@transaction.atomic
def enrol(
    *,
    client_id: int,
    group_id: int,
    since: date,
    until: date | None = None,
    weekdays: Collection[int] | None = None,
    over_capacity: bool = False,
    at: datetime,
    by: Actor,
) -> int:
    """Put a client into a group on the days [since, until), on all its weekdays or on some (ISO numbers).

    GroupFull where all places are taken, unless `over_capacity` says that it is meant. Of two who take the last
    place at once the second waits at the group, and is told.
    """
    group = Group.objects.pick_to_change(by, Permission.GROUP_EDIT, group_id)
    client = Client.objects.pick(by, Permission.CLIENT_SEE, client_id)
    _refuse_nonsense(since, until, weekdays)
    if group.state in {GroupState.FINISHED, GroupState.DISBANDED}:
        raise GroupOver
    if not over_capacity:
        _refuse_full(group, since, until)
    with refusing({"enrolment_does_not_overlap": EnrolledAlready}):
        enrolment = Enrolment.objects.create(
            client=client, group=group, since=since, until=until, weekdays=sorted(set(weekdays)) if weekdays else None
        )
    _told("enrolment.added", enrolment, at, by)
    return enrolment.pk


@transaction.atomic
def end_enrolment(*, enrolment_id: int, until: date, seen: int | None, at: datetime, by: Actor) -> None:
    """The client is in the group until this day, and on it no more. What was marked is looked at by the workflow.

    A later day than the one that stands takes a place for longer: GroupFull where all are taken.
    """
    group, enrolment = _pick_with_group(enrolment_id, by)
    if until <= enrolment.since:
        raise InvalidInput({"until": _("After the first day, please.")})
    if enrolment.until is not None and until > enrolment.until:
        _refuse_full(group, enrolment.until, until)
    if difference := alter(enrolment, {"until": until}, seen=seen):
        with refusing({"enrolment_does_not_overlap": EnrolledAlready}):
            enrolment.save(update_fields=["until", "version"])
        _told("enrolment.ended", enrolment, at, by, old=difference.old)


@transaction.atomic
def change_weekdays(
    *, enrolment_id: int, weekdays: Collection[int] | None, seen: int | None, at: datetime, by: Actor
) -> None:
    """On which of the group's weekdays the client comes; None for all."""
    enrolment = Enrolment.objects.pick_to_change(by, Permission.GROUP_EDIT, enrolment_id)
    _refuse_nonsense(enrolment.since, None, weekdays)
    wanted = sorted(set(weekdays)) if weekdays else None
    if difference := alter(enrolment, {"weekdays": wanted}, seen=seen):
        enrolment.save(update_fields=["weekdays", "version"])
        _told("enrolment.changed", enrolment, at, by, old=difference.old)


def _pick_with_group(enrolment_id: int, by: Actor) -> tuple[Group, Enrolment]:
    """Both locked, the group first: whoever takes a place in it or changes it waits there as well."""
    group_id = Enrolment.objects.pick(by, Permission.GROUP_EDIT, enrolment_id).group_id
    group = Group.objects.pick_to_change(by, Permission.GROUP_EDIT, group_id)
    return group, Enrolment.objects.pick_to_change(by, Permission.GROUP_EDIT, enrolment_id)


def _refuse_nonsense(since: date, until: date | None, weekdays: Collection[int] | None) -> None:
    if until is not None and until <= since:
        raise InvalidInput({"until": _("After the first day, please.")})
    if weekdays is not None and not set(weekdays) <= set(range(1, 8)):
        raise InvalidInput({"weekdays": _("Choose weekdays of the list.")})


def _refuse_full(group: Group, since: date, until: date | None) -> None:
    """The frozen keep their seat; whoever comes on some weekdays only takes a whole one."""
    if group.capacity is None:
        return
    others = Enrolment.objects.filter(group=group).within(since, until or date.max)
    spans = list(others.values_list("since", "until"))
    # It can only be fullest on the first day, or on a day when somebody else begins.
    days = {since} | {first for first, _last in spans if first > since and (until is None or first < until)}
    taken = max(sum(1 for first, last in spans if first <= day and (last is None or day < last)) for day in days)
    if taken >= group.capacity:
        sentence = _("The group is full: {taken} of {capacity} places are taken.")
        raise GroupFull(sentence.format(taken=taken, capacity=group.capacity))


def _told(
    verb: str, enrolment: Enrolment, at: datetime, by: Actor, old: dict[str, object] | None = None
) -> None:
    """Written down for the card of the client and, within it, of the group; open journals are told."""
    new = {
        "group": enrolment.group.name, "since": enrolment.since.isoformat(), "weekdays": enrolment.weekdays,
        "until": enrolment.until.isoformat() if enrolment.until else None,
    }
    history.record(
        verb=verb, subject=f"client:{enrolment.client_id}", within=f"group:{enrolment.group_id}", old=old, new=new,
        at=at, by=by,
    )
    live.tell(f"group:{enrolment.group_id}")
