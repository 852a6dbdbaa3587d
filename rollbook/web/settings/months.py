from datetime import date

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from rollbook.foundation.errors import NotFound
from rollbook.screens.settings import months as screen
from rollbook.web.journal.forms import MONTH
from rollbook.web.pages import see_other, show
from rollbook.web.settings.contents import contents
from rollbook.workflows import month_closed


@require_GET
def months(request: HttpRequest) -> HttpResponse:
    places = screen.rows(at=timezone.now(), by=request.actor)
    return show(
        request, "settings/months.html", block="page", places=places,
        contents=contents(request, current="settings-months"),
    )


@require_POST
def close(request: HttpRequest, branch_id: int, month: str) -> HttpResponse:
    month_closed.close(branch_id=branch_id, month=_first_day(month), at=timezone.now(), by=request.actor)
    return see_other("settings-months")


@require_POST
def reopen(request: HttpRequest, branch_id: int, month: str) -> HttpResponse:
    month_closed.reopen(branch_id=branch_id, month=_first_day(month), at=timezone.now(), by=request.actor)
    return see_other("settings-months")


def _first_day(month: str) -> date:
    """Of 2026-03; NotFound where there is no such month."""
    match = MONTH.fullmatch(month)
    if match is None:
        raise NotFound
    return date(int(match[1]), int(match[2]), 1)
