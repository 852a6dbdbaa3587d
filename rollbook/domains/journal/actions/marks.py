from collections.abc import Collection, Mapping
from contextlib import nullcontext
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.history import actions as history
from rollbook.domains.journal.actions.rights import (
    StaleMark,
    Withdrawn,
    misses_of,
    refuse_unfounded,
    refuse_used,
    revive,
    visits_of,
    withdraw,
)
from rollbook.domains.journal.actions.window import refuse_too_late
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.rules import Means, Switches, decided, make_up_until, of_kind, of_make_up
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.compiled import Rows, insert, once
from rollbook.foundation.constraints import refusing
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local


class NotExpected(Refused):
    """A client who is not in the group on the day of the lesson, or does not come on this weekday, or pauses."""


class LessonIsCancelled(Refused):
    sentence = gettext_lazy("The lesson is cancelled: nobody can be marked in it.")


class NotYet(Refused):
    """Who came is known on the day of the lesson, not before."""


class BookedMeanwhile(Refused):
    sentence = gettext_lazy("The missed lesson has just been booked or worked off elsewhere.")


class Marked(NamedTuple):
    """What marking has changed."""

    ids: tuple[int, ...] = ()
    """Of the marks that have changed."""
    withdrawn: tuple[Withdrawn, ...] = ()
    """Visits that were booked for a right which is gone now."""
    groups: frozenset[int] = frozenset()
    """Other groups, in whose journals the other half of a make-up stands."""
    revived: tuple[int, ...] = ()
    """Misses whose right had lapsed, and is used after all."""


@transaction.atomic(savepoint=False)  # of the workflow's one: two round trips less
def mark(
    *,
    lesson: Lesson,
    marks: Mapping[int, Status | None],
    means: Means,
    own: Mapping[int, Means] = MappingProxyType({}),
    edit_days: int,
    seen: Mapping[int, int] | None,
    at: datetime,
    by: Actor,
    minutes_late: Mapping[int, int] | None = None,
) -> Marked:
    """Mark clients of a lesson; None takes a mark back; whoever is not named stays as they were. All or nothing.

    The lesson was picked for marking and is locked, its branch selected along: by the workflow, which cannot reckon
    what a mark costs without it. To pick it again would be a statement of twenty.
    What it `means`, and for clients with a subscription their `own`, is stored with each mark that changes. `seen`
    gives the version that was looked at (0: none yet); without it nothing is compared. `edit_days` is how many days
    after the lesson those may still mark who cannot correct. A new status forgets whether somebody had decided about
    the charge of the old one. A miss that was worked off stays as it is (WorkedOff); what was only booked for it is
    withdrawn, where its new status gives no right.
    """
    _refuse_time(lesson, marks, edit_days, at, by)
    standing = {row.client_id: row for row in _locked(lesson=lesson.pk, clients=list(marks))}
    late = minutes_late or {}
    changing = [
        client for client, status in marks.items() if _differs(standing.get(client), status, late.get(client, 0))
    ]
    # Whoever asks for what stands has lost nothing: a phone that did not hear the answer sends the same once more.
    _refuse_stale(standing, {client: marks[client] for client in changing}, seen or {})
    olds = [standing[client] for client in changing if client in standing]
    _welcome(lesson, olds)
    regular = [client for client in changing if client not in standing or standing[client].kind == Kind.REGULAR]
    # A mark may be taken back of whoever is expected no more: it was set before they paused.
    _refuse_strangers(lesson, [client for client in regular if marks[client] is not None])
    visits, misses = visits_of(olds), misses_of(olds)
    refuse_used(olds, visits, by)
    counting = [old for old in olds if old.makes_up_id and marks[old.client_id] in _COUNTING]
    for old in counting:
        refuse_unfounded(old, misses[old.makes_up_id], by)
    changed = [
        _marked(
            Mark(client_id=client, lesson=lesson, day=lesson.day, status=marks[client]), standing.get(client),
            misses, late.get(client, 0), own.get(client, means), at, by,
        )
        for client in changing
    ]
    if not changed:
        return Marked()
    revived = revive([misses[old.makes_up_id] for old in counting])
    lost = {standing[row.client_id].pk for row in changed if row.client_id in standing and not row.make_up_until}
    withdrawn = withdraw(
        [visit for pk in lost for visit in visits.get(pk, ()) if visit.status == Status.PLANNED], at=at, by=by
    )
    # Of two who use one right at once in different lessons the second is told.
    with refusing({"mark_worked_off_once": BookedMeanwhile}) if counting else nullcontext():
        written = insert(
            Mark, changed, known_by=("lesson", "client"),
            changing=(
                "kind", "status", "minutes_late", "present", "uses_lesson", "pays_teacher", "share",
                "lapse_share", "prepaid", "price", "make_up_until", "makes_up", "lapsed_on", "charged", "marked_at",
                "marked_by", "version",
            ),
        )  # fmt: skip
    history.record(
        verb="lesson.marked", subject=f"lesson:{lesson.pk}", at=at, by=by,
        within=f"group:{lesson.group_id}" if lesson.group_id else "",
        old={str(old.client_id): old.status for old in olds}, new={str(row.client_id): row.status for row in changed},
    )
    elsewhere = [*misses.values(), *withdrawn]
    groups = frozenset(row.group_id for row in elsewhere if row.group_id and row.group_id != lesson.group_id)
    return Marked(tuple(written), withdrawn, groups, revived)


_COUNTING = (Status.PLANNED, Status.ATTENDED)


@once
def _locked(*, lesson: Any, clients: Any) -> Rows:
    marks = Mark.objects.filter(lesson=lesson, client__any=clients).annotate(client_name=F("client__name"))
    return marks.locked().order_by("pk")


def _differs(standing: Mark | None, status: Status | None, late: int) -> bool:
    if standing is None:
        return status is not None
    return (standing.status, standing.minutes_late) != (status, late if status == Status.ATTENDED else 0)


def _marked(
    row: Mark, old: Any, misses: Mapping[int, Any], late: int, means: Means, at: datetime, by: Actor
) -> Mark:
    says, miss = means.switches[row.status] if row.status else Switches(), None
    if old and old.makes_up_id:
        # A visit costs what the miss would have, less what the miss did cost.
        miss = misses[old.makes_up_id]
        says = of_make_up(says, miss_share=miss.share, miss_uses=miss.uses_lesson)
    elif old:
        says = of_kind(says, kind=old.kind)
    if old and old.status == row.status:  # by how much somebody was late decides nothing anew
        row.charged = old.charged
    if row.charged is not None:
        told = {"miss_share": miss.share, "miss_uses": miss.uses_lesson} if miss else {}
        says = decided(says, charged=row.charged, **told)
    row.kind, row.makes_up_id = (old.kind, old.makes_up_id) if old else (Kind.REGULAR, None)
    row.minutes_late = late if row.status == Status.ATTENDED else 0
    row.present, row.uses_lesson, row.pays_teacher, row.share = says[:4]
    row.price, row.prepaid = miss.price if miss else means.price_of(says), means.prepaid
    row.make_up_until, row.lapse_share = make_up_until(day=row.day, row=says), says.lapse_share
    row.marked_at, row.marked_by_id = at, by.user_id
    row.version = old.version + 1 if old else 1
    return row


def _refuse_time(
    lesson: Lesson, marks: Mapping[int, Status | None], edit_days: int, at: datetime, by: Actor
) -> None:
    if lesson.cancelled_at:
        raise LessonIsCancelled
    today = local(at, lesson.branch.time_zone).date()
    if lesson.day > today and {Status.ATTENDED, Status.MISSED} & set(marks.values()):
        raise NotYet(_("The lesson has not been yet: who came can be marked on its day."))
    refuse_too_late(lesson, edit_days, at, by)


def _welcome(lesson: Lesson, rows: Collection[Any]) -> None:
    """Whoever was to be a guest, and was taken back, is none once they have joined the group."""
    were_guests = {row.client_id: row for row in rows if row.status is None and row.kind != Kind.REGULAR}
    for client in _enrolled(lesson, were_guests):
        were_guests[client].kind, were_guests[client].makes_up_id = Kind.REGULAR, None


def _enrolled(lesson: Lesson, clients: Collection[int]) -> dict[int, bool]:
    """Those of these who come on that day as members of the group, and whether each pauses."""
    if not clients:
        return {}
    weekday = lesson.timetable_day.isoweekday()
    return dict(_coming(group=lesson.group_id, clients=list(clients), day=lesson.day, weekday=weekday))


@once
def _coming(*, group: Any, clients: Any, day: Any, weekday: Any) -> Rows:
    comes = Q(weekdays=None) | Q(weekdays__contains=[weekday])
    members = Enrolment.objects.on(day).filter(comes, group=group, client__any=clients)
    pauses = Exists(Freeze.objects.within(day, day).filter(client=OuterRef("client")))
    return members.annotate(pauses=pauses).values_list("client", "pauses")


def _refuse_strangers(lesson: Lesson, clients: Collection[int]) -> None:
    """Regular marks are for those who are enrolled on that weekday and do not pause."""
    if not clients:
        return
    # Ids alone: a name would tell of clients whom this person may not see.
    members = _enrolled(lesson, clients)
    if strangers := set(clients) - set(members):
        sentence = _("Not expected at this lesson: {ids}.")
        raise NotExpected(sentence.format(ids=", ".join(map(str, sorted(strangers)))))
    if pausing := {client for client, pauses in members.items() if pauses}:
        sentence = _("Frozen on the day of the lesson: {ids}.")
        raise NotExpected(sentence.format(ids=", ".join(map(str, sorted(pausing)))))


def _refuse_stale(
    standing: Mapping[int, Any], marks: Mapping[int, Status | None], seen: Mapping[int, int]
) -> None:
    if stale := _stale(standing, marks, seen):
        raise StaleMark(_("Somebody has marked in the meantime."), stale)


def _stale(
    standing: Mapping[int, Any], marks: Mapping[int, Status | None], seen: Mapping[int, int]
) -> list[dict[str, object]]:
    return [
        {
            "client_id": client, "name": standing[client].client_name, "yours": marks[client] or "",
            "theirs": standing[client].status or "", "version": standing[client].version,
        }
        for client in marks
        if client in seen and client in standing and seen[client] != standing[client].version
    ]


Nested = Mapping[int, Mapping[int, int]]


def refuse_stale(
    *, marks: Mapping[int, Mapping[int, Status | None]], seen: Nested, minutes_late: Nested, by: Actor
) -> None:
    """Refuse a range where somebody has marked since the person looked; each such cell of all lessons is told at once.

    All is given by lesson, then by client. The lessons are locked: what passes here still holds when it is written.
    """
    standing: dict[int, dict[int, Any]] = {lesson: {} for lesson in marks}
    clients = {client for asked in marks.values() for client in asked}
    for row in _of_lessons(by, lessons=list(marks), clients=list(clients)):
        standing[row.lesson_id][row.client_id] = row
    stale = []
    for lesson, asked in marks.items():
        there, late = standing[lesson], minutes_late.get(lesson, {})
        changing = {
            client: status
            for client, status in asked.items()
            if _differs(there.get(client), status, late.get(client, 0))
        }
        known = {"lesson_id": lesson, "day": next((row.day.isoformat() for row in there.values()), "")}
        stale += [pair | known for pair in _stale(there, changing, seen.get(lesson, {}))]
    if stale:
        raise StaleMark(_("Somebody has marked in the meantime."), stale)


@compiled
def _of_lessons(by: Actor, *, lessons: Any, clients: Any) -> Rows:
    marks = Mark.objects.visible_to(by, Permission.JOURNAL_MARK).filter(lesson__any=lessons, client__any=clients)
    return marks.annotate(client_name=F("client__name"))
