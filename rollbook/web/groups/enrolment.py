"""The page of a client in a group, which is read in the side panel as well: on which days, to which other group, until
when and why."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rollbook.domains.groups import actions as groups
from rollbook.foundation.errors import Refused
from rollbook.screens import enrolling
from rollbook.screens.enrolling import Belongs
from rollbook.web.editing import take
from rollbook.web.groups.forms import EndForm, OfEnrolment, TransferForm, WeekdaysForm
from rollbook.web.pages import see_other, show, tell, toast
from rollbook.workflows import client_transferred, enrolment_ended

FORMS: tuple[type[OfEnrolment], ...] = (WeekdaysForm, TransferForm, EndForm)


@require_GET
def page(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    return _page(request, _belongs(request, enrolment_id), opened=request.GET.get("open", ""))


@require_POST
def weekdays(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    def change(told: dict[str, Any]) -> HttpResponse:
        groups.change_weekdays(
            enrolment_id=enrolment_id, weekdays=told["weekdays"] or None, seen=told["version"], at=timezone.now(),
            by=request.actor,
        )
        return _done(request, enrolment_id, _("The weekdays are changed."))

    return _take(request, enrolment_id, WeekdaysForm, change)


@require_POST
def transfer(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    def move(told: dict[str, Any]) -> HttpResponse:
        there = client_transferred.transfer(
            enrolment_id=enrolment_id, group_id=told["group_id"], since=told["since"],
            over_capacity=told["over_capacity"], seen=told["version"], at=timezone.now(), by=request.actor,
        )
        return _done(request, there, _("The client is transferred."))

    return _take(request, enrolment_id, TransferForm, move)


@require_POST
def end(request: HttpRequest, enrolment_id: int) -> HttpResponse:
    def leave(told: dict[str, Any]) -> HttpResponse:
        enrolment_ended.end(
            enrolment_id=enrolment_id, until=told["until"], choice_id=told["choice_id"], note=told["note"],
            seen=told["version"], at=timezone.now(), by=request.actor,
        )
        return _done(request, enrolment_id, _("The last day is written down."))

    return _take(request, enrolment_id, EndForm, leave)


def _belongs(request: HttpRequest, enrolment_id: int) -> Belongs:
    return enrolling.belongs(enrolment_id=enrolment_id, at=timezone.now(), by=request.actor)


def _take(
    request: HttpRequest, enrolment_id: int, kind: type[OfEnrolment], act: Callable[[dict[str, Any]], HttpResponse]
) -> HttpResponse:
    """What `act` answers to what the form says, or the page with that form open."""
    belongs = _belongs(request, enrolment_id)
    form = kind(request.POST, by=request.actor, belongs=belongs)

    def shown(status: int, refusal: Refused | None) -> HttpResponse:
        return _page(request, belongs, opened=form.name, form=form, status=status, refusal=refusal)

    return take(form, lambda: act(form.cleaned_data), shown)


def _done(request: HttpRequest, enrolment_id: int, text: str) -> HttpResponse:
    if not request.htmx:
        return see_other("enrolment", enrolment_id)
    return toast(tell(_page(request, _belongs(request, enrolment_id)), "ledger-changed"), text)


def _page(
    request: HttpRequest,
    belongs: Belongs,
    *,
    opened: str = "",
    form: OfEnrolment | None = None,
    status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    """The page, with one of its forms open and, where it was sent, with what was typed."""
    forms = {kind.name: kind(by=request.actor, belongs=belongs) for kind in FORMS}
    if form:
        forms[form.name] = form
    return show(
        request, "groups/enrolment.html", block="enrolment", status=status, page=belongs, forms=forms, opened=opened,
        refusal=refusal,
    )
