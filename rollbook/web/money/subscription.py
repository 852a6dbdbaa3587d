"""The page of a subscription, which is read in the side panel as well; it is ended there, or its sale taken back."""

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from rollbook.foundation.errors import Refused
from rollbook.screens import subscription
from rollbook.screens.subscription import Page
from rollbook.web.editing import take
from rollbook.web.forms import DayField, Form, NameField, VersionField
from rollbook.web.history import told
from rollbook.web.journal.cells import Words
from rollbook.web.pages import language, see_other, show, tell, toast
from rollbook.workflows import subscription_sold


class EndForm(Form):
    until = DayField(
        label=gettext_lazy("First day without it"), help_text=gettext_lazy("What is left is settled by its rules.")
    )
    version = VersionField()


class TakeBackForm(Form):
    reason = NameField(
        label=gettext_lazy("Reason"), max_length=200,
        help_text=gettext_lazy("It was sold by mistake: what it has charged is taken back as well."),
    )


@require_GET
def page(request: HttpRequest, subscription_id: int) -> HttpResponse:
    return shown(request, subscription_id, opened=request.GET.get("open", ""))


@require_POST
def end(request: HttpRequest, subscription_id: int) -> HttpResponse:
    row = _read(request, subscription_id)
    form = EndForm(request.POST, by=request.actor)

    def stop() -> HttpResponse:
        values = form.cleaned_data
        subscription_sold.end(
            subscription_id=subscription_id, until=values["until"], seen=values["version"], at=timezone.now(),
            by=request.actor,
        )
        return _done(request, subscription_id, _("The subscription is ended."))

    return take(form, stop, lambda status, refusal: _page(request, row, "end", form, status, refusal))


@require_POST
def take_back(request: HttpRequest, subscription_id: int) -> HttpResponse:
    row = _read(request, subscription_id)
    form = TakeBackForm(request.POST, by=request.actor)

    def undo() -> HttpResponse:
        subscription_sold.take_back(
            subscription_id=subscription_id, reason=form.cleaned_data["reason"], at=timezone.now(), by=request.actor
        )
        return _done(request, subscription_id, _("The sale is taken back."))

    return take(form, undo, lambda status, refusal: _page(request, row, "back", form, status, refusal))


def shown(request: HttpRequest, subscription_id: int, *, opened: str = "") -> HttpResponse:
    """The page as it is now."""
    return _page(request, _read(request, subscription_id), opened)


def _read(request: HttpRequest, subscription_id: int) -> Page:
    return subscription.page(
        subscription_id=subscription_id, language=language(), at=timezone.now(), by=request.actor
    )


def _done(request: HttpRequest, subscription_id: int, text: str) -> HttpResponse:
    if not request.htmx:
        return see_other("subscription", subscription_id)
    return toast(tell(shown(request, subscription_id), "ledger-changed"), text)


def _page(
    request: HttpRequest, row: Page, opened: str = "", form: Form | None = None, status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    """With one of its forms open and, where it was sent, with what was typed."""
    begins = {"until": max(row.today, row.since), "version": row.version}
    offered: dict[str, forms.Form] = {
        "end": EndForm(by=request.actor, initial=begins), "back": TakeBackForm(by=request.actor)
    }
    if form:
        offered[opened] = form
    return show(
        request, "money/subscription.html", block="subscription", status=status, page=row, forms=offered,
        opened=opened, refusal=refusal, told=told, words=Words(),
    )
