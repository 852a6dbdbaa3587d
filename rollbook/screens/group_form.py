"""What the form of a group begins with."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time

from django.db.models import Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.models import Branch
from rollbook.domains.billing.models import TariffUse
from rollbook.domains.groups.models import Group
from rollbook.domains.history.queries import Line
from rollbook.domains.schedule.models import TimetableSlot
from rollbook.foundation.periods import local
from rollbook.screens import choices
from rollbook.screens.settings import past


@dataclass(frozen=True, slots=True)
class SlotCard:
    slot_id: int
    weekday: int
    starts: time
    minutes: int
    room: int | None


@dataclass(frozen=True, slots=True)
class Card:
    group_id: int
    name: str
    programme_id: int
    branch_id: int
    teachers: tuple[int, ...]
    minimum: int | None
    capacity: int | None
    state: str
    tariff_id: int | None
    """Its own; None is that of its programme."""
    slots: tuple[SlotCard, ...]
    """Those that hold today or later."""
    version: int
    today: date
    history: tuple[Line, ...]


def card(*, group_id: int, at: datetime, by: Actor) -> Card:
    row = Group.objects.select_related("branch").pick(by, Permission.GROUP_EDIT, group_id)
    today = local(at, row.branch.time_zone).date()
    slots = TimetableSlot.objects.filter(Q(valid_until=None) | Q(valid_until__gt=today), group=row)
    named = slots.order_by("weekday", "starts", "pk").values_list("pk", "weekday", "starts", "minutes", "room")
    tariff = TariffUse.objects.on(today).filter(group=row).values_list("tariff", flat=True).first()
    teachers = row.teachers.order_by("search", "pk").values_list("pk", flat=True)
    return Card(
        row.pk, row.name, row.programme_id, row.branch_id, tuple(teachers), row.minimum, row.capacity, row.state,
        tariff, tuple(SlotCard(*slot) for slot in named), row.version, today,
        _history(row.pk, by),
    )


def copied(*, group_id: int, at: datetime, by: Actor) -> Card:
    """The same for a new group like it: without teachers who teach no more, and rooms that are no more."""
    shown = card(group_id=group_id, at=at, by=by)
    teachers = {pk for pk, _name in choices.teachers(by=by)}
    rooms = {pk for _branch, of in choices.rooms(by=by) for pk, _name in of}
    return replace(
        shown, teachers=tuple(pk for pk in shown.teachers if pk in teachers),
        slots=tuple(replace(slot, room=slot.room if slot.room in rooms else None) for slot in shown.slots),
    )


def _history(group_id: int, by: Actor) -> tuple[Line, ...]:
    """What people did with it and its timetable; that lessons were made ahead is nothing to tell."""
    lines = past(word="group", pk=group_id, rows=Group.objects.all(), by=by)
    return tuple(
        line
        for line in lines
        if line.subject.startswith(("group:", "slot:")) and not line.verb.startswith("lessons.")
    )


def blank(*, by: Actor) -> None:
    """A group needs a branch: whoever may make groups in none is told so."""
    Branch.objects.whole_to(by, Permission.GROUP_EDIT)
