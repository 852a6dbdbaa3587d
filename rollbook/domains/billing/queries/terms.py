"""What a lesson costs by a tariff, and what each status means by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django.db.models import Q

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import House
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing.models import TariffUse
from rollbook.domains.billing.rules import lesson_price
from rollbook.domains.journal.rules import Switches, switches
from rollbook.foundation.compiled import Rows

ZERO = Decimal("0.00")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a lesson costs; a group without a tariff costs nothing."""

    pricing: str = "fixed"
    price: Decimal = ZERO
    missed_share: int = 0
    excused_share: int = 0
    make_up_days: int | None = None
    tariff: str = ""
    make_ups_a_month: int | None = None
    """None: any number."""
    lapsed_share: int = 0
    lessons: int | None = None
    """For how many lessons the price is, where that is not the timetable's to say."""

    def of_lesson(self, *, lessons: int) -> Decimal:
        """The price of one whole lesson, without a subscription, in a month that gives `lessons`."""
        return lesson_price(pricing=self.pricing, price=self.price, lessons=self.lessons or lessons)

    def switches(self, *, rules: House) -> Mapping[str, Switches]:
        """What each status means, by this tariff and the rules of the organisation."""
        return switches_of(self, rules=rules)


def switches_of(terms: Any, *, rules: House) -> Mapping[str, Switches]:
    """What each status means by a tariff or a subscription, and by the rules of the organisation."""
    return _switches(
        terms.missed_share, terms.excused_share, terms.lapsed_share,
        (terms.make_up_days or rules.make_up_days) if rules.make_ups else None, rules.missed_may_be_worked_off,
    )


@lru_cache(maxsize=256)
def _switches(
    missed: int, excused: int, lapsed: int, days: int | None, missed_may_be_worked_off: bool
) -> Mapping[str, Switches]:
    return switches(
        missed_share=missed, excused_share=excused, lapsed_share=lapsed, make_up_days=days,
        missed_may_be_worked_off=missed_may_be_worked_off,
    )


def terms(
    *, groups: Mapping[int, int], on: date, by: Actor, under: Permission = Permission.JOURNAL_SEE
) -> dict[int, Terms]:
    """The terms of each group (given with its programme) on a day; a group's own tariff goes before its programme's.

    For those who mark in it or see it: that a lesson costs something needs no right to see what others have paid.
    """
    rows = _tariffs(by, under, groups=list(groups), programmes=list(groups.values()), on=on)
    of_group: dict[int, Terms] = {}
    of_programme: dict[int, Terms] = {}
    for group, programme, *told in rows:
        (of_group if group else of_programme)[group or programme] = Terms(*told)
    return {
        group: of_group.get(group) or of_programme.get(programme) or Terms() for group, programme in groups.items()
    }


@compiled
def _tariffs(by: Actor, under: Permission, *, groups: Any, programmes: Any, on: Any) -> Rows:
    return (
        TariffUse.objects.visible_to(by, under)
        .on(on)
        .filter(Q(group__any=groups) | Q(programme__any=programmes))
        .values_list(
            "group", "programme", "tariff__pricing", "tariff__price", "tariff__missed_share", "tariff__excused_share",
            "tariff__make_up_days", "tariff__name", "tariff__make_ups_a_month", "tariff__lapsed_share",
            "tariff__lessons",
        )
    )
