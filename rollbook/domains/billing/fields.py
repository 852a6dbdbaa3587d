"""What can be imported here. The names of fields are those of a mapping (docs/guides/import.md)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rollbook.domains.billing.models import Method, Pricing
from rollbook.domains.imports.rules import Row, choice, day, line, money, ref, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRow(Row):
    """Shares are per cent of the price of a lesson."""

    name: str = line(100)
    pricing: str = choice(Pricing.values, Pricing.FIXED)
    price: Decimal = money()
    missed_share: int = whole(0, 100, 100)
    excused_share: int = whole(0, 100, 0)
    make_up_days: int | None = whole(1, 366, None)
    make_ups_a_month: int | None = whole(0, 31, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffUseRow(Row):
    """What a group or a programme (one of the two) costs on the days [since, until)."""

    tariff: int = ref("tariffs")
    group: int | None = ref("groups", None)
    programme: int | None = ref("programmes", None)
    since: date = day()
    until: date | None = day(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRow(Row):
    client: int = ref("clients")
    amount: Decimal = money("0.01")
    day: date = day()
    method: str = choice(Method.values, Method.CASH)
    note: str = line(200, "")
