from django.http import HttpRequest
from django.utils import timezone
from ninja import Router

from rollbook.api.v1.schemas import DECLINED, EndIn, EnrolmentOut, TransferIn, WeekdaysIn
from rollbook.domains.groups import actions as groups
from rollbook.screens import enrolling
from rollbook.screens.enrolling import Belongs
from rollbook.workflows import client_transferred, enrolment_ended

router = Router()


@router.get("/{int:enrolment_id}", response={200: EnrolmentOut, **DECLINED})
def enrolment(request: HttpRequest, enrolment_id: int) -> Belongs:
    return enrolling.belongs(enrolment_id=enrolment_id, at=timezone.now(), by=request.actor)


@router.post("/{int:enrolment_id}/weekdays", response={200: EnrolmentOut, **DECLINED})
def weekdays(request: HttpRequest, enrolment_id: int, data: WeekdaysIn) -> Belongs:
    """On which of the group's weekdays the client comes; none is all."""
    groups.change_weekdays(
        enrolment_id=enrolment_id, weekdays=data.weekdays or None, seen=data.seen, at=timezone.now(), by=request.actor
    )
    return enrolment(request, enrolment_id)


@router.post("/{int:enrolment_id}/transfer", response={200: EnrolmentOut, **DECLINED})
def transfer(request: HttpRequest, enrolment_id: int, data: TransferIn) -> Belongs:
    """The client goes on in another group from a day on; answers with the enrolment there."""
    there = client_transferred.transfer(
        enrolment_id=enrolment_id, group_id=data.group_id, since=data.since, weekdays=data.weekdays or None,
        over_capacity=data.over_capacity, seen=data.seen, at=timezone.now(), by=request.actor,
    )
    return enrolment(request, there)


@router.post("/{int:enrolment_id}/end", response={200: EnrolmentOut, **DECLINED})
def end(request: HttpRequest, enrolment_id: int, data: EndIn) -> Belongs:
    """The client is in the group until a day, and on it no more; `choice_id` is of the list `churn`."""
    enrolment_ended.end(enrolment_id=enrolment_id, **data.dict(), at=timezone.now(), by=request.actor)
    return enrolment(request, enrolment_id)
