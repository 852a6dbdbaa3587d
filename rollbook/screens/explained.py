"""A statement as a short text to send: what a person would write who explains a month to whoever pays."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from babel.dates import format_date
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from rollbook.domains.billing.models import EntryKind
from rollbook.domains.billing.queries import ZERO
from rollbook.domains.journal.models import Kind, Status
from rollbook.domains.schedule.rules import month_of
from rollbook.foundation import formats
from rollbook.screens.journal import State
from rollbook.screens.statement import Bought, Entry, Statement, Visit

A_YEAR = timedelta(days=366)


def text(*, statement: Statement, language: str) -> str:
    """A few sentences in `language`, whatever that of the page is. What they say adds up: what was before, less what
    lessons and the rest cost, plus what was paid, is what is left."""
    with translation.override(language):
        said = _Words(statement, language)
        return formats.plain(" ".join(filter(None, (said.before(), *said.lessons(), *said.others(), said.closing()))))


def period(*, first: date, last: date, today: date, language: str) -> str:
    """March, 2–15 March, 20 March – 10 April; with the year where another one might be meant."""
    with_year = abs(today - first) > A_YEAR
    if (first, last) == month_of(first):
        name = format_date(first, "LLLL y" if with_year else "LLLL", locale=language)
        return name[:1].upper() + name[1:]
    form = formats.day if with_year else formats.day_month
    if first == last:
        return form(first, language=language)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{form(last, language=language)}"
    return f"{form(first, language=language)} – {form(last, language=language)}"


class _Fate(NamedTuple):
    """What becomes of a miss, and by or on which day."""

    said: str
    day: date | None = None


@dataclass(frozen=True)
class _Words:
    of: Statement
    language: str

    def money(self, amount: Decimal) -> str:
        return formats.money(amount, language=self.language)

    def signed(self, amount: Decimal) -> str:
        return formats.signed(amount, language=self.language)

    # ---- before and after

    def before(self) -> str:
        opening = self.of.opening
        if not opening:
            return ""
        said = _("Before: owed {sum}.") if opening < 0 else _("Before: left {sum}.")
        return said.format(sum=self.money(abs(opening)))

    def closing(self) -> str:
        closing = self.of.closing
        return (_("Owed {sum}.") if closing < 0 else _("Left {sum}.")).format(sum=self.money(abs(closing)))

    # ---- lessons

    def lessons(self) -> Iterable[str]:
        """One sentence, or one for each group, with its name where there are several."""
        of = self.of
        when = period(first=of.first, last=of.last, today=of.today, language=self.language)
        said = [(name, parts) for name, parts in map(self._group, self._homes()) if parts]
        if not said:
            return [_("{period}: no lessons.").format(period=when)]
        if len(said) == 1:
            return [f"{when}: {said[0][1]}."]
        return [f"{when}.", *(f"{name}: {parts}." for name, parts in said)]

    def _homes(self) -> Sequence[tuple[int | None, str]]:
        homes = dict.fromkeys((visit.home_id, visit.home) for visit in self.of.visits)
        return list(homes | dict.fromkeys((bought.group_id, bought.group) for bought in self._prepaid()))

    def _group(self, home: tuple[int | None, str]) -> tuple[str, str]:
        visits = [visit for visit in self.of.visits if visit.home_id == home[0]]
        bought = [self._subscription(one) for one in self._prepaid() if one.group_id == home[0]]
        told = ", ".join(self._visits(visits))
        return home[1] or _("Individual lessons"), "; ".join(filter(None, [told, *bought]))

    def _visits(self, visits: Sequence[Visit]) -> Iterable[str]:
        own = [visit for visit in visits if visit.square.cell.kind == Kind.REGULAR]
        if own:
            yield ngettext("{count} lesson", "{count} lessons", len(own)).format(count=len(own))
        yield from self._part(_("was at {count}"), own, _is(State.ATTENDED))
        yield from self._part(_("ill at {count}"), own, _said(Status.EXCUSED))
        guests = [visit for visit in visits if visit.square.cell.kind != Kind.REGULAR]
        # What a guest missed costs something only where somebody has decided so.
        charged = [visit for visit in guests if self.of.costs.get(visit.mark_id or 0)]
        yield from self._part(_("missed {count}"), [*own, *charged], _said(Status.MISSED))
        yield from self._part(_("not marked {count}"), own, _is(State.UNMARKED))
        yield from self._part(_("frozen {count}"), own, _is(State.FROZEN))
        yield from self._part(_("to come {count}"), own, _is(State.FUTURE, State.PLANNED))
        for kind, said in (
            (Kind.MAKE_UP, _("worked off {count}")), (Kind.TRIAL, _("trial {count}")),
            (Kind.ONE_OFF, _("one-off {count}")),
        ):
            there = [visit for visit in guests if visit.square.cell.kind == kind]
            yield from self._part(said, there, _is(State.ATTENDED))
            yield from self._part(_("ill at {count}"), [v for v in there if v in charged], _said(Status.EXCUSED))

    def _part(self, said: str, visits: Sequence[Visit], chosen: Callable[[Visit], bool]) -> Iterable[str]:
        """How many, and in brackets what they cost and what becomes of them."""
        found = [visit for visit in visits if chosen(visit)]
        if not found:
            return
        cost = -sum((self.of.costs.get(visit.mark_id or 0, ZERO) for visit in found), ZERO)
        notes = [self.money(cost)] if cost else []
        notes += self._fates(found)
        count = said.format(count=len(found))
        yield f"{count} ({'; '.join(notes)})" if notes else count

    def _fates(self, misses: Sequence[Visit]) -> list[str]:
        fates: dict[str, list[date]] = {}
        told = [fate for fate in map(_fate, misses) if fate]
        for fate in told:
            fates.setdefault(fate.said, []).extend([fate.day] if fate.day else [])
        all_alike = len(fates) == 1 and len(told) == len(misses)
        return [
            ("" if all_alike else f"{sum(fate.said == said for fate in told)} ")
            + said.format(days=formats.days(sorted(set(days)), language=self.language))
            for said, days in fates.items()
        ]

    # ---- subscriptions

    def _prepaid(self) -> Sequence[Bought]:
        return [bought for bought in self.of.bought if bought.charged_at_start]

    def _subscription(self, bought: Bought) -> str:
        """subscription 4 800: used 5 of 8."""
        of_it = [
            entry for entry in self.of.entries
            if entry.subscription_id == bought.subscription_id and entry.of == EntryKind.CHARGE and entry.instalment
        ]
        charged = -sum((entry.amount for entry in of_it), ZERO)
        numbers = sorted({entry.instalment for entry in of_it if entry.instalment})
        name = _("subscription {sum}").format(sum=self.money(charged)) if charged else _("subscription")
        if charged and bought.instalments > 1:
            nth = ", ".join(map(str, numbers))
            said = _("{subscription} (instalment {number} of {all})")
            name = said.format(subscription=name, number=nth, all=bought.instalments)
        if bought.lessons is None:
            return _("{subscription}: used {used}").format(subscription=name, used=bought.used)
        said = _("{subscription}: used {used} of {lessons}")
        return said.format(subscription=name, used=bought.used, lessons=bought.lessons)

    # ---- whatever else was booked

    def others(self) -> Iterable[str]:
        by_kind: dict[EntryKind, list[Entry]] = {}
        for entry in self.of.entries:
            by_kind.setdefault(entry.of, []).append(entry)
        yield from self._earlier(by_kind.get(EntryKind.CHARGE, ()))
        yield from self._lapses(by_kind.get(EntryKind.LAPSE, ()))
        yield from self._with_reasons(_("Discount {sum}"), by_kind.get(EntryKind.DISCOUNT, ()), self.money)
        yield from self._with_reasons(_("Correction {sum}"), by_kind.get(EntryKind.CORRECTION, ()), self.signed)
        yield from self._with_reasons(_("Bonus {sum}"), by_kind.get(EntryKind.BONUS, ()), self.money)
        moved = [entry.amount for entry in by_kind.get(EntryKind.TRANSFER, ())]
        yield from self._sum(_("Moved from another account {sum}."), [sum_ for sum_ in moved if sum_ > 0])
        yield from self._sum(_("Moved to another account {sum}."), [-sum_ for sum_ in moved if sum_ < 0])
        yield from self._sum(
            _("Paid back {sum}."), [-entry.amount for entry in by_kind.get(EntryKind.REFUND, ())],
            _("Paid back before and taken in again {sum}."),
        )
        yield from self._sum(
            _("Paid {sum}."), [entry.amount for entry in by_kind.get(EntryKind.PAYMENT, ())],
            _("Payments of before taken back {sum}."),
        )

    def _earlier(self, charges: Iterable[Entry]) -> Iterable[str]:
        """What was booked on these days for others."""
        shown = {visit.mark_id for visit in self.of.visits}
        told = {bought.subscription_id for bought in self._prepaid()}
        rest = sum(
            (
                entry.amount for entry in charges
                if (entry.mark_id not in shown if entry.mark_id else entry.subscription_id not in told)
            ),
            ZERO,
        )
        if rest:
            yield _("Recalculated for other days {sum}.").format(sum=self.signed(rest))

    def _lapses(self, lapses: Iterable[Entry]) -> Iterable[str]:
        of_marks = [entry.amount for entry in lapses if entry.mark_id]
        of_rest = [entry.amount for entry in lapses if not entry.mark_id]
        for amounts, burned, came_back in (
            (of_marks, _("Burned {sum}: not worked off in time."), _("Came back {sum}: not worked off in time.")),
            (of_rest, _("Burned {sum}: not used."), _("Came back {sum}: not used.")),
        ):
            yield from self._sum(burned, [-sum_ for sum_ in amounts if sum_ < 0])
            yield from self._sum(came_back, [sum_ for sum_ in amounts if sum_ > 0])

    def _sum(self, said: str, amounts: Iterable[Decimal], negative: str = "") -> Iterable[str]:
        whole = sum(amounts, ZERO)
        if whole:
            yield (said if whole > 0 or not negative else negative).format(sum=self.money(abs(whole)))

    def _with_reasons(
        self, said: str, entries: Iterable[Entry], written: Callable[[Decimal], str]
    ) -> Iterable[str]:
        whole = sum((entry.amount for entry in entries), ZERO)
        reasons = "; ".join(dict.fromkeys(entry.reason for entry in entries if entry.reason))
        if whole:
            yield said.format(sum=written(whole)) + (f" ({reasons})." if reasons else ".")


def _is(*states: State) -> Callable[[Visit], bool]:
    return lambda visit: visit.square.state in states


def _said(status: Status) -> Callable[[Visit], bool]:
    """Worked off or not."""
    return lambda visit: visit.square.cell.status == status


def _fate(visit: Visit) -> _Fate | None:
    """As it is written down, not as a clock would say: a right is over when the night has said so."""
    cell = visit.square.cell
    if cell.status not in (Status.EXCUSED, Status.MISSED):
        return None
    if cell.worked_off_on:
        return _Fate(_("worked off"))
    if cell.lapsed_on:
        return _Fate(_("not worked off in time"))
    if cell.booked_on:
        return _Fate(_("to be worked off on {days}"), cell.booked_on)
    if cell.make_up_until:
        return _Fate(_("may be worked off until {days}"), cell.make_up_until)
    return None
