"""Who comes to a lesson as a member of its group, and how many seats are left."""

from django.db.models import Q
from django.utils.translation import gettext as _

from rollbook.domains.groups.models import Enrolment, EnrolmentQuerySet, Freeze
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.errors import Refused

AWAY = (Status.MISSED, Status.EXCUSED)


class LessonFull(Refused):
    """All seats of the lesson are taken; may be gone over by saying so."""


def members_of(lesson: Lesson) -> EnrolmentQuerySet:
    """Those who come to this lesson as members of its group, freezes aside; nobody where it has none."""
    comes = Q(weekdays=None) | Q(weekdays__contains=[lesson.timetable_day.isoweekday()])
    return Enrolment.objects.on(lesson.day).filter(comes, group=lesson.group_id, group__isnull=False)


def free_seats(lesson: Lesson) -> int | None:
    """Seats of one lesson that nobody takes: its capacity, less those expected of the group, less guests (spec 02,
    rule 5). None where the capacity is not known. Whoever pauses or is marked as away is not expected, and guests who
    missed were none."""
    if not lesson.group or lesson.group.capacity is None:
        return None
    marks = Mark.objects.filter(lesson=lesson)
    frozen = Freeze.objects.within(lesson.day, lesson.day).values("client")
    away = marks.filter(status__in=AWAY).values("client")
    members = members_of(lesson).exclude(client__in=frozen).exclude(client__in=away)
    guests = marks.filter(status__in=[Status.PLANNED, Status.ATTENDED]).exclude(kind=Kind.REGULAR)
    return lesson.group.capacity - members.count() - guests.count()


def refuse_full(lesson: Lesson) -> None:
    """LessonFull where no seat is left; the lesson is locked, its group selected along."""
    free = free_seats(lesson)
    if free is not None and free <= 0 and lesson.group:
        sentence = _("The lesson is full: all {capacity} seats are taken.")
        raise LessonFull(sentence.format(capacity=lesson.group.capacity))
