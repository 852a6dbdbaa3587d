"""Where allauth asks how things are done here."""

import base64
from functools import cached_property
from hashlib import sha256
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as context_of_allauth
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from rollbook.domains.access import actions as access
from rollbook.domains.access import queries
from rollbook.domains.access.models import User
from rollbook.web.account.devices import known_device, remember, visit
from rollbook.web.account.tries import TOO_OFTEN, note_vain
from rollbook.web.pages import see_other

# One sentence for all that may be wrong: an unknown login, a wrong password, somebody who may come in no more.
WRONG = _("Login or password is wrong.")
# The letters of allauth tell what was done: with the password, whose action has seen to the rest; with the recovery
# codes; or with a second factor, and with which.
PASSWORD = {"account/email/password_changed", "account/email/password_set", "account/email/password_reset"}
FACTORS = {
    "mfa/email/totp_activated": (access.factor_added, "totp"),
    "mfa/email/totp_deactivated": (access.factor_removed, "totp"),
    "mfa/email/webauthn_added": (access.factor_added, "webauthn"),
    "mfa/email/webauthn_removed": (access.factor_removed, "webauthn"),
}
CODES = "mfa/email/recovery_codes_generated"


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": WRONG,
        "username_password_mismatch": WRONG,
        "too_many_login_attempts": _("Too many tries. Wait some minutes, or sign in on a device you have used before."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> AbstractBaseUser | None:
        """Whose login and password these are; nobody's, also where they are right and the person was disabled."""
        login = credentials.get("email") or credentials.get("username") or ""
        whose = queries.user_of_login(login=login)
        tries = self._count_try(request, login, whose)
        user = authenticate(request, **credentials)
        if user:
            for each in tries:
                each.rollback()
        else:
            note_vain(request, whose)
        return user

    def _count_try(self, request: HttpRequest, login: str, user: User | None) -> list[Any]:
        """Tries of a device known to this person are counted by themselves. Those of strangers are counted three
        times: of the address, of the address at this login, and of all the world at this login; the first that was
        too often ends it. A stranger's are counted by what was typed: if login and e-mail of a person were counted
        as one, or two spellings, it would tell that there is such a person."""
        device = user and known_device(request, user.pk)
        typed = login.lower()
        counted = (
            [("login_failed", f"{device} user {user.pk}")]
            if user and device
            else [
                ("login_from_address", None),
                ("login_failed", f"{ratelimit.get_ip(request)} {typed}"),
                ("login_of_account", typed),
            ]
        )
        tries: list[Any] = []
        for action, key in counted:
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=key)
            if not usage:
                note_vain(request, user, too_often=True)
                raise self.validation_error(TOO_OFTEN)
            tries.append(usage)
        return tries

    def _delete_login_attempts_cached_email(self, request: HttpRequest, **credentials: Any) -> None:
        """A reset frees nobody's tries: whoever sets a new password knows it."""

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **told: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **told)
        now, here, known = timezone.now(), visit(request), known_device(request, user.pk) is not None
        access.note_sign_in(visit=here, known_device=known, at=now, by=user.as_actor(via="web"))
        request.session.signed_in(here, now)
        remember(request, response, user.pk)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        note_vain(request, user)
        return see_other("account_login")

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        access.set_password(user_id=user.pk, password=password, at=timezone.now(), by=user.as_actor(via="web"))
        user.refresh_from_db(fields=["password"])

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return see_other("account")["Location"]

    def send_notification_mail(
        self, template_prefix: str, user: Any, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        now, by = timezone.now(), user.as_actor(via="web")
        if template_prefix in PASSWORD:
            if user.email:
                access.order_notice(kind="password_set", email=user.email, language=user.language, by=by)
        elif template_prefix == CODES:
            access.codes_made(at=now, by=by)
        else:
            note, factor = FACTORS[template_prefix]
            note(factor=factor, session=context_of_allauth.request.session.session_key, at=now, by=by)


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors lie encrypted: whoever steals a copy of the database cannot sign in with it."""

    def encrypt(self, text: str) -> str:
        return self._box.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._box.decrypt(encrypted_text.encode()).decode()

    @cached_property
    def _box(self) -> MultiFernet:
        keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet([Fernet(base64.urlsafe_b64encode(sha256(f"mfa {key}".encode()).digest())) for key in keys])

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return str(user.get_username())

    def _get_site_name(self) -> str:
        return "Rollbook"
