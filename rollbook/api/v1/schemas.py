"""What version 1 promises: written out, so that a change of a screen does not change it by accident."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Field, Schema
from pydantic import AfterValidator, BeforeValidator, ConfigDict, WithJsonSchema

from rollbook.domains.billing.models import EntryKind, Method
from rollbook.domains.imports.models import State as ImportState
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.people.models import Kinship
from rollbook.foundation.errors import STATUS
from rollbook.foundation.texts import clean_line, clean_text
from rollbook.screens.journal import State

Id = Annotated[int, Field(ge=1, lt=2**63)]
Line = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"), AfterValidator(clean_line)]
Name = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$"), AfterValidator(clean_line)]
Text = Annotated[
    str, Field(max_length=2000, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"), AfterValidator(clean_text)
]
Version = Annotated[int, Field(ge=0, lt=2**31)]
# The days that a form takes: what is reckoned from one, before it and after it, is a day as well.
Day = Annotated[date, Field(ge=date(1920, 1, 1), le=date(2100, 12, 31))]


def _plain(value: object) -> object:
    """A sum as digits, with a point and two more at most: no exponents, and no float, which is no sum."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,10}(\.[0-9]{1,2})?", value):
        return value
    raise ValueError("A sum is digits in quotes, like \"1000.50\".")


_AS_DIGITS = WithJsonSchema({"type": "string", "pattern": r"^\d{1,10}(\.\d{1,2})?$"})
Sum = Annotated[Decimal, BeforeValidator(_plain), Field(gt=0), _AS_DIGITS]


class DeclinedOut(Schema):
    detail: str
    values: list[dict[str, int | str]] = []
    fields: dict[str, str] = {}


DECLINED = {frozenset(STATUS.values()): DeclinedOut}


class In(Schema):
    """What comes in: a key that is not known is a mistake and is said so."""

    model_config = ConfigDict(extra="forbid")


class CellOut(Schema):
    status: Status | None
    kind: Kind
    version: int
    minutes_late: int
    make_up_until: date | None
    worked_off_on: date | None
    worked_off_note: str
    booked_on: date | None
    lapsed_on: date | None
    charged: bool | None


class SquareOut(Schema):
    state: State
    cell: CellOut
    comment: str
    """"note", "ask" where it is open, or nothing."""


class SlotOut(Schema):
    weekday: int
    starts: time
    minutes: int
    room: str
    valid_from: date
    valid_until: date | None


class GroupOut(Schema):
    group_id: int
    name: str
    programme: str
    branch: str
    teachers: list[str]
    slots: list[SlotOut]
    enrolled: int
    capacity: int | None
    minimum: int | None
    next_lesson: datetime | None
    unmarked: int


class GroupsOut(Schema):
    groups: list[GroupOut]
    next: str | None


class LessonHeadOut(Schema):
    lesson_id: int
    day: date
    starts_at: datetime
    ends_at: datetime
    held: bool
    cancelled: bool
    cancel_reason: str
    topic: str
    room: str
    teachers: list[str]


class NamesOut(Schema):
    """What a choice is called in each language; empty where it has no name in one."""

    ru: str
    uk: str
    en: str


class RowOut(Schema):
    client_id: int
    name: str
    balance: Decimal | None
    is_paid: bool | None
    guest: Kind | None
    left_on: date | None
    left_for: NamesOut | None
    left_note: str
    squares: list[SquareOut]


class JournalOut(Schema):
    group_id: int
    name: str
    first: date
    last: date
    lessons: list[LessonHeadOut]
    rows: list[RowOut]


class LessonRowOut(Schema):
    client_id: int
    name: str
    is_frozen: bool
    is_guest: bool
    cell: CellOut


class LessonOut(Schema):
    lesson_id: int
    group_id: int | None
    group: str
    branch: str
    day: date
    moved_from: date | None
    """The day of the timetable, where the lesson was moved to another one."""
    starts_at: datetime
    ends_at: datetime
    room_id: int | None
    room: str
    teacher_ids: list[int]
    teachers: list[str]
    topic: str
    note: str
    held_at: datetime | None
    cancelled_at: datetime | None
    cancelled_for: int | None
    """The id of the reason that was chosen."""
    cancel_reason: str
    """In words: what was chosen, and what is said beside it."""
    version: int
    rows: list[LessonRowOut]


class WithdrawnOut(Schema):
    """A visit that was booked, and is not expected any more."""

    client_id: int
    lesson_id: int
    day: date
    group: str


class MarkedOut(LessonOut):
    withdrawn: list[WithdrawnOut]
    """Since the right that it was to use is gone."""


class HalfOut(Schema):
    mark_id: int
    day: date
    status: Status
    lesson_id: int | None
    group_id: int | None
    group: str
    starts_at: datetime | None


class ProposalOut(Schema):
    lesson_id: int
    group: str
    branch: str
    starts_at: datetime
    free: int | None


class CellPageOut(Schema):
    client_id: int
    client: str
    lesson_id: int
    group_id: int | None
    group: str
    branch: str
    day: date
    starts_at: datetime
    ends_at: datetime
    mark_id: int | None
    square: SquareOut
    gives_right: bool
    visit: HalfOut | None
    miss: HalfOut | None
    proposals: list[ProposalOut]


class MakeUpIn(In):
    lesson_id: Id
    over_capacity: bool = False


class ByHandIn(In):
    on: Day
    note: Annotated[Line, Field(min_length=1)]
    seen: int | None = Field(None, ge=0, lt=2**31)


class ChargeIn(In):
    charged: bool | None
    seen: int | None = Field(None, ge=0, lt=2**31)


class MakeUpOut(Schema):
    mark_id: int
    client_id: int
    client: str
    lesson_id: int
    group_id: int | None
    group: str
    day: date
    until: date
    booked_on: date | None


class MakeUpsOut(Schema):
    make_ups: list[MakeUpOut]
    next: str | None


class MarkIn(In):
    client_id: Id
    status: Status | None
    """null takes the mark back."""
    seen: int | None = Field(None, ge=0, lt=2**31)
    minutes_late: int = Field(0, ge=0, le=600)


class MarksIn(In):
    marks: list[MarkIn] = Field(max_length=200)


class RangeMarkIn(MarkIn):
    lesson_id: Id


class RangeIn(In):
    marks: list[RangeMarkIn] = Field(max_length=200)


class MarkedCellOut(Schema):
    lesson_id: int
    client_id: int
    state: State
    cell: CellOut


class RangeOut(Schema):
    cells: list[MarkedCellOut]
    balances: dict[int, Decimal]
    withdrawn: list[WithdrawnOut]
    """Since the right that they were to use is gone."""


class CancellationIn(In):
    """A reason of the list, one in words, or both."""

    choice_id: Id | None = None
    reason: Line = ""


class DetailsIn(In):
    topic: Line = ""
    note: Text = ""
    seen: Version | None = None


class SubstitutionIn(In):
    teacher_ids: list[Id] = Field(min_length=1, max_length=2)
    as_joint: bool = False
    seen: Version | None = None


class MoveIn(In):
    """In the local time of the branch. `all_the_same` goes over what speaks against the day, `as_joint` over a room or
    teacher that is taken."""

    day: Day
    starts: time
    minutes: int = Field(ge=5, le=600)
    room_id: Id | None
    as_joint: bool = False
    all_the_same: bool = False
    seen: Version | None = None


class NewGuestIn(In):
    """Somebody who is not known yet, and whoever is called and pays: without a name, the client themself."""

    last_name: Name = ""
    first_name: Name = ""
    birth_date: Day | None = None
    contact_last_name: Name = ""
    contact_first_name: Name = ""
    kinship: Kinship = Kinship.MOTHER
    phone: Annotated[str, Field(max_length=40)] = ""
    contact_id: Id | None = None
    """A contact who is known already: whose phone it is."""
    somebody_else: bool = False
    """The phone is known, and this is another person all the same."""


class GuestIn(In):
    """Either a client who is known, or a new one."""

    kind: Literal["trial", "one_off"] = "trial"
    client_id: Id | None = None
    client: NewGuestIn | None = None
    over_capacity: bool = False


class ReversalIn(In):
    reason: Annotated[Line, Field(min_length=1)]


class ClientOut(Schema):
    client_id: int
    name: str
    birth_date: date | None
    branch: str
    groups: list[str]
    payer: str
    phone: str | None
    balance: Decimal | None


class ClientsOut(Schema):
    clients: list[ClientOut]
    next: str | None


class ContactOut(Schema):
    contact_id: int
    name: str
    kinship: Kinship
    pays: bool
    phone: str | None
    email: str | None
    telegram: str | None
    do_not_call: bool


class EntryOut(Schema):
    entry_id: int
    day: date
    kind: EntryKind
    amount: Decimal
    group: str
    status: Status | None
    share: int
    method: str
    note: str
    about: date | None
    """The day that it concerns, where the month of that was closed when it was booked."""
    reason: str
    other_id: int | None
    """Of a transfer the other client, if you may know of them."""


class StatementOut(Schema):
    opening: Decimal
    lines: list[EntryOut]
    closing: Decimal


class WaitingOut(Schema):
    announced_id: int
    client_id: int
    client: str
    branch: str
    amount: Decimal
    method: Method
    on: date
    note: str
    announced_at: datetime
    announced_by: str


class CardOut(Schema):
    client_id: int
    name: str
    birth_date: date | None
    branch: str
    contacts: list[ContactOut]
    balance: Decimal | None
    due: Decimal
    first: date
    last: date
    statement: StatementOut | None
    announced: list[WaitingOut]


class PaymentIn(In):
    amount: Sum
    method: Method
    on: Day
    note: Line = ""
    key: Annotated[str, Field(min_length=8, max_length=60, pattern=r"^[\x21-\x7e]*$")]
    """Made by whoever sends: the same payment under the same key is booked once."""


class PaymentOut(Schema):
    payment_id: int
    balance: Decimal | None


class AnnouncedListOut(Schema):
    announced: list[WaitingOut]
    next: str | None


class AnnouncedOut(Schema):
    announced_id: int


class ConfirmationIn(In):
    """What came, where it is not what was announced."""

    amount: Sum | None = None
    method: Method | None = None
    on: Day | None = None


class ConfirmedOut(Schema):
    payment_id: int


class PlaceOut(Schema):
    group_id: int
    name: str


class ChildOut(Schema):
    client_id: int
    name: str
    branch: str
    groups: list[PlaceOut]
    balance: Decimal
    due: Decimal
    may_take_payment: bool


class FamilyOut(Schema):
    contact_id: int
    name: str
    children: list[ChildOut]
    balance: Decimal
    due: Decimal
    announced: list[WaitingOut]
    shares: dict[int, Decimal]
    """By client, how the amount that was asked of, or all that is due, would fall on them."""


class ShareIn(In):
    client_id: Id
    amount: Sum


class FamilyPaymentIn(PaymentIn):
    shares: Annotated[list[ShareIn], Field(min_length=1, max_length=50)]
    """They add up to the amount, a client once."""


class FamilyPaymentOut(Schema):
    payment_id: int


class ChoiceOut(Schema):
    choice_id: int
    code: str | None
    names: NamesOut


class ChoicesOut(Schema):
    choices: list[ChoiceOut]


Seen = Annotated[int | None, Field(ge=1, lt=2**31)]
Weekdays = Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)]
"""ISO numbers, 1 is Monday; none is every day of the group."""


class EnrolmentOut(Schema):
    enrolment_id: int
    client_id: int
    client: str
    group_id: int
    group: str
    since: date
    until: date | None
    weekdays: list[int]
    choice_id: int | None
    choice: NamesOut | None
    note: str
    version: int


class EnrolmentIn(In):
    client_id: Id
    since: Day
    until: Day | None = None
    weekdays: Weekdays = []
    over_capacity: bool = False


class WeekdaysIn(In):
    weekdays: Weekdays
    seen: Seen = None


class TransferIn(In):
    group_id: Id
    since: Day
    weekdays: Weekdays = []
    over_capacity: bool = False
    seen: Seen = None


class EndIn(In):
    until: Day
    choice_id: Id
    note: Line = ""
    seen: Seen = None


class FreezeOut(Schema):
    freeze_id: int
    since: date
    until: date
    choice: NamesOut | None
    reason: str | None


class FreezesOut(Schema):
    client_id: int
    freezes: list[FreezeOut]


class FreezeIn(In):
    since: Day
    until: Day
    choice_id: Id
    reason: Line = ""


Percent = Annotated[Decimal, BeforeValidator(_plain), Field(gt=0, le=100), _AS_DIGITS]


class DiscountOut(Schema):
    discount_id: int
    percent: Decimal | None
    amount: Decimal | None
    reason: str
    since: date
    until: date | None
    allowed_by: str


class DiscountsOut(Schema):
    client_id: int
    discounts: list[DiscountOut]


class DiscountIn(In):
    """One of the two: per cent of the price, or an amount."""

    percent: Percent | None = None
    amount: Sum | None = None
    reason: Annotated[Line, Field(min_length=1)]
    since: Day
    until: Day | None = None


class CommentOut(Schema):
    comment_id: int
    text: str
    asks: bool
    written_at: datetime
    author: str
    resolved_at: datetime | None
    resolved_by: str
    version: int
    client_id: int | None
    client: str
    group_id: int | None
    group: str
    lesson_id: int | None
    lesson_at: datetime | None
    is_new: bool
    """It mentions whoever asks, who has not seen it yet."""


class CommentsOut(Schema):
    comments: list[CommentOut]
    next: str | None


class CommentIn(In):
    text: Annotated[str, Field(min_length=1, max_length=2000)]
    asks: bool = False


class CommentChangeIn(CommentIn):
    seen: int | None = Field(None, ge=0, lt=2**31)


class ImportOut(Schema):
    run_id: int
    source: str
    file: str
    kind: str
    is_trial: bool
    state: ImportState
    by_name: str
    asked_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    undone_at: datetime | None
    stage: str
    done: int
    total: int
    added: dict[str, int]
    trouble: str


class ImportsOut(Schema):
    imports: list[ImportOut]
    next: int | None


class ImportProblemOut(Schema):
    line: int
    column: str
    reason: str
    values: dict[str, int | str]


class ImportProblemsOut(ImportOut):
    problems: list[ImportProblemOut]
