from dataclasses import fields

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from rollbook.api.v1.schemas import DECLINED, CancellationIn, CellPageOut, LessonOut, MarkedOut, MarksIn
from rollbook.domains.journal.actions import Withdrawn
from rollbook.foundation.errors import InvalidInput
from rollbook.screens import cell as cells
from rollbook.screens import lesson as screen
from rollbook.workflows import lesson_cancelled, lesson_marked

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


@router.post("/{int:lesson_id}/cancellation", response={200: LessonOut, **DECLINED})
def cancel(request: HttpRequest, lesson_id: int, data: CancellationIn) -> screen.Page:
    lesson_cancelled.cancel(lesson_id=lesson_id, reason=data.reason, at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.delete("/{int:lesson_id}/cancellation", response={200: MarkedOut, **DECLINED})
def restore(request: HttpRequest, lesson_id: int) -> dict[str, object]:
    """`withdrawn` are visits that did not come back, since what they worked off was worked off elsewhere meanwhile."""
    withdrawn = lesson_cancelled.restore(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return _marked(lesson(request, lesson_id), withdrawn)


def _marked(page: screen.Page, withdrawn: tuple[Withdrawn, ...]) -> dict[str, object]:
    shown = {column.name: getattr(page, column.name) for column in fields(page)}
    return {**shown, "withdrawn": [visit._asdict() for visit in withdrawn]}
