"""Something is said on a client, a group, a lesson or a cell, in which nobody may have marked yet."""

from datetime import datetime
from functools import partial

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.comments import actions as comments
from rollbook.domains.comments.rules import On
from rollbook.domains.journal import actions as journal
from rollbook.domains.schedule import actions as schedule


@transaction.atomic
def write(*, on: On, text: str, asks: bool, at: datetime, by: Actor) -> int:
    """Returns the id of the comment. A lesson of which something was said stays, whatever becomes of the timetable."""
    write = partial(comments.write, text=text, asks=asks, at=at, by=by)
    if on.lesson_id is None:
        return write(client_id=on.client_id, group_id=on.group_id)
    schedule.touch_lesson(lesson_id=on.lesson_id, under=Permission.COMMENT_WRITE, at=at, by=by)
    if on.client_id is None:
        return write(lesson_id=on.lesson_id)
    return write(mark_id=journal.cell(lesson_id=on.lesson_id, client_id=on.client_id, at=at, by=by))
