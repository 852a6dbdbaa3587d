"""Who a login and a password belong to."""

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from rollbook.domains.access import queries as access
from rollbook.domains.access.models import User


class Backend(AuthenticationBackend):
    """One password is hashed whatever was typed, so that the clock does not tell whether a login exists.

    allauth's own tries an e-mail twice where it is known, and once where it is not.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> User | None:
        password = credentials.get("password")
        if not password:
            return None
        user = access.user_of_login(login=credentials.get("email") or credentials.get("username") or "")
        if user is None:
            make_password(password)
            return None
        return user if user.check_password(password) and user.is_active else None

    def get_user(self, user_id: int) -> User | None:
        try:
            user = access.user_to_sign_in(user_id=user_id)
        except User.DoesNotExist:
            return None
        return user if user.is_active else None
