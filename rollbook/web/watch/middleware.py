"""One line in the log for each request, with an id by which all that was said on the way is found."""

import re
from collections.abc import Callable
from time import perf_counter
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve

from rollbook.foundation.statements import Tally, counting
from rollbook.operations.watch import metrics
from rollbook.web.watch import probes

Respond = Callable[[HttpRequest], HttpResponse]

HEADER = "X-Request-ID"
GOOD_ID = re.compile(r"[\w.-]{8,64}", re.ASCII)

log = structlog.get_logger(__name__)


class RequestMiddleware:
    """Stands before whatever may refuse, so that refusals are told of, too."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if found := probes.answer(request):
            return found
        request.id = _id(request)
        began = perf_counter()
        with (
            structlog.contextvars.bound_contextvars(request=request.id),
            metrics.in_progress.track_inprogress(),
            counting() as tally,
        ):
            response = self.respond(request)
            _tell(request, response, tally, perf_counter() - began)
        response[HEADER] = request.id
        return response


def _id(request: HttpRequest) -> str:
    """That of the proxy, where one is trusted; nobody else may choose what our log says."""
    told = request.headers.get(HEADER, "") if settings.BEHIND_PROXY else ""
    return told if GOOD_ID.fullmatch(told) else uuid4().hex


def _tell(request: HttpRequest, response: HttpResponse, tally: Tally, seconds: float) -> None:
    route = _route(request)
    metrics.requests.labels(route, response.status_code).observe(seconds)
    metrics.statements.labels(route).observe(tally.count)
    if settings.DEBUG:
        response["Server-Timing"] = (
            f'total;dur={seconds * 1000:.1f}, db;dur={tally.seconds * 1000:.1f};desc="{tally.count} statements, '
            f'{tally.repeated} of them repeated"'
        )
    slow = seconds * 1000 >= settings.SLOW_MS
    level = _level(response.status_code, route, slow)
    getattr(log, level)(
        "request",
        method=request.method,
        route=route,
        **_ids(request),
        status=response.status_code,
        ms=round(seconds * 1000, 1),
        statements=tally.count,
        db_ms=round(tally.seconds * 1000, 1),
        **_told(request, response.status_code, slow=slow),
    )


def _told(request: HttpRequest, status: int, *, slow: bool) -> dict[str, object]:
    """What not every request has to say. A database that is away needs no traceback each time."""
    actor, failure = getattr(request, "actor", None), getattr(request, "failure", None)
    away = failure and status == 503
    told = {
        "user": actor.user_id if actor else None,
        "why": str(failure[1]).partition("\n")[0] if away else getattr(request, "why", None),
        "slow": slow or None,
        "exc_info": failure if status == 500 else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _level(status: int, route: str, slow: bool) -> str:
    if status >= 500:
        return "warning" if status == 503 else "error"
    if slow:
        return "warning"
    return "debug" if route == "static" else "info"


def _route(request: HttpRequest) -> str:
    """The pattern, never the address: that of a sign-in link is a secret."""
    if match := request.resolver_match or _resolved(request.path_info):
        return "/" + re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", match.route).replace("^", "").rstrip("$")
    return "static" if request.path.startswith(settings.STATIC_URL) else "unmatched"


def _resolved(path: str) -> ResolverMatch | None:
    """Of a request that was stopped before anybody looked where it leads."""
    try:
        return resolve(path)
    except Resolver404:
        return None


def _ids(request: HttpRequest) -> dict[str, int]:
    """Of what the address names: plain numbers, which are no secrets."""
    match = request.resolver_match
    return {name: value for name, value in match.kwargs.items() if isinstance(value, int)} if match else {}
