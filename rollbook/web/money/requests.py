"""Asking a payer for money: first it is shown what that comes to, then it is asked for, then read and sent."""

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from rollbook.domains.access.models import Language
from rollbook.foundation.errors import Refused
from rollbook.screens import requesting
from rollbook.screens.requesting import Asking
from rollbook.web.editing import take
from rollbook.web.files import paper
from rollbook.web.forms import DayField, Form, NameField, SumField
from rollbook.web.money import asked, papers
from rollbook.web.pages import language as spoken
from rollbook.web.pages import see_other, show, tell, toast, url
from rollbook.workflows import payment_requested


class RequestForm(Form):
    """For which days and children; `shown` is the sum that was shown for them, `key` is made with the form."""

    first = DayField(label=gettext_lazy("First day"))
    last = DayField(label=gettext_lazy("Last day"))
    client_ids = forms.TypedMultipleChoiceField(
        label=gettext_lazy("For whom"), coerce=int, widget=forms.CheckboxSelectMultiple(), required=False
    )
    shown = SumField(required=False)
    key = NameField(max_length=60, widget=forms.HiddenInput())

    def __init__(self, *data: Any, asking: Asking, **how: Any) -> None:
        reckoned = asking.reckoned
        initial = {
            "first": reckoned.first, "last": reckoned.last, "key": uuid.uuid4().hex, "shown": reckoned.due,
            "client_ids": [child.client_id for child in reckoned.children],
        }
        super().__init__(*data, initial=initial, **how)
        self.fields["shown"].widget = forms.HiddenInput()
        field = self.fields["client_ids"]
        field.choices = [(choice.client_id, choice.client) for choice in asking.choices]
        if len(asking.choices) == 1:
            field.widget = forms.MultipleHiddenInput()


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, client_id: int) -> HttpResponse:
    """The form with what it comes to; `do=reckon` reckons anew and asks for nothing yet."""
    if request.method != "POST":
        asking = _asking(request, client_id)
        return _new(request, asking, RequestForm(asking=asking, by=request.actor))
    form = RequestForm(request.POST, asking=_asking(request, client_id), by=request.actor)

    def act() -> HttpResponse:
        told = form.cleaned_data
        how = {name: told[name] for name in ("first", "last", "client_ids")}
        if request.POST.get("do") == "reckon":
            return _new(request, _asking(request, client_id, **how), form, fresh=True)
        made = payment_requested.request(
            **how, shown=told["shown"], key=told["key"], at=timezone.now(), by=request.actor
        )
        if not request.htmx:
            return see_other("request", made[0])
        return toast(tell(_made(request, made[0]), "payment-requested"), _("The payment is requested."))

    def again(status: int, refusal: Refused | None) -> HttpResponse:
        # What makes no sense cannot be reckoned: then what is proposed is shown beside it.
        how = {} if form.errors else {name: form.cleaned_data[name] for name in ("first", "last", "client_ids")}
        asking = _asking(request, client_id, **how)
        return _new(request, asking, form, status=status, refusal=refusal, fresh=refusal is not None)

    return take(form, act, again)


@require_GET
def page(request: HttpRequest, request_id: int) -> HttpResponse:
    return _made(request, request_id)


@require_GET
def pdf(request: HttpRequest, request_id: int) -> HttpResponse:
    shown = requesting.request(request_id=request_id, at=timezone.now(), by=request.actor)
    with translation.override(asked.language(request, shown.language)):
        data, name = papers.request(shown, at=timezone.now())
    return paper(data, name=name, saved="save" in request.GET)


def _asking(request: HttpRequest, client_id: int, **how: Any) -> Asking:
    return requesting.asking(client_id=client_id, **how, at=timezone.now(), by=request.actor)


def _new(
    request: HttpRequest, asking: Asking, form: RequestForm, *, status: int = 200, refusal: Refused | None = None,
    fresh: bool = False,
) -> HttpResponse:
    if fresh:  # what is shown now is what will be asked for
        form.again(shown=asking.reckoned.due)
    return show(
        request, "money/request_new.html", block="request", status=status, asking=asking, form=form, refusal=refusal,
        parts=lambda reckoning: requesting.parts_of(reckoning=reckoning, language=spoken()),
    )


def _made(request: HttpRequest, request_id: int) -> HttpResponse:
    shown = requesting.request(request_id=request_id, at=timezone.now(), by=request.actor)
    language = asked.language(request, shown.language)
    return show(
        request, "money/request.html", block="request", asked=shown, spoken=language,
        text=requesting.text(reckoned=shown, language=language), languages_known=dict(Language.choices),
        parts=lambda reckoning: requesting.parts_of(reckoning=reckoning, language=spoken()),
        here=url("request", request_id),
    )
