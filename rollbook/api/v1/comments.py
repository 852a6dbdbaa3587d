"""What people say to each other, on whatever it hangs: one file, for it is the same everywhere."""

from typing import Literal

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from rollbook.api.v1.keys import key
from rollbook.api.v1.schemas import DECLINED, CommentChangeIn, CommentIn, CommentOut, CommentsOut
from rollbook.domains.comments import actions as comments
from rollbook.domains.comments.queries import Said
from rollbook.domains.comments.rules import On
from rollbook.screens import comments as screen
from rollbook.workflows import comment_written

router = Router()
LISTED = {200: CommentsOut, **DECLINED}
WRITTEN = {201: CommentOut, **DECLINED}


@router.get("/comments/", response=LISTED)
def listed(
    request: HttpRequest, of: Literal["open", "mentions", "all"] = "open", branch_id: int | None = None,
    after: str = "",
) -> dict[str, object]:
    """Comments, the newest first: those that are open, those that mention you (seen by that), or all."""
    return _page(screen.listed(of=of, branch_id=branch_id, after=key(after), at=timezone.now(), by=request.actor))


@router.get("/clients/{int:client_id}/comments", response=LISTED)
def of_client(request: HttpRequest, client_id: int, open: bool = False, after: str = "") -> dict[str, object]:
    """On the client, and in their cells."""
    return _page(screen.of_client(client_id=client_id, only_open=open, after=key(after), by=request.actor))


@router.post("/clients/{int:client_id}/comments", response=WRITTEN)
def on_client(request: HttpRequest, client_id: int, data: CommentIn) -> Status:
    return _written(request, On(client_id=client_id), data)


@router.get("/groups/{int:group_id}/comments", response=LISTED)
def of_group(request: HttpRequest, group_id: int, open: bool = False, after: str = "") -> dict[str, object]:
    """On the group, its lessons and cells, and on who is in it today."""
    now = timezone.now()
    return _page(screen.of_group(group_id=group_id, only_open=open, after=key(after), at=now, by=request.actor))


@router.post("/groups/{int:group_id}/comments", response=WRITTEN)
def on_group(request: HttpRequest, group_id: int, data: CommentIn) -> Status:
    return _written(request, On(group_id=group_id), data)


@router.get("/lessons/{int:lesson_id}/comments", response=LISTED)
def of_lesson(request: HttpRequest, lesson_id: int, open: bool = False, after: str = "") -> dict[str, object]:
    """On the lesson, and in its cells."""
    return _page(screen.of_lesson(lesson_id=lesson_id, only_open=open, after=key(after), by=request.actor))


@router.post("/lessons/{int:lesson_id}/comments", response=WRITTEN)
def on_lesson(request: HttpRequest, lesson_id: int, data: CommentIn) -> Status:
    return _written(request, On(lesson_id=lesson_id), data)


@router.get("/lessons/{int:lesson_id}/clients/{int:client_id}/comments", response=LISTED)
def of_cell(
    request: HttpRequest, lesson_id: int, client_id: int, open: bool = False, after: str = ""
) -> dict[str, object]:
    return _page(screen.of_cell(
        lesson_id=lesson_id, client_id=client_id, only_open=open, after=key(after), by=request.actor
    ))


@router.post("/lessons/{int:lesson_id}/clients/{int:client_id}/comments", response=WRITTEN)
def on_cell(request: HttpRequest, lesson_id: int, client_id: int, data: CommentIn) -> Status:
    """On a client in a lesson, marked there or not."""
    return _written(request, On(client_id=client_id, lesson_id=lesson_id), data)


@router.patch("/comments/{int:comment_id}", response={200: CommentOut, **DECLINED})
def change(request: HttpRequest, comment_id: int, data: CommentChangeIn) -> Said:
    """Your own, in other words; 409 tells both where somebody has changed it since."""
    comments.change(comment_id=comment_id, **data.dict(), at=timezone.now(), by=request.actor)
    return screen.one(comment_id=comment_id, by=request.actor)


@router.delete("/comments/{int:comment_id}", response={204: None, **DECLINED})
def take_back(request: HttpRequest, comment_id: int) -> Status:
    """It is shown no more. Your own, or anybody's where you may correct the journal."""
    comments.take_back(comment_id=comment_id, at=timezone.now(), by=request.actor)
    return Status(204, None)


@router.post("/comments/{int:comment_id}/resolution", response={200: CommentOut, **DECLINED})
def resolve(request: HttpRequest, comment_id: int) -> Said:
    """What it asked for is done."""
    comments.resolve(comment_id=comment_id, at=timezone.now(), by=request.actor)
    return screen.one(comment_id=comment_id, by=request.actor)


@router.delete("/comments/{int:comment_id}/resolution", response={200: CommentOut, **DECLINED})
def reopen(request: HttpRequest, comment_id: int) -> Said:
    """It is not done after all."""
    comments.reopen(comment_id=comment_id, at=timezone.now(), by=request.actor)
    return screen.one(comment_id=comment_id, by=request.actor)


def _page(found: screen.Feed | screen.Listed) -> dict[str, object]:
    return {"comments": found.comments, "next": str(found.next) if found.next else None}


def _written(request: HttpRequest, on: On, data: CommentIn) -> Status:
    comment = comment_written.write(on=on, **data.dict(), at=timezone.now(), by=request.actor)
    return Status(201, screen.one(comment_id=comment, by=request.actor))
