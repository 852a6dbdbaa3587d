"""What is asked of a payer for some days: of each child what stood before, what is booked and what is still to come,
and what is due. It is shown before it is asked for, and kept as it was shown."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollbook.domains.access.actor import Actor, Permission
from rollbook.domains.access.queries import house
from rollbook.domains.billing import queries as billing
from rollbook.domains.billing.actions import due as instalments_of
from rollbook.domains.billing.models import (
    AnnouncedPayment,
    Charged,
    CoveredMark,
    EntryKind,
    PaymentRequest,
    Subscription,
)
from rollbook.domains.billing.queries import ZERO
from rollbook.domains.billing.rules import nth_price
from rollbook.domains.groups.models import Enrolment, Freeze
from rollbook.domains.journal.models import Mark, Status
from rollbook.domains.people import queries as people
from rollbook.domains.people.models import Client, Relation
from rollbook.domains.schedule import queries as schedule
from rollbook.domains.schedule.models import Lesson
from rollbook.domains.schedule.rules import lesson_days, lessons_of_month, month_of
from rollbook.foundation import formats
from rollbook.foundation.compiled import Rows, once
from rollbook.foundation.errors import InvalidInput
from rollbook.foundation.periods import local
from rollbook.screens import statement as accounts
from rollbook.screens.explained import period

_UNDER = Permission.MONEY_SEE
_PAID, _LET_OFF, _CHARGED = (
    frozenset({EntryKind.PAYMENT}), frozenset({EntryKind.DISCOUNT, EntryKind.BONUS}),
    frozenset({EntryKind.CHARGE, EntryKind.LAPSE}),
)
A_YEAR = 366
LATE_IN_MONTH = 20
"""From this day on the next month is asked for."""


class Coming(NamedTuple):
    """Lessons of a group that are still to come, and what they will cost."""

    group: str
    lessons: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Reckoning:
    """Of one child. What is taken off or paid is above zero, what is charged too; `before` and `others` are signed as
    in the account."""

    before: Decimal = ZERO
    """On the eve of the first day."""
    until_then: tuple[Coming, ...] = ()
    """From today on, until the first day."""
    charged: Decimal = ZERO
    discounts: Decimal = ZERO
    paid: Decimal = ZERO
    others: Decimal = ZERO
    """Corrections, refunds, transfers."""
    coming: tuple[Coming, ...] = ()
    instalments: Decimal = ZERO
    """Of subscriptions, which will come due."""
    announced: Decimal = ZERO

    @property
    def due(self) -> Decimal:
        has = self.before - self.charged + self.discounts + self.paid + self.others + self.announced
        to_come = sum((each.amount for each in (*self.until_then, *self.coming)), self.instalments)
        return max(to_come - has, ZERO)

    def as_json(self) -> dict[str, Any]:
        sums = ("before", "charged", "discounts", "paid", "others", "instalments", "announced")
        return {name: str(getattr(self, name)) for name in sums} | {
            name: [[each.group, each.lessons, str(each.amount)] for each in getattr(self, name)]
            for name in ("until_then", "coming")
        }

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> "Reckoning":
        values: dict[str, Any] = {
            name: tuple(Coming(group, lessons, Decimal(amount)) for group, lessons, amount in value)
            if isinstance(value, list) else Decimal(value)
            for name, value in told.items()
        }
        return cls(**values)


class Child(NamedTuple):
    client_id: int
    client: str
    reckoning: Reckoning
    due: Decimal


@dataclass(frozen=True, slots=True)
class Reckoned:
    """What would be asked of a payer for the days [first, last]."""

    payer: str
    """Empty where nobody pays, or where contacts may not be seen."""
    language: str
    today: date
    first: date
    last: date
    children: tuple[Child, ...]

    @property
    def due(self) -> Decimal:
        return sum((child.due for child in self.children), ZERO)


class Choice(NamedTuple):
    client_id: int
    client: str


@dataclass(frozen=True, slots=True)
class Asking:
    """The form: for whom of the payer's children, for which days, and what that comes to."""

    client_id: int
    client: str
    choices: tuple[Choice, ...]
    reckoned: Reckoned


@dataclass(frozen=True, slots=True)
class Request(Reckoned):
    """What was asked, as it was reckoned then."""

    request_id: int
    made_at: datetime
    made_by: str


def asking(
    *, client_id: int, at: datetime, by: Actor, first: date | None = None, last: date | None = None,
    client_ids: Collection[int] | None = None,
) -> Asking:
    """What asking the payer of a client would come to: for all their children without `client_ids`; for the rest of the
    month, and late in it for the next one, without days."""
    client: Client = Client.objects.select_related("branch").pick(by, Permission.PAYMENT_TAKE, client_id)
    choices = _siblings(client, by)
    today = local(at, client.branch.time_zone).date()
    if first is None or last is None:
        first, last = proposed(today=today)
    chosen = [one.client_id for one in choices if client_ids is None or one.client_id in client_ids]
    reckoned = reckon(client_ids=chosen or [client.pk], first=first, last=last, at=at, by=by)
    return Asking(client.pk, client.name, choices, reckoned)


def proposed(*, today: date) -> tuple[date, date]:
    """The days for which one asks: the rest of the month, and late in it the next one."""
    first, last = month_of(today)
    return (today, last) if today.day < LATE_IN_MONTH else month_of(first + timedelta(days=32))


def _siblings(client: Client, by: Actor) -> tuple[Choice, ...]:
    """The client, and the others for whom the same contact pays, as far as one takes payments for them."""
    payers = Relation.objects.filter(client=client, pays=True).values("contact")
    others = Relation.objects.filter(contact__in=payers, pays=True).values("client")
    rows = Client.objects.visible_to(by, Permission.PAYMENT_TAKE).filter(Q(pk=client.pk) | Q(pk__in=others))
    return tuple(Choice(*row) for row in rows.order_by("search", "pk").values_list("pk", "name"))


def reckon(*, client_ids: Sequence[int], first: date, last: date, at: datetime, by: Actor) -> Reckoned:
    """What is due for the days [first, last], of clients who share a payer. InvalidInput where all of it is past: what
    is due is what there is today, and nothing paid since may be left out."""
    clients = [accounts.pick_client(client_id=pk, by=by) for pk in client_ids]
    today = local(at, clients[0].branch.time_zone).date()
    if wrong := _wrong(first, last, today):
        raise InvalidInput({"last": wrong})
    ahead = _Ahead.of([client.pk for client in clients], today, last, by)
    announced = _announced(client_ids)
    children = []
    for client in clients:
        account = accounts.statement(client_id=client.pk, first=first, last=last, at=at, by=by)
        booked = {
            kinds: sum((entry.amount for entry in account.entries if entry.of in kinds), ZERO)
            for kinds in (_PAID, _LET_OFF, _CHARGED)
        }
        lessons = ahead.lessons(client.pk)
        reckoning = Reckoning(
            before=account.opening,
            until_then=_summed(each for each in lessons if each.day < first),
            charged=-booked[_CHARGED], discounts=booked[_LET_OFF], paid=booked[_PAID],
            others=account.closing - account.opening - sum(booked.values(), ZERO),
            coming=_summed(each for each in lessons if each.day >= first),
            instalments=ahead.instalments(client.pk), announced=announced.get(client.pk, ZERO),
        )
        children.append(Child(client.pk, client.name, reckoning, reckoning.due))
    contacts = people.contacts(clients=client_ids[:1], by=by, payers_only=True)
    return Reckoned(
        contacts[0].name if contacts else "", accounts.language_of(client_id=client_ids[0], by=by), today, first, last,
        tuple(children),
    )


def _wrong(first: date, last: date, today: date) -> str:
    """Why nothing can be asked for these days; empty where it can."""
    if last < today:
        return _("Today or later, please.")
    if last < first:
        return _("Not before the first day, please.")
    return _("A year at most, please.") if (last - first).days > A_YEAR else ""


def _announced(client_ids: Collection[int]) -> dict[int, Decimal]:
    waiting = AnnouncedPayment.objects.filter(client__in=client_ids, payment=None, declined_at=None)
    return dict(waiting.values("client").annotate(sum=Sum("amount")).values_list("client", "sum"))


# ---- what is to come


class _Lesson(NamedTuple):
    day: date
    group: str
    price: Decimal


def _summed(lessons: Iterable[_Lesson]) -> tuple[Coming, ...]:
    by_group: dict[str, list[Decimal]] = defaultdict(list)
    for lesson in lessons:
        by_group[lesson.group].append(lesson.price)
    return tuple(
        Coming(group, len(prices), formats.round_half_up(sum(prices, ZERO), 2)) for group, prices in by_group.items()
    )


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What is known of the days [today, last], read with the money of the clients."""

    today: date
    last: date
    stays: Sequence[Enrolment]
    pauses: Sequence[tuple[int, date, date]]
    slots: Sequence[schedule.Slot]
    closed: frozenset[tuple[int, date]]
    decided: frozenset[tuple[int, int, date]]
    """Client, group and day of lessons that are cancelled, or in which it is marked already whether they were there."""
    subscriptions: Sequence[Any]
    by: Actor

    @classmethod
    def of(cls, clients: Sequence[int], today: date, last: date, by: Actor) -> "_Ahead":
        stays = Enrolment.objects.within(today, last).filter(client__in=clients).select_related("group")
        stays = stays.order_by("since", "pk")
        groups = sorted({stay.group_id for stay in stays})
        since = today.replace(day=1)  # a price may be that of a whole month
        branches = {stay.group.branch_id for stay in stays}
        return cls(
            today, last, list(stays),
            list(Freeze.objects.within(today, last).filter(client__in=clients).values_list("client", "since", "until")),
            schedule.slots(group_ids=groups, by=by, under=_UNDER),
            schedule.closing_days(branch_ids=branches, first=since, last=month_of(last)[1], by=by, under=_UNDER),
            frozenset(_decided(clients=clients, groups=groups, first=today, last=last)),
            list(_subscriptions(clients=clients, today=today)), by,
        )

    def lessons(self, client: int) -> list[_Lesson]:
        """By the timetable, each with what it will cost: nothing where it is paid for already."""
        days = sorted(
            (day, stay.group_id, stay.group.name)
            for stay in self.stays if stay.client_id == client for day in self._days(stay)
        )
        used: dict[int, tuple[int, Decimal]] = {}
        return [
            _Lesson(day, name, price)
            for day, group, name in days if (price := self._price(client, group, day, used))
        ]

    def _days(self, stay: Enrolment) -> Iterable[date]:
        weekly, closing = self._timetable(stay.group_id, stay.group.branch_id)
        days = lesson_days(slots=weekly, closing_days=closing, first=max(self.today, stay.since), last=self.last)
        for day in days:
            if stay.until is not None and day >= stay.until:
                continue
            comes = not stay.weekdays or day.isoweekday() in stay.weekdays
            paused = any(client == stay.client_id and since <= day < until for client, since, until in self.pauses)
            if comes and not paused and (stay.client_id, stay.group_id, day) not in self.decided:
                yield day

    def _timetable(self, group: int, branch: int) -> tuple[list[Any], set[date]]:
        weekly = [slot.weekly for slot in self.slots if slot.group_id == group]
        return weekly, {day for of, day in self.closed if of == branch}

    def _price(self, client: int, group: int, day: date, used: dict[int, tuple[int, Decimal]]) -> Decimal:
        """By the subscription that will stand for it, of several that which ends first; else by the tariff."""
        for row in self.subscriptions:
            there = row.place == group and row.place_since <= day and (row.place_until is None or day < row.place_until)
            if row.client_id != client or not there:
                continue
            number, spent = used.get(row.pk, (row.used, row.spent or ZERO))
            if row.lessons is not None and number >= row.lessons - row.frozen:
                continue
            price = row.unit if row.lessons is None else nth_price(
                amount=row.amount - row.frozen * row.unit, unit=row.unit, lessons=row.lessons - row.frozen,
                others=spent, used=number,
            )
            used[row.pk] = number + 1, spent + price
            return ZERO if row.charged == Charged.START else price
        return self._by_tariff(group, day)

    def _by_tariff(self, group: int, day: date) -> Decimal:
        of = next(stay.group for stay in self.stays if stay.group_id == group)
        on = max(self.today, day.replace(day=1))
        terms = billing.terms(groups={group: of.programme_id}, on=on, by=self.by, under=_UNDER)[group]
        weekly, closing = self._timetable(group, of.branch_id)
        return terms.of_lesson(lessons=lessons_of_month(slots=weekly, closing_days=closing, day=day))

    def instalments(self, client: int) -> Decimal:
        """Of what is written off at the start, the parts that come due after today."""
        rows = {row.pk: row for row in self.subscriptions if row.client_id == client and row.charged == Charged.START}
        return sum(
            (
                amount for row in rows.values() for day, amount in instalments_of(row)
                if self.today < day <= self.last
            ),
            ZERO,
        )


@once
def _decided(*, clients: Any, groups: Any, first: Any, last: Any) -> Rows:
    told = Mark.objects.standing().exclude(status=Status.PLANNED).filter(lesson=OuterRef("pk"), client=OuterRef("who"))
    lessons = Lesson.objects.annotate(given=Coalesce("moved_from", "day"), who=F("group__enrolments__client"))
    known = lessons.filter(
        Q(cancelled_at__isnull=False) | Exists(told), group__any=groups, given__range=(first, last), who__any=clients
    )
    return known.values_list("who", "group", "given").distinct()


@once
def _subscriptions(*, clients: Any, today: Any) -> Rows:
    """A row for each group in which one holds; those that end first come first."""
    uses = CoveredMark.objects.filter(subscription=OuterRef("pk"), uses=True).order_by().values("subscription")
    return (
        Subscription.objects.standing()
        .filter(Q(until=None) | Q(until__gt=today), client__any=clients, closed_on=None)
        .annotate(
            place=F("groups__group"), place_since=F("groups__since"), place_until=F("groups__until"),
            spent=Subquery(uses.annotate(spent=Sum("mark__price")).values("spent")),
        )
        .order_by(F("until").asc(nulls_last=True), "pk")
    )


# ---- what was asked


def request(*, request_id: int, at: datetime, by: Actor) -> Request:
    """With those for other children that were made together with it, as far as their money may be seen."""
    row = PaymentRequest.objects.select_related("client__branch", "payer", "made_by").pick(by, _UNDER, request_id)
    together = PaymentRequest.objects.visible_to(by, _UNDER).filter(key=row.key).select_related("client")
    sees_contacts = by.may(Permission.CLIENT_SEE)
    zone = row.client.branch.time_zone
    return Request(
        row.payer.name if row.payer and sees_contacts else "",
        row.payer.language if row.payer else house().language,
        local(at, zone).date(), row.first, row.last,
        tuple(
            Child(each.client_id, each.client.name, Reckoning.of_json(each.reckoning), each.due)
            for each in together.order_by("client__search", "pk")
        ),
        row.pk, local(row.made_at, zone), row.made_by.name if row.made_by else "",
    )


def text(*, reckoned: Reckoned, language: str) -> str:
    """A few sentences in `language`, whatever that of the page is."""
    with translation.override(language):
        when = period(first=reckoned.first, last=reckoned.last, today=reckoned.today, language=language)
        said = [f"{when}.", *(_child(child, language) for child in reckoned.children)]
        if len(reckoned.children) > 1:
            said.append(_("To pay in all {sum}.").format(sum=formats.money(reckoned.due, language=language)))
        return formats.plain(" ".join(said))


def _child(child: Child, language: str) -> str:
    parts = [f"{name} {amount}" for name, amount in parts_of(reckoning=child.reckoning, language=language)]
    told = f"{child.client}: {', '.join(parts)}." if parts else f"{child.client}."
    to_pay = _("To pay {sum}.").format(sum=formats.money(child.due, language=language))
    return f"{told} {to_pay}"


def parts_of(*, reckoning: Reckoning, language: str) -> list[tuple[str, str]]:
    """What a reckoning consists of, what comes to nothing left out: a name, and its sum as it is written."""

    def money(amount: Decimal) -> str:
        return formats.money(amount, language=language)

    def lessons(coming: Coming) -> str:
        return ngettext("{group} {count} lesson", "{group} {count} lessons", coming.lessons).format(
            group=coming.group, count=coming.lessons
        )

    told = [(_("owed before") if reckoning.before < 0 else _("left before"), abs(reckoning.before))]
    told += [(_("{lessons} until then").format(lessons=lessons(each)), each.amount) for each in reckoning.until_then]
    told += [(_("charged"), reckoning.charged)]
    told += [(lessons(each), each.amount) for each in reckoning.coming]
    told += [
        (_("subscriptions"), reckoning.instalments), (_("discounts and bonuses"), reckoning.discounts),
        (_("paid"), reckoning.paid),
    ]
    found = [(name, money(amount)) for name, amount in told if amount]
    if reckoning.others:
        found.append((_("corrections and the like"), formats.signed(reckoning.others, language=language)))
    if reckoning.announced:
        found.append((_("announced"), money(reckoning.announced)))
    return found
