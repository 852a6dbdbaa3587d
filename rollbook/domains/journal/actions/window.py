"""Until when a lesson may be marked: by those who may not correct, and by anybody."""

from datetime import datetime, timedelta

from django.utils.translation import ngettext

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.schedule.actions import refuse_closed
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local


class TooLate(Refused):
    """The days in which whoever teaches may mark are over."""


def refuse_too_late(lesson: Lesson, edit_days: int, at: datetime, by: Actor) -> None:
    """TooLate more than `edit_days` after the lesson, whose branch is selected along, for those who may not correct;
    MonthIsClosed for everybody. The lesson is locked."""
    refuse_closed(lesson.branch, lesson.day, at=at, by=by)
    if lesson.day >= local(at, lesson.branch.time_zone).date() - timedelta(days=edit_days):
        return
    if Permission.JOURNAL_CORRECT in Lesson.objects.all().held_on(by, lesson.pk, Permission.JOURNAL_CORRECT):
        return
    sentence = ngettext(
        "Marks can be changed for {days} day after the lesson.",
        "Marks can be changed for {days} days after the lesson.",
        edit_days,
    )
    raise TooLate(sentence.format(days=edit_days))
