"""Rights to a make-up: a miss, and the visits that were to work it off.

Whoever changes a right locks the miss and then its visits. Whoever marks a visit holds that, and only reads the miss:
so nobody who holds a visit waits for a miss, and two who change both ends at once wait for each other at most once.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.history import actions as history
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation import formats
from rollbook.foundation.compiled import Rows, once
from rollbook.foundation.errors import Refused

MISSES = (Status.MISSED, Status.EXCUSED)


class WorkedOff(Refused):
    """A miss that has been worked off stays as it is, or the visit would make up for nothing."""


class StaleMark(Refused):
    """Somebody has marked since the person looked."""


class NoRight(Refused):
    """There is nothing to work off, or no more."""

    sentence = gettext_lazy("In this organisation missed lessons are not worked off.")


class Withdrawn(NamedTuple):
    """A visit that was taken away, since the right it was to use is gone."""

    client_id: int
    lesson_id: int
    group_id: int | None
    day: date
    group: str
    """Empty where whoever acts may not know of it."""


def misses_of(visits: Collection[Any]) -> dict[int, Any]:
    """What these visits work off, as it stands now, not locked; `held_by` is the visit that holds the right."""
    ids = [visit.makes_up_id for visit in visits if visit.makes_up_id]
    return {miss.pk: miss for miss in _misses(ids=ids)} if ids else {}


@once
def _misses(*, ids: Any) -> Rows:
    held_by = Mark.objects.holding().filter(makes_up=OuterRef("pk")).values("pk")[:1]
    return Mark.objects.filter(pk__any=ids).annotate(group_id=F("lesson__group"), held_by=Subquery(held_by))


def visits_of(misses: Collection[Any]) -> dict[int, list[Any]]:
    """By miss, those of these that gave a right: the visits that were to work it off, locked. The misses are locked
    already, and this is read after they were: so none is overlooked that somebody else has just booked."""
    ids = [miss.pk for miss in misses if miss.make_up_until]
    found: dict[int, list[Any]] = {}
    for visit in _visits(ids=ids) if ids else ():
        found.setdefault(visit.makes_up_id, []).append(visit)
    return found


@once
def _visits(*, ids: Any) -> Rows:
    of_these = Mark.objects.filter(makes_up__any=ids).annotate(group_id=F("lesson__group"))
    return of_these.locked().order_by("pk")


def holder(visits: Collection[Any], status: Status) -> Any:
    """The visit that keeps the right in this way, or None."""
    return next((visit for visit in visits if visit.status == status and not visit.stands_aside), None)


def refuse_used(misses: Collection[Any], visits: Mapping[int, list[Any]], by: Actor) -> None:
    for miss in misses:
        if day := miss.worked_off_on:
            sentence = _("This lesson was worked off by hand on {day}; the mark can be changed when that is undone.")
            raise WorkedOff(sentence.format(day=said(day)), [{"client_id": miss.client_id}])
        if visit := holder(visits.get(miss.pk, ()), Status.ATTENDED):
            sentence = _("This lesson was worked off: {where}. The mark can be changed when that visit is corrected.")
            raise WorkedOff(sentence.format(where=where(visit, by)), [{"client_id": miss.client_id}])


def refuse_unfounded(visit: Any, miss: Any, by: Actor) -> None:
    """A visit is to count (again): then what it works off must be free, or its own already."""
    if miss.held_by == visit.pk:
        return
    if miss.status not in MISSES or not miss.make_up_until:
        raise NoRight(_("There is nothing to work off any more: the missed lesson has been marked otherwise."))
    if miss.worked_off_on or miss.held_by:
        sentence = _("The lesson that this visit was to work off has been worked off or booked elsewhere meanwhile.")
        raise WorkedOff(sentence, [{"client_id": visit.client_id}])


def revive(misses: Collection[Any]) -> tuple[int, ...]:
    """A right that had lapsed is used after all; returns those, whose ledger follows. Whoever holds its visit must not
    wait for it: see above."""
    lapsed = tuple(miss.pk for miss in misses if miss.lapsed_on)
    if not lapsed:
        return ()
    rows = Mark.objects.filter(pk__in=lapsed).select_for_update(skip_locked=True, of=("self",), no_key=True)
    if len(rows.values_list("pk", flat=True)) < len(lapsed):
        raise NoRight(_("Somebody is changing the missed lesson just now. Try again."))
    Mark.objects.filter(pk__in=lapsed).update(lapsed_on=None)
    return lapsed


def withdraw(visits: Collection[Any], *, at: datetime, by: Actor) -> tuple[Withdrawn, ...]:
    """Take visits away whose right is gone; they are locked. It follows from another act, whose right is enough."""
    if not visits:
        return ()
    Mark.objects.filter(pk__in=[visit.pk for visit in visits]).update(
        status=None, minutes_late=0, present=False, uses_lesson=False, pays_teacher=False, share=0, lapse_share=0,
        prepaid=False, charged=None, marked_at=at, marked_by=by.user_id, version=F("version") + 1,
    )
    told = [
        history.Change(
            f"lesson:{visit.lesson_id}", {str(visit.client_id): None}, {str(visit.client_id): visit.status},
            within=f"group:{visit.group_id}" if visit.group_id else "",
        )
        for visit in visits
    ]
    history.record_many(verb="lesson.marked", changes=told, at=at, by=by)
    names = _names([visit.lesson_id for visit in visits], by)
    return tuple(
        Withdrawn(visit.client_id, visit.lesson_id, visit.group_id, visit.day, names.get(visit.lesson_id, ""))
        for visit in visits
    )


def where(visit: Any, by: Actor) -> str:
    """Dance, 3 September; the day alone for whoever may not know the group."""
    name = _names([visit.lesson_id], by).get(visit.lesson_id)
    return f"{name}, {said(visit.day)}" if name else said(visit.day)


def said(day: date) -> str:
    return formats.short_day(day, language=(get_language() or "en").partition("-")[0])


def _names(lessons: Collection[int], by: Actor) -> dict[int, str]:
    """The names of the groups of these lessons, as far as they are seen."""
    if not by.may(Permission.JOURNAL_SEE):
        return {}
    seen = Lesson.objects.visible_to(by, Permission.JOURNAL_SEE).filter(pk__in=lessons, group__isnull=False)
    return dict(seen.values_list("pk", "group__name"))
