"""Browsers that are at work; and whoever holds a role that demands a second factor, and has none, sets one up before
anything else."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from rollbook.domains.access import actions as access
from rollbook.web.account.devices import visit
from rollbook.web.pages import see_other

Respond = Callable[[HttpRequest], HttpResponse]
SEEN_EVERY = timedelta(minutes=10)


class SeenMiddleware:
    """Writes down, now and then, that a browser is at work, for the list of one's sessions; and lets its session live
    on, for as long as at sign-in: in the database and in the cookie."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        if request.actor.user_id is None or not self._is_due(request, now):
            return self.respond(request)
        key, lives = request.session.session_key, timedelta(seconds=settings.SESSION_COOKIE_AGE)
        access.note_seen(session=key, visit=visit(request), lives=lives, at=now, by=request.actor)
        response = self.respond(request)
        # Where the session was ended or got another key meanwhile, Django's middleware, further out, has the last word.
        response.set_cookie(
            settings.SESSION_COOKIE_NAME, key, max_age=lives, path=settings.SESSION_COOKIE_PATH,
            secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite=settings.SESSION_COOKIE_SAMESITE,
        )
        return response

    def _is_due(self, request: HttpRequest, now: datetime) -> bool:
        seen = request.session.seen_at
        return seen is None or now - seen >= SEEN_EVERY


class SecondFactorMiddleware:
    """Sends them there. What keeps the promise is `User.as_actor`: such a role gives nothing until then."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.actor.second_factor_due or self._leads_there(request.path):
            return self.respond(request)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=403, headers={"HX-Redirect": reverse("mfa_index")})
        return see_other("mfa_index")

    def _leads_there(self, path: str) -> bool:
        return path.startswith((reverse("account"), "/preferences/"))
