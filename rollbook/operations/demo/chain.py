"""What belongs to the organisation as a whole: rules, roles, programmes, prices, and who works for all branches."""

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from rollbook.domains.access.rules import DEFAULT_ROLES
from rollbook.domains.billing.rules import lesson_price
from rollbook.domains.fields.rules import DEFAULT_CHOICES
from rollbook.domains.journal.rules import Switches, switches
from rollbook.domains.schedule.rules import Weekly, lessons_of_month
from rollbook.operations.demo import rows
from rollbook.operations.demo.book import Book, Clock, Who, compact
from rollbook.operations.demo.catalogue import SUBJECTS, Offer, Subject
from rollbook.operations.demo.names import Names
from rollbook.operations.demo.scales import Window

MAKE_UP_DAYS = 30
STAFF_OF_A_BRANCH = 40
"""At most."""
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0",
)


class Staff(NamedTuple):
    """An employee with a sign-in."""

    id: int
    who: Who


class Terms(NamedTuple):
    """A tariff, and what each status means under it."""

    pricing: str
    price: Decimal
    switches: dict[str, Switches]
    tariff: int
    at_start: bool
    missed_share: int
    make_up_days: int | None


class Use(NamedTuple):
    since: date
    until: date | None
    terms: Terms


@dataclass
class Chain:
    """What every branch needs to know of the whole."""

    names: Names
    window: Window
    founded_at: datetime
    founder: Who
    roles: dict[str, int] = field(default_factory=dict)
    lesson_types: dict[str, int] = field(default_factory=dict)
    choices: dict[tuple[str, str], int] = field(default_factory=dict)
    """By list and code."""
    programmes: dict[str, int] = field(default_factory=dict)
    uses: dict[str, list[Use]] = field(default_factory=dict)
    """By programme."""
    accountant: Staff | None = None


def month_start(day: date, back: int) -> date:
    """The first day of the month, `back` months before that of `day` (below zero: after)."""
    months = day.year * 12 + day.month - 1 - back
    return date(months // 12, months % 12 + 1, 1)


def found(book: Book, names: Names, window: Window) -> Chain:
    """An organisation without branches."""
    founded_at = Clock(names.time_zone).at(window.first - timedelta(days=14), 10 * 60)
    book.add(rows.Organisation(
        1, names.organisation, names.currency, names.time_zone, names.phone_region, names.language
    ))
    chain = Chain(names, window, founded_at, Who(None, "rollbook demo", "command"))
    book.tell("organisation.founded", "organisation:1", founded_at, chain.founder, {"name": names.organisation})
    for code, permissions in DEFAULT_ROLES.items():
        role = chain.roles[code] = book.id(rows.Role)
        book.add(rows.Role(role, code, json.dumps(sorted(permissions))))
        book.tell("role.added", f"role:{role}", founded_at, chain.founder, {"code": code})
    for code, minutes in {"group": 60, "individual": 45, "trial": 60}.items():
        kind = chain.lesson_types[code] = book.id(rows.LessonType)
        book.add(rows.LessonType(kind, code, minutes))
        book.tell("lesson_type.added", f"lesson_type:{kind}", founded_at, chain.founder, {"code": code})
    for of, choices in DEFAULT_CHOICES.items():
        for position, (code, names_of) in enumerate(choices.items(), 1):
            chain.choices[of, code] = book.id(rows.Choice)
            book.add(rows.Choice(chain.choices[of, code], of, code, *names_of, position))
    for subject in SUBJECTS.values():
        _add_programme(book, chain, subject)
    return chain


def hire_for_all(book: Book, chain: Chain, branch_id: int, random: Random) -> None:
    """Who works for all branches has a desk in the first one."""
    for role in ("owner", "director", "operator", "accountant", "analyst"):
        staff = hire(book, chain, branch_id, random, role=role, username=role)
        if role == "owner":
            chain.founder = staff.who
        if role == "accountant":
            chain.accountant = staff


_REACH = {"branch_manager": "branches", "administrator": "branches", "teacher": "own"}


def hire(book: Book, chain: Chain, branch_id: int, random: Random, *, role: str, username: str) -> Staff:
    """An employee of a branch who signs in by a link: nobody knows a password of theirs, for there is none."""
    names, woman = chain.names, random.random() < 0.7
    user, employee, grant = (book.id(table) for table in (rows.User, rows.Employee, rows.Grant))
    # In turn, not by chance: no two in a small school have the same.
    number = compact(employee, STAFF_OF_A_BRANCH)
    surname = names.surnames[number * 37 % len(names.surnames)]
    father = random.choice(names.men)
    first = random.choice(names.women) if woman else random.choice(names.men).name
    last = names.of_woman(surname) if woman else surname
    who = Who(user, f"{first} {last}")
    book.add(rows.User(user, username, "!", who.name, names.language, chain.founded_at))
    reach = _REACH.get(role, "everything")
    book.add(rows.Grant(grant, user, chain.roles[role], reach))
    if reach == "branches":
        book.add(rows.GrantBranch(book.id(rows.GrantBranch), grant, branch_id))
    book.add(rows.Employee(
        employee, last, first, father.of_daughter if woman else father.of_son, branch_id, user,
        names.phone(5_000_000 + number), role == "teacher",
    ))
    book.tell(
        "employee.added", f"employee:{employee}", chain.founded_at, chain.founder, {"name": f"{last} {first}"}
    )
    _sign_in(book, chain, random, who)
    return Staff(employee, who)


def _sign_in(book: Book, chain: Chain, random: Random, who: Who) -> None:
    """Once in five days or so, in the morning, in one browser; sometimes a password is mistyped first."""
    clock, day = Clock(chain.names.time_zone), chain.window.first
    browser, address, is_new = random.choice(BROWSERS), f"192.0.2.{random.randrange(1, 255)}", True
    while (day := day + timedelta(days=random.randrange(1, 10))) < chain.window.anchor:
        at = clock.at(day, random.randrange(540, 720))
        if random.random() < 0.05:
            vain = at - timedelta(seconds=20)
            book.add(rows.SignIn(book.id(rows.SignIn), who.user_id, vain, False, False, address, browser))
        book.add(rows.SignIn(book.id(rows.SignIn), who.user_id, at, True, is_new, address, browser))
        book.tell("user.signed_in", f"user:{who.user_id}", at, who, {})
        is_new = False


def _add_programme(book: Book, chain: Chain, subject: Subject) -> None:
    name = chain.names.programmes[subject.code]
    programme = chain.programmes[subject.code] = book.id(rows.Programme)
    book.add(rows.Programme(
        programme, name, subject.min_age, subject.max_age, subject.minutes, subject.capacity
    ))
    book.tell("programme.added", f"programme:{programme}", chain.founded_at, chain.founder, {"name": name})
    kind = chain.names.by_month if subject.by_month else chain.names.by_lesson
    raised, usual = month_start(chain.window.anchor, 2), f"{name}, {kind}"
    if subject.code == "english" and raised > chain.window.first:
        cheaper, later = subject.price * 9 // 10, f"{usual}: {chain.names.new_price}"
        chain.uses[subject.code] = [
            _add_use(book, chain, subject, usual, cheaper, until=raised, programme=programme),
            _add_use(book, chain, subject, later, subject.price, since=raised, programme=programme),
        ]
    else:
        chain.uses[subject.code] = [_add_use(book, chain, subject, usual, subject.price, programme=programme)]


def _add_use(
    book: Book, chain: Chain, subject: Subject, name: str, price: int, *,
    since: date | None = None, until: date | None = None, programme: int | None = None, group: int | None = None,
) -> Use:
    """A tariff, and for what and when it holds."""
    tariff, since = book.id(rows.Tariff), since or chain.window.first
    pricing = "month" if subject.by_month else "fixed"
    amount = chain.names.price(price)
    at = max(chain.founded_at, Clock(chain.names.time_zone).at(since - timedelta(days=10), 11 * 60))
    kind, charged = "month" if subject.by_month else "lesson", "start" if subject.at_start else "lesson"
    book.add(rows.Tariff(
        tariff, name, kind, pricing, charged, amount, subject.missed_share, 0, subject.make_up_days
    ))
    book.add(rows.TariffUse(book.id(rows.TariffUse), tariff, group, programme, since, until))
    book.tell("tariff.added", f"tariff:{tariff}", at, chain.founder, {"name": name, "price": str(amount)})
    used = f"group:{group}" if group else f"programme:{programme}"
    told = {"tariff": tariff, "since": since.isoformat()}
    book.tell("tariff.used", used, at, chain.founder, told, old={"tariff": None})
    days = subject.make_up_days or MAKE_UP_DAYS
    return Use(since, until, Terms(pricing, amount, dict(switches(
        missed_share=subject.missed_share, excused_share=0, make_up_days=days, missed_may_be_worked_off=False
    )), tariff, subject.at_start, subject.missed_share, subject.make_up_days))


class Prices:
    """What a lesson of one group costs, by its day."""

    def __init__(self, book: Book, chain: Chain, offer: Offer, group: int, group_name: str) -> None:
        self._uses = chain.uses[offer.subject]
        if offer.own_price:
            name = f"{group_name}, {chain.names.small_group}"
            self._uses = [_add_use(book, chain, SUBJECTS[offer.subject], name, offer.own_price, group=group)]
        self._known: dict[tuple[int, int], tuple[Terms, Decimal]] = {}

    def on(self, day: date, weekly: list[Weekly], closing_days: frozenset[date]) -> tuple[Terms, Decimal]:
        """The terms of a day and the price of a whole lesson. Prices change with a month, never within."""
        month = (day.year, day.month)
        if month not in self._known:
            terms = next(use.terms for use in reversed(self._uses) if use.since <= day)
            lessons = lessons_of_month(slots=weekly, closing_days=closing_days, day=day)
            self._known[month] = terms, lesson_price(pricing=terms.pricing, price=terms.price, lessons=lessons)
        return self._known[month]


