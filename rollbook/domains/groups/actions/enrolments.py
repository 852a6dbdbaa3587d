from collections.abc import Collection, Mapping
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.fields.actions import chosen
from rollbook.domains.fields.models import Choice, ChoiceList
from rollbook.domains.fields.rules import told
from rollbook.domains.groups.actions.churn import Ended, first_teachers, follow
from rollbook.domains.groups.models import ChurnRecord, Enrolment, Group, GroupState
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Client
from rollbook.foundation import live
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import InvalidInput, NotFound, Refused
from rollbook.foundation.versions import Stale, alter


class GroupFull(Refused):
    """All places are taken on some day from the first one on; may be gone over by saying so."""


class GroupOver(Refused):
    sentence = gettext_lazy("This group meets no more: nobody can join it.")


class EnrolledAlready(Refused):
    sentence = gettext_lazy("This client is in this group already on some of these days.")


class SameGroup(Refused):
    sentence = gettext_lazy("The client is in this group already: choose another one.")


class LeftAlready(Refused):
    sentence = gettext_lazy("The client is not in this group on that day any more.")


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
    place at once the second waits at the group, and is told. Whoever left within 14 days before has not left.
    """
    group = Group.objects.pick_to_change(by, Permission.GROUP_EDIT, group_id)
    client = Client.objects.pick(by, Permission.CLIENT_SEE, client_id)
    _refuse_nonsense(since, until, weekdays)
    _refuse_over(group)
    if not over_capacity:
        _refuse_full(group, since, until)
    with refusing({"enrolment_does_not_overlap": EnrolledAlready}):
        enrolment = Enrolment.objects.create(
            client=client, group=group, since=since, until=until, weekdays=sorted(set(weekdays)) if weekdays else None
        )
    _told("enrolment.added", enrolment, at, by)
    follow(clients=[client.pk], at=at, by=by)
    return enrolment.pk


@transaction.atomic
def end_enrolment(
    *,
    enrolment_id: int,
    until: date,
    choice_id: int | None = None,
    note: str = "",
    seen: int | None,
    at: datetime,
    by: Actor,
) -> None:
    """The client is in the group until this day, and on it no more; why is a choice of the list of churn, and a note.
    What was marked is looked at by the workflow.

    Whoever has no other enrolment, be it current or to come, has left, which is recorded at once. To tell another day
    or reason moves the record. A later day than the one that stands takes a place for longer: GroupFull where all are
    taken.
    """
    group, enrolment = _pick_with_group(enrolment_id, by)
    sentence = _("Choose a reason of the list.")
    choice = chosen(choice_id=choice_id, of=ChoiceList.CHURN, field="choice_id", sentence=sentence, by=by)
    if until <= enrolment.since:
        raise InvalidInput({"until": _("After the first day, please.")})
    if enrolment.until is not None and until > enrolment.until:
        _refuse_full(group, enrolment.until, until)
    old = _ended(enrolment, until, choice, note, seen)
    if old is None:
        return
    with refusing({"enrolment_does_not_overlap": EnrolledAlready}):
        enrolment.save(update_fields=["until", "version"])
    reason = {"choice": choice.names._asdict()} if choice else {}
    _told("enrolment.ended", enrolment, at, by, old=old, more={**reason, "note": note})
    follow(clients=[enrolment.client_id], ended=Ended(enrolment.pk, choice, note), at=at, by=by)


def _ended(
    enrolment: Enrolment, until: date, choice: Choice | None, note: str, seen: int | None
) -> dict[str, object] | None:
    """The row with its last day and its next version, not yet saved, and its record with the reason; returns what was,
    or None where nothing changes. Stale tells of both."""
    version = enrolment.version
    record = ChurnRecord.objects.select_related("choice").filter(enrolment=enrolment).first()
    renewed = bool(record and choice and (record.choice_id, record.note) != (choice.pk, note))
    pairs: list[Mapping[str, object]] = []
    if record and renewed and seen not in {None, version}:
        pair = {"yours": _said(choice, note), "theirs": _said(record.choice, record.note)}
        pairs = [{"field": "choice_id", "label": str(_("reason")), **pair, "version": version}]
    try:
        difference = alter(enrolment, {"until": until}, seen=seen)
    except Stale as stale:
        raise Stale(values=[*stale.values, *pairs]) from stale
    if pairs:
        raise Stale(values=pairs)
    if record and renewed:
        record.choice, record.note = choice, note
        record.version += 1
        record.save(update_fields=["choice", "note", "version"])
        enrolment.version = version + 1
    return dict(difference.old) if difference else {} if renewed else None


def _said(choice: Choice | None, note: str) -> str:
    language = (get_language() or "en").partition("-")[0]
    return told(choice.names if choice else None, note, language=language) or "—"


@transaction.atomic
def transfer(
    *,
    enrolment_id: int,
    group_id: int,
    since: date,
    weekdays: Collection[int] | None = None,
    over_capacity: bool = False,
    seen: int | None,
    at: datetime,
    by: Actor,
) -> int:
    """The client goes on in another group from this day on, on all its weekdays or on some; returns the enrolment
    there. What was marked is looked at by the workflow.

    The old one ends on that day, without a churn record; a last day that was known, and why, go along. Where it would
    begin on that very day it becomes one in the other group as a whole. GroupFull as in `enrol`.
    """
    old_id = Enrolment.objects.pick(by, Permission.GROUP_EDIT, enrolment_id).group_id
    # In one order, whatever the direction: two who transfer to and fro wait for each other at most.
    both = Group.objects.visible_to(by, Permission.GROUP_EDIT).filter(pk__in={old_id, group_id}).locked().order_by("pk")
    picked = {group.pk: group for group in both}
    if not picked.keys() >= {old_id, group_id}:
        raise NotFound
    old, group = picked[old_id], picked[group_id]
    enrolment = Enrolment.objects.pick_to_change(by, Permission.GROUP_EDIT, enrolment_id)
    if old == group:
        raise SameGroup
    if enrolment.group_id != old_id:  # transferred as a whole, while we waited
        raise LeftAlready
    if since < enrolment.since:
        raise InvalidInput({"since": _("Not before the first day in the old group, please.")})
    _refuse_nonsense(since, None, weekdays)
    _refuse_over(group)
    whole = since == enrolment.since
    new = Enrolment(
        client_id=enrolment.client_id, group=group, since=since, until=enrolment.until,
        weekdays=sorted(set(weekdays)) if weekdays else None,
    )
    alter(enrolment, {"group_id": group.pk, "weekdays": new.weekdays} if whole else {"until": since}, seen=seen)
    if new.until is not None and new.until <= since:
        raise LeftAlready
    if not over_capacity:
        _refuse_full(group, since, new.until)
    with refusing({"enrolment_does_not_overlap": EnrolledAlready}):
        enrolment.save(update_fields=["group", "until", "weekdays", "version"])
        if whole:
            new = enrolment
        else:
            new.save()
    teacher = first_teachers([group.pk]).get(group.pk)
    ChurnRecord.objects.filter(enrolment=enrolment).update(enrolment=new, group=group, teacher=teacher)
    _transferred(old, new, at, by)
    return new.pk


def _transferred(old: Group, new: Enrolment, at: datetime, by: Actor) -> None:
    """A line for the client and the group that they leave, and one for the other group; both journals are told."""
    told = {"group": new.group.name, "since": new.since.isoformat(), "weekdays": new.weekdays}
    for subject, group in ((f"client:{new.client_id}", old), (f"enrolment:{new.pk}", new.group)):
        history.record(
            verb="enrolment.transferred", subject=subject, within=f"group:{group.pk}", old={"group": old.name},
            new=told, at=at, by=by,
        )
    live.tell(f"group:{old.pk}", f"group:{new.group_id}")


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


def _refuse_over(group: Group) -> None:
    if group.state in {GroupState.FINISHED, GroupState.DISBANDED}:
        raise GroupOver


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
    verb: str, enrolment: Enrolment, at: datetime, by: Actor, old: dict[str, object] | None = None,
    more: Mapping[str, object] | None = None,
) -> None:
    """Written down for the card of the client and, within it, of the group; open journals are told."""
    new = {
        "group": enrolment.group.name, "since": enrolment.since.isoformat(), "weekdays": enrolment.weekdays,
        "until": enrolment.until.isoformat() if enrolment.until else None, **(more or {}),
    }
    history.record(
        verb=verb, subject=f"client:{enrolment.client_id}", within=f"group:{enrolment.group_id}", old=old, new=new,
        at=at, by=by,
    )
    live.tell(f"group:{enrolment.group_id}")
