"""What can be imported here. The names of fields are those of a mapping (docs/guides/import.md)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from rollbook.domains.billing.models import Charged, Freezing, Method, MonthFrom, Pricing, ProRata, TariffKind
from rollbook.domains.imports.rules import Row, choice, day, flag, line, money, ref, whole


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffRow(Row):
    """Shares are per cent of the price of a lesson. What does not belong to the kind is left out."""

    name: str = line(100)
    kind: str = choice(TariffKind.values, TariffKind.MONTH)
    pricing: str = choice(Pricing.values, Pricing.FIXED)
    price: Decimal = money()
    lessons: int | None = whole(1, 1000, None)
    days: int | None = whole(1, 3660, None)
    charged: str = choice(Charged.values, Charged.LESSON)
    instalments: int = whole(1, 24, 1)
    month_from: str = choice(MonthFrom.values, MonthFrom.CALENDAR)
    pro_rata: str = choice(ProRata.values, ProRata.LESSONS)
    round_to: int = whole(0, 100, 0)
    missed_share: int = whole(0, 100, 100)
    excused_share: int = whole(0, 100, 0)
    lapsed_share: int = whole(0, 100, 0)
    make_up_days: int | None = whole(1, 366, None)
    make_ups_a_month: int | None = whole(0, 31, None)
    burns: bool = flag(False)
    freezing: str = choice(Freezing.values, Freezing.GIVES_BACK)
    freeze_days: int | None = whole(1, 366, None)
    sibling_discount: int = whole(0, 100, 0)
    second_discount: int = whole(0, 100, 0)


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
