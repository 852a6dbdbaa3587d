"""Of allauth only what is used here: nobody signs up, and addresses are confirmed by nobody's letter."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.http import HttpRequest, HttpResponse
from django.urls import path, re_path

from rollbook.web.account import views

Answer = Callable[..., HttpResponse]
TOO_OFTEN = {"too_many_login_attempts", "rate_limited"}


def answering(view: Answer) -> Answer:
    """The view, with the statuses of this house: 422 where something typed is wrong, 429 where it was too often."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        forms = [(getattr(response, "context_data", None) or {}).get(name) for name in ("form", "webauthn_form")]
        wrong = [form for form in forms if form is not None and form.is_bound and form.errors]
        if request.method == "POST" and wrong and response.status_code == 200:
            told = {error.code for form in wrong for errors in form.errors.as_data().values() for error in errors}
            response.status_code = 429 if told & TOO_OFTEN else 422
        if response.status_code == 429:
            response.headers.setdefault("Retry-After", "300")
        return response

    return answered


urlpatterns = [
    path("account/", views.profile, name="account"),
    path("account/name/", views.name, name="account-name"),
    path("account/sign-in/", views.sign_in, name="account-sign-in"),
    path("account/sessions/", views.sessions, name="account-sessions"),
    path("account/sessions/end/", views.end_others, name="account-sessions-end"),
    path("account/sessions/<str:session>/end/", views.end, name="account-session-end"),
    path("account/link/", views.follow_link, name="account-follow-link"),
    path("account/link/<str:secret>/", views.link, name="account-link"),
    path("account/invitation/", views.accept, name="account-accept"),
    path("account/invitation/<str:secret>/", views.invitation, name="account-invitation"),
    path("account/login/", answering(account.login), name="account_login"),
    path("account/logout/", answering(account.logout), name="account_logout"),
    path("account/reauthenticate/", answering(account.reauthenticate), name="account_reauthenticate"),
    path("account/password/change/", answering(account.password_change), name="account_change_password"),
    path("account/password/set/", answering(account.password_set), name="account_set_password"),
    path("account/password/reset/", answering(account.password_reset), name="account_reset_password"),
    path("account/password/reset/done/", answering(account.password_reset_done), name="account_reset_password_done"),
    path(
        "account/password/reset/key/done/", answering(account.password_reset_from_key_done),
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^account/password/reset/key/(?P<uidb36>[0-9A-Za-z]{1,13})-(?P<key>[^/]{1,100})/$",
        answering(account.password_reset_from_key), name="account_reset_password_from_key",
    ),
    path("account/factors/", answering(mfa.index), name="mfa_index"),
    path("account/factors/authenticate/", answering(mfa.authenticate), name="mfa_authenticate"),
    path("account/factors/reauthenticate/", answering(mfa.reauthenticate), name="mfa_reauthenticate"),
    path("account/factors/trust/", answering(mfa.trust), name="mfa_trust"),
    path("account/factors/app/activate/", answering(totp.activate_totp), name="mfa_activate_totp"),
    path("account/factors/app/deactivate/", answering(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("account/factors/codes/", answering(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path("account/factors/codes/new/", answering(codes.generate_recovery_codes), name="mfa_generate_recovery_codes"),
    path(
        "account/factors/codes/download/", answering(codes.download_recovery_codes), name="mfa_download_recovery_codes"
    ),
    path("account/factors/keys/", answering(webauthn.list_webauthn), name="mfa_list_webauthn"),
    path("account/factors/keys/add/", answering(webauthn.add_webauthn), name="mfa_add_webauthn"),
    path("account/factors/keys/login/", answering(views.PasskeyLogin.as_view()), name="mfa_login_webauthn"),
    path(
        "account/factors/keys/reauthenticate/", answering(webauthn.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("account/factors/keys/<int:pk>/remove/", answering(webauthn.remove_webauthn), name="mfa_remove_webauthn"),
    path("account/factors/keys/<int:pk>/edit/", answering(webauthn.edit_webauthn), name="mfa_edit_webauthn"),
]
