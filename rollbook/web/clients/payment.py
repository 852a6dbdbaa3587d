import uuid
from datetime import date
from decimal import Decimal
from typing import Self

from django import forms
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Actor
from rollbook.domains.billing.models import Method
from rollbook.web.forms import DayField, Form, NameField, SumField, WholeField


class ReversalForm(Form):
    """Why a payment is taken back."""

    reason = NameField(label=_("Reason"), max_length=200)
    client = WholeField(required=False, widget=forms.HiddenInput())
    """On whose card; a payment may be of several."""


class PaymentForm(Form):
    """Money taken by hand. `key` is made with the form, so that sending it twice books once."""

    amount = SumField(label=_("Amount"), smallest=Decimal("0.01"))
    method = forms.ChoiceField(label=_("Method"), choices=Method.choices)
    on = DayField(label=_("Date"))
    note = NameField(label=_("Note"), max_length=200, required=False)
    key = NameField(max_length=60, widget=forms.HiddenInput())

    @classmethod
    def proposing(cls, due: Decimal, today: date, *, by: Actor) -> Self:
        """A form with what is due, today, in cash."""
        return cls(by=by, initial={"amount": due or None, "method": Method.CASH, "on": today, "key": uuid.uuid4().hex})
