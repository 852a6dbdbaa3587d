"""Somebody else teaches one lesson."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import live


@transaction.atomic
def substitute(
    *, lesson_id: int, teacher_ids: Collection[int], as_joint: bool = False, seen: int | None, at: datetime, by: Actor
) -> None:
    """One or two teach this lesson, whoever teaches the group: they see it, and may mark it.

    PlaceIsTaken, with the other lesson, where one of them has another then, unless `as_joint` says by somebody who may
    that the two are one on purpose.
    """
    lesson = Lesson.objects.pick_to_change(by, Permission.LESSON_EDIT, lesson_id)
    if schedule.set_teachers(
        lesson_id=lesson.pk, teacher_ids=teacher_ids, as_joint=as_joint, seen=seen, at=at, by=by
    ):
        live.tell(*lesson.topics)
