from django.conf import settings
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from rollbook.domains.access.actions import preferences
from rollbook.foundation.errors import InvalidInput
from rollbook.web.preferences import THEME_COOKIE
from rollbook.web.preferences.forms import LanguageForm, ThemeForm

YEAR = 365 * 24 * 3600


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    return _choose(request, LanguageForm(request.POST), cookie=settings.LANGUAGE_COOKIE_NAME)


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    return _choose(request, ThemeForm(request.POST), cookie=THEME_COOKIE)


def _choose(request: HttpRequest, form: Form, *, cookie: str) -> HttpResponse:
    """The cookie serves the pages before signing in."""
    if not form.is_valid():
        raise InvalidInput({field: " ".join(sentences) for field, sentences in form.errors.items()})
    if request.actor.user_id is not None:
        preferences.choose(values=form.cleaned_data, at=timezone.now(), by=request.actor)
    response = HttpResponse(status=204) if request.htmx else _back(request)
    response.set_cookie(
        cookie, *form.cleaned_data.values(), max_age=YEAR, samesite="Lax", secure=settings.SECURE, httponly=True
    )
    return response


def _back(request: HttpRequest) -> HttpResponse:
    """To where one was: only within this site, whatever the browser says."""
    back = request.headers.get("Referer", "/")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return HttpResponse(status=303, headers={"Location": iri_to_uri(back) if safe else "/"})
