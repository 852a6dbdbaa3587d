"""What a line of a statement is for, in words: the page and the file say the same."""

from datetime import date

from django.utils.translation import gettext

from rollbook.domains.billing.models import EntryKind, Method
from rollbook.domains.journal.models import Kind
from rollbook.foundation import formats
from rollbook.screens.statement import Entry, Line, Visit
from rollbook.web.journal.cells import Words
from rollbook.web.pages import language, url


class Said:
    """In the language of whoever looks; made once for a page."""

    def __init__(self) -> None:
        self.words, self.methods = Words(), dict(Method.choices)

    def line(self, line: Line) -> str:
        """What it is: the group and what its cell says, or what was booked."""
        if line.visit:
            return self._visit(line.visit)
        if line.entry:
            return self._entry(line.entry)
        return ""

    def price(self, line: Line) -> str:
        """What a whole lesson costs and, where it is another part of it, which one was charged."""
        visit = line.visit
        if not (visit and visit.price):
            return ""
        price = formats.money(visit.price, language=language())
        share = visit.square.cell.share
        return f"{price} × {share}%" if line.amount and share != 100 else price

    def _visit(self, visit: Visit) -> str:
        where = visit.home or gettext("Individual lesson")
        if visit.square.cell.kind == Kind.MAKE_UP and visit.group != visit.home:
            where = gettext("{home}, worked off in {group}").format(
                home=where, group=visit.group or gettext("an individual lesson")
            )
        return f"{where}: {self.words.say(visit.square)}"

    def _entry(self, entry: Entry) -> str:
        parts = [self._what(entry), entry.note, entry.reason]
        if entry.about:
            parts.append(gettext("concerns {day}").format(day=self._day(entry.about)))
        said = " · ".join(filter(None, parts))
        return gettext("taken back: {what}").format(what=said) if entry.is_reversal else said

    def _what(self, entry: Entry) -> str:
        match entry.of:
            case EntryKind.PAYMENT:
                return ", ".join([gettext("payment"), str(self.methods[entry.method])])
            case EntryKind.REFUND:
                return ", ".join([gettext("refund"), str(self.methods[entry.method])])
            case EntryKind.LAPSE:
                return self._lapse(entry)
            case EntryKind.TRANSFER if entry.amount < 0:
                return gettext("moved to another account")
            case EntryKind.TRANSFER:
                return gettext("moved from another account")
            case EntryKind.CHARGE if entry.instalment:
                return self._subscription(entry)
            case EntryKind.CHARGE:
                return self._lesson(entry)
            case _:
                return ", ".join(filter(None, [str(entry.of.label), entry.group]))

    def _lapse(self, entry: Entry) -> str:
        is_burned = (entry.amount < 0) != entry.is_reversal
        what = gettext("burned") if is_burned else gettext("came back")
        if entry.lesson_day is None:
            why, of = gettext("not used"), f"{entry.group}, {entry.tariff}"
        else:
            why, of = gettext("not worked off in time"), self._lesson(entry)
        return f"{what}: {why}, {of}"

    def _subscription(self, entry: Entry) -> str:
        said = gettext("{group}: subscription {tariff}").format(group=entry.group, tariff=entry.tariff)
        nth = gettext("instalment {number}").format(number=entry.instalment)
        return said if entry.instalment == 1 else f"{said}, {nth}"

    def _lesson(self, entry: Entry) -> str:
        where = entry.group or gettext("Individual lesson")
        return f"{where}, {self._day(entry.lesson_day)}" if entry.lesson_day else where

    def _day(self, day: date) -> str:
        return formats.short_day(day, language=language())


def door(line: Line, client_id: int) -> str:
    """Where a line leads: its cell, its receipt, its subscription. Empty where it has no page of its own."""
    if line.visit:
        return url("cell", line.visit.lesson_id, client_id)
    entry = line.entry
    if entry and entry.payment_id:
        return url("payment-receipt", entry.payment_id)
    if entry and entry.subscription_id:
        return url("subscription", entry.subscription_id)
    return url("cell", entry.lesson_id, client_id) if entry and entry.lesson_id else ""
