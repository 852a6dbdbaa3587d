"""Somebody who is signed in and asks, without a network: the WSGI handler that serves, in this process, with all its
middleware, its connection and its log."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from importlib import import_module
from io import BytesIO
from secrets import token_hex
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.handlers.wsgi import WSGIHandler

from rollbook.domains.access.models import User

HTMX = {"HTTP_HX_REQUEST": "true"}


class Unexpected(Exception):
    """An answer that was not the one to be measured."""


class Browser:
    """Sends what a browser sends: cookies, the token against forgery, and for a swap the header of htmx."""

    def __init__(self, user: User, session_key: str) -> None:
        self.user = user
        self._serve = WSGIHandler()
        home = urlsplit(settings.PUBLIC_URL)
        token = token_hex(16)
        cookies = {settings.SESSION_COOKIE_NAME: session_key, settings.CSRF_COOKIE_NAME: token}
        self._environ: dict[str, Any] = {
            "SCRIPT_NAME": "", "SERVER_NAME": home.hostname, "SERVER_PORT": str(home.port or 80),
            "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1", "HTTP_HOST": home.netloc,
            "HTTP_ORIGIN": settings.PUBLIC_URL, "HTTP_X_CSRFTOKEN": token,
            "HTTP_COOKIE": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "wsgi.version": (1, 0), "wsgi.url_scheme": home.scheme, "wsgi.errors": sys.stderr,
            "wsgi.multithread": True, "wsgi.multiprocess": True, "wsgi.run_once": False,
        }  # fmt: skip

    def get(self, address: str, query: Mapping[str, object] | None = None, *, block: bool = False) -> bytes:
        """The page, or the block of it that a swap asks for."""
        return self._ask("GET", address, urlencode(query or {}), b"", HTMX if block else {})

    def post(self, address: str, form: Mapping[str, object]) -> bytes:
        """The answer to a script that has sent a form."""
        return self._ask("POST", address, "", urlencode(form).encode(), HTMX)

    def _ask(self, method: str, address: str, query: str, body: bytes, more: Mapping[str, str]) -> bytes:
        said: list[Any] = []

        def begin(status: str, *_: object) -> Callable[[bytes], object]:
            said.append(status)
            return said.append

        asked = {
            "REQUEST_METHOD": method, "PATH_INFO": address, "QUERY_STRING": query, "wsgi.input": BytesIO(body),
            "CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/x-www-form-urlencoded" if body else "",
        }
        answer: Any = self._serve({**self._environ, **more, **asked}, begin)
        content = b"".join(answer)
        answer.close()
        if not said[0].startswith(str(HTTPStatus.OK.value)):
            raise Unexpected(f"{method} {address}?{query} was answered with {said[0]}.")
        return content


@contextmanager
def signed_in(user: User) -> Iterator[Browser]:
    """A session of this user's, which ends afterwards. No sign-in is written down: nobody has come."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    try:
        yield Browser(user, session.session_key)
    finally:
        session.delete()
