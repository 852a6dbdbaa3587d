"""How a form is taken: what is wrong stands at its field (422), what the business refuses above them all (409), and
whatever was typed is still there."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from django.http import HttpResponse

from rollbook.foundation.errors import InvalidInput, Refused
from rollbook.foundation.versions import Stale
from rollbook.web.forms import Form

Page = Callable[[int, Refused | None], HttpResponse]


def take(form: Form, act: Callable[[], HttpResponse], page: Page) -> HttpResponse:
    """What `act` answers, or else the page again, with a status and, where there is one, the refusal."""
    if not form.is_valid():
        return page(422, None)
    try:
        return act()
    except InvalidInput as error:
        form.add_errors(error)
        return page(422, None)
    except Refused as refusal:
        if isinstance(refusal, Stale):
            # Both values are shown: whoever saves once more means it.
            form.again(version=next((pair["version"] for pair in refusal.values), ""))
            refusal.values = [pair | _label(form, pair) for pair in refusal.values]
        form.offer_after(refusal)
        return page(409, refusal)


def said(form: Form, *but: str) -> dict[str, Any]:
    """What the form says, without the version and whatever else is no value of the thing itself."""
    return {name: value for name, value in form.cleaned_data.items() if name not in ("version", *but)}


def initial(card: Any) -> dict[str, Any]:
    """What a form begins with: the values of a card, as they are."""
    return {column.name: getattr(card, column.name) for column in fields(card)}


def _label(form: Form, pair: Mapping[str, object]) -> dict[str, object]:
    """What the form calls the field, if it asks for it."""
    field = form.fields.get(str(pair["field"]))
    return {"label": field.label} if field else {}
