from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.models import Pricing, Tariff, TariffUse
from rollbook.domains.history.queries import Line
from rollbook.foundation.errors import NotFound
from rollbook.screens.settings import Row, past


@dataclass(frozen=True, slots=True)
class Use:
    """What is priced by a tariff on the days [since, until)."""

    name: str
    is_group: bool
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class Card:
    name: str
    pricing: str
    price: Decimal
    missed_share: int
    excused_share: int
    make_up_days: int | None
    make_ups_a_month: int | None
    version: int
    archived: bool
    history: tuple[Line, ...]
    uses: tuple[Use, ...]


def rows(*, archived: bool, by: Actor) -> tuple[Row, ...]:
    """How lessons are priced; all branches share it."""
    by.must(Permission.TARIFF_EDIT)
    may_edit = by.may_everywhere(Permission.TARIFF_EDIT)
    named = (
        Tariff.objects.filter(archived_at__isnull=not archived)
        .order_by("name", "pk")
        .values_list("pk", "name", "pricing", "price", "missed_share", "excused_share")
    )
    return tuple(
        Row(pk, name, (str(Pricing(pricing).label), price, f"{missed}%", f"{excused}%"), may_edit)
        for pk, name, pricing, price, missed, excused in named
    )


def card(*, pk: int, today: date, by: Actor) -> Card:
    """With what it prices on that day or later."""
    blank(by=by)
    row = Tariff.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    uses = (
        TariffUse.objects.filter(Q(until=None) | Q(until__gt=today), tariff=row)
        .annotate(name=F("group__name"), whole=F("programme__name"))
        .order_by("programme__name", "group__name", "since", "pk")
        .values_list("name", "whole", "since", "until")
    )
    return Card(
        row.name, row.pricing, row.price, row.missed_share, row.excused_share, row.make_up_days, row.make_ups_a_month,
        row.version, row.archived_at is not None, past(word="tariff", pk=pk, rows=None, by=by),
        tuple(Use(group or programme or "", bool(group), since, until) for group, programme, since, until in uses),
    )


def blank(*, by: Actor) -> None:
    by.must_everywhere(Permission.TARIFF_EDIT)
