from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from django.db.models import F, Q, QuerySet

from rollbook.domains.history.models import Entry, Reading
from rollbook.foundation.author import Author
from rollbook.foundation.periods import local

LINE = ("at", "by_name", "via", "verb", "subject", "old", "new")


@dataclass(frozen=True, slots=True)
class Line:
    """One act, as a card shows it."""

    at: datetime
    """In the zone that was asked for."""
    by_name: str
    via: str
    verb: str
    subject: str
    old: Mapping[str, object]
    new: Mapping[str, object]

    def without(self, fields: Collection[str]) -> Self:
        """The same act for whoever may not see these fields."""
        return replace(self, old=_but(self.old, fields), new=_but(self.new, fields))


def _but(values: Mapping[str, object], fields: Collection[str]) -> Mapping[str, object]:
    return {name: value for name, value in values.items() if name not in fields}


def of(
    *, subject: str, zone: str, by: Author, limit: int = 50, apart_from: Collection[str] = ()
) -> Sequence[Line]:
    """The latest acts upon a subject or within it, newest first, told in the time of a zone; without these verbs.

    Whether `by` may see the subject is asked by whoever shows its card: history knows no rows but its own.
    """
    entries = Entry.objects.filter(Q(subject=subject) | Q(within=subject)).exclude(verb__in=apart_from)
    rows = entries.order_by("-at", "-pk")[:limit].values_list(*LINE)
    return tuple(Line(local(at, zone), *rest) for at, *rest in rows)


def about(
    *, subject: str, key: str, also: str, zone: str, by: Author, limit: int = 50
) -> Sequence[Line]:
    """The latest acts upon a subject that tell of something under this key, and those upon another subject, newest
    first. Whether `by` may see them is asked by whoever shows them."""
    entries = Entry.objects.filter(Q(subject=subject, new__has_key=key) | Q(subject=also))
    rows = entries.order_by("-at", "-pk")[:limit].values_list(*LINE)
    return tuple(Line(local(at, zone), *rest) for at, *rest in rows)


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody opened a card, the first time within an hour."""

    at: datetime
    """In the zone that was asked for."""
    by_name: str
    via: str
    subject: str


def readings_of(*, subject: str, zone: str, by: Author, limit: int = 50) -> Sequence[Opened]:
    """Who opened this card, the latest first. Whether `by` may know is asked by whoever shows it."""
    found = Reading.objects.filter(subject=subject).order_by("-hour", "-pk")[:limit]
    return _opened(found, zone)


def read_by(*, user_id: int, zone: str, by: Author, limit: int = 50) -> Sequence[Opened]:
    """Which cards this person opened, the latest first. Whether `by` may know is asked by whoever shows it."""
    return _opened(Reading.objects.filter(by_id=user_id).order_by("-at", "-pk")[:limit], zone)


def _opened(found: QuerySet[Reading], zone: str) -> Sequence[Opened]:
    rows = found.values_list("at", "by_name", "via", "subject")
    return tuple(Opened(local(at, zone), *rest) for at, *rest in rows)


def since(*, subject: str, verbs: Collection[str], at: datetime, by: Author) -> Sequence[Line]:
    """Which of these were done upon a subject from a moment on, in their order, told in UTC."""
    entries = Entry.objects.filter(subject=subject, verb__in=verbs, at__gte=at).order_by("at", "pk")
    return tuple(Line(*row) for row in entries.values_list(*LINE))


def newest(*, subject: str, verbs: Collection[str]) -> Mapping[str, Line]:
    """The latest act of each of these kinds upon a subject, in UTC; what was never done is not in it."""
    entries = Entry.objects.filter(subject=subject, verb__in=verbs).order_by("verb", "-at", "-pk").distinct("verb")
    return {line.verb: line for line in (Line(*row) for row in entries.values_list(*LINE))}


def greatest(*, subject: str, verb: str, told: str, by: Author) -> Line | None:
    """The act of this kind that tells most under this name; those that tell nothing under it come last."""
    entries = Entry.objects.filter(subject=subject, verb=verb)
    rows = entries.order_by(F(f"new__{told}").desc(nulls_last=True), "-at", "-pk").values_list(*LINE)
    return next((Line(*row) for row in rows[:1]), None)
