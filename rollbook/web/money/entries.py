"""The page of what is booked by hand in a client's account, which is read in the side panel as well."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rollbook.domains.access.actor import Permission
from rollbook.domains.billing.models import Method
from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.texts import clean_line
from rollbook.screens import entries
from rollbook.screens.entries import Entries
from rollbook.web.clients.payment import ReversalForm
from rollbook.web.editing import said, take
from rollbook.web.journal.forms import NUMBER
from rollbook.web.money.forms import (
    FORMS,
    BonusForm,
    CorrectionForm,
    DiscountForm,
    OfAccount,
    RefundForm,
    TransferForm,
)
from rollbook.web.pages import see_other, show, tell, toast
from rollbook.workflows import money_corrected, money_refunded, money_transferred


@require_GET
def page(request: HttpRequest, client_id: int) -> HttpResponse:
    words = clean_line(request.GET.get("who", "")[:200])
    account = _account(request, client_id, words=words)
    return _page(request, account, opened=request.GET.get("open", ""), words=words)


@require_POST
def correction(request: HttpRequest, client_id: int) -> HttpResponse:
    def act(told: dict[str, Any]) -> str:
        money_corrected.correct(client_id=client_id, **told, at=timezone.now(), by=request.actor)
        return _("The balance is corrected.")

    return _take(request, client_id, CorrectionForm, act)


@require_POST
def bonus(request: HttpRequest, client_id: int) -> HttpResponse:
    def act(told: dict[str, Any]) -> str:
        money_corrected.give_bonus(client_id=client_id, **told, at=timezone.now(), by=request.actor)
        return _("The bonus is given.")

    return _take(request, client_id, BonusForm, act)


@require_POST
def discount(request: HttpRequest, client_id: int) -> HttpResponse:
    def act(told: dict[str, Any]) -> str:
        money_corrected.discount(**told, at=timezone.now(), by=request.actor)
        return _("The discount is given.")

    return _take(request, client_id, DiscountForm, act)


@require_POST
def refund(request: HttpRequest, client_id: int) -> HttpResponse:
    def act(told: dict[str, Any]) -> str:
        money_refunded.refund(client_id=client_id, **told, at=timezone.now(), by=request.actor)
        return _("The refund is booked.")

    return _take(request, client_id, RefundForm, act)


@require_POST
def transfer(request: HttpRequest, client_id: int) -> HttpResponse:
    def act(told: dict[str, Any]) -> str:
        to = told.pop("client_id")
        money_transferred.transfer(
            from_client_id=client_id, to_client_id=to, **told, at=timezone.now(), by=request.actor
        )
        return _("The money is moved.")

    return _take(request, client_id, TransferForm, act)


@require_POST
def entry_reversal(request: HttpRequest, entry_id: int) -> HttpResponse:
    client_id = money_corrected.take_back(
        entry_id=entry_id, reason=_reason(request), at=timezone.now(), by=request.actor
    )
    return _done(request, client_id, Permission.BALANCE_CORRECT, _("The entry is taken back."))


@require_POST
def transfer_reversal(request: HttpRequest, transfer_id: int) -> HttpResponse:
    """In the account from whose page it was asked: the one that sent, without a word."""
    clients = money_transferred.take_back(
        transfer_id=transfer_id, reason=_reason(request), at=timezone.now(), by=request.actor
    )
    there = [client for client in clients if str(client) == request.POST.get("of")]
    return _done(request, (there or clients)[0], Permission.PAYMENT_TAKE, _("The transfer is taken back."))


def _reason(request: HttpRequest) -> str:
    form = ReversalForm(request.POST, by=request.actor)
    if not form.is_valid():
        raise InvalidInput({name: " ".join(errors) for name, errors in form.errors.items()})
    return str(form.cleaned_data["reason"])


def _take(
    request: HttpRequest, client_id: int, kind: type[OfAccount], act: Callable[[dict[str, Any]], str]
) -> HttpResponse:
    """What `act` did with what the form says, and the page; or the page with that form open."""
    chosen = request.POST.get("client_id", "")
    account = _account(request, client_id, under=kind.needs, chosen=int(chosen) if NUMBER.fullmatch(chosen) else None)
    form = kind(request.POST, by=request.actor, account=account)

    def shown(status: int, refusal: Refused | None) -> HttpResponse:
        return _page(request, account, opened=form.name, form=form, status=status, refusal=refusal)

    return take(form, lambda: _done(request, client_id, kind.needs, act(said(form))), shown)


def _account(request: HttpRequest, client_id: int, **how: Any) -> Entries:
    return entries.entries(client_id=client_id, **how, at=timezone.now(), by=request.actor)


def _done(request: HttpRequest, client_id: int, under: Permission, text: str) -> HttpResponse:
    if not request.htmx:
        return see_other("client-entries", client_id)
    return toast(tell(_page(request, _account(request, client_id, under=under)), "ledger-changed"), text)


def _page(
    request: HttpRequest,
    account: Entries,
    *,
    opened: str = "",
    words: str = "",
    form: OfAccount | None = None,
    status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    """The page, with one of its forms open and, where it was sent, with what was typed."""
    forms = {kind.name: kind(by=request.actor, account=account) for kind in FORMS}
    if form:
        forms[form.name] = form
    return show(
        request, "money/entries.html", block="entries", status=status, page=account, forms=forms, opened=opened,
        words=words, refusal=refusal, methods=dict(Method.choices),
    )
