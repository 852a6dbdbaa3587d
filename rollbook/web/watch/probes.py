"""What load balancers and Prometheus ask. They come by an IP address, without HTTPS, and must not make sessions: the
middleware asks `answer` before any other looks at the request, in the live process nobody else looks at all."""

import hmac
import ipaddress
from collections.abc import Callable, Mapping
from types import MappingProxyType

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from rollbook.foundation.errors import NotFound
from rollbook.operations.watch import metrics, state

# Without it one cannot serve. Without a worker one can, though what is ordered will wait.
NECESSARY = {"database", "migrations", "event stream"}


def answer(request: HttpRequest, *, also: Mapping[str, bool] = MappingProxyType({})) -> HttpResponse | None:
    """None where this is no probe, or one that stays unanswered: then it is asked like any other address.
    `also` are checks of whoever asks for this answer, beside those of all."""
    if not (view := PROBES.get(request.path)):
        return None
    try:
        return view(request, **({"also": also} if also and view is readiness else {}))
    except NotFound:
        return None


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """The process lives; nobody else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readiness(request: HttpRequest, also: Mapping[str, bool] = MappingProxyType({})) -> HttpResponse:
    """Names and nothing else: strangers may ask."""
    checks = {**state.checks(), **also}
    serves = all(checks[name] for name in NECESSARY & checks.keys())
    told = {"ready": serves, "checks": {name: "ok" if fine else "failed" for name, fine in checks.items()}}
    return JsonResponse(told, status=200 if serves else 503)


@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    if not _may_see_figures(request):
        raise NotFound
    return HttpResponse(metrics.exposed(), content_type=CONTENT_TYPE_LATEST)


def _may_see_figures(request: HttpRequest) -> bool:
    """Whoever knows METRICS_TOKEN; where there is none, whoever asks from this machine, and not for somebody else."""
    if settings.METRICS_TOKEN:
        said = request.META.get("HTTP_AUTHORIZATION", "")
        return hmac.compare_digest(said.encode(), f"Bearer {settings.METRICS_TOKEN}".encode())
    forwarded = settings.BEHIND_PROXY or "HTTP_X_FORWARDED_FOR" in request.META or "HTTP_FORWARDED" in request.META
    return not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


PROBES: Mapping[str, Callable[..., HttpResponse]] = {
    "/healthz": health,
    "/readyz": readiness,
    "/metrics": figures,
}
