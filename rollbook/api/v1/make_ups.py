from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router

from rollbook.api.v1.keys import key
from rollbook.api.v1.schemas import DECLINED, ByHandIn, CellPageOut, ChargeIn, MakeUpIn, MakeUpsOut, ProposalOut
from rollbook.screens import cell, make_ups
from rollbook.screens.make_ups import Segment
from rollbook.workflows import charge_decided, make_up_booked, make_up_by_hand

of_marks, of_all = Router(), Router()


@of_marks.get("/{int:mark_id}/proposals", response={200: list[ProposalOut], **DECLINED})
def proposals(request: HttpRequest, mark_id: int) -> tuple[make_ups.Proposal, ...]:
    """Where this miss may be worked off: of those lessons that you may book, at most 20."""
    return make_ups.proposals(miss_id=mark_id, at=timezone.now(), by=request.actor)


@of_marks.post("/{int:mark_id}/make-up", response={200: CellPageOut, **DECLINED})
def book(request: HttpRequest, mark_id: int, data: MakeUpIn) -> cell.Page:
    """Expect the client at another lesson, to work this one off there."""
    make_up_booked.book(
        miss_id=mark_id, lesson_id=data.lesson_id, over_capacity=data.over_capacity, at=timezone.now(),
        by=request.actor,
    )
    return _cell(request, mark_id)


@of_marks.delete("/{int:mark_id}/make-up", response={200: CellPageOut, **DECLINED})
def unbook(request: HttpRequest, mark_id: int) -> cell.Page:
    make_up_booked.take_back(miss_id=mark_id, at=timezone.now(), by=request.actor)
    return _cell(request, mark_id)


@of_marks.post("/{int:mark_id}/by-hand", response={200: CellPageOut, **DECLINED})
def by_hand(request: HttpRequest, mark_id: int, data: ByHandIn) -> cell.Page:
    """It was worked off without a visit, as the note says."""
    make_up_by_hand.work_off(mark_id=mark_id, **data.dict(), at=timezone.now(), by=request.actor)
    return _cell(request, mark_id)


@of_marks.delete("/{int:mark_id}/by-hand", response={200: CellPageOut, **DECLINED})
def by_hand_undo(request: HttpRequest, mark_id: int) -> cell.Page:
    make_up_by_hand.undo(mark_id=mark_id, at=timezone.now(), by=request.actor)
    return _cell(request, mark_id)


@of_marks.post("/{int:mark_id}/charge", response={200: CellPageOut, **DECLINED})
def charge(request: HttpRequest, mark_id: int, data: ChargeIn) -> cell.Page:
    """Charged or not, whatever the tariff says; null: as it says. It holds until the mark gets another status."""
    charge_decided.decide(mark_id=mark_id, **data.dict(), at=timezone.now(), by=request.actor)
    return _cell(request, mark_id)


@of_all.get("/", response={200: MakeUpsOut, **DECLINED})
def listed(
    request: HttpRequest, show: Segment = Segment.SOON, branch_id: int | None = Query(None, ge=1, lt=2**31),
    after: str = "",
) -> dict[str, object]:
    """Misses that may be worked off, or could have been lately, those first whose time is over first."""
    found = make_ups.listed(
        segment=show, branch_id=branch_id, after=key(after), at=timezone.now(), by=request.actor
    )
    return {"make_ups": found.rows, "next": str(found.page.next) if found.page.next else None}


def _cell(request: HttpRequest, mark_id: int) -> cell.Page:
    return cell.of_mark(mark_id=mark_id, at=timezone.now(), by=request.actor)
