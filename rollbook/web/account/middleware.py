"""Browsers that are at work; and whoever holds a role that demands a second factor, and has none, sets one up before
anything else."""

from collections.abc import Callable
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from rollbook.domains.access import actions as access
from rollbook.web.account.devices import visit
from rollbook.web.pages import see_other

Respond = Callable[[HttpRequest], HttpResponse]
SEEN_EVERY = timedelta(minutes=10)


class SeenMiddleware:
    """Writes down, now and then, that a browser is at work, for the list of one's sessions."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.actor.user_id is not None:
            now, seen = timezone.now(), request.session.seen_at
            if seen is None or now - seen >= SEEN_EVERY:
                access.note_seen(session=request.session.session_key, visit=visit(request), at=now, by=request.actor)
        return self.respond(request)


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
