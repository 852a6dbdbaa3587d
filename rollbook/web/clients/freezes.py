"""The pauses of a client, past and to come: a page, which is read in the side panel as well."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from rollbook.foundation.errors import Refused
from rollbook.screens import client_form
from rollbook.screens.client_form import Pauses
from rollbook.web.clients.forms import FreezeForm
from rollbook.web.editing import take
from rollbook.web.pages import see_other, show, tell, toast
from rollbook.workflows import client_frozen


@require_http_methods(["GET", "POST"])
def freezes(request: HttpRequest, client_id: int) -> HttpResponse:
    pauses = _pauses(request, client_id)
    if request.method != "POST":
        return _page(request, pauses, opened=request.GET.get("open", ""))
    form = FreezeForm(request.POST, by=request.actor)

    def freeze() -> HttpResponse:
        client_frozen.freeze(client_id=client_id, **form.cleaned_data, at=timezone.now(), by=request.actor)
        return _done(request, client_id, _("The client is frozen."))

    def shown(status: int, refusal: Refused | None) -> HttpResponse:
        return _page(request, pauses, opened="freeze", form=form, status=status, refusal=refusal)

    return take(form, freeze, shown)


@require_POST
def unfreeze(request: HttpRequest, freeze_id: int) -> HttpResponse:
    """The client comes again from today on."""
    client_id = client_form.client_of_freeze(freeze_id=freeze_id, by=request.actor)
    today = _pauses(request, client_id).today
    client_frozen.unfreeze(freeze_id=freeze_id, since=today, at=timezone.now(), by=request.actor)
    return _done(request, client_id, _("The freeze is ended."))


def _pauses(request: HttpRequest, client_id: int) -> Pauses:
    return client_form.pauses(client_id=client_id, at=timezone.now(), by=request.actor)


def _done(request: HttpRequest, client_id: int, text: str) -> HttpResponse:
    if not request.htmx:
        return see_other("client-freezes", client_id)
    return toast(tell(_page(request, _pauses(request, client_id)), "ledger-changed"), text)


def _page(
    request: HttpRequest,
    pauses: Pauses,
    *,
    opened: str = "",
    form: FreezeForm | None = None,
    status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    return show(
        request, "clients/freezes.html", block="freezes", status=status, page=pauses, opened=opened, refusal=refusal,
        form=form or FreezeForm(by=request.actor, initial={"since": pauses.today}),
    )
