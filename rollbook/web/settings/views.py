from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rollbook.foundation.errors import NotAllowed, Refused
from rollbook.web.editing import initial, said, take
from rollbook.web.forms import Form
from rollbook.web.history import told
from rollbook.web.pages import see_other, show
from rollbook.web.settings.contents import contents, first
from rollbook.web.settings.sections import Section


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """To the first list that whoever asks may see."""
    return see_other(first(by=request.actor))


@require_GET
def listing(request: HttpRequest, section: Section) -> HttpResponse:
    archived = request.GET.get("archived") == "1"
    rows = section.rows(archived=archived, by=request.actor)
    return _page(
        request, "settings/list.html", section, rows=rows, archived=archived, may_add=_may_add(request, section)
    )


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, section: Section) -> HttpResponse:
    section.blank(by=request.actor)
    if request.method == "GET":
        return _form(request, section, section.form(by=request.actor))
    form = section.form(request.POST, by=request.actor)

    def add() -> HttpResponse:
        section.add(values=said(form), at=timezone.now(), by=request.actor)
        return see_other(f"settings-{section.name}")

    return take(form, add, lambda status, refusal: _form(request, section, form, status, refusal))


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, section: Section, pk: int) -> HttpResponse:
    card = section.card(pk=pk, by=request.actor)
    stands = initial(card)
    if request.method == "GET":
        return _form(request, section, section.form(by=request.actor, initial=stands), card=card, pk=pk)
    form = section.form(request.POST, by=request.actor, initial=stands)

    def change() -> HttpResponse:
        seen = form.cleaned_data["version"]
        section.change(pk=pk, values=said(form), seen=seen, at=timezone.now(), by=request.actor)
        return see_other(f"settings-{section.name}")

    return take(form, change, lambda status, refusal: _form(request, section, form, status, refusal, card=card, pk=pk))


@require_POST
def archive(request: HttpRequest, section: Section, pk: int) -> HttpResponse:
    section.archive(pk=pk, at=timezone.now(), by=request.actor)
    return see_other(f"settings-{section.name}")


@require_POST
def restore(request: HttpRequest, section: Section, pk: int) -> HttpResponse:
    section.restore(pk=pk, at=timezone.now(), by=request.actor)
    return see_other(f"settings-{section.name}")


def _form(
    request: HttpRequest,
    section: Section,
    form: Form,
    status: int = 200,
    refusal: Refused | None = None,
    *,
    card: Any = None,
    pk: int | None = None,
) -> HttpResponse:
    return _page(
        request, "settings/form.html", section, status=status, form=form, refusal=refusal, card=card, pk=pk,
        told=told, named=card and (getattr(card, "name", "") or f"{card.last_name} {card.first_name}".strip()),
    )


def _may_add(request: HttpRequest, section: Section) -> bool:
    try:
        section.blank(by=request.actor)
    except NotAllowed:
        return False
    return True


def _page(request: HttpRequest, template: str, section: Section, *, status: int = 200, **context: Any) -> HttpResponse:
    return show(
        request, template, block="page", status=status, section=section,
        contents=contents(request, current=f"settings-{section.name}"), **context,
    )
