import uuid
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access.actor import Permission
from rollbook.domains.billing.actions import MoreThanBalance
from rollbook.domains.billing.models import Method
from rollbook.foundation import formats
from rollbook.screens.entries import Charge, Entries
from rollbook.web.forms import Confirm, DayField, Form, NameField, SumField
from rollbook.web.pages import language

CENT = Decimal("0.01")
LARGEST = Decimal("999999999.99")


class OfAccount(Form):
    """What is booked by hand in an account. `key` is made with the form, so that sending it twice books once."""

    key = NameField(max_length=60, widget=forms.HiddenInput())

    name: ClassVar[str]
    needs: ClassVar[Permission]

    def __init__(self, *data: Any, account: Entries, **how: Any) -> None:
        # Several of them stand on a page: what a label points at is told apart.
        initial = {"key": uuid.uuid4().hex, "on": account.today, **self.begin(account)}
        super().__init__(*data, initial=initial, auto_id=f"{self.name}_%s", **how)
        self.offer(account)

    def begin(self, account: Entries) -> dict[str, Any]:
        """What is proposed."""
        return {}

    def offer(self, account: Entries) -> None:
        """What may be chosen."""


class CorrectionForm(OfAccount):
    amount = SumField(
        label=_("Amount"), smallest=-LARGEST, largest=LARGEST, help_text=_("With a minus it is taken away: −500.")
    )
    reason = NameField(label=_("Reason"), max_length=200)
    on = DayField(label=_("Date"))
    name = "correction"
    needs = Permission.BALANCE_CORRECT


class BonusForm(OfAccount):
    amount = SumField(label=_("Amount"), smallest=CENT)
    reason = NameField(label=_("Reason"), max_length=200)
    on = DayField(label=_("Date"))
    name = "bonus"
    needs = Permission.BALANCE_CORRECT


class DiscountForm(OfAccount):
    entry_id = forms.TypedChoiceField(label=_("For which charge"), coerce=int, empty_value=None)
    percent = SumField(label=_("Percent"), smallest=CENT, largest=Decimal(100), required=False)
    amount = SumField(label=_("or an amount"), smallest=CENT, required=False)
    reason = NameField(label=_("Reason"), max_length=200)
    name = "discount"
    needs = Permission.BALANCE_CORRECT

    def offer(self, account: Entries) -> None:
        self.fields["entry_id"].choices = [(charge.entry_id, _named(charge)) for charge in account.charges]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or self.cleaned_data
        if not self.errors and (told.get("percent") is None) == (told.get("amount") is None):
            self.add_error("percent", ValidationError(_("Percent or an amount: one of the two.")))
        return told


class RefundForm(OfAccount):
    amount = SumField(label=_("Amount"), smallest=CENT)
    method = forms.ChoiceField(label=_("Method"), choices=Method.choices)
    on = DayField(label=_("Date"))
    note = NameField(label=_("Note"), max_length=200, required=False)
    over_balance = Confirm(after=MoreThanBalance, label=_("All the same, the client will owe it"))
    name = "refund"
    needs = Permission.PAYMENT_TAKE

    def begin(self, account: Entries) -> dict[str, Any]:
        return {"amount": _there(account), "method": Method.CASH}


class TransferForm(OfAccount):
    client_id = forms.TypedChoiceField(label=_("To whom"), coerce=int, empty_value=None, widget=forms.RadioSelect)
    amount = SumField(label=_("Amount"), smallest=CENT)
    reason = NameField(label=_("Reason"), max_length=200)
    over_balance = Confirm(after=MoreThanBalance, label=_("All the same, the client will owe it"))
    name = "transfer"
    needs = Permission.PAYMENT_TAKE

    def begin(self, account: Entries) -> dict[str, Any]:
        alone = account.receivers[0].client_id if len(account.receivers) == 1 else None
        return {"amount": _there(account), "client_id": alone}

    def offer(self, account: Entries) -> None:
        same = _("the same payer")
        self.fields["client_id"].choices = [
            (one.client_id, f"{one.name} ({same if one.is_sibling else one.branch})") for one in account.receivers
        ]


FORMS: tuple[type[OfAccount], ...] = (RefundForm, TransferForm, CorrectionForm, BonusForm, DiscountForm)


def _there(account: Entries) -> Decimal | None:
    """What there is to be given back or moved away."""
    return account.balance if account.balance and account.balance > 0 else None


def _named(charge: Charge) -> str:
    """12.03.2026, Chess: 600, or what is left of it."""
    day, left = formats.short_day(charge.day, language=language()), formats.money(charge.left, language=language())
    return f"{day}, {charge.group}: {left}" if charge.group else f"{day}: {left}"
