"""How a view answers: the whole page, or the one block of it that htmx asked for."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache, partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.template import engines
from django.template.backends.utils import csrf_input
from django.templatetags.static import static
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language, gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, StrictUndefined, pass_context
from jinja2.runtime import Context
from jinja2_fragments import render_block
from markupsafe import Markup, escape

from rollbook.foundation import formats
from rollbook.foundation.errors import Declined, NotSignedIn, status_of
from rollbook.web import navigation, preferences


def environment(**options: Any) -> Environment:
    env = Environment(**options | {"undefined": StrictUndefined})  # noqa: S701 (Django turns autoescape on)
    env.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext)
    said = _once(env.globals["gettext"])
    env.globals |= {
        "gettext": said,
        "_": said,
        "url": url,
        "static": cache(static),
        "language": language,
        "languages": preferences.languages,
        "theme": preferences.theme,
        "navigation": navigation.of,
        "panels": navigation.panels,
        "live_url": preferences.live_url,
    }
    env.filters |= {
        "money": _in_language(formats.money),
        "signed": _in_language(formats.signed),
        "number": _in_language(formats.number),
        "percent": _in_language(formats.percent),
        "date": _in_language(formats.day),
        "short_date": _in_language(formats.short_day),
        "day_month": _in_language(formats.day_month),
        "month": _in_language(formats.month),
        "weekday": _in_language(formats.weekday),
        "moment": _in_language(formats.moment),
        "ago": _in_language(formats.ago),
        "size": _in_language(formats.size),
        "time": formats.clock,
        "phone": formats.phone,
        "age": age,
        "months": _in_language(formats.age),
        "attributes": attributes,
    }
    # A global, not an import at a page's top: a block rendered alone does not see its page's imports.
    env.globals["ui"] = env.get_template("ui.html").module
    return env


def _once(translate: Callable[..., str]) -> Callable[..., str]:
    """A sentence without blanks is put together once for each language. Jinja does it anew each time, and a list says
    the same at every row: that was a quarter of its page."""
    known: dict[tuple[str, str], str] = {}

    @pass_context
    def said(context: Context, sentence: str, **values: object) -> str:
        if values:
            return translate(context, sentence, **values)
        key = language(), sentence
        if key not in known:
            known[key] = translate(context, sentence)
        return known[key]

    return said


def url(name: str, *args: object) -> str:
    """The address of a page. Where it differs from others by numbers alone they are put in: Django builds each anew,
    which a page with a hundred links feels."""
    if all(type(arg) is int for arg in args):
        return _pattern(name, len(args)) % args
    return reverse(name, args=args)


@cache
def _pattern(name: str, numbers: int) -> str:
    stand_ins = [10**12 + place for place in range(numbers)]
    address = reverse(name, args=stand_ins).replace("%", "%%")
    for stand_in in stand_ins:
        address = address.replace(str(stand_in), "%d")
    return address


def language() -> str:
    return (get_language() or "en").partition("-")[0]


def _in_language(form: Callable[..., str]) -> Callable[..., str]:
    """The same form in the language of whoever looks."""
    return lambda value, **how: form(value, language=language(), **how)


def age(born: date, on: date) -> str:
    return formats.age(formats.months_between(born, on), language=language())


def attributes(given: Mapping[str, object]) -> Markup:
    """Keywords of a macro as HTML: hx_post="/x/" is hx-post="/x/", True the bare name; None and False are nothing."""
    if not given:
        return Markup()
    written = (
        f" {escape(name.rstrip('_').replace('_', '-'))}" + ("" if value is True else f'="{escape(value)}"')
        for name, value in given.items()
        if value is not None and value is not False
    )
    return Markup("".join(written))  # noqa: S704 (every part is escaped above)


def show(request: HttpRequest, template: str, *, block: str, status: int = 200, **context: Any) -> HttpResponse:
    """The page at `template`, or only its `block` where htmx asks for this URL."""
    env = engines["jinja2"].env
    # Made at its first use, and then the same in all forms of a page.
    context |= {"request": request, "csrf_input": SimpleLazyObject(partial(csrf_input, request))}
    part = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    html = render_block(env, template, block, **context) if part else env.get_template(template).render(context)
    response = HttpResponse(html, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def see_other(name: str, *args: object) -> HttpResponse:
    """The answer to a plain form that was taken: go and look, so that reloading repeats nothing."""
    return HttpResponse(status=303, headers={"Location": resolve_url(name, *args)})


def tell(response: HttpResponse, event: str, **detail: object) -> HttpResponse:
    """The answer, with an event for the rest of the open page: whoever cares listens and fetches itself."""
    events = json.loads(response.get("HX-Trigger", "{}")) | {event: detail}
    response["HX-Trigger"] = json.dumps(events)
    return response


def toast(response: HttpResponse, text: object, *, undo: str | None = None) -> HttpResponse:
    """The answer, with a line that says what was done and, at `undo`, takes it back by POST."""
    return tell(response, "toast", text=str(text), **({"undo": undo} if undo else {}))


def decline(request: HttpRequest, error: Declined) -> HttpResponse:
    """The page that says why not; a stranger is sent to sign in instead and comes back afterwards."""
    request.why = type(error).__name__  # for the log
    if isinstance(error, NotSignedIn):
        back = request.get_full_path() if request.method == "GET" else "/"
        target = f"{resolve_url('account_login')}?{urlencode({'next': back}, safe='/')}"
        status, header = (401, "HX-Redirect") if request.htmx else (303, "Location")
        return HttpResponse(status=status, headers={header: target})
    response = show(request, "refusal.html", block="refusal", status=status_of(error), error=error)
    response["HX-Retarget"], response["HX-Reswap"] = "#refusal", "innerHTML"
    return response
