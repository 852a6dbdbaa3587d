"""Closing of months: under /branches."""

from datetime import date, datetime
from typing import Annotated

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Router, Schema

from rollbook.api.v1.schemas import DECLINED
from rollbook.screens.settings import months as screen
from rollbook.workflows import month_closed

router = Router()

Month = Annotated[str, Path(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$")]


class MonthOut(Schema):
    month: str
    """2026-03."""
    lessons: int
    unmarked: int
    announced: int
    closed_at: datetime | None
    closed_by: str

    @staticmethod
    def resolve_month(row: screen.Month) -> str:
        return row.name


class MonthsOut(Schema):
    branch_id: int
    months: list[MonthOut]


@router.get("/{int:branch_id}/months", response={200: MonthsOut, **DECLINED})
def months(request: HttpRequest, branch_id: int) -> screen.Place:
    """The last twelve months of a branch that are over: which are closed, and what is unfinished in them."""
    return screen.of_branch(branch_id=branch_id, at=timezone.now(), by=request.actor)


@router.post("/{int:branch_id}/months/{month}/closing", response={200: MonthsOut, **DECLINED})
def close(request: HttpRequest, branch_id: int, month: Month) -> screen.Place:
    """Nothing in the month (2026-03) is marked any more; twice changes nothing."""
    month_closed.close(branch_id=branch_id, month=_first_day(month), at=timezone.now(), by=request.actor)
    return months(request, branch_id)


@router.delete("/{int:branch_id}/months/{month}/closing", response={200: MonthsOut, **DECLINED})
def reopen(request: HttpRequest, branch_id: int, month: Month) -> screen.Place:
    """It may be marked in again."""
    month_closed.reopen(branch_id=branch_id, month=_first_day(month), at=timezone.now(), by=request.actor)
    return months(request, branch_id)


def _first_day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")
