"""A school as it looks after half a year of work: the demo around today, and a lesson that is being marked."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Count, Q
from django.utils import timezone

from rollbook.domains.access.models import User
from rollbook.domains.groups.models import Group
from rollbook.domains.people.models import Client
from rollbook.domains.schedule.models import Lesson, LessonTeacher, LessonType
from rollbook.foundation.periods import local
from rollbook.operations.demo import load
from rollbook.screens import lesson as lessons
from rollbook.workflows import lesson_marked

ZONE = "Europe/Moscow"  # of the demo in Russian
LENGTH = timedelta(hours=1)


class Scene(NamedTuple):
    """What the pages of the guides show."""

    group: Group
    month: str
    """That of two weeks ago, as an address says it: on the first days of a month there is little to see yet."""
    lesson: Lesson
    """Of today or yesterday; three are marked so far."""
    teacher: User
    """Who teaches the group."""
    pupil: Client
    """One of the group who in that month paid, and missed a lesson."""


def fill() -> Scene:
    load.fill(scale="S", language="ru")
    now = timezone.now()
    here = local(now, ZONE)
    first = (here - timedelta(days=14)).date().replace(day=1)
    begins = here.replace(hour=15, minute=0, second=0, microsecond=0)
    if begins > here:
        begins -= timedelta(days=1)
    group = _colourful(first, begins)
    teacher = User.objects.get(employee__groups=group)
    lesson = _additional(group, begins)
    by = teacher.as_actor(via="test")
    members = [row.client_id for row in lessons.page(lesson_id=lesson.pk, at=now, by=by).rows if not row.is_frozen]
    told = dict(zip(members, ["attended", "attended", "excused"], strict=False))
    lesson_marked.mark(lesson_id=lesson.pk, marks=told, minutes_late={members[1]: 10}, seen=None, at=now, by=by)
    return Scene(group, f"{first:%Y-%m}", lesson, teacher, _who_paid_and_missed(members, group, first))


def _colourful(first: date, begins: datetime) -> Group:
    """The group with the most kinds of marks, of those that have one teacher, who does not teach at that time."""
    then = Lesson.objects.filter(starts_at__lt=begins + LENGTH, ends_at__gt=begins)
    free = Group.objects.filter(state="running").exclude(lessons__in=then).exclude(teachers__lessons__in=then)
    of_month = Q(lessons__day__gte=first)
    seen = free.annotate(
        hands=Count("teachers", distinct=True),
        colours=Count("lessons__marks__status", filter=of_month, distinct=True)
        + Count("lessons__marks__kind", filter=of_month, distinct=True),
        marks=Count("lessons__marks", filter=of_month, distinct=True),
    )
    return seen.filter(hands=1).order_by("-colours", "-marks", "pk")[0]


def _additional(group: Group, begins: datetime) -> Lesson:
    lesson = Lesson.objects.create(
        branch=group.branch, group=group, lesson_type=LessonType.objects.get(code="group"), starts_at=begins,
        ends_at=begins + LENGTH, day=begins.date(),
    )
    LessonTeacher.objects.create(lesson=lesson, employee=group.teachers.get(), during=(begins, begins), counts=True)
    lesson.refresh_from_db()
    return lesson


def _who_paid_and_missed(members: list[int], group: Group, first: date) -> Client:
    """Whose account tells most in the fewest lines: it should fit a picture."""
    missed = Q(marks__lesson__group=group, marks__day__gte=first, marks__status="missed")
    of_month = Q(ledger__day__gte=first)
    told = Client.objects.filter(pk__in=members).annotate(
        missed=Count("marks", filter=missed, distinct=True),
        paid=Count("ledger", filter=of_month & Q(ledger__kind="payment"), distinct=True),
        lines=Count("ledger", filter=of_month, distinct=True),
    )
    return told.filter(missed__gt=0, paid__gt=0).order_by("lines", "-missed", "pk")[0]
