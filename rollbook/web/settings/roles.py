from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rollbook.domains.access import actions as access
from rollbook.domains.access import queries
from rollbook.domains.access.actor import Permission
from rollbook.domains.access.queries import RoleCard
from rollbook.foundation.errors import Refused
from rollbook.screens.settings import access as screen
from rollbook.web.editing import said, take
from rollbook.web.forms import Form, NameField, VersionField
from rollbook.web.pages import see_other, show
from rollbook.web.settings.contents import contents


class RoleForm(Form):
    name = NameField(label=_("Name"), required=False)
    mfa_required = forms.BooleanField(
        label=_("A second factor is required"), required=False,
        help_text=_("Whoever has none sets one up at the next sign-in; until then the role gives nothing."),
    )
    permissions = forms.TypedMultipleChoiceField(
        label=_("May"), coerce=Permission, required=False, choices=[(each.value, each.value) for each in Permission],
        widget=forms.CheckboxSelectMultiple,
    )
    version = VersionField()

    @property
    def ticked(self) -> set[str]:
        """The values of the boxes that are ticked."""
        return {str(value) for value in self["permissions"].value() or ()}


@require_GET
def roles(request: HttpRequest) -> HttpResponse:
    may_add = bool(request.actor.may_everywhere(Permission.ACCESS_MANAGE))
    return _page(request, "roles.html", roles=queries.roles(by=request.actor), may_add=may_add)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    screen.held_everywhere(by=request.actor)
    form = RoleForm(request.POST if request.method == "POST" else None, by=request.actor)
    if request.method == "GET":
        return _form(request, form)

    def add() -> HttpResponse:
        access.add_role(values=_values(form), at=timezone.now(), by=request.actor)
        return see_other("settings-roles")

    return take(form, add, lambda status, refusal: _form(request, form, None, status, refusal))


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, role_id: int) -> HttpResponse:
    card = screen.role(role_id=role_id, by=request.actor)
    initial = {
        "name": card.own_name, "mfa_required": card.mfa_required, "version": card.version,
        "permissions": sorted(card.permissions),
    }
    form = RoleForm(request.POST if request.method == "POST" else None, by=request.actor, initial=initial)
    if request.method == "GET":
        return _form(request, form, card)

    def change() -> HttpResponse:
        values, seen = _values(form), form.cleaned_data["version"]
        access.change_role(role_id=role_id, values=values, seen=seen, at=timezone.now(), by=request.actor)
        return see_other("settings-roles")

    return take(form, change, lambda status, refusal: _form(request, form, card, status, refusal))


@require_POST
def remove(request: HttpRequest, role_id: int) -> HttpResponse:
    access.remove_role(role_id=role_id, at=timezone.now(), by=request.actor)
    return see_other("settings-roles")


def _values(form: RoleForm) -> Any:
    values = said(form)
    return values | {"permissions": frozenset(values["permissions"])}


def _form(
    request: HttpRequest, form: RoleForm, card: RoleCard | None = None, status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    return _page(
        request, "role.html", status=status, form=form, card=card, refusal=refusal, permissions=screen.PERMISSIONS,
        held=screen.held_everywhere(by=request.actor),
    )


def _page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    beside = contents(request, current="settings-roles")
    return show(request, f"settings/{template}", block="page", status=status, contents=beside, **context)
