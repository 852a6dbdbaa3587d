"""Pages by key: where the last page ended the next begins, however long the list is."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet

from rollbook.foundation.texts import UNFIT


class Key(NamedTuple):
    """The last row of a page: what it is sorted by, and its id."""

    search: str
    pk: int

    def __str__(self) -> str:
        return urlsafe_b64encode(json.dumps([*self]).encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Key | None":
        """The key that an address carries; None where it carries none that makes sense."""
        try:
            search, pk = json.loads(urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
        except (ValueError, TypeError, RecursionError):
            return None
        fits = isinstance(search, str) and isinstance(pk, int) and 0 < pk < 2**63 and not UNFIT.search(search)
        return cls(search, pk) if fits and not isinstance(pk, bool) else None


@dataclass(frozen=True, slots=True)
class Page:
    is_first: bool
    next: Key | None


def following(rows: QuerySet[Any, Any], *, after: Key | None, size: int) -> QuerySet[Any, Any]:
    """The rows of a page and one more, by which one sees whether another page follows."""
    if after:
        rows = rows.filter(Q(search__gt=after.search) | Q(search=after.search, pk__gt=after.pk))
    return rows.order_by("search", "pk")[: size + 1]


def cut(rows: Iterable[Any], *, after: Key | None, size: int) -> tuple[list[Any], Page]:
    """What `following` has found, as a page."""
    found = list(rows)
    last = Key(*found[size - 1][:2]) if len(found) > size else None
    return found[:size], Page(after is None, last)
