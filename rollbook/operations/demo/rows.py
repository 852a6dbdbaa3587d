"""The rows of a demo as they are loaded. What is not named here has the default of its model."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple


class Organisation(NamedTuple):
    id: int
    name: str
    currency: str
    time_zone: str
    phone_region: str
    language: str


class Branch(NamedTuple):
    id: int
    name: str
    address: str
    time_zone: str


class Role(NamedTuple):
    id: int
    code: str
    permissions: str


class User(NamedTuple):
    id: int
    username: str
    password: str
    name: str
    language: str
    date_joined: datetime


class Grant(NamedTuple):
    id: int
    user_id: int
    role_id: int
    reach: str


class GrantBranch(NamedTuple):
    id: int
    grant_id: int
    branch_id: int


class Employee(NamedTuple):
    id: int
    last_name: str
    first_name: str
    middle_name: str
    branch_id: int
    user_id: int
    phone: str
    teaches: bool


class Management(NamedTuple):
    branch_id: int
    employee_id: int


class Client(NamedTuple):
    id: int
    last_name: str
    first_name: str
    middle_name: str
    branch_id: int
    birth_date: date | None
    responsible_id: int | None
    note: str
    created_at: datetime


class Contact(NamedTuple):
    id: int
    last_name: str
    first_name: str
    middle_name: str
    phone: str
    email: str
    telegram: str
    language: str
    do_not_call: bool


class Relation(NamedTuple):
    id: int
    client_id: int
    contact_id: int
    kinship: str
    pays: bool
    is_written_to: bool
    may_see: bool
    may_collect: bool


class Programme(NamedTuple):
    id: int
    name: str
    min_age: int
    max_age: int | None
    minutes: int
    capacity: int


class Group(NamedTuple):
    id: int
    name: str
    programme_id: int
    branch_id: int
    minimum: int
    capacity: int
    state: str


class GroupTeacher(NamedTuple):
    id: int
    group_id: int
    employee_id: int


class Enrolment(NamedTuple):
    id: int
    client_id: int
    group_id: int
    since: date
    until: date | None
    weekdays: list[int] | None


class Freeze(NamedTuple):
    id: int
    client_id: int
    since: date
    until: date
    choice_id: int
    reason: str


class ChurnRecord(NamedTuple):
    id: int
    client_id: int
    enrolment_id: int
    group_id: int
    teacher_id: int
    left_on: date
    choice_id: int
    note: str
    credited_to_id: int
    recorded_at: datetime | None
    recorded_by_id: int | None
    returned_id: int | None


class Room(NamedTuple):
    id: int
    branch_id: int
    name: str
    capacity: int


class LessonType(NamedTuple):
    id: int
    code: str
    minutes: int


class Choice(NamedTuple):
    id: int
    of: str
    code: str
    name_ru: str
    name_uk: str
    name_en: str
    position: int


class ClosingDay(NamedTuple):
    id: int
    branch_id: int
    day: date
    reason: str


class ClosedMonth(NamedTuple):
    id: int
    branch_id: int
    month: date
    closed_at: datetime
    closed_by_id: int | None


class Slot(NamedTuple):
    id: int
    group_id: int
    weekday: int
    starts: time
    minutes: int
    room_id: int
    valid_from: date
    valid_until: date | None


class SlotTeacher(NamedTuple):
    id: int
    timetableslot_id: int
    employee_id: int


class Lesson(NamedTuple):
    id: int
    branch_id: int
    group_id: int | None
    lesson_type_id: int
    room_id: int | None
    starts_at: datetime
    ends_at: datetime
    day: date
    moved_from: date | None
    slot_id: int | None
    touched_at: datetime | None
    topic: str
    note: str
    held_at: datetime | None
    held_by_id: int | None
    cancelled_at: datetime | None
    cancelled_by_id: int | None
    cancelled_for_id: int | None
    cancel_reason: str


class LessonTeacher(NamedTuple):
    id: int
    lesson_id: int
    employee_id: int
    during: str
    counts: bool


class Mark(NamedTuple):
    id: int
    client_id: int
    lesson_id: int
    day: date
    kind: str
    status: str
    minutes_late: int
    present: bool
    uses_lesson: bool
    pays_teacher: bool
    share: int
    prepaid: bool
    price: Decimal
    make_up_until: date | None
    makes_up_id: int | None
    stands_aside: bool
    worked_off_on: date | None
    worked_off_note: str
    lapsed_on: date | None
    charged: bool | None
    marked_at: datetime
    marked_by_id: int | None
    version: int


class Tariff(NamedTuple):
    id: int
    name: str
    kind: str
    pricing: str
    charged: str
    price: Decimal
    missed_share: int
    excused_share: int
    make_up_days: int | None


class TariffUse(NamedTuple):
    id: int
    tariff_id: int
    group_id: int | None
    programme_id: int | None
    since: date
    until: date | None


class Subscription(NamedTuple):
    id: int
    client_id: int
    group_id: int
    tariff_id: int
    charged: str
    missed_share: int
    make_up_days: int | None
    since: date
    until: date
    lessons: int
    used: int
    price: Decimal
    amount: Decimal
    unit: Decimal
    reckoning: str
    key: str
    sold_at: datetime
    sold_by_id: int | None
    closed_on: date | None


class SubscriptionGroup(NamedTuple):
    id: int
    subscription_id: int
    group_id: int
    since: date
    until: date


class SubscriptionDiscount(NamedTuple):
    id: int
    subscription_id: int
    kind: str
    percent: Decimal | None
    sum: Decimal
    reason: str
    allowed_by_id: int | None


class CoveredMark(NamedTuple):
    mark_id: int
    subscription_id: int
    uses: bool


class Payment(NamedTuple):
    id: int
    key: str
    amount: Decimal
    method: str
    received_on: date
    note: str


class AnnouncedPayment(NamedTuple):
    id: int
    key: str
    client_id: int
    amount: Decimal
    method: str
    paid_on: date
    note: str
    announced_at: datetime
    announced_by_id: int | None
    payment_id: int | None
    declined_at: datetime | None
    declined_for: str


class LedgerEntry(NamedTuple):
    id: int
    client_id: int
    branch_id: int
    group_id: int | None
    kind: str
    amount: Decimal
    mark_id: int | None
    payment_id: int | None
    reverses_id: int | None
    lapse_of_id: int | None
    subscription_id: int | None
    instalment: int | None
    day: date
    made_at: datetime


class Comment(NamedTuple):
    id: int
    client_id: int | None
    group_id: int | None
    lesson_id: int | None
    mark_id: int | None
    of_group_id: int | None
    of_client_id: int | None
    text: str
    asks: bool
    written_at: datetime
    written_by_id: int | None
    resolved_at: datetime | None
    resolved_by_id: int | None
    version: int


class Mention(NamedTuple):
    id: int
    comment_id: int
    user_id: int
    seen_at: datetime | None


class History(NamedTuple):
    id: int
    at: datetime
    by_id: int | None
    by_name: str
    via: str
    verb: str
    subject: str
    within: str
    old: str
    new: str


class SignIn(NamedTuple):
    id: int
    user_id: int
    at: datetime
    succeeded: bool
    new_device: bool
    address: str
    browser: str


class Reading(NamedTuple):
    id: int
    at: datetime
    hour: datetime
    by_id: int | None
    by_name: str
    via: str
    subject: str
