"""Guests of a lesson: who comes for a trial or once, and is no member of its group."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Freeze
from rollbook.domains.history import actions as history
from rollbook.domains.journal.actions.marks import LessonIsCancelled, NotExpected
from rollbook.domains.journal.actions.seats import members_of, refuse_full
from rollbook.domains.journal.actions.window import refuse_too_late
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.actions import refuse_closed
from rollbook.domains.schedule.models import Lesson, LessonType
from rollbook.foundation.errors import InvalidInput, Refused

GUESTS = (Kind.TRIAL, Kind.ONE_OFF)


class ThereAlready(Refused):
    """The client comes to this lesson anyway: as a member of the group, or as a guest."""


class NoGuest(Refused):
    sentence = gettext_lazy("Only a guest who is still expected can be taken off the list here.")


@transaction.atomic
def book_guest(
    *, lesson_id: int, client_id: int, kind: Kind, edit_days: int, over_capacity: bool = False, at: datetime, by: Actor
) -> int:
    """Expect a client at a lesson once, for a trial or as a paying guest; returns the mark. In a trial lesson it is a
    trial, whatever is said.

    Refused where the lesson is cancelled, or so long over that its marks may not be changed; where the client comes
    anyway or pauses; LessonFull where all seats are taken, unless `over_capacity` says that it is meant. Of two who
    take the last seat at once the second waits at the lesson, and is told.
    """
    rows = Lesson.objects.select_related("branch", "group", "lesson_type")
    lesson = rows.pick_to_change(by, Permission.VISIT_BOOK, lesson_id)
    client = Client.objects.pick(by, Permission.CLIENT_SEE, client_id)
    if kind not in GUESTS:
        raise InvalidInput({"kind": _("A trial, or a one-off visit.")})
    if lesson.cancelled_at:
        raise LessonIsCancelled
    refuse_too_late(lesson, edit_days, at, by)
    standing = Mark.objects.filter(lesson=lesson, client=client).locked().first()
    _refuse_expected(lesson, client, standing)
    if not over_capacity:
        refuse_full(lesson)
    # A row that was taken back is used again: its version goes on.
    mark = standing or Mark(lesson=lesson, client=client, day=lesson.day, version=0)
    mark.kind = Kind.TRIAL if lesson.lesson_type.code == LessonType.TRIAL else kind
    mark.status, mark.makes_up, mark.charged = Status.PLANNED, None, None
    mark.marked_at, mark.marked_by_id, mark.version = at, by.user_id, mark.version + 1
    mark.save()
    _tell("guest.booked", mark, lesson, Status.PLANNED, at, by)
    return mark.pk


@transaction.atomic
def withdraw_guest(*, lesson_id: int, client_id: int, at: datetime, by: Actor) -> None:
    """The guest is expected no more. Whoever has been marked is corrected by those who mark."""
    lesson = Lesson.objects.select_related("branch").pick_to_change(by, Permission.VISIT_BOOK, lesson_id)
    refuse_closed(lesson.branch, lesson.day, at=at, by=by)
    mark = Mark.objects.filter(lesson=lesson, client=client_id, kind__in=GUESTS, status=Status.PLANNED).locked().first()
    if mark is None:
        raise NoGuest
    mark.status, mark.charged = None, None
    mark.marked_at, mark.marked_by_id, mark.version = at, by.user_id, mark.version + 1
    mark.save(update_fields=["status", "charged", "marked_at", "marked_by", "version"])
    _tell("guest.withdrawn", mark, lesson, None, at, by)


def _refuse_expected(lesson: Lesson, client: Client, standing: Mark | None) -> None:
    if standing and standing.status:
        raise ThereAlready(_("This client is in the list of this lesson already."))
    if members_of(lesson).filter(client=client).exists():
        raise ThereAlready(_("This client comes to this lesson as a member of the group."))
    if Freeze.objects.within(lesson.day, lesson.day).filter(client=client).exists():
        raise NotExpected(_("This client pauses on the day of the lesson."))


def _tell(verb: str, mark: Mark, lesson: Lesson, status: Status | None, at: datetime, by: Actor) -> None:
    """As marking does, by client, so that the history of a cell finds it; and what the guest comes for."""
    history.record(
        verb=verb, subject=f"lesson:{lesson.pk}", within=f"group:{lesson.group_id}" if lesson.group_id else "",
        new={str(mark.client_id): status, "kind": mark.kind}, at=at, by=by,
    )
