"""Payments that are said to have been made: whoever knows confirms or declines them here."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from rollbook.domains.billing.models import Method
from rollbook.foundation.errors import Refused
from rollbook.foundation.keys import Key
from rollbook.screens import announced as screen
from rollbook.web.editing import take
from rollbook.web.forms import DayField, Form, NameField, SumField
from rollbook.web.journal.forms import NUMBER
from rollbook.web.pages import see_other, show, tell, toast, url
from rollbook.workflows import payment_announced


class ConfirmForm(Form):
    """What came, where it is not what was announced."""

    amount = SumField(label=gettext_lazy("Amount"), required=False)
    method = forms.ChoiceField(label=gettext_lazy("Method"), choices=Method.choices, required=False)
    on = DayField(label=gettext_lazy("Date"), required=False)

    def told(self) -> dict[str, Any]:
        return {name: None if value == "" else value for name, value in self.cleaned_data.items()}


class DeclineForm(Form):
    """Why it is not waited for any more."""

    reason = NameField(label=gettext_lazy("Reason"), max_length=200)


@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def confirmation(request: HttpRequest, announced_id: int) -> HttpResponse:
    form = ConfirmForm(request.POST, by=request.actor)

    def confirm() -> HttpResponse:
        payment_announced.confirm(announced_id=announced_id, **form.told(), at=timezone.now(), by=request.actor)
        return _done(request, _("The payment is booked."))

    return take(form, confirm, _again(request, announced_id, confirming=form))


@require_POST
def declining(request: HttpRequest, announced_id: int) -> HttpResponse:
    form = DeclineForm(request.POST, by=request.actor)

    def decline() -> HttpResponse:
        payment_announced.decline(
            announced_id=announced_id, reason=form.cleaned_data["reason"], at=timezone.now(), by=request.actor
        )
        return _done(request, _("It is not waited for any more."))

    return take(form, decline, _again(request, announced_id, declining=form))


def _again(request: HttpRequest, announced_id: int, **typed: Form) -> Any:
    """The list, with what was typed at this one."""

    def page(status: int, refusal: Refused | None) -> HttpResponse:
        return _page(request, status=status, refusal=refusal, typed={announced_id: typed})

    return page


def _done(request: HttpRequest, said: str) -> HttpResponse:
    if not request.htmx:
        return see_other(url("announced") + _address(request))
    return toast(tell(_page(request), "ledger-changed"), said)


def _address(request: HttpRequest, **other: object) -> str:
    """Where in the list one is; what makes no sense there says nothing."""
    branch = request.GET.get("branch", "")
    said = {"branch": branch if NUMBER.fullmatch(branch) else "", "after": request.GET.get("after", "")} | other
    told = {name: value for name, value in said.items() if value}
    return f"?{urlencode(told)}" if told else ""


def _page(
    request: HttpRequest, *, status: int = 200, refusal: Refused | None = None,
    typed: dict[int, dict[str, Form]] | None = None,
) -> HttpResponse:
    branch = request.GET.get("branch", "")
    branch_id = int(branch) if NUMBER.fullmatch(branch) else None
    found = screen.listed(branch_id=branch_id, after=Key.read(request.GET.get("after", "")), by=request.actor)
    asked = {
        row.announced_id: {
            "confirming": ConfirmForm(
                by=request.actor, auto_id=f"confirm_{row.announced_id}_%s",
                initial={"amount": row.amount, "method": row.method, "on": row.on},
            ),
            "declining": DeclineForm(by=request.actor, auto_id=f"decline_{row.announced_id}_%s"),
        }
        | (typed or {}).get(row.announced_id, {})
        for row in found.rows
    }
    return show(
        request, "money/announced.html", block="announced", status=status, listed=found, forms=asked,
        refusal=refusal, branch_id=branch_id, here=_address(request),
        following=_address(request, after=found.page.next) if found.page.next else None,
        beginning=_address(request, after=""),
    )
