from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TypedDict

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.groups.models import Group, Programme
from rollbook.domains.history import actions as history
from rollbook.domains.people.models import Employee
from rollbook.foundation.errors import InvalidInput
from rollbook.foundation.versions import Difference, Stale, alter


class GroupFields(TypedDict, total=False):
    name: str
    programme_id: int
    branch_id: int
    minimum: int | None
    capacity: int | None
    state: str


@transaction.atomic
def add_group(*, values: GroupFields, teacher_ids: Collection[int] = (), at: datetime, by: Actor) -> int:
    """A group with its teachers; its timetable is given to it by the schedule."""
    Branch.objects.pick_whole(by, Permission.GROUP_EDIT, values["branch_id"])
    _refuse_unknown_programme(values["programme_id"])
    _refuse_strange_teachers(teacher_ids, by)
    group = Group.objects.create(**values)
    group.teachers.set(teacher_ids)
    history.record(
        verb="group.added", subject=f"group:{group.pk}", at=at, by=by,
        new={"name": group.name, "teachers": sorted(teacher_ids)},
    )
    return group.pk


@transaction.atomic
def change_group(
    *,
    group_id: int,
    values: GroupFields,
    teacher_ids: Collection[int] | None = None,
    renewed: bool = False,
    seen: int | None,
    at: datetime,
    by: Actor,
) -> frozenset[str]:
    """Change a group; None leaves its teachers as they are. Returns the names of what has changed.

    To move a group takes the right in both branches. Teachers who are no longer to be chosen may stay, not come.
    `renewed` says that something of it changes that is not kept here, and is overwritten by the same edit: whoever has
    seen the group before must look again.
    """
    group = Group.objects.pick_to_change(by, Permission.GROUP_EDIT, group_id)
    if (branch_id := values.get("branch_id", group.branch_id)) != group.branch_id:
        Branch.objects.pick_whole(by, Permission.GROUP_EDIT, branch_id)
    if (programme_id := values.get("programme_id", group.programme_id)) != group.programme_id:
        _refuse_unknown_programme(programme_id)
    standing = set(group.teachers.values_list("pk", flat=True))
    wanted = standing if teacher_ids is None else set(teacher_ids)
    _refuse_strange_teachers(wanted - standing, by)
    difference = _altered(group, values, wanted, standing, renewed, seen)
    if not (difference or standing != wanted or renewed):
        return frozenset()
    old, new = (dict(difference.old), dict(difference.new)) if difference else ({}, {})
    if standing != wanted:
        old |= {"teachers": sorted(standing)}
        new |= {"teachers": sorted(wanted)}
        group.teachers.set(wanted)
    if not difference:
        group.version += 1
    group.save(update_fields=[*(difference.new if difference else ()), "version"])
    if new:
        history.record(verb="group.changed", subject=f"group:{group.pk}", old=old, new=new, at=at, by=by)
    return frozenset(new)


def _altered(
    group: Group, values: GroupFields, wanted: set[int], standing: set[int], renewed: bool, seen: int | None
) -> Difference | None:
    """The row with its new values, not yet saved; Stale names all that would be overwritten, teachers too."""
    beside: list[Mapping[str, object]] = []
    if wanted != standing:
        pair = {"yours": _names(wanted), "theirs": _names(standing)}
        beside = [{"field": "teachers", "label": _("teachers"), **pair, "version": group.version}]
    if seen not in {None, group.version} and (beside or renewed):
        try:
            alter(group, values, seen=seen)
        except Stale as stale:
            beside = [*stale.values, *beside]
        raise Stale(values=beside)
    return alter(group, values, seen=seen)


def _names(teacher_ids: Collection[int]) -> str:
    teachers = Employee.objects.filter(pk__in=teacher_ids).order_by("search", "pk")
    return ", ".join(teachers.values_list("name", flat=True))


def _refuse_unknown_programme(programme_id: int) -> None:
    if not Programme.objects.filter(pk=programme_id, archived_at=None).exists():
        raise InvalidInput({"programme": _("Choose a programme of the list.")})


def _refuse_strange_teachers(teacher_ids: Collection[int], by: Actor) -> None:
    """Whoever is to teach must be seen by whoever says so, teach, and not have left."""
    if not teacher_ids:
        return
    known = Employee.objects.visible_to(by, Permission.STAFF_SEE).filter(teaches=True, left_on=None, pk__in=teacher_ids)
    if known.count() < len(set(teacher_ids)):
        raise InvalidInput({"teachers": _("Choose teachers of the list.")})
