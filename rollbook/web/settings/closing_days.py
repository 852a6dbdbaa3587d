from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from rollbook.domains.access.actor import Permission
from rollbook.foundation.errors import Refused
from rollbook.screens import choices
from rollbook.screens.settings import closing_days
from rollbook.web.editing import take
from rollbook.web.forms import DayField, Form, NameField, OneOf
from rollbook.web.pages import see_other, show
from rollbook.web.settings.contents import contents
from rollbook.workflows import days_closed


class ClosingDaysForm(Form):
    branch = OneOf(choices.branches(Permission.SETTINGS_EDIT), label=_("Branch"))
    first = DayField(label=_("First day"), first=date(2000, 1, 1))
    last = DayField(label=_("Last day"), first=date(2000, 1, 1), required=False, help_text=_("Empty: one day."))
    reason = NameField(label=_("Reason"), required=False)


@require_http_methods(["GET", "POST"])
def days(request: HttpRequest) -> HttpResponse:
    if request.method == "GET":
        return _page(request, ClosingDaysForm(by=request.actor))
    form = ClosingDaysForm(request.POST, by=request.actor)

    def close() -> HttpResponse:
        told: dict[str, Any] = form.cleaned_data
        days_closed.close(
            branch_id=told["branch"], first=told["first"], last=told["last"] or told["first"], reason=told["reason"],
            at=timezone.now(), by=request.actor,
        )
        return see_other("settings-closing-days")

    return take(form, close, lambda status, refusal: _page(request, form, status, refusal))


@require_POST
def reopen(request: HttpRequest, closing_day_id: int) -> HttpResponse:
    days_closed.reopen(closing_day_id=closing_day_id, at=timezone.now(), by=request.actor)
    return see_other("settings-closing-days")


def _page(request: HttpRequest, form: Form, status: int = 200, refusal: Refused | None = None) -> HttpResponse:
    # A month back, so that what has just been still shows.
    rows = closing_days.rows(since=timezone.now().date() - timedelta(days=31), by=request.actor)
    return show(
        request, "settings/closing_days.html", block="page", status=status, form=form, refusal=refusal, rows=rows,
        contents=contents(request, current="settings-closing-days"),
    )
