"""A client leaves a group from a day on."""

from collections.abc import Collection
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups import actions as groups
from rollbook.domains.groups.models import Enrolment, Group
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.schedule.models import Lesson, LessonQuerySet
from rollbook.foundation import formats
from rollbook.foundation.errors import Refused


class MarkedAfterwards(Refused):
    """`values` lists the marks that stand on the last day or later."""


@transaction.atomic
def end(
    *,
    enrolment_id: int,
    until: date,
    choice_id: int | None = None,
    note: str = "",
    seen: int | None,
    at: datetime,
    by: Actor,
) -> None:
    """The client is in the group until this day, and on it no more; why is a choice of the list of churn. Refused
    where marks stand from that day on."""
    # The group first, as whoever changes it does, who then comes to its lessons.
    group_id = Enrolment.objects.pick(by, Permission.GROUP_EDIT, enrolment_id).group_id
    Group.objects.pick_to_change(by, Permission.GROUP_EDIT, group_id)
    enrolment = Enrolment.objects.pick_to_change(by, Permission.GROUP_EDIT, enrolment_id)
    refuse_marked(enrolment=enrolment, until=until, by=by)
    groups.end_enrolment(
        enrolment_id=enrolment_id, until=until, choice_id=choice_id, note=note, seen=seen, at=at, by=by
    )


def refuse_marked(*, enrolment: Enrolment, until: date, by: Actor) -> None:
    """MarkedAfterwards where the client is marked as a member on this day or later. The group is locked already."""
    lessons = Lesson.objects.filter(group=enrolment.group_id, day__gte=until)
    if found := marks_of(client_id=enrolment.client_id, lessons=lessons, by=by):
        raise MarkedAfterwards(
            _("There are marks on this day or later. Take them back first, or choose a later day."), found
        )


def marks_of(
    *, client_id: int, lessons: LessonQuerySet, statuses: Collection[Status] = tuple(Status), by: Actor
) -> list[dict[str, object]]:
    """The marks that a client has as a member of these lessons, each in words. Asks no right of its own.

    The lessons are locked, as whoever marks locks theirs first: no mark slips in between.
    """
    ids = list(lessons.locked().order_by("pk").values_list("pk", flat=True))
    marks = Mark.objects.filter(client=client_id, lesson__in=ids, kind=Kind.REGULAR, status__in=statuses)
    language = (get_language() or "en").partition("-")[0]
    return [
        {
            "mark_id": pk, "lesson_id": lesson,
            "text": f"{formats.day(day, language=language)}: {Status(status or '').label}",
        }
        for pk, lesson, day, status in marks.order_by("day", "pk").values_list("pk", "lesson", "day", "status")
    ]
