"""The permanent discounts of a client: a page, which is read in the side panel as well."""

from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from rollbook.domains.billing import actions as billing
from rollbook.foundation.errors import Refused
from rollbook.screens import discounts as screen
from rollbook.web.editing import take
from rollbook.web.forms import DayField, Form, NameField, SumField
from rollbook.web.pages import see_other, show, toast


class DiscountForm(Form):
    percent = SumField(
        label=gettext_lazy("Per cent of the price"), smallest=Decimal("0.01"), largest=Decimal(100), required=False
    )
    amount = SumField(label=gettext_lazy("or an amount"), smallest=Decimal("0.01"), required=False)
    reason = NameField(label=gettext_lazy("Reason"), max_length=200)
    since = DayField(label=gettext_lazy("First day"))
    until = DayField(
        label=gettext_lazy("First day without it"), required=False, help_text=gettext_lazy("Empty: for good.")
    )


@require_http_methods(["GET", "POST"])
def discounts(request: HttpRequest, client_id: int) -> HttpResponse:
    page = _page_of(request, client_id)
    if request.method != "POST":
        return _page(request, page, opened=request.GET.get("open", ""))
    form = DiscountForm(request.POST, by=request.actor)

    def give() -> HttpResponse:
        billing.give_discount(client_id=client_id, **form.cleaned_data, at=timezone.now(), by=request.actor)
        return _done(request, client_id, _("The discount is given."))

    def shown(status: int, refusal: Refused | None) -> HttpResponse:
        return _page(request, page, opened="discount", form=form, status=status, refusal=refusal)

    return take(form, give, shown)


@require_POST
def end(request: HttpRequest, discount_id: int) -> HttpResponse:
    """The client pays in full from today on."""
    client_id = screen.client_of(discount_id=discount_id, by=request.actor)
    today = _page_of(request, client_id).today
    billing.end_discount(discount_id=discount_id, since=today, at=timezone.now(), by=request.actor)
    return _done(request, client_id, _("The discount is ended."))


def _page_of(request: HttpRequest, client_id: int) -> screen.Page:
    return screen.page(client_id=client_id, at=timezone.now(), by=request.actor)


def _done(request: HttpRequest, client_id: int, text: str) -> HttpResponse:
    if not request.htmx:
        return see_other("client-discounts", client_id)
    return toast(_page(request, _page_of(request, client_id)), text)


def _page(
    request: HttpRequest,
    page: screen.Page,
    *,
    opened: str = "",
    form: DiscountForm | None = None,
    status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    return show(
        request, "money/discounts.html", block="discounts", status=status, page=page, opened=opened, refusal=refusal,
        form=form or DiscountForm(by=request.actor, initial={"since": page.today}),
    )
