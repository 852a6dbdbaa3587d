"""What version 1 promises of sales, subscriptions and renewals."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from ninja import Field, Schema

from rollbook.api.v1.schemas import Day, Id, In, Line, Seen, Sum
from rollbook.domains.billing.models import DiscountKind, TariffKind
from rollbook.domains.journal.models import Kind, Status
from rollbook.screens.renewals import Problem

Key = Annotated[str, Field(min_length=8, max_length=60, pattern=r"^[\x21-\x7e]*$")]
Percent = Annotated[Sum, Field(le=100)]


class BoughtOut(Schema):
    subscription_id: int
    tariff: str
    kind: TariffKind
    group_id: int
    group: str
    since: date
    until: date | None
    lessons: int | None
    used: int
    frozen: int
    amount: Decimal
    is_taken_back: bool


class BoughtByOut(Schema):
    client_id: int
    subscriptions: list[BoughtOut]


class TariffOut(Schema):
    tariff_id: int
    name: str
    kind: TariffKind
    price: Decimal
    is_its_own: bool
    """By which the group is priced anyway."""


class OfferOut(Schema):
    """Without a tariff that was asked for or is usual there is no amount."""

    client_id: int
    group_id: int | None
    tariffs: list[TariffOut]
    tariff_id: int | None
    since: date
    until: date | None = None
    lessons: int | None = None
    amount: Decimal | None = None
    at_start: Decimal | None = None
    """What is written off on the first day."""
    per_lesson: Decimal | None = None
    words: list[str] = []
    rules: list[str] = []
    contract: str | None
    """The number that is free, where contracts are made."""


class SaleIn(In):
    group_id: Id
    tariff_id: Id
    since: Day
    discount_percent: Percent | None = None
    discount_amount: Sum | None = None
    discount_reason: Line = ""
    contract: Annotated[Line, Field(max_length=40)] = ""
    note: Line = ""
    amount: Annotated[Decimal | None, Field(ge=0, max_digits=12, decimal_places=2)] = None
    """What was offered: another price by now is a 409. Without it nothing is compared."""
    key: Key
    """Made by whoever sends: the same sale under the same key is made once."""


class PlaceOut(Schema):
    group_id: int
    group: str
    since: date
    until: date | None


class CoveredOut(Schema):
    lesson_id: int
    day: date
    group: str | None
    kind: Kind
    status: Status
    price: Decimal
    share: int
    uses: bool
    """Whether it has used a lesson up."""


class BurnedOut(Schema):
    day: date
    about: date | None
    amount: Decimal


class PartOut(Schema):
    day: date
    amount: Decimal
    is_charged: bool


class DiscountedOut(Schema):
    kind: DiscountKind
    sum: Decimal
    reason: str
    allowed_by: str


class SubscriptionOut(Schema):
    subscription_id: int
    client_id: int
    client: str
    tariff: str
    kind: TariffKind
    places: list[PlaceOut]
    since: date
    until: date | None
    lessons: int | None
    used: int
    frozen: int
    left: int | None
    price: Decimal
    amount: Decimal
    unit: Decimal
    discounts: list[DiscountedOut]
    covered: list[CoveredOut]
    burned: list[BurnedOut]
    parts: list[PartOut]
    words: list[str]
    rules: list[str]
    contract: str
    note: str
    sold_at: datetime
    sold_by: str
    closed_on: date | None
    taken_back_at: datetime | None
    version: int


class EndingIn(In):
    until: Day
    seen: Seen = None


class TakingBackIn(In):
    reason: Annotated[Line, Field(min_length=1)]


class RenewalOut(Schema):
    enrolment_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    tariff: str
    since: date | None
    until: date | None
    lessons: int | None
    amount: Decimal
    words: list[str]
    problem: Problem | None
    is_chosen: bool
    """Whether it is made where nobody says which."""


class MadeOut(Schema):
    subscription_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    amount: Decimal


class RenewalsOut(Schema):
    first: date
    rows: list[RenewalOut]
    made: list[MadeOut]
    more: int


class RenewIn(In):
    month: Day
    branch_id: Id | None = None
    group_id: Id | None = None
    enrolment_ids: Annotated[list[Id], Field(max_length=1000)] | None = None
    """Without it all that are chosen by themselves."""


class RenewedOut(Schema):
    subscription_ids: list[int]
