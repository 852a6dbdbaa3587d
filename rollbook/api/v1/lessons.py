from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from rollbook.api.v1.schemas import DECLINED, CancellationIn, LessonOut, MarksIn
from rollbook.foundation.errors import InvalidInput
from rollbook.screens import lesson as screen
from rollbook.workflows import lesson_cancelled, lesson_marked

router = Router()


@router.get("/{int:lesson_id}", response={200: LessonOut, **DECLINED})
def lesson(request: HttpRequest, lesson_id: int) -> screen.Page:
    return screen.page(lesson_id=lesson_id, at=timezone.now(), by=request.actor)


@router.post("/{int:lesson_id}/marks", response={200: LessonOut, **DECLINED})
def marks(request: HttpRequest, lesson_id: int, data: MarksIn) -> screen.Page:
    """Mark clients; whoever is not named stays as they were. All or nothing; 409 tells both values."""
    clients = [mark.client_id for mark in data.marks]
    if len(set(clients)) < len(clients):
        raise InvalidInput({"marks": "A client is named twice."})
    lesson_marked.mark(
        lesson_id=lesson_id, marks={mark.client_id: mark.status for mark in data.marks},
        seen={mark.client_id: mark.seen for mark in data.marks if mark.seen is not None},
        minutes_late={mark.client_id: mark.minutes_late for mark in data.marks}, at=timezone.now(), by=request.actor,
    )
    return lesson(request, lesson_id)


@router.post("/{int:lesson_id}/everyone", response={200: LessonOut, **DECLINED})
def everyone(request: HttpRequest, lesson_id: int) -> screen.Page:
    """Everyone who is expected was there; whoever has been marked already stays so."""
    lesson_marked.everyone(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.post("/{int:lesson_id}/cancellation", response={200: LessonOut, **DECLINED})
def cancel(request: HttpRequest, lesson_id: int, data: CancellationIn) -> screen.Page:
    lesson_cancelled.cancel(lesson_id=lesson_id, reason=data.reason, at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)


@router.delete("/{int:lesson_id}/cancellation", response={200: LessonOut, **DECLINED})
def restore(request: HttpRequest, lesson_id: int) -> screen.Page:
    lesson_cancelled.restore(lesson_id=lesson_id, at=timezone.now(), by=request.actor)
    return lesson(request, lesson_id)
