"""What an address about money may ask for: days, and a language."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest

from rollbook.domains.access.models import Language

_DAY = re.compile(r"(19[2-9]\d|20\d\d)-\d{2}-\d{2}", re.ASCII)


def day(request: HttpRequest, name: str) -> date | None:
    """What is no day says nothing."""
    text = request.GET.get(name, "")
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def language(request: HttpRequest, usual: str) -> str:
    """The one that is asked for, where we speak it."""
    asked = request.GET.get("language", "")
    return asked if asked in Language.values else usual


def address(**told: Any) -> str:
    """What stands after the question mark."""
    return "?" + urlencode({name: value for name, value in told.items() if value})
