from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.journal.actions.marks import NotExpected
from rollbook.domains.journal.models import Mark
from rollbook.domains.journal.queries import who_is_in
from rollbook.domains.schedule.models import Lesson


@transaction.atomic
def cell(*, lesson_id: int, client_id: int, at: datetime, by: Actor) -> int:
    """The mark of a client in a lesson, to hang something on; one that says nothing where nobody has marked.

    Its version is 0: whoever has seen an empty cell may still mark it. NotExpected for who is neither a member of the
    group on that day nor marked. Two at once wait for each other at the lesson, as those who mark do.
    """
    lesson = Lesson.objects.pick_to_change(by, Permission.COMMENT_WRITE, lesson_id)
    if pk := Mark.objects.filter(lesson=lesson, client=client_id).values_list("pk", flat=True).first():
        return pk
    if who_is_in(lesson_id=lesson_id, client_id=client_id, by=by, under=Permission.COMMENT_WRITE) is None:
        raise NotExpected(_("Not expected at this lesson: {ids}.").format(ids=client_id))
    mark = Mark.objects.create(
        lesson=lesson, client_id=client_id, day=lesson.day, status=None, marked_at=at, marked_by_id=by.user_id,
        version=0,
    )
    return mark.pk
