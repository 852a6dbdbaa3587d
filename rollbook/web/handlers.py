"""What Django itself declines, in the same words and the same look as everything else."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.utils.translation import gettext_lazy as _
from jinja2_fragments import render_block

from rollbook.foundation import logs
from rollbook.foundation.errors import (
    Declined,
    Malformed,
    NotAllowed,
    NotFound,
    TooLarge,
    Unavailable,
    status_of,
    unavailable,
)
from rollbook.web.pages import decline


class Outdated(NotAllowed):
    """The form's token is not the session's: signed in anew, or the form was sent from elsewhere."""

    sentence = _("This page has grown old. Reload it and try again.")


def malformed(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _decline(request, TooLarge() if isinstance(exception, RequestDataTooBig) else Malformed())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _decline(request, NotAllowed())


def outdated(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _decline(request, Outdated())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _decline(request, NotFound())


def broken(request: HttpRequest) -> HttpResponse:
    """Asks nobody for anything: whatever broke, the database or a template, may be broken still."""
    if error := unavailable(sys.exception()):
        return _unavailable(request, error)
    template = engines["jinja2"].env.get_template("broken.html")
    return HttpResponse(template.render(error=None, request_id=logs.request_id()), status=500)


def _unavailable(request: HttpRequest, error: Unavailable) -> HttpResponse:
    env = engines["jinja2"].env
    if request.path.startswith("/api/"):
        response: HttpResponse = JsonResponse({"detail": str(error), "values": [], "fields": {}})
    elif request.headers.get("HX-Request"):
        response = HttpResponse(render_block(env, "refusal.html", "refusal", error=error))
        response["HX-Retarget"], response["HX-Reswap"] = "#refusal", "innerHTML"
    else:
        response = HttpResponse(env.get_template("broken.html").render(error=error))
    response.status_code, response["Retry-After"] = status_of(error), "10"
    return response


def _decline(request: HttpRequest, error: Declined) -> HttpResponse:
    """A request that was stopped before anybody looked who sends it gets the plain page."""
    if hasattr(request, "actor") and hasattr(request, "htmx"):
        return decline(request, error)
    html = engines["jinja2"].env.get_template("broken.html").render(error=error)
    return HttpResponse(html, status=status_of(error))
