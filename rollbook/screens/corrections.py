"""What was given or taken by hand in a month: who, to whom, why, how much."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing.models import BY_HAND, EntryKind, LedgerEntry
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation.keys import Key, Page, cut
from rollbook.foundation.periods import local

PAGE = 100


@dataclass(frozen=True, slots=True)
class Row:
    entry_id: int
    day: date
    client_id: int
    client: str
    kind: EntryKind
    amount: Decimal
    reason: str
    by_name: str
    """Empty where no person did it."""
    is_gone: bool
    """Taken back, by hand or with its charge."""


@dataclass(frozen=True, slots=True)
class Total:
    kind: EntryKind
    number: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Corrections:
    first: date
    last: date
    totals: tuple[Total, ...]
    """Over the whole month, of what stands."""
    rows: tuple[Row, ...]
    page: Page


def corrections(*, at: datetime, by: Actor, month: date | None = None, after: Key | None = None) -> Corrections:
    """A page of corrections, bonuses and discounts of a month (this one without it), the latest first."""
    first, last = month_of(month or local(at, house().time_zone).date())
    seen = LedgerEntry.objects.visible_to(by, Permission.MONEY_SEE).filter(kind__in=BY_HAND, day__range=(first, last))
    told: Any = seen.values_list(
        "day", "pk", "client", "client__name", "kind", "amount", "reason", "made_by__name", "reversed_by"
    )
    since = _day_of(after)
    rows, page = cut(_following(told, after, since), after=after if since else None, size=PAGE)
    return Corrections(
        first, last, _totals(seen),
        tuple(
            Row(pk, day, client, name, EntryKind(kind), amount, reason, by_name or "", gone is not None)
            for day, pk, client, name, kind, amount, reason, by_name, gone in rows
        ),
        Page(page.is_first, Key(str(page.next.search), page.next.pk) if page.next else None),
    )


def _following(rows: Any, after: Key | None, since: date | None) -> Any:
    if after and since:
        rows = rows.filter(Q(day__lt=since) | Q(day=since, pk__lt=after.pk))
    return rows.order_by("-day", "-pk")[: PAGE + 1]


def _totals(seen: Any) -> tuple[Total, ...]:
    standing = seen.filter(reversed_by=None).order_by().values("kind").annotate(sum=Sum("amount"), number=Count("pk"))
    found = {row["kind"]: Total(EntryKind(row["kind"]), row["number"], row["sum"]) for row in standing}
    return tuple(found[kind] for kind in BY_HAND if kind in found)


def _day_of(after: Key | None) -> date | None:
    try:
        return date.fromisoformat(after.search) if after else None
    except ValueError:
        return None
