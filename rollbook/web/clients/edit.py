"""Pages on which clients and their contacts are added and changed."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from rollbook.domains.people import actions as people
from rollbook.domains.people.actions import NewContact
from rollbook.foundation.errors import Refused
from rollbook.screens import client_form
from rollbook.web.clients.forms import ClientForm, ContactForm, NewClientForm
from rollbook.web.editing import initial, said, take
from rollbook.web.pages import see_other, show


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    client_form.blank(by=request.actor)
    form = NewClientForm(request.POST if request.method == "POST" else None, by=request.actor)

    def shown(status: int = 200, refusal: Refused | None = None) -> HttpResponse:
        return show(request, "clients/new.html", block="page", status=status, form=form, refusal=refusal)

    def add() -> HttpResponse:
        client_id = people.add_client(
            values=form.client, contacts=[form.contact], at=timezone.now(), by=request.actor
        )
        return see_other("client", client_id)

    return take(form, add, shown) if request.method == "POST" else shown()


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, client_id: int) -> HttpResponse:
    card = client_form.card(client_id=client_id, at=timezone.now(), by=request.actor)
    data = request.POST if request.method == "POST" else None
    form = ClientForm(data, by=request.actor, initial=initial(card))

    def shown(status: int = 200, refusal: Refused | None = None) -> HttpResponse:
        return show(
            request, "clients/edit.html", block="page", status=status, form=form, refusal=refusal, card=card
        )

    def change() -> HttpResponse:
        seen = form.cleaned_data["version"]
        people.change_client(
            client_id=client_id, values=said(form), seen=seen, at=timezone.now(), by=request.actor
        )
        return see_other("client", client_id)

    return take(form, change, shown) if data is not None else shown()


@require_http_methods(["GET", "POST"])
def new_contact(request: HttpRequest, client_id: int) -> HttpResponse:
    card = client_form.card(client_id=client_id, at=timezone.now(), by=request.actor)
    form = ContactForm(request.POST if request.method == "POST" else None, by=request.actor)

    def add() -> HttpResponse:
        contact = NewContact(
            contact_id=form.contact_id, somebody_else=form.somebody_else, values=form.person, relation=form.relation
        )
        people.add_contact(client_id=client_id, contact=contact, at=timezone.now(), by=request.actor)
        return see_other("client-edit", client_id)

    def shown(status: int = 200, refusal: Refused | None = None) -> HttpResponse:
        return show(
            request, "clients/contact.html", block="page", status=status, form=form, refusal=refusal,
            client_id=client_id, client=card.name, card=None,
        )

    return take(form, add, shown) if request.method == "POST" else shown()


@require_http_methods(["GET", "POST"])
def edit_contact(request: HttpRequest, relation_id: int) -> HttpResponse:
    card = client_form.contact(relation_id=relation_id, at=timezone.now(), by=request.actor)
    data = request.POST if request.method == "POST" else None
    form = ContactForm(data, by=request.actor, initial=initial(card), apart_from=card.contact_id)

    def change() -> HttpResponse:
        people.change_contact(
            relation_id=relation_id, values=form.person, relation=form.relation, seen=form.cleaned_data["version"],
            somebody_else=form.somebody_else, at=timezone.now(), by=request.actor,
        )
        return see_other("client-edit", card.client_id)

    def shown(status: int = 200, refusal: Refused | None = None) -> HttpResponse:
        return show(
            request, "clients/contact.html", block="page", status=status, form=form, refusal=refusal,
            client_id=card.client_id, client=card.client, card=card,
        )

    return take(form, change, shown) if data is not None else shown()


@require_POST
def payer(request: HttpRequest, relation_id: int) -> HttpResponse:
    client_id = client_form.contact(relation_id=relation_id, at=timezone.now(), by=request.actor).client_id
    people.set_payer(relation_id=relation_id, at=timezone.now(), by=request.actor)
    return see_other("client-edit", client_id)


@require_POST
def remove_contact(request: HttpRequest, relation_id: int) -> HttpResponse:
    client_id = client_form.contact(relation_id=relation_id, at=timezone.now(), by=request.actor).client_id
    people.remove_contact(relation_id=relation_id, at=timezone.now(), by=request.actor)
    return see_other("client-edit", client_id)
