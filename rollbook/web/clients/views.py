from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from rollbook.domains.billing.models import Method
from rollbook.foundation.errors import InvalidInput
from rollbook.foundation.keys import Key
from rollbook.foundation.texts import clean_line
from rollbook.screens import client, clients
from rollbook.web.clients.payment import PaymentForm, ReversalForm
from rollbook.web.history import told
from rollbook.web.journal.cells import Words
from rollbook.web.journal.forms import month_asked
from rollbook.web.pages import see_other, show, tell, toast
from rollbook.workflows import payment_announced, payment_received


@require_GET
def client_list(request: HttpRequest) -> HttpResponse:
    words, after = clean_line(request.GET.get("q", "")[:200]), Key.read(request.GET.get("after", ""))
    listed = clients.listed(words=words, after=after, at=timezone.now(), by=request.actor)
    return show(request, "clients/list.html", block="clients", listed=listed, words=words)


@require_GET
def card(request: HttpRequest, client_id: int) -> HttpResponse:
    return _card(request, client_id)


@require_POST
def payments(request: HttpRequest, client_id: int) -> HttpResponse:
    return _take(request, client_id, payment_received.receive, _("The payment is booked."))


@require_POST
def announced(request: HttpRequest, client_id: int) -> HttpResponse:
    """The same form, of money that has not come yet."""
    return _take(request, client_id, payment_announced.announce, _("It is written down and waits for confirmation."))


def _take(request: HttpRequest, client_id: int, act: Callable[..., int], said: str) -> HttpResponse:
    form = PaymentForm(request.POST, by=request.actor)
    if not form.is_valid():
        return _card(request, client_id, form, status=422)
    try:
        act(client_id=client_id, **form.cleaned_data, at=timezone.now(), by=request.actor)
    except InvalidInput as error:
        form.add_errors(error)
        return _card(request, client_id, form, status=422)
    if not request.htmx:
        return see_other("client", client_id)
    return toast(tell(_card(request, client_id), "ledger-changed"), said)


@require_POST
def reversal(request: HttpRequest, payment_id: int) -> HttpResponse:
    form = ReversalForm(request.POST, by=request.actor)
    if not form.is_valid():
        raise InvalidInput({name: " ".join(errors) for name, errors in form.errors.items()})
    clients = payment_received.take_back(
        payment_id=payment_id, reason=form.cleaned_data["reason"], at=timezone.now(), by=request.actor
    )
    whose = form.cleaned_data["client"] if form.cleaned_data["client"] in clients else clients[0]
    if not request.htmx:
        return see_other("client", whose)
    return toast(tell(_card(request, whose), "ledger-changed"), _("The payment is taken back."))


def _card(
    request: HttpRequest, client_id: int, form: PaymentForm | None = None, *, status: int = 200
) -> HttpResponse:
    month = (month_asked(request.GET) or (None,))[0]
    shown = client.card(client_id=client_id, month=month, at=timezone.now(), by=request.actor)
    return show(
        request, "clients/card.html", block="card", status=status, card=shown, words=Words(), told=told,
        methods=dict(Method.choices),
        form=form or PaymentForm.proposing(shown.due, shown.today, by=request.actor),
        before=shown.first - timedelta(days=1), after=shown.last + timedelta(days=1),
    )
