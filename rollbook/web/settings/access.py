from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from rollbook.domains.access import actions as access
from rollbook.domains.access.actor import Reach
from rollbook.foundation.errors import Refused
from rollbook.screens.settings import access as screen
from rollbook.web.editing import take
from rollbook.web.forms import EmailField, Form, NameField, OneOf, SeveralOf
from rollbook.web.history import told
from rollbook.web.pages import see_other, show
from rollbook.web.settings.contents import contents
from rollbook.workflows import access_given
from rollbook.workflows.access_given import Grant

REACHES = {
    Reach.EVERYTHING: _("Everywhere"),
    Reach.BRANCHES: _("In branches"),
    Reach.GROUPS: _("In groups"),
    Reach.OWN: _("What is their own: groups they teach, clients they answer for"),
}


class GrantForm(Form):
    """A role, and how far it reaches."""

    role_id = OneOf(screen.roles, label=_("Role"))
    reach = forms.TypedChoiceField(label=_("Reaches"), coerce=Reach, widget=forms.RadioSelect)
    branch_ids = SeveralOf(screen.branches, label=_("Branches"), required=False)
    group_ids = SeveralOf(screen.groups, label=_("Groups"), required=False)

    def __init__(self, *data: Any, **how: Any) -> None:
        super().__init__(*data, **how)
        self.fields["reach"].choices = [(reach.value, REACHES[reach]) for reach in screen.reaches(by=self.by)]

    @property
    def grant(self) -> Grant:
        said = self.cleaned_data
        return Grant(said["role_id"], said["reach"], said["branch_ids"], said["group_ids"])


class InviteForm(GrantForm):
    name = NameField(label=pgettext_lazy("of a person", "Name"), max_length=150)
    email = EmailField(label=_("E-mail"), required=False)
    employee_id = OneOf(
        screen.employees, label=_("Employee"), required=False,
        help_text=_("Whoever teaches sees what is their own by this."),
    )
    field_order = ("name", "email", "employee_id", "role_id", "reach", "branch_ids", "group_ids")


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    return _page(request, "access.html", people=screen.people(at=timezone.now(), by=request.actor))


@require_http_methods(["GET", "POST"])
@never_cache
def invite(request: HttpRequest) -> HttpResponse:
    """Answers with the link: it is shown once, and kept nowhere."""
    form = InviteForm(request.POST if request.method == "POST" else None, by=request.actor)
    if request.method == "GET":
        return _page(request, "access_invite.html", form=form, refusal=None)

    def act() -> HttpResponse:
        said = form.cleaned_data
        secret = access_given.invite(
            name=said["name"], email=said["email"], grant=form.grant, employee_id=said["employee_id"],
            at=timezone.now(), by=request.actor,
        )
        link = f"{settings.PUBLIC_URL}{reverse('account-invitation', args=[secret])}"
        return _page(request, "access_invited.html", name=said["name"], link=link)

    return take(
        form, act,
        lambda status, refusal: _page(request, "access_invite.html", status=status, form=form, refusal=refusal),
    )


@require_POST
def revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    access.revoke_invitation(invitation_id=invitation_id, at=timezone.now(), by=request.actor)
    return see_other("settings-access")


@require_GET
def user(request: HttpRequest, user_id: int) -> HttpResponse:
    return _user(request, user_id)


@require_POST
def give(request: HttpRequest, user_id: int) -> HttpResponse:
    # Whoever may not know of this user is not told what a form is.
    screen.card(user_id=user_id, at=timezone.now(), by=request.actor)
    form = GrantForm(request.POST, by=request.actor)

    def act() -> HttpResponse:
        access_given.give(user_id=user_id, grant=form.grant, at=timezone.now(), by=request.actor)
        return see_other("settings-access-user", user_id)

    return take(form, act, lambda status, refusal: _user(request, user_id, form, status, refusal))


@require_POST
def take_away(request: HttpRequest, user_id: int, grant_id: int) -> HttpResponse:
    access.take_grant(user_id=user_id, grant_id=grant_id, at=timezone.now(), by=request.actor)
    return see_other("settings-access-user", user_id)


@require_POST
def sign_out(request: HttpRequest, user_id: int) -> HttpResponse:
    access.end_sessions_of(user_id=user_id, at=timezone.now(), by=request.actor)
    return see_other("settings-access-user", user_id)


@require_POST
def revoke_key(request: HttpRequest, user_id: int, key_id: int) -> HttpResponse:
    access.revoke_key(user_id=user_id, key_id=key_id, at=timezone.now(), by=request.actor)
    return see_other("settings-access-user", user_id)


@require_POST
def disable(request: HttpRequest, user_id: int) -> HttpResponse:
    access.disable_user(user_id=user_id, at=timezone.now(), by=request.actor)
    return see_other("settings-access-user", user_id)


@require_POST
def enable(request: HttpRequest, user_id: int) -> HttpResponse:
    access.enable_user(user_id=user_id, at=timezone.now(), by=request.actor)
    return see_other("settings-access-user", user_id)


def _user(
    request: HttpRequest, user_id: int, form: GrantForm | None = None, status: int = 200,
    refusal: Refused | None = None,
) -> HttpResponse:
    card = screen.card(user_id=user_id, at=timezone.now(), by=request.actor)
    shown = form or GrantForm(by=request.actor)
    return _page(request, "access_user.html", status=status, card=card, form=shown, refusal=refusal, told=told)


def _page(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
    beside = contents(request, current="settings-access")
    return show(request, f"settings/{template}", block="page", status=status, contents=beside, **context)
