"""A payer and all for whom they pay: a page, which is read in the side panel as well."""

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.forms import BoundField
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing.models import Method
from rollbook.foundation.errors import Refused
from rollbook.foundation.numbers import parse_sum
from rollbook.screens import family as screen
from rollbook.screens.family import Child, Family
from rollbook.web.clients.payment import PaymentForm
from rollbook.web.editing import take
from rollbook.web.forms import SumField
from rollbook.web.pages import see_other, show, tell, toast, url
from rollbook.workflows import payment_received


class FamilyPaymentForm(PaymentForm):
    """One payment, and what each child gets of it."""

    def __init__(
        self, data: QueryDict | None = None, *, children: Iterable[Child], here: str, by: Actor, **how: Any
    ) -> None:
        super().__init__(data, by=by, auto_id="family_%s", **how)
        self.clients = {child.client_id: f"share-{child.client_id}" for child in children}
        for child in children:
            self.fields[self.clients[child.client_id]] = SumField(label=child.name, required=False)
        # The shares follow what is typed.
        self.fields["amount"].widget.attrs |= {
            "hx-get": here, "hx-trigger": "input changed delay:300ms", "hx-target": "#shares", "hx-select": "#shares",
            "hx-swap": "outerHTML", "hx-sync": "this:replace",
        }

    def parts(self) -> list[BoundField]:
        """The fields of the shares."""
        return [self[name] for name in self.clients.values()]

    def told(self) -> dict[str, Any]:
        """What the workflow asks for."""
        said = self.cleaned_data
        shares = {client: said[name] for client, name in self.clients.items() if said[name]}
        return {name: value for name, value in said.items() if name not in self.clients.values()} | {"shares": shares}


@require_GET
def family(request: HttpRequest, contact_id: int) -> HttpResponse:
    return _page(request, _family(request, contact_id, request.GET.get("amount", "")))


@require_POST
def payments(request: HttpRequest, contact_id: int) -> HttpResponse:
    """Book it, or (`do=split`) look how it would fall on the children."""
    splits = request.POST.get("do") == "split"
    shown = _family(request, contact_id, request.POST.get("amount", "") if splits else "")
    form = _form(request, shown, request.POST)
    if splits:
        form.again(**{form.clients[client]: share for client, share in shown.shares.items()})
        return _page(request, shown, form)

    def book() -> HttpResponse:
        payment_received.receive_family(
            contact_id=contact_id, **form.told(), at=timezone.now(), by=request.actor
        )
        if not request.htmx:
            return see_other("family", contact_id)
        page = _page(request, _family(request, contact_id))
        return toast(tell(page, "ledger-changed"), _("The payment is booked."))

    def again(status: int, refusal: Refused | None) -> HttpResponse:
        return _page(request, shown, form, status=status, refusal=refusal)

    return take(form, book, again)


def _family(request: HttpRequest, contact_id: int, amount: str = "") -> Family:
    to_split = parse_sum(amount[:40])
    return screen.family(
        contact_id=contact_id, amount=to_split if to_split and to_split > 0 else None, at=timezone.now(),
        by=request.actor,
    )


def _form(request: HttpRequest, shown: Family, data: QueryDict | None = None) -> FamilyPaymentForm:
    shares = {f"share-{client}": share or None for client, share in shown.shares.items()}
    proposed: dict[str, Decimal | Any] = {
        "amount": shown.proposed or None, "method": Method.CASH, "on": shown.today, "key": uuid.uuid4().hex, **shares,
    }
    return FamilyPaymentForm(
        data, children=shown.payable, here=url("family", shown.contact_id), by=request.actor, initial=proposed
    )


def _page(
    request: HttpRequest, shown: Family, form: FamilyPaymentForm | None = None, *, status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    return show(
        request, "money/family.html", block="family", status=status, family=shown, form=form or _form(request, shown),
        is_open=form is not None, refusal=refusal,
    )
