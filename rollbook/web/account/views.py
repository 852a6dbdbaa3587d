from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.decorators import rate_limit
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from rollbook.domains.access import actions as access
from rollbook.domains.access import queries
from rollbook.foundation.errors import InvalidInput
from rollbook.web.account.forms import AcceptForm, NameForm, SignInForm
from rollbook.web.pages import see_other, show
from rollbook.workflows import invitation_accepted
from rollbook.workflows.invitation_accepted import Newcomer


@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    return _profile(request)


@require_POST
def name(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _profile(request, status=422, name_form=form)
    try:
        access.change_name(name=form.cleaned_data["name"], at=timezone.now(), by=request.actor)
    except InvalidInput as error:
        return _profile(request, status=422, name_form=_told(form, error))
    return see_other("account")


@require_http_methods(["GET", "POST"])
@reauthentication_required(app="allauth.account")
def sign_in(request: HttpRequest) -> HttpResponse:
    """Login and e-mail, changed by nobody but the person, who has lately proved to be it."""
    profile = queries.profile(by=request.actor)
    initial = {"username": profile.username, "email": profile.email, "version": profile.version}
    form = SignInForm(request.POST if request.method == "POST" else None, initial=initial)
    if not form.is_bound:
        return show(request, "account/sign_in.html", block="page", form=form)
    if form.is_valid():
        said = form.cleaned_data
        try:
            access.change_login(
                username=said["username"], email=said["email"], seen=said["version"], at=timezone.now(),
                by=request.actor,
            )
            return see_other("account")
        except InvalidInput as error:
            _told(form, error)
    return show(request, "account/sign_in.html", block="page", form=form, status=422)


@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    doors = queries.doors(current=request.session.session_key, at=timezone.now(), by=request.actor)
    return show(request, "account/sessions.html", block="page", doors=doors)


@require_POST
def end(request: HttpRequest, session: str) -> HttpResponse:
    access.end_session(name=session, at=timezone.now(), by=request.actor)
    return see_other("account-sessions")


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    access.end_other_sessions(apart_from=request.session.session_key, at=timezone.now(), by=request.actor)
    return see_other("account-sessions")


@require_safe
@never_cache
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """A page with a button: what only looks at links does not use this one up."""
    if not queries.lives(link=secret, at=timezone.now()):
        raise access.DeadLink
    return show(request, "account/link.html", block="page", secret=secret)


@require_POST
@rate_limit(action="link")
@sensitive_post_parameters("secret")
def follow_link(request: HttpRequest) -> HttpResponse:
    user_id = access.use_link(secret=request.POST.get("secret", ""), at=timezone.now(), by=request.actor)
    return _enter(request, user_id, method="link")


@require_safe
@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    promised = queries.promised(secret=secret, at=timezone.now())
    if promised is None:
        raise access.DeadLink
    initial = {"secret": secret, "name": promised.name, "email": promised.email, "username": promised.login}
    return show(request, "account/invitation.html", block="page", form=AcceptForm(initial=initial))


@require_POST
@rate_limit(action="link")
@sensitive_post_parameters("secret", "password")
def accept(request: HttpRequest) -> HttpResponse:
    """The address carries no secret, so that an answer of 422 leaves none in the log."""
    form = AcceptForm(request.POST)
    if form.is_valid():
        said: dict[str, Any] = form.cleaned_data
        newcomer = Newcomer(said["name"], said["username"], said["email"], said["password"], get_language() or "")
        try:
            user_id = invitation_accepted.accept(
                secret=said["secret"], newcomer=newcomer, at=timezone.now(), by=request.actor
            )
            return _enter(request, user_id, method="invitation")
        except InvalidInput as error:
            _told(form, error)
    return show(request, "account/invitation.html", block="page", form=form, status=422)


class PasskeyLogin(LoginWebAuthnView):
    def form_invalid(self, form: Form) -> HttpResponse:
        return redirect(f"{reverse('account_login')}?passkey=refused")


def _enter(request: HttpRequest, user_id: int, *, method: str) -> HttpResponse:
    """By allauth's own way in, so that whoever has a second factor is asked for it."""
    user = queries.user_to_sign_in(user_id=user_id)
    record_authentication(request, user, method=method)
    response: HttpResponse = perform_login(request, Login(user=user))
    return response


def _profile(request: HttpRequest, *, status: int = 200, name_form: Form | None = None) -> HttpResponse:
    profile = queries.profile(by=request.actor)
    form = name_form or NameForm(initial={"name": profile.name})
    return show(request, "account/profile.html", block="page", status=status, profile=profile, form=form)


def _told(form: Form, error: InvalidInput) -> Form:
    for field, sentence in error.fields.items():
        form.add_error(field, sentence)
    return form
