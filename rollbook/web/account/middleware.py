"""Whoever holds a role that demands a second factor, and has none, sets one up before anything else."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from rollbook.web.pages import see_other

Respond = Callable[[HttpRequest], HttpResponse]


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
