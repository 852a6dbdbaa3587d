"""The receipt of a payment, to be read, printed, and kept."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from rollbook.domains.access.models import Language
from rollbook.domains.billing.models import Method
from rollbook.foundation import formats
from rollbook.screens import receipt as screen
from rollbook.web.files import paper
from rollbook.web.money import asked, papers
from rollbook.web.pages import language, show


@require_GET
def page(request: HttpRequest, payment_id: int) -> HttpResponse:
    shown = screen.receipt(payment_id=payment_id, by=request.actor)
    return show(
        request, "money/receipt.html", block="receipt", receipt=shown, methods=dict(Method.choices),
        amount=formats.price(shown.amount, currency=shown.currency, language=language()),
        languages_known=dict(Language.choices),
    )


@require_GET
def pdf(request: HttpRequest, payment_id: int) -> HttpResponse:
    shown = screen.receipt(payment_id=payment_id, by=request.actor)
    with translation.override(asked.language(request, shown.language)):
        data, name = papers.receipt(shown, at=timezone.now())
    return paper(data, name=name, saved="save" in request.GET)
