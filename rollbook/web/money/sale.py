"""Selling a subscription: one form, beside it what that costs and how it is reckoned, anew at each change."""

import uuid
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from rollbook.domains.billing.actions import once
from rollbook.domains.billing.rules import Discount
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.formats import money
from rollbook.screens import sale
from rollbook.screens.sale import Asked, Price
from rollbook.screens.selling import Wanted
from rollbook.web.editing import take
from rollbook.web.forms import NOTHING, DayField, Form, NameField, SumField
from rollbook.web.journal.forms import NUMBER
from rollbook.web.money import subscription
from rollbook.web.pages import language, see_other, show, tell, toast
from rollbook.workflows import subscription_sold
from rollbook.workflows.subscription_sold import Order


class SaleForm(Form):
    """`key` is made with the form, so that sending it twice sells once; `shown` is the amount that stood beside it."""

    group_id = forms.TypedChoiceField(label=gettext_lazy("Group"), coerce=int, empty_value=None)
    tariff_id = forms.TypedChoiceField(label=gettext_lazy("Tariff"), coerce=int, empty_value=None)
    since = DayField(label=gettext_lazy("First day"))
    discount_percent = SumField(label=gettext_lazy("Discount, %"), largest=Decimal(100), required=False)
    discount_amount = SumField(label=gettext_lazy("or an amount"), required=False)
    discount_reason = NameField(label=gettext_lazy("What the discount is for"), max_length=200, required=False)
    contract = NameField(label=gettext_lazy("Contract"), max_length=40, required=False)
    note = NameField(label=gettext_lazy("Note"), max_length=200, required=False)
    key = NameField(max_length=60, widget=forms.HiddenInput())
    shown = SumField(required=False, widget=forms.HiddenInput())

    MORE = ("discount_percent", "discount_amount", "discount_reason", "contract", "note")

    def __init__(self, data: QueryDict | None = None, *, asked: Asked, **how: Any) -> None:
        begins = {
            "group_id": asked.group_id, "tariff_id": asked.tariff_id, "since": asked.since,
            "contract": asked.contract, "key": uuid.uuid4().hex,
        }
        super().__init__(data, initial=begins, **how)
        ours = [(_("Groups of the client"), asked.own)] if asked.own else []
        others = [(_("Other groups"), asked.others)] if asked.others else []
        self.fields["group_id"].choices = [("", NOTHING), *ours, *others]
        offered = [(one.tariff_id, f"{one.name} · {money(one.price, language=language())}") for one in asked.tariffs]
        self.fields["tariff_id"].choices = offered if len(offered) == 1 else [("", NOTHING), *offered]
        if asked.contract is None:
            del self.fields["contract"]

    @property
    def is_opened(self) -> bool:
        """Whether what is seldom asked for is to be seen: something was typed there, or is wrong."""
        return any(self.errors.get(name) or self.data.get(name) for name in self.MORE) if self.is_bound else False

    def once(self) -> Discount | None:
        told = self.cleaned_data
        return once(
            percent=told.get("discount_percent"), amount=told.get("discount_amount"),
            reason=told.get("discount_reason", ""),
        )

    def once_so_far(self) -> Discount | None:
        """The same while it is typed: what cannot be reckoned with yet is left out, and the reason comes last."""
        told = self.cleaned_data
        try:
            given = once(
                percent=told.get("discount_percent"), amount=told.get("discount_amount"), reason="to be said",
            )
        except InvalidInput:
            return None
        return given and replace(given, reason=told.get("discount_reason", ""))


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, client_id: int) -> HttpResponse:
    told = request.POST if request.method == "POST" else request.GET
    group = told.get("group_id") or told.get("group", "")

    def ask(since: date | None) -> Asked:
        return sale.asked(
            client_id=client_id, group_id=int(group) if NUMBER.fullmatch(group) else None, since=since,
            at=timezone.now(), by=request.actor,
        )

    asked = ask(_day(told.get("since")))
    if "group_id" not in told and request.method == "GET":
        form = SaleForm(asked=asked, by=request.actor)
        price = _price(asked, form)
        if price and price.offer.reckoning.lessons == 0 and price.offer.until:
            asked = ask(price.offer.until)  # on the last days of a month there is none of it left to sell
            form = SaleForm(asked=asked, by=request.actor)
        return _page(request, asked, form)
    if request.method == "GET" or told.get("do") == "reckon":
        return _page(request, asked, SaleForm(_fitting(told, asked), asked=asked, by=request.actor))
    form = SaleForm(told, asked=asked, by=request.actor)

    def sell() -> HttpResponse:
        values = form.cleaned_data
        order = Order(
            wanted=_wanted(client_id, values), key=f"sale:{values['key']}", once=form.once(), shown=values["shown"],
            contract=values.get("contract", ""), note=values["note"],
        )
        (sold,) = subscription_sold.sell(orders=[order], at=timezone.now(), by=request.actor)
        if not request.htmx:
            return see_other("subscription", sold)
        return toast(tell(subscription.shown(request, sold), "ledger-changed"), _("The subscription is sold."))

    return take(form, sell, lambda status, refusal: _page(request, asked, form, status=status, refusal=refusal))


def _day(text: str | None) -> date | None:
    try:
        return DayField(required=False).clean(text or "")
    except ValidationError:
        return None


def _fitting(told: QueryDict, asked: Asked) -> QueryDict:
    """What was chosen; where the group has other tariffs, its usual one."""
    fitting = told.copy()
    fitting.setdefault("key", uuid.uuid4().hex)
    if asked.tariff_id and told.get("tariff_id") not in {str(tariff.tariff_id) for tariff in asked.tariffs}:
        fitting["tariff_id"] = str(asked.tariff_id)
    return fitting


def _wanted(client_id: int, values: dict[str, Any]) -> Wanted:
    return Wanted(client_id, values["group_id"], values["tariff_id"], values["since"])


def _price(asked: Asked, form: SaleForm) -> Price | None:
    """None while it is not said yet what is wanted."""
    once_only = None
    chosen: dict[str, Any] = {name: form.initial[name] for name in ("group_id", "tariff_id", "since")}
    if form.is_bound:
        form.is_valid()
        chosen, once_only = form.cleaned_data, form.once_so_far()
    if not all(chosen.get(name) for name in ("group_id", "tariff_id", "since")):
        return None
    wanted = _wanted(asked.client_id, chosen)
    return sale.price(wanted=wanted, once=once_only, language=language(), by=form.by)


def _page(
    request: HttpRequest, asked: Asked, form: SaleForm, *, status: int = 200, refusal: Refused | None = None
) -> HttpResponse:
    """All of it, or the reckoning alone where that is to be shown anew."""
    part = "reckoning" if request.htmx.target == "reckoning" else "sale"
    return show(
        request, "money/sale.html", block=part, status=status, asked=asked, form=form, refusal=refusal,
        price=_price(asked, form),
    )
