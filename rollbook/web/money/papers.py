"""What is printed, in the language that is active: blocks as foundation/paper.py lays them out. Each answers the file
and its name."""

from datetime import date, datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from rollbook.domains.access.queries import house
from rollbook.domains.billing.models import Method
from rollbook.foundation import formats
from rollbook.foundation.paper import Block, Column, Facts, Heading, Table, Text, pdf
from rollbook.screens import explained, requesting
from rollbook.screens.receipt import Receipt
from rollbook.screens.requesting import Request
from rollbook.screens.statement import Statement
from rollbook.web.money.words import Said
from rollbook.web.pages import language

File = tuple[bytes, str]


def statement(of: Statement, *, at: datetime) -> File:
    spoken, said, rules = language(), Said(), house()
    title = _("Statement: {client}").format(client=of.client)

    def money(amount: Decimal) -> str:
        return formats.price(amount, currency=rules.currency, language=spoken)

    rows = tuple(
        (
            formats.short_day(line.day, language=spoken), said.words.letter(line.visit.square) if line.visit else "",
            said.line(line), said.price(line),
            "" if line.amount is None else formats.signed(line.amount, language=spoken),
        )
        for line in of.lines
    )
    blocks: list[Block] = [
        Heading(title),
        Facts(
            (
                (_("Organisation"), rules.name), (_("Branch"), of.branch),
                (_("Days"), f"{_day(of.first)} – {_day(of.last)}"),
                (_("Balance at the beginning"), money(of.opening)),
            )
        ),
        Table(
            (Column(_("Date")), Column(""), Column(_("What for")), Column(_("Price"), number=True),
             Column(_("Sum"), number=True)),
            rows, ("", "", _("Balance at the end"), "", money(of.closing)),
        ),
        Text(explained.text(statement=of, language=spoken)),
    ]
    return _file(title, blocks, at), f"{of.client} {of.first} {of.last}"


def receipt(of: Receipt, *, at: datetime) -> File:
    spoken = language()
    kind = _("Refund No. {number}") if of.is_refund else _("Receipt No. {number}")
    title = kind.format(number=of.payment_id)
    facts = [
        (_("Organisation"), of.organisation), (_("Branch"), of.branch), (_("Date"), _day(of.on)),
        (_("Payer"), of.payer), (_("Method"), str(dict(Method.choices)[of.method])), (_("Note"), of.note),
        (_("Given out by") if of.is_refund else _("Taken by"), of.taken_by),
    ]
    blocks: list[Block] = [Heading(title), Facts(tuple(fact for fact in facts if fact[1]))]
    if of.taken_back_at:
        day = formats.day(of.taken_back_at, language=spoken)
        blocks.append(Text(_("Taken back on {day}: it does not count.").format(day=day), bold=True))
    blocks.append(
        Table(
            (Column(_("For whom")), Column(_("Sum"), number=True)),
            tuple((part.client, formats.money(part.amount, language=spoken)) for part in of.parts),
            (_("In all"), formats.price(of.amount, currency=of.currency, language=spoken)),
        )
    )
    return _file(title, blocks, at), title


def request(of: Request, *, at: datetime) -> File:
    spoken, rules = language(), house()
    title = _("Payment request No. {number}").format(number=of.request_id)
    facts = [
        (_("Organisation"), rules.name), (_("Payer"), of.payer), (_("Days"), f"{_day(of.first)} – {_day(of.last)}"),
        (_("Made on"), formats.day(of.made_at, language=spoken)),
    ]
    blocks: list[Block] = [Heading(title), Facts(tuple(fact for fact in facts if fact[1]))]
    for child in of.children:
        blocks += [
            Heading(child.client, small=True),
            Table(
                (Column(_("What for")), Column(_("Sum"), number=True)),
                tuple(requesting.parts_of(reckoning=child.reckoning, language=spoken)),
                (_("To pay"), formats.money(child.due, language=spoken)),
            ),
        ]
    due = formats.price(of.due, currency=rules.currency, language=spoken)
    blocks.append(Text(_("To pay: {sum}").format(sum=due), bold=True))
    return _file(title, blocks, at), title


def _file(title: str, blocks: list[Block], at: datetime) -> bytes:
    return pdf(title=title, language=language(), blocks=blocks, at=at, foot=house().name)


def _day(day: date) -> str:
    return formats.day(day, language=language())
