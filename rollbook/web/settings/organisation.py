from functools import cache
from typing import Any

from babel import Locale
from babel.core import get_global
from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from phonenumbers import SUPPORTED_REGIONS

from rollbook.domains.access.models import Language
from rollbook.foundation.errors import Refused
from rollbook.screens.settings import organisation
from rollbook.web.editing import initial, said, take
from rollbook.web.forms import Form, NameField, VersionField, WholeField, ZoneField
from rollbook.web.history import told
from rollbook.web.pages import language, see_other, show
from rollbook.web.settings.contents import contents
from rollbook.workflows import organisation_changed


class OrganisationForm(Form):
    name = NameField(label=_("Name"))
    currency = forms.ChoiceField(label=_("Currency"))
    time_zone = ZoneField(label=_("Time zone"), help_text=_("That of new branches; each has its own."))
    phone_region = forms.ChoiceField(
        label=_("Country of phones"), help_text=_("A number without a country code is one of this country.")
    )
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    mark_edit_days = WholeField(
        label=_("Days to mark a lesson in"), largest=366, help_text=_("Afterwards only those who may correct.")
    )
    make_ups = forms.BooleanField(
        label=_("An excused lesson may be worked off"), required=False,
        help_text=_("Yellow and purple cells; switched off, an absence is just one."),
    )
    missed_may_be_worked_off = forms.BooleanField(label=_("So may a missed one"), required=False)
    make_up_days = WholeField(label=_("Days to work off"), smallest=1, largest=366)
    discount_limit = WholeField(
        label=_("Discounts up to, %"), largest=100,
        help_text=_("Whoever sells may give so much; more takes the right to give any discount."),
    )
    contracts = forms.BooleanField(
        label=_("A contract is made at a sale"), required=False, help_text=_("With a number, for the client's payer.")
    )
    renewal_day = WholeField(
        label=_("Day on which the next month is sold by itself"), smallest=1, largest=28, required=False,
        help_text=_("From 1 to 28. Empty: somebody looks at the list and presses the button."),
    )
    version = VersionField()

    def __init__(self, *data: Any, **how: Any) -> None:
        super().__init__(*data, **how)
        self.fields["currency"].choices = currencies(language())
        self.fields["phone_region"].choices = regions(language())


@require_http_methods(["GET", "POST"])
def rules(request: HttpRequest) -> HttpResponse:
    card = organisation.card(by=request.actor)
    if request.method == "GET":
        return _page(request, OrganisationForm(by=request.actor, initial=initial(card)), card)
    form = OrganisationForm(request.POST, by=request.actor, initial=initial(card))

    def change() -> HttpResponse:
        seen = form.cleaned_data["version"]
        organisation_changed.change(values=said(form), seen=seen, at=timezone.now(), by=request.actor)
        return see_other("settings-organisation")

    return take(form, change, lambda status, refusal: _page(request, form, card, status, refusal))


def _page(
    request: HttpRequest, form: Form, card: organisation.Card, status: int = 200, refusal: Refused | None = None
) -> HttpResponse:
    return show(
        request, "settings/organisation.html", block="page", status=status, form=form, refusal=refusal,
        card=card, told=told, contents=contents(request, current="settings-organisation"),
    )


@cache
def currencies(language: str) -> list[tuple[str, str]]:
    """Money that is in use somewhere today, by its name."""
    used = {
        code
        for in_territory in get_global("territory_currencies").values()
        for code, _since, until, tender in in_territory
        if tender and until is None
    }
    names = Locale.parse(language).currencies
    return [(code, f"{code}, {names[code]}" if code in names else code) for code in sorted(used)]


@cache
def regions(language: str) -> list[tuple[str, str]]:
    """Countries that have phones, by name."""
    names = Locale.parse(language).territories
    return sorted(((code, names.get(code, code)) for code in SUPPORTED_REGIONS), key=lambda pair: pair[1])
