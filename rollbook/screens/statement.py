"""The account of a client over any days, from which every sum follows: each lesson with its cell and what it cost, each
payment, and whatever else was booked. The page, the file and the text to send are made of it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.access.scoping import compiled
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.models import EntryKind, LedgerEntry, PaymentRequest, Subscription
from rollbook.domains.billing.queries import ZERO
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.journal.models import Kind, Mark, Status
from rollbook.domains.journal.queries import NOBODY, Cell
from rollbook.domains.people.models import Client, Relation
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation.compiled import Rows, once
from rollbook.foundation.periods import local
from rollbook.screens.journal import Square, State, square

LONGEST = timedelta(days=3660)


class Visit(NamedTuple):
    """A lesson at which the client was, or was expected; `home` is the group whose lesson it is to them: of a make-up
    that of the miss. Without a group it is an individual one."""

    lesson_id: int
    day: date
    group: str
    home_id: int | None
    home: str
    square: Square
    mark_id: int | None = None
    price: Decimal = ZERO
    subscription_id: int | None = None


class Entry(NamedTuple):
    """A line of the ledger with all that it names. A reversal is told by what it takes back: `of` is the kind of that,
    and of any other entry its own."""

    entry_id: int
    day: date
    kind: EntryKind
    of: EntryKind
    amount: Decimal
    group_id: int | None
    group: str
    mark_id: int | None
    lesson_id: int | None
    lesson_day: date | None
    """Of the mark that it is for, or that has lapsed."""
    subscription_id: int | None
    tariff: str
    instalment: int | None
    payment_id: int | None
    method: str
    note: str
    reason: str
    about: date | None
    """The day that it concerns, where that lies in a closed month."""

    @property
    def is_reversal(self) -> bool:
        return self.kind == EntryKind.REVERSAL


class Line(NamedTuple):
    """A row of the statement: a lesson with what was booked for it on these days, or something else that was booked.
    `amount` is None where a lesson cost nothing."""

    day: date
    amount: Decimal | None
    visit: Visit | None
    entry: Entry | None


@dataclass(frozen=True, slots=True)
class Bought:
    """A subscription that was charged on these days, or stands for lessons of them; `used` until their end."""

    subscription_id: int
    group_id: int
    group: str
    tariff: str
    charged_at_start: bool
    lessons: int | None
    """What is frozen left out; None: not counted."""
    used: int
    instalments: int


@dataclass(frozen=True, slots=True)
class Statement:
    client_id: int
    client: str
    branch: str
    today: date
    first: date
    last: date
    opening: Decimal
    visits: tuple[Visit, ...]
    entries: tuple[Entry, ...]
    bought: tuple[Bought, ...]

    @property
    def closing(self) -> Decimal:
        return self.opening + sum((entry.amount for entry in self.entries), ZERO)

    @property
    def lines(self) -> tuple[Line, ...]:
        """In the order of days; what is to come, and was not booked, is left out."""
        costs = self.costs
        shown = {visit.mark_id for visit in self.visits if visit.mark_id}
        lessons = [
            Line(visit.day, costs.get(visit.mark_id) if visit.mark_id else None, visit, None)
            for visit in self.visits
            if visit.square.state not in (State.FUTURE, State.PLANNED) or costs.get(visit.mark_id or 0)
        ]
        others = [
            Line(entry.day, entry.amount, None, entry)
            for entry in self.entries if entry.of != EntryKind.CHARGE or entry.mark_id not in shown
        ]
        return tuple(sorted([*lessons, *others], key=lambda line: (line.day, line.entry is not None)))

    @property
    def costs(self) -> Mapping[int, Decimal]:
        """By mark, what was booked for it on these days; nothing where that cancels out."""
        found: dict[int, Decimal] = defaultdict(Decimal)
        for entry in self.entries:
            if entry.mark_id and entry.of == EntryKind.CHARGE:
                found[entry.mark_id] += entry.amount
        return {mark: amount for mark, amount in found.items() if amount}


@dataclass(frozen=True, slots=True)
class Asked:
    """A payment request that was made, in a list of them."""

    request_id: int
    first: date
    last: date
    due: Decimal
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    statement: Statement
    day: date
    balance: Decimal
    """At the end of `day`."""
    requests: tuple[Asked, ...]
    language: str
    """Of whoever pays."""
    may_take_payment: bool


def page(
    *, client_id: int, at: datetime, by: Actor, first: date | None = None, last: date | None = None,
    day: date | None = None,
) -> Page:
    """The statement with what its page shows around it; `day` is another one whose balance is asked for."""
    shown = statement(client_id=client_id, first=first, last=last, at=at, by=by)
    day = day or shown.today
    may = Client.objects.all().held_on(by, client_id, Permission.PAYMENT_TAKE)
    return Page(
        shown, day, billing.balance(client_id=client_id, at=day, by=by), _asked(client_id, at, by),
        language_of(client_id=client_id, by=by), Permission.PAYMENT_TAKE in may,
    )


def statement(
    *, client_id: int, at: datetime, by: Actor, first: date | None = None, last: date | None = None
) -> Statement:
    """The account over the days [first, last], this month without them, ten years at most; of lessons that are no
    secret to whoever sees what they cost."""
    client = pick_client(client_id=client_id, by=by)
    now = local(at, client.branch.time_zone)
    first, last = _days_of(first, last, now.date())
    entries = tuple(_entry(row) for row in _entries(by, client=client_id, first=first, last=last))
    visits = (*_marked(client_id, first, last), *_unmarked(client_id, first, last, now))
    ids = {entry.subscription_id for entry in entries if entry.subscription_id and entry.instalment}
    ids |= {visit.subscription_id for visit in visits if visit.subscription_id}
    return Statement(
        client_id, client.name, client.branch.name, now.date(), first, last,
        next((opening for (opening,) in _opening(by, client=client_id, first=first)), ZERO),
        tuple(sorted(visits, key=lambda visit: (visit.day, visit.lesson_id))), entries, _bought(ids, last),
    )


def pick_client(*, client_id: int, by: Actor) -> Client:
    """The client whose money one sees: NotAllowed where they alone are seen."""
    found: Client = Client.objects.select_related("branch").pick(by, Permission.MONEY_SEE, client_id)
    return found


def _days_of(first: date | None, last: date | None, today: date) -> tuple[date, date]:
    """A period as it was asked for: of one day the month, and never longer than ten years."""
    if first is None or last is None:
        return month_of(first or last or today)
    first, last = min(first, last), max(first, last)
    return first, min(last, first + LONGEST)


def language_of(*, client_id: int, by: Actor) -> str:
    """In which whoever pays for a client is written to, or else the organisation writes."""
    payer = Relation.objects.filter(client=client_id, pays=True).order_by("pk")
    return payer.values_list("contact__language", flat=True).first() or house().language


# ---- what was booked


@compiled
def _opening(by: Actor, *, client: Any, first: Any) -> Rows:
    before = LedgerEntry.objects.visible_to(by, Permission.MONEY_SEE).filter(client=client, day__lt=first)
    return before.order_by().values("client").annotate(sum=Sum("amount")).values_list("sum")


@compiled
def _entries(by: Actor, *, client: Any, first: Any, last: Any) -> Rows:
    """What was written and taken back on these days is left out: it cancels out, and the history keeps it."""
    return (
        LedgerEntry.objects.visible_to(by, Permission.MONEY_SEE)
        .filter(client=client, day__range=(first, last))
        .exclude(kind=EntryKind.REVERSAL, reverses__day__range=(first, last))
        .exclude(reversed_by__day__range=(first, last))
        .order_by("day", "pk")
        .values_list(
            "pk", "day", "kind", Coalesce("reverses__kind", "kind"), "amount",
            Coalesce("group", "lapse_of__lesson__group", "subscription__group"),
            Coalesce("group__name", "lapse_of__lesson__group__name", "subscription__group__name"),
            Coalesce("mark", "lapse_of"), Coalesce("mark__lesson", "lapse_of__lesson"),
            Coalesce("mark__day", "lapse_of__day"), "subscription", "subscription__tariff__name", "instalment",
            "payment", "payment__method", "payment__note", Coalesce("reverses__reason", "reason"), "about",
        )
    )


def _entry(row: Sequence[Any]) -> Entry:
    pk, day, kind, of, amount, group_id, group, mark, lesson, lesson_day, bought, tariff, nth, *rest = row
    payment, method, note, reason, about = rest
    return Entry(
        pk, day, EntryKind(kind), EntryKind(of), amount, group_id, group or "", mark, lesson, lesson_day, bought,
        tariff or "", nth, payment, method or "", note or "", reason, about,
    )


# ---- what it was for


def _marked(client_id: int, first: date, last: date) -> tuple[Visit, ...]:
    return tuple(
        Visit(
            lesson, day, group or "", home_id or group_id, home or group or "",
            square(Cell(Status(status), Kind(kind), *cell), is_expected=True, is_cancelled=False, has_begun=True,
                   is_paused=False),
            mark, price, subscription,
        )
        for lesson, day, group_id, group, home_id, home, mark, price, subscription, status, kind, *cell
        in _marks(client=client_id, first=first, last=last)
    )


@once
def _marks(*, client: Any, first: Any, last: Any) -> Rows:
    """The cells of a client who was picked with their money, in whatever lesson."""
    visits = Mark.objects.holding().filter(makes_up=OuterRef("pk"))
    return (
        Mark.objects.standing()
        .filter(client=client, day__range=(first, last), lesson__cancelled_at=None)
        .annotate(
            worked_off=Coalesce("worked_off_on", Subquery(visits.filter(status=Status.ATTENDED).values("day")[:1])),
            booked=Subquery(visits.filter(status=Status.PLANNED).values("day")[:1]),
        )
        .order_by("day", "pk")
        .values_list(
            "lesson", "day", "lesson__group", "lesson__group__name", "makes_up__lesson__group",
            "makes_up__lesson__group__name", "pk", "price", "covered__subscription", "status", "kind", "version",
            "minutes_late", "share", "make_up_until", "worked_off", "worked_off_note", "booked", "lapsed_on",
            "charged",
        )
    )


def _unmarked(client_id: int, first: date, last: date, now: datetime) -> tuple[Visit, ...]:
    """The lessons at which nobody has said yet whether the client was there, or is to be."""
    stays = list(Enrolment.objects.within(first, last).filter(client=client_id))
    if not stays:
        return ()
    pauses = list(Freeze.objects.within(first, last).filter(client=client_id).values_list("since", "until"))
    rows = _lessons(
        client=client_id, groups=sorted({stay.group_id for stay in stays}), first=first, last=last,
        # The index of a group's lessons knows instants: no zone is further than 14 hours from UTC.
        begin=datetime.combine(first, time.min, UTC) - timedelta(days=1),
        end=datetime.combine(last, time.max, UTC) + timedelta(days=1),
    )
    return tuple(
        Visit(
            lesson, day, group, group_id, group,
            square(NOBODY, is_expected=True, is_cancelled=False, has_begun=starts_at <= now,
                   is_paused=any(since <= day < until for since, until in pauses)),
        )
        for lesson, day, given, starts_at, group_id, group in rows
        if any(stay.group_id == group_id and _comes(stay, day, given) for stay in stays)
    )


@once
def _lessons(*, client: Any, groups: Any, first: Any, last: Any, begin: Any, end: Any) -> Rows:
    told = Mark.objects.standing().filter(lesson=OuterRef("pk"), client=client)
    return (
        Lesson.objects.filter(
            ~Exists(told), group__any=groups, day__range=(first, last), starts_at__range=(begin, end),
            cancelled_at=None,
        )
        .order_by("starts_at", "pk")
        .values_list("pk", "day", Coalesce("moved_from", "day"), "starts_at", "group", "group__name")
    )


def _comes(stay: Enrolment, day: date, given: date) -> bool:
    """At a lesson that was moved comes who comes on the weekday on which the timetable has it."""
    inside = stay.since <= day and (stay.until is None or day < stay.until)
    return inside and (not stay.weekdays or given.isoweekday() in stay.weekdays)


def _bought(ids: Collection[int], last: date) -> tuple[Bought, ...]:
    if not ids:
        return ()
    return tuple(
        Bought(pk, group_id, group, tariff, charged == "start", None if lessons is None else lessons - frozen, used,
               instalments)
        for pk, group_id, group, tariff, charged, lessons, frozen, used, instalments
        in _subscriptions(subscriptions=sorted(ids), last=last)
    )


@once
def _subscriptions(*, subscriptions: Any, last: Any) -> Rows:
    used = Count("covered", filter=Q(covered__uses=True, covered__mark__day__lte=last))
    return (
        Subscription.objects.filter(pk__any=subscriptions)
        .annotate(by_then=used, plan=F("tariff__name"))
        .order_by("since", "pk")
        .values_list("pk", "group", "group__name", "plan", "charged", "lessons", "frozen", "by_then", "instalments")
    )


def _asked(client_id: int, at: datetime, by: Actor) -> tuple[Asked, ...]:
    rows = PaymentRequest.objects.visible_to(by, Permission.MONEY_SEE).filter(client=client_id)
    return tuple(
        Asked(pk, first, last, due, local(made_at, zone))
        for pk, first, last, due, made_at, zone in rows.order_by("-made_at", "-pk").values_list(
            "pk", "first", "last", "due", "made_at", "client__branch__time_zone"
        )
    )
