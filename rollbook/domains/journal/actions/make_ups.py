"""Working a miss off: by a visit that is booked, or by hand; and rights that were not used in time."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.groups.models import Freeze
from rollbook.domains.history import actions as history
from rollbook.domains.journal.actions.rights import (
    MISSES,
    NoRight,
    StaleMark,
    Withdrawn,
    WorkedOff,
    holder,
    misses_of,
    refuse_unfounded,
    said,
    visits_of,
    where,
    withdraw,
)
from rollbook.domains.journal.actions.seats import members_of, refuse_full
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.schedule.actions import refuse_closed
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.periods import local, local_day

LATEST_ZONE = timedelta(hours=14)
"""A day begins nowhere sooner before UTC."""
AT_ONCE = 2_000
"""Rights that lapse in one transaction."""


class BookedAlready(Refused):
    """Another visit keeps this right."""


class NoVisit(Refused):
    """A lesson in which this client cannot be a guest."""


class TooManyMakeUps(Refused):
    """The tariff allows no more of them in this month."""


class NotBooked(Refused):
    sentence = gettext_lazy("No visit is booked for this lesson.")


@transaction.atomic
def book_visit(
    *, miss_id: int, lesson: Lesson, a_month: int | None, over_capacity: bool = False, at: datetime, by: Actor
) -> int:
    """Expect the client at another lesson, to work this miss off there; returns the mark of the visit.

    The lesson was picked and is locked, its group and branch selected along, by the workflow, which also says how many
    make-ups `a_month` the tariff of the missed lesson allows (None: any number). LessonFull may be gone over by
    `over_capacity`; the other refusals may not.
    """
    miss, visits = _right(miss_id, by)
    if visit := holder(visits, Status.ATTENDED):
        raise WorkedOff(_("This lesson was worked off already: {where}.").format(where=where(visit, by)))
    if visit := holder(visits, Status.PLANNED):
        raise BookedAlready(_("A visit is booked already: {where}.").format(where=where(visit, by)))
    _refuse_lesson(miss, lesson, at)
    standing = Mark.objects.locked().filter(lesson=lesson, client=miss.client_id).first()
    if standing and standing.status:
        raise NoVisit(_("The client is marked in that lesson already."))
    _refuse_month(miss, lesson.day, a_month)
    if not over_capacity:
        refuse_full(lesson)
    visit = standing or Mark(client_id=miss.client_id, lesson=lesson, version=0)
    visit.kind, visit.status, visit.makes_up_id, visit.price = Kind.MAKE_UP, Status.PLANNED, miss.pk, miss.price
    visit.marked_at, visit.marked_by_id, visit.version = at, by.user_id, visit.version + 1
    visit.save()
    history.record(
        verb="lesson.marked", subject=f"lesson:{lesson.pk}", at=at, by=by,
        within=f"group:{lesson.group_id}" if lesson.group_id else "",
        old={str(miss.client_id): None} if standing else {}, new={str(miss.client_id): Status.PLANNED.value},
    )
    _told("mark.booked", miss, {"on": lesson.day.isoformat(), "lesson_id": lesson.pk}, at, by)
    return visit.pk


@transaction.atomic
def unbook_visit(*, miss_id: int, at: datetime, by: Actor) -> Withdrawn:
    """The client is not expected after all, and the right is free again. NotBooked where no visit is."""
    miss = Mark.objects.pick_to_change(by, Permission.VISIT_BOOK, miss_id)
    visit = holder(visits_of([miss]).get(miss.pk, ()), Status.PLANNED)
    if visit is None:
        raise NotBooked
    lesson = Lesson.objects.select_related("branch").pick(by, Permission.VISIT_BOOK, visit.lesson_id)
    refuse_closed(lesson.branch, lesson.day, at=at, by=by)
    return withdraw([visit], at=at, by=by)[0]


@transaction.atomic
def refound_visits(*, lesson_id: int, at: datetime, by: Actor) -> tuple[Withdrawn, ...]:
    """A cancelled lesson is about to be restored: of its visits those keep their right that it is still there for, the
    others are withdrawn. The lesson was picked and is locked by the workflow, whose right is enough."""
    of_lesson = Mark.objects.filter(
        lesson=lesson_id, status__in=[Status.PLANNED, Status.ATTENDED], makes_up__isnull=False
    )
    list(Mark.objects.filter(visits__in=of_lesson).locked().order_by("pk").values_list("pk"))
    visits: list[Any] = list(of_lesson.locked().annotate(group_id=F("lesson__group")).order_by("pk"))
    misses, unfounded = misses_of(visits), []
    for visit in visits:
        try:
            refuse_unfounded(visit, misses[visit.makes_up_id], by)
        except Refused:
            unfounded.append(visit)
    kept = {visit.makes_up_id for visit in visits} - {visit.makes_up_id for visit in unfounded}
    Mark.objects.filter(pk__in=kept, lapsed_on__isnull=False).update(lapsed_on=None)
    return withdraw(unfounded, at=at, by=by)


@transaction.atomic
def work_off(*, miss_id: int, note: str, on: date, seen: int | None, at: datetime, by: Actor) -> None:
    """The miss was worked off without a visit, as the note says. BookedAlready while a visit is booked for it. The
    lesson was picked and is locked by the workflow. Like a visit, it belongs to the month in which it was: a lesson of
    a closed month may still be worked off in an open one."""
    miss, visits = _right(miss_id, by, Permission.JOURNAL_CORRECT, may_have_lapsed=True)
    if visit := holder(visits, Status.ATTENDED):
        raise WorkedOff(_("This lesson was worked off already: {where}.").format(where=where(visit, by)))
    if visit := holder(visits, Status.PLANNED):
        sentence = _("A visit is booked for this lesson: {where}. Take the booking back first.")
        raise BookedAlready(sentence.format(where=where(visit, by)))
    _refuse_changed(miss, seen)
    if on > min(local(at, miss.time_zone).date(), miss.make_up_until):
        raise InvalidInput({"on": _("Not later than today, and than {day}.").format(day=said(miss.make_up_until))})
    refuse_closed(miss.lesson.branch, on, at=at, by=by)
    miss.worked_off_on, miss.worked_off_note, miss.lapsed_on = on, note, None
    miss.version += 1
    miss.save(update_fields=["worked_off_on", "worked_off_note", "lapsed_on", "version"])
    _told("mark.worked_off", miss, {"on": on.isoformat(), "note": note}, at, by)


@transaction.atomic
def undo_work_off(*, miss_id: int, at: datetime, by: Actor) -> None:
    """The miss was not worked off by hand after all; twice changes nothing."""
    miss = Mark.objects.select_related("lesson__branch").pick_to_change(by, Permission.JOURNAL_CORRECT, miss_id)
    if miss.worked_off_on is None:
        return
    refuse_closed(miss.lesson.branch, miss.worked_off_on, at=at, by=by)
    old = {"on": miss.worked_off_on.isoformat(), "note": miss.worked_off_note}
    miss.worked_off_on, miss.worked_off_note = None, ""
    miss.version += 1
    miss.save(update_fields=["worked_off_on", "worked_off_note", "version"])
    history.record(
        verb="mark.worked_off_undone", subject=f"mark:{miss.pk}", within=f"client:{miss.client_id}", old=old, new={},
        at=at, by=by,
    )


@transaction.atomic
def lapse_rights(*, at: datetime, by: Actor) -> tuple[int, ...]:
    """Rights whose window has passed unused lapse, at most AT_ONCE of them; returns their marks. The same right lapses
    once. What somebody else holds just now is passed over, and lapses at the next call."""
    by.must_everywhere(Permission.JOURNAL_CORRECT)
    kept = Exists(Mark.objects.holding().filter(makes_up=OuterRef("pk")))
    over = Mark.objects.rights().filter(
        ~kept, status__in=MISSES, make_up_until__lt=local_day(at, "lesson__branch__time_zone")
    )
    # By the index of rights first: what a zone makes of the moment is asked of few.
    over = over.filter(make_up_until__lt=(at + LATEST_ZONE).date()).order_by("make_up_until", "pk")
    mine = over.select_for_update(skip_locked=True, of=("self",), no_key=True)[:AT_ONCE]
    ids = set(mine.values_list("pk", flat=True))
    # A visit that was corrected just now keeps its right: those who hold one are waited for by nobody.
    visits = Mark.objects.filter(makes_up__in=ids)
    free = visits.select_for_update(skip_locked=True, of=("self",), no_key=True)
    known = dict(free.values_list("pk", "makes_up"))
    ids -= {miss for pk, miss in visits.values_list("pk", "makes_up") if pk not in known}
    ids -= set(Mark.objects.holding().filter(makes_up__in=ids).values_list("makes_up", flat=True))
    lapsed = Mark.objects.filter(pk__in=ids)
    changes = [
        history.Change(f"mark:{pk}", {"until": str(until)}, within=f"client:{client}")
        for pk, client, until in lapsed.order_by("pk").values_list("pk", "client", "make_up_until")
    ]
    lapsed.update(lapsed_on=F("make_up_until") + timedelta(days=1))
    history.record_many(verb="mark.lapsed", changes=changes, at=at, by=by)
    return tuple(sorted(ids))


def _right(
    miss_id: int, by: Actor, permission: Permission = Permission.VISIT_BOOK, *, may_have_lapsed: bool = False
) -> tuple[Any, Collection[Any]]:
    """The miss, locked, with the visits that were to work it off; refused where it gives no right."""
    miss: Any = Mark.objects.select_related("lesson__branch").pick_to_change(by, permission, miss_id)
    miss.time_zone = miss.lesson.branch.time_zone
    if miss.stands_aside:
        raise NoRight(_("The missed lesson is cancelled: there is nothing to work off."))
    if miss.status not in MISSES or not miss.make_up_until:
        raise NoRight(_("This lesson may not be worked off."))
    if miss.worked_off_on:
        raise WorkedOff(_("This lesson was worked off by hand on {day}.").format(day=said(miss.worked_off_on)))
    if miss.lapsed_on and not may_have_lapsed:
        raise NoRight(_("It could be worked off until {day}.").format(day=said(miss.make_up_until)))
    return miss, visits_of([miss]).get(miss.pk, ())


def _refuse_lesson(miss: Mark, lesson: Lesson, at: datetime) -> None:
    if lesson.cancelled_at:
        raise NoVisit(_("That lesson is cancelled."))
    if lesson.day < local(at, lesson.branch.time_zone).date():
        raise NoVisit(_("That lesson has been already."))
    if miss.make_up_until and lesson.day > miss.make_up_until:
        raise NoRight(_("It may be worked off until {day}.").format(day=said(miss.make_up_until)))
    if lesson.pk == miss.lesson_id or members_of(lesson).filter(client=miss.client_id).exists():
        raise NoVisit(_("The client is expected at that lesson anyway."))
    if Freeze.objects.within(lesson.day, lesson.day).filter(client=miss.client_id).exists():
        raise NoVisit(_("The client is frozen on the day of that lesson."))


def _refuse_month(miss: Mark, day: date, a_month: int | None) -> None:
    if a_month is None:
        return
    taken = Mark.objects.holding().filter(
        client=miss.client_id, day__range=month_of(day), makes_up__lesson__group=miss.lesson.group_id
    )
    if taken.count() >= a_month:
        sentence = ngettext(
            "The tariff allows {count} make-up a month.", "The tariff allows {count} make-ups a month.", a_month
        )
        raise TooManyMakeUps(sentence.format(count=a_month))


def _refuse_changed(mark: Mark, seen: int | None) -> None:
    if seen is not None and seen != mark.version:
        raise StaleMark(_("Somebody has marked in the meantime."))


def _told(verb: str, miss: Mark, new: dict[str, object], at: datetime, by: Actor) -> None:
    history.record(verb=verb, subject=f"mark:{miss.pk}", within=f"client:{miss.client_id}", new=new, at=at, by=by)
