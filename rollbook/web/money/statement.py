"""The statement of a client over any days: as a page, as a file, as a text to send."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from rollbook.domains.access.models import Language
from rollbook.domains.schedule.rules import month_of
from rollbook.screens import explained
from rollbook.screens import statement as screen
from rollbook.screens.statement import Page, Statement
from rollbook.web.files import paper
from rollbook.web.money import asked, papers
from rollbook.web.money.words import Said, door
from rollbook.web.pages import show


@require_GET
def page(request: HttpRequest, client_id: int) -> HttpResponse:
    shown = _page(request, client_id)
    of = shown.statement
    language = asked.language(request, shown.language)
    here = {"first": of.first, "last": of.last, "day": request.GET.get("day") and shown.day}
    return show(
        request, "money/statement.html", block="statement", page=shown, said=Said(), door=door,
        text=explained.text(statement=of, language=language), spoken=language, languages_known=dict(Language.choices),
        before=asked.address(**_beside(of, earlier=True)), after=asked.address(**_beside(of, earlier=False)),
        here=lambda **other: asked.address(**here | other),
    )


@require_GET
def pdf(request: HttpRequest, client_id: int) -> HttpResponse:
    shown = _page(request, client_id)
    with translation.override(asked.language(request, shown.language)):
        data, name = papers.statement(shown.statement, at=timezone.now())
    return paper(data, name=name, saved="save" in request.GET)


def _page(request: HttpRequest, client_id: int) -> Page:
    return screen.page(
        client_id=client_id, first=asked.day(request, "first"), last=asked.day(request, "last"),
        day=asked.day(request, "day"), at=timezone.now(), by=request.actor,
    )


def _beside(of: Statement, *, earlier: bool) -> dict[str, object]:
    """As many days before or after; of a whole month the month."""
    day = of.first - timedelta(days=1) if earlier else of.last + timedelta(days=1)
    if (of.first, of.last) == month_of(of.first):
        first, last = month_of(day)
    else:
        length = of.last - of.first
        first, last = (day - length, day) if earlier else (day, day + length)
    return {"first": first, "last": last}
