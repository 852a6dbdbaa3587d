from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.billing.models import Charged, Pricing, Tariff, TariffKind, TariffUse
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    name: str
    kind: str
    pricing: str
    price: Decimal
    lessons: int | None
    days: int | None
    charged: str
    instalments: int
    month_from: str
    pro_rata: str
    round_to: int
    missed_share: int
    excused_share: int
    lapsed_share: int
    make_up_days: int | None
    make_ups_a_month: int | None
    burns: bool
    freezing: str
    freeze_days: int | None
    sibling_discount: int
    second_discount: int
    version: int
    archived: bool
    history: tuple[Line, ...]
    uses: tuple[Use, ...]


APART = ("archived", "history", "uses")
"""What a card says that is no column."""


def rows(*, archived: bool, by: Actor) -> tuple[Row, ...]:
    """How lessons are priced; all branches share it."""
    by.must(Permission.TARIFF_EDIT)
    may_edit = by.may_everywhere(Permission.TARIFF_EDIT)
    named = (
        Tariff.objects.filter(archived_at__isnull=not archived)
        .order_by("name", "pk")
        .only("name", "kind", "pricing", "price", "lessons", "days", "charged", "missed_share", "excused_share")
    )
    return tuple(
        Row(
            row.pk, row.name,
            (
                TariffKind(row.kind).label, row.price, _for_what(row), Charged(row.charged).label,
                f"{row.missed_share}%", f"{row.excused_share}%",
            ),
            may_edit,
        )
        for row in named
    )


def _for_what(row: Tariff) -> str:
    """Of what the price is."""
    if row.pricing == Pricing.FIXED:
        return _("a lesson")
    if row.pricing == Pricing.MONTH:
        return _("a month")
    lessons = row.lessons or 1
    said = ngettext("{count} lesson", "{count} lessons", lessons).format(count=lessons)
    if row.days is None:
        return said
    return ngettext("{lessons} in {count} day", "{lessons} in {count} days", row.days).format(
        lessons=said, count=row.days
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
    columns = (name for name in Card.__dataclass_fields__ if name not in APART)
    return Card(
        **{name: getattr(row, name) for name in columns},
        archived=row.archived_at is not None, history=past(word="tariff", pk=pk, rows=None, by=by),
        uses=tuple(Use(group or programme or "", bool(group), since, until) for group, programme, since, until in uses),
    )


def blank(*, by: Actor) -> None:
    by.must_everywhere(Permission.TARIFF_EDIT)
