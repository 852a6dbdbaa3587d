"""Who asks, in which language, and what they are told when it cannot be done."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from rollbook.domains.access.actor import ANONYMOUS
from rollbook.foundation.errors import Declined
from rollbook.web.pages import decline

Respond = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """`request.actor`: who is asking, with all they hold. Views pass it on and look at nothing in it."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.actor = request.user.as_actor(via="web") if request.user.is_authenticated else ANONYMOUS
        return self.respond(request)


class LanguageMiddleware:
    """The language a person has chosen; a stranger's is that of the cookie or of the browser."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.user.is_authenticated
        language = request.user.language if known else translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.respond(request)
        response.headers.setdefault("Content-Language", language)
        if not known:
            patch_vary_headers(response, ["Accept-Language"])
        return response


class DeclinedMiddleware:
    """What an action declined, as a page or as the part of one."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.respond(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return decline(request, error) if isinstance(error, Declined) else None
