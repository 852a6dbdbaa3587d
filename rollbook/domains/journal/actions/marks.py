from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.scoping import compiled
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.history import actions as history
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.rules import Switches, make_up_until, of_kind, of_make_up
from rollbook.domains.schedule.models import Lesson
from rollbook.foundation.compiled import Rows, insert, once
from rollbook.foundation.errors import Refused
from rollbook.foundation.periods import local


class NotExpected(Refused):
    """A client who is not in the group on the day of the lesson, or does not come on this weekday, or pauses."""


class LessonIsCancelled(Refused):
    sentence = gettext_lazy("The lesson is cancelled: nobody can be marked in it.")


class NotYet(Refused):
    """Who came is known on the day of the lesson, not before."""


class TooLate(Refused):
    """The days in which whoever teaches may mark are over."""


class WorkedOff(Refused):
    """A miss that has been worked off stays as it is, or the visit would make up for nothing."""


class StaleMark(Refused):
    """Somebody has marked since the person looked."""


@transaction.atomic(savepoint=False)  # of the workflow's one: two round trips less
def mark(
    *,
    lesson: Lesson,
    marks: Mapping[int, Status | None],
    switches: Mapping[str, Switches],
    price: Decimal,
    edit_days: int,
    seen: Mapping[int, int] | None,
    at: datetime,
    by: Actor,
    minutes_late: Mapping[int, int] | None = None,
) -> tuple[int, ...]:
    """Mark clients of a lesson; None takes a mark back; whoever is not named stays as they were. All or nothing.

    The lesson was picked for marking and is locked, its branch selected along: by the workflow, which cannot reckon
    what a mark costs without it. To pick it again would be a statement of twenty.
    `switches` and `price` (of the whole lesson) are stored with each mark that changes. `seen` gives the version that
    was looked at (0: none yet); without it nothing is compared. `edit_days` is how many days after the lesson those may
    still mark who cannot correct. Returns the ids of the marks that have changed.
    """
    _refuse_time(lesson, marks, edit_days, at, by)
    standing = {row.client_id: row for row in _locked(lesson=lesson.pk, clients=list(marks))}
    late = minutes_late or {}
    changing = [
        client for client, status in marks.items() if _differs(standing.get(client), status, late.get(client, 0))
    ]
    # Whoever asks for what stands has lost nothing: a phone that did not hear the answer sends the same once more.
    _refuse_stale(standing, {client: marks[client] for client in changing}, seen or {})
    _welcome(lesson, [standing[client] for client in changing if client in standing])
    regular = [client for client in changing if client not in standing or standing[client].kind == Kind.REGULAR]
    # A mark may be taken back of whoever is expected no more: it was set before they paused.
    _refuse_strangers(lesson, [client for client in regular if marks[client] is not None])
    _refuse_worked_off([standing[client] for client in changing if client in standing])
    changed = [
        _marked(
            Mark(client_id=client, lesson=lesson, day=lesson.day, status=marks[client]), standing.get(client),
            late.get(client, 0), switches, price, at, by,
        )
        for client in changing
    ]
    if not changed:
        return ()
    old = {str(client): standing[client].status for client in changing if client in standing}
    written = insert(
        Mark, changed, known_by=("lesson", "client"),
        changing=(
            "kind", "status", "minutes_late", "present", "uses_lesson", "pays_teacher", "share", "price",
            "make_up_until", "marked_at", "marked_by", "version",
        ),
    )  # fmt: skip
    history.record(
        verb="lesson.marked", subject=f"lesson:{lesson.pk}", at=at, by=by,
        within=f"group:{lesson.group_id}" if lesson.group_id else "",
        old=old, new={str(row.client_id): row.status for row in changed},
    )
    return tuple(written)


@once
def _locked(*, lesson: Any, clients: Any) -> Rows:
    """The marks that stand there, with what the rules must know of the other half of a make-up (hence Any)."""
    made_up = Mark.objects.visits().filter(makes_up=OuterRef("pk"))
    return (
        Mark.objects.filter(lesson=lesson, client__any=clients)
        .annotate(
            client_name=F("client__name"), miss_share=F("makes_up__share"), miss_price=F("makes_up__price"),
            made_up_on=Subquery(made_up.values("day")[:1]),
        )
        .locked()
        .order_by("pk")
    )


def _differs(standing: Mark | None, status: Status | None, late: int) -> bool:
    if standing is None:
        return status is not None
    return (standing.status, standing.minutes_late) != (status, late if status == Status.ATTENDED else 0)


def _marked(
    row: Mark, old: Any, late: int, switches: Mapping[str, Switches], price: Decimal, at: datetime, by: Actor
) -> Mark:
    means = switches[row.status] if row.status else Switches()
    if old and old.makes_up_id:
        # A visit costs what the miss would have, less what the miss did cost.
        means, price = of_make_up(means, miss_share=old.miss_share), old.miss_price
    elif old:
        means = of_kind(means, kind=old.kind)
    row.kind = old.kind if old else Kind.REGULAR
    row.minutes_late = late if row.status == Status.ATTENDED else 0
    row.present, row.uses_lesson, row.pays_teacher, row.share = means[:4]
    row.price, row.make_up_until = price, make_up_until(day=row.day, row=means)
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
    if lesson.day < today - timedelta(days=edit_days):
        if Permission.JOURNAL_CORRECT in Lesson.objects.all().held_on(by, lesson.pk, Permission.JOURNAL_CORRECT):
            return
        sentence = ngettext(
            "Marks can be changed for {days} day after the lesson.",
            "Marks can be changed for {days} days after the lesson.",
            edit_days,
        )
        raise TooLate(sentence.format(days=edit_days))


def _welcome(lesson: Lesson, rows: Collection[Any]) -> None:
    """Whoever was to be a guest, and was taken back, is none once they have joined the group."""
    were_guests = {row.client_id: row for row in rows if row.status is None and row.kind in {Kind.TRIAL, Kind.ONE_OFF}}
    for client in _enrolled(lesson, were_guests):
        were_guests[client].kind = Kind.REGULAR


def _enrolled(lesson: Lesson, clients: Collection[int]) -> set[int]:
    if not clients:
        return set()
    found = _coming(group=lesson.group_id, clients=list(clients), day=lesson.day, weekday=lesson.day.isoweekday())
    return {client for (client,) in found}


@once
def _coming(*, group: Any, clients: Any, day: Any, weekday: Any) -> Rows:
    comes = Q(weekdays=None) | Q(weekdays__contains=[weekday])
    return Enrolment.objects.on(day).filter(comes, group=group, client__any=clients).values_list("client")


def _refuse_strangers(lesson: Lesson, clients: Collection[int]) -> None:
    """Regular marks are for those who are enrolled on that weekday and do not pause."""
    if not clients:
        return
    # Ids alone: a name would tell of clients whom this person may not see.
    if strangers := set(clients) - _enrolled(lesson, clients):
        sentence = _("Not expected at this lesson: {ids}.")
        raise NotExpected(sentence.format(ids=", ".join(map(str, sorted(strangers)))))
    if pausing := {client for (client,) in _frozen(clients=list(clients), day=lesson.day)}:
        sentence = _("Frozen on the day of the lesson: {ids}.")
        raise NotExpected(sentence.format(ids=", ".join(map(str, sorted(pausing)))))


@once
def _frozen(*, clients: Any, day: Any) -> Rows:
    return Freeze.objects.within(day, day).filter(client__any=clients).values_list("client")


def _refuse_worked_off(rows: Collection[Any]) -> None:
    for row in rows:
        if day := row.worked_off_on or row.made_up_on:
            sentence = _("This lesson was worked off on {day}; the mark can be changed when that is undone.")
            raise WorkedOff(sentence.format(day=day.strftime("%d.%m.%Y")), [{"client_id": row.client_id}])


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
