"""Browsers in which somebody has signed in before: a signed cookie names them.

Whoever guesses passwords of somebody else's login uses up the tries of strangers, never those of a known device; so
nobody can be locked out of the browser they work in.
"""

from secrets import token_urlsafe

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.core import signing
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponse

from rollbook.domains.access.rules import Visit
from rollbook.foundation.texts import clean_line

COOKIE = f"{settings.COOKIE_PREFIX}known_device"
SALT = "rollbook.device"
YEAR = 365 * 24 * 3600
LONGEST_NAME = 300  # of what a browser calls itself
MOST_PEOPLE = 20  # at one desk; the latest ones are remembered


def visit(request: HttpRequest) -> Visit:
    """Where this browser comes from: behind a proxy that we were told of, what the proxy says."""
    try:
        address = get_client_ip(request)
    except (ImproperlyConfigured, ValueError):
        address = None
    browser = clean_line(request.META.get("HTTP_USER_AGENT", ""))[:LONGEST_NAME]
    return Visit(address, browser)


def known_device(request: HttpRequest, user_id: int) -> str | None:
    """The name of this browser, where that person has signed in with it."""
    device, people = _read(request)
    return device if user_id in people else None


def remember(request: HttpRequest, response: HttpResponse, user_id: int) -> None:
    device, people = _read(request)
    latest = [user_id, *(person for person in people if person != user_id)][:MOST_PEOPLE]
    value = signing.dumps([device or token_urlsafe(9), latest], salt=SALT)
    response.set_cookie(
        COOKIE, value, max_age=YEAR, path=settings.SESSION_COOKIE_PATH, secure=bool(settings.SESSION_COOKIE_SECURE),
        httponly=True, samesite="Lax",
    )


def _read(request: HttpRequest) -> tuple[str, list[int]]:
    try:
        device, people = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=YEAR)
    except signing.BadSignature:
        return "", []
    return device, people
