from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Status

from rollbook.api.v1.keys import key
from rollbook.api.v1.schemas import DECLINED, Day, EnrolmentIn, EnrolmentOut, GroupsOut, JournalOut, RangeIn, RangeOut
from rollbook.domains.groups import actions
from rollbook.domains.journal.models import Status as Marked
from rollbook.foundation.errors import InvalidInput
from rollbook.screens import enrolling, groups, journal
from rollbook.workflows import lesson_marked

MOST_LESSONS = 31

router = Router()


@router.get("/", response={200: GroupsOut, **DECLINED})
def listed(
    request: HttpRequest, q: str = Query("", max_length=200), branch_id: int | None = None, finished: bool = False,
    after: str = "",
) -> dict[str, object]:
    found = groups.listed(
        words=q, branch_id=branch_id, finished=finished, after=key(after), at=timezone.now(), by=request.actor
    )
    return {"groups": found.rows, "next": str(found.page.next) if found.page.next else None}


@router.get("/{int:group_id}/journal", response={200: JournalOut, **DECLINED})
def sheet(
    request: HttpRequest, group_id: int, first: Day | None = None, last: Day | None = None
) -> dict[str, object]:
    """The journal over the local days [first, last], at most a year; this month without them."""
    shown = journal.sheet(group_id=group_id, first=first, last=last, at=timezone.now(), by=request.actor)
    return {
        "group_id": shown.head.group_id, "name": shown.head.name, "first": shown.first, "last": shown.last,
        "lessons": [column.lesson for column in shown.columns], "rows": shown.rows,
    }


@router.post("/{int:group_id}/enrolments", response={201: EnrolmentOut, **DECLINED})
def enrol(request: HttpRequest, group_id: int, data: EnrolmentIn) -> Status:
    """Put a client into the group on the days [since, until), on all its weekdays or on some."""
    told = data.dict()
    now, weekdays = timezone.now(), told.pop("weekdays") or None
    pk = actions.enrol(group_id=group_id, weekdays=weekdays, **told, at=now, by=request.actor)
    return Status(201, enrolling.belongs(enrolment_id=pk, at=now, by=request.actor))


@router.post("/{int:group_id}/marks", response={200: RangeOut, **DECLINED})
def marks(request: HttpRequest, group_id: int, data: RangeIn) -> dict[str, object]:
    """Mark clients in at most 31 lessons of the group. All or nothing; 409 tells both values of each stale cell."""
    asked: dict[int, dict[int, Marked | None]] = {}
    seen: dict[int, dict[int, int]] = {}
    late: dict[int, dict[int, int]] = {}
    for mark in data.marks:
        asked.setdefault(mark.lesson_id, {})[mark.client_id] = mark.status
        late.setdefault(mark.lesson_id, {})[mark.client_id] = mark.minutes_late
        if mark.seen is not None:
            seen.setdefault(mark.lesson_id, {})[mark.client_id] = mark.seen
    if sum(map(len, asked.values())) < len(data.marks):
        raise InvalidInput({"marks": "A client is named twice in a lesson."})
    if len(asked) > MOST_LESSONS:
        raise InvalidInput({"marks": f"At most {MOST_LESSONS} lessons at once."})
    withdrawn = lesson_marked.mark_range(
        group_id=group_id, marks=asked, seen=seen, minutes_late=late, at=timezone.now(), by=request.actor
    )
    changed = journal.changed_range(marked=asked, by=request.actor)
    cells = [
        {"lesson_id": lesson, "client_id": client, "state": square.state, "cell": square.cell}
        for (lesson, client), square in changed.squares.items()
    ]
    return {"cells": cells, "balances": changed.balances, "withdrawn": withdrawn}
