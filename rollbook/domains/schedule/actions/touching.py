from datetime import datetime

from django.db import transaction

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.schedule.models import Lesson


@transaction.atomic
def touch_lesson(*, lesson_id: int, under: Permission, at: datetime, by: Actor) -> None:
    """Somebody counts on this lesson: from now on a changed timetable neither takes it away nor makes it anew."""
    lesson = Lesson.objects.pick_to_change(by, under, lesson_id)
    if lesson.touched_at is None:
        lesson.touched_at = at
        lesson.save(update_fields=["touched_at"])
