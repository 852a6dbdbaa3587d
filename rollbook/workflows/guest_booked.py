"""Somebody who is no member comes to a lesson once: for a trial, or as a paying guest."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.journal import actions as journal
from rollbook.domains.journal.models import Kind
from rollbook.domains.people import actions as people
from rollbook.domains.people.actions import ClientFields, NewContact
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live

_UNDER = Permission.VISIT_BOOK


@transaction.atomic
def book(
    *, lesson_id: int, client_id: int, kind: Kind, over_capacity: bool = False, at: datetime, by: Actor
) -> None:
    """Expect a client who is known at a lesson, as a guest."""
    lesson = Lesson.objects.pick_to_change(by, _UNDER, lesson_id)
    journal.book_guest(
        lesson_id=lesson.pk, client_id=client_id, kind=kind, edit_days=house().mark_edit_days,
        over_capacity=over_capacity, at=at, by=by,
    )
    live.tell(*lesson.topics)


@transaction.atomic
def book_new(
    *,
    lesson_id: int,
    client: ClientFields,
    contacts: Sequence[NewContact],
    kind: Kind,
    over_capacity: bool = False,
    at: datetime,
    by: Actor,
) -> int:
    """Add a client to the branch of a lesson and expect them there, in one step. Returns the client; refused as a whole
    if either is."""
    lesson = Lesson.objects.pick_to_change(by, _UNDER, lesson_id)
    values: ClientFields = {**client, "branch_id": lesson.branch_id}
    client_id = people.add_client(values=values, contacts=contacts, at=at, by=by)
    book(lesson_id=lesson.pk, client_id=client_id, kind=kind, over_capacity=over_capacity, at=at, by=by)
    return client_id


@transaction.atomic
def withdraw(*, lesson_id: int, client_id: int, at: datetime, by: Actor) -> None:
    """A guest who was booked comes no more; who has been marked is corrected by marking."""
    lesson = Lesson.objects.pick_to_change(by, _UNDER, lesson_id)
    journal.withdraw_guest(lesson_id=lesson.pk, client_id=client_id, at=at, by=by)
    live.tell(*lesson.topics)
