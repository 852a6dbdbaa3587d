from dataclasses import fields

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from rollbook.api.v1.schemas import (
    DECLINED,
    CancellationIn,
    CellPageOut,
    DetailsIn,
    GuestIn,
    LessonOut,
    MarkedOut,
    MarksIn,
    MoveIn,
    NewGuestIn,
    SubstitutionIn,
)
from rollbook.domains.access.queries import house
from rollbook.domains.journal.actions import Withdrawn
from rollbook.domains.journal.models import Kind
from rollbook.domains.people.actions import ClientFields, NewContact
from rollbook.domains.people.models import Kinship
from rollbook.domains.schedule import actions as schedule
from rollbook.foundation.errors import InvalidInput
from rollbook.foundation.phones import parse_phone
from rollbook.screens import cell as cells
from rollbook.screens import lesson as screen
from rollbook.workflows import (
    guest_booked,
    lesson_cancelled,
    lesson_held,
    lesson_marked,
    lesson_moved,
    teacher_substituted,
)

router = Router()


@router.get("/{int:lesson_id}", response={200: LessonOut, **DECLINED})
def lesson(request: HttpRequest, lesson_id: int) -> screen.Page:
    return screen.page(lesson_id=lesson_id, at=timezone.now(), by=request.actor)


@router.get("/{int:lesson_id}/clients/{int:client_id}", response={200: CellPageOut, **DECLINED})
def cell(request: HttpRequest, lesson_id: int, client_id: int) -> cells.Page:
    """One cell, with where it was worked off or may be."""
    return cells.page(lesson_id=lesson_id, client_id=client_id, at=timezone.now(), by=request.actor)


@router.post("/{int:lesson_id}/marks", response={200: MarkedOut, **DECLINED})
def marks(request: HttpRequest, lesson_id: int, data: MarksIn) -> dict[str, object]:
    """Mark clients; whoever is not named stays as they were. All or nothing; 409 tells both values. `withdrawn` are
    visits that were booked for a right which a new mark has taken away."""
    clients = [mark.client_id for mark in data.marks]
    if len(set(clients)) < len(clients):
        raise InvalidInput({"marks": "A client is named twice."})
    marked = lesson_marked.mark(
        lesson_id=lesson_id, marks={mark.client_id: mark.status for mark in data.marks},
        seen={mark.client_id: mark.seen for mark in data.marks if mark.seen is not None},
        minutes_late={mark.client_id: mark.minutes_late for mark in data.marks}, at=timezone.now(), by=request.actor,
    )
    return _marked(lesson(request, lesson_id), marked.withdrawn)


@router.post("/{int:lesson_id}/everyone", response={200: LessonOut, **DECLINED})
def everyone(request: HttpRequest, lesson_id: int) -> screen.Page:
    """Everyone who is expected was there; whoever has been marked already stays so."""
    lesson_marked.everyone(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.post("/{int:lesson_id}/holding", response={200: LessonOut, **DECLINED})
def hold(request: HttpRequest, lesson_id: int) -> screen.Page:
    """The lesson took place, whoever of the group was there."""
    lesson_held.hold(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.delete("/{int:lesson_id}/holding", response={200: LessonOut, **DECLINED})
def open_again(request: HttpRequest, lesson_id: int) -> screen.Page:
    """Nobody says any more that it took place; refused while it is marked who was there."""
    lesson_held.undo(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.post("/{int:lesson_id}/details", response={200: LessonOut, **DECLINED})
def describe(request: HttpRequest, lesson_id: int, data: DetailsIn) -> screen.Page:
    """Topic and note."""
    schedule.describe_lesson(lesson_id=lesson_id, **data.dict(), at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.post("/{int:lesson_id}/substitution", response={200: LessonOut, **DECLINED})
def substitute(request: HttpRequest, lesson_id: int, data: SubstitutionIn) -> screen.Page:
    """Who teaches this one lesson."""
    teacher_substituted.substitute(lesson_id=lesson_id, **data.dict(), at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.post("/{int:lesson_id}/move", response={200: LessonOut, **DECLINED})
def move(request: HttpRequest, lesson_id: int, data: MoveIn) -> screen.Page:
    """Another time, day or room for this one lesson."""
    lesson_moved.move(lesson_id=lesson_id, **data.dict(), at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.post("/{int:lesson_id}/guests", response={200: LessonOut, **DECLINED})
def expect_guest(request: HttpRequest, lesson_id: int, data: GuestIn) -> screen.Page:
    """Somebody who is no member comes once: a client who is known, or a new one, added in the same step."""
    if (data.client_id is None) == (data.client is None):
        raise InvalidInput({"client": "A client who is known, or a new one."})
    asked = {
        "lesson_id": lesson_id, "kind": Kind(data.kind), "over_capacity": data.over_capacity, "at": timezone.now(),
        "by": request.actor,
    }
    if data.client:
        guest_booked.book_new(client=_client(data.client), contacts=[_contact(data.client)], **asked)
    else:
        guest_booked.book(client_id=data.client_id, **asked)
    return lesson(request, lesson_id)


def _client(told: NewGuestIn) -> ClientFields:
    if not told.last_name and not told.first_name:
        raise InvalidInput({"client.first_name": "A first name or a last name, please."})
    return {"last_name": told.last_name, "first_name": told.first_name, "birth_date": told.birth_date}


def _contact(told: NewGuestIn) -> NewContact:
    rules = house()
    phone = parse_phone(told.phone, region=rules.phone_region) if told.phone else ""
    if phone is None:
        raise InvalidInput({"client.phone": "This is no phone number."})
    named = bool(told.contact_last_name or told.contact_first_name)
    return NewContact(
        contact_id=told.contact_id, somebody_else=told.somebody_else,
        values={
            "last_name": told.contact_last_name if named else told.last_name,
            "first_name": told.contact_first_name if named else told.first_name,
            "phone": phone, "language": rules.language,
        },
        relation={"kinship": told.kinship if named or told.contact_id else Kinship.SELF, "pays": True},
    )


@router.delete("/{int:lesson_id}/guests/{int:guest_id}", response={200: LessonOut, **DECLINED})
def expect_guest_no_more(request: HttpRequest, lesson_id: int, guest_id: int) -> screen.Page:
    """For a guest who has not been marked yet, by the id of the client."""
    guest_booked.withdraw(lesson_id=lesson_id, client_id=guest_id, at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.post("/{int:lesson_id}/cancellation", response={200: LessonOut, **DECLINED})
def cancel(request: HttpRequest, lesson_id: int, data: CancellationIn) -> screen.Page:
    lesson_cancelled.cancel(lesson_id=lesson_id, **data.dict(), at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.delete("/{int:lesson_id}/cancellation", response={200: MarkedOut, **DECLINED})
def restore(request: HttpRequest, lesson_id: int) -> dict[str, object]:
    """`withdrawn` are visits that did not come back, since what they worked off was worked off elsewhere meanwhile."""
    withdrawn = lesson_cancelled.restore(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return _marked(lesson(request, lesson_id), withdrawn)


def _marked(page: screen.Page, withdrawn: tuple[Withdrawn, ...]) -> dict[str, object]:
    shown = {column.name: getattr(page, column.name) for column in fields(page)}
    return {**shown, "withdrawn": [visit._asdict() for visit in withdrawn]}
