"""The rows of a journal, joined here like their cells (cells.py) and not in a template: with a macro, a sentence and an
icon in each, the names cost as much as all that stands behind them."""

from collections.abc import Iterable
from decimal import Decimal

from django.templatetags.static import static
from django.utils.translation import gettext, ngettext
from markupsafe import Markup, escape

from rollbook.domains.people.models import Kinship
from rollbook.foundation import formats
from rollbook.screens.journal import Payer, Row, Sheet
from rollbook.web.journal.cells import Words, row_of_cells
from rollbook.web.journal.words import telegram
from rollbook.web.pages import age, url


def rows(shown: Iterable[Row], sheet: Sheet, words: Words) -> Markup:
    """The <tr>s: who it is, what they have, their cells, how often they came."""
    alike = _Alike(sheet, words)
    return Markup("".join([_row(row, alike) for row in shown]))  # noqa: S704 (what people typed is escaped)


class _Alike:
    """What all rows of a page say alike, in the language of whoever looks."""

    def __init__(self, sheet: Sheet, words: Words) -> None:
        self.words, self.today, self.opens_cells = words, sheet.today, sheet.may_open_cells
        sprite = static("built/icons.svg")

        def icon(name: str, label: str = "") -> str:
            heard = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
            return f'<svg class="icon" {heard}><use href="{sprite}#{name}"></use></svg>'

        self.phone, self.chat = icon("phone"), icon("brand-telegram")
        asks, birthday = gettext("Asks to be resolved"), gettext("Birthday this week")
        self.asks = f' <span title="{escape(asks)}">{icon("message", asks)}</span>'
        self.birthday = f' <span title="{escape(birthday)}">{icon("cake", birthday)}</span>'
        self.kinships = {kinship: str(kinship.label) for kinship in Kinship if kinship != Kinship.SELF}
        self.left, self.menu, self.call = gettext("left on {day}"), gettext("Menu: {name}"), gettext("Call {phone}")
        paid, unpaid = gettext("paid"), gettext("not paid")
        self.paid, self.unpaid = escape(paid), f'<span class="pill overdue">{escape(unpaid)}</span>'


def _row(row: Row, alike: _Alike) -> str:
    enrolment = f' data-enrolment="{row.enrolment_id}"' if row.enrolment_id else ""
    gone = ' class="gone"' if row.left_on else ""
    cells = row_of_cells(row.squares, alike.words, open_=alike.opens_cells)
    share = "" if row.share is None else f"{row.share}%"
    return (
        f'<tr data-client="{row.client_id}"{enrolment}{gone}>{_who(row, alike)}{_money(row, alike)}{cells}'
        f'<td class="share">{share}</td></tr>'
    )


def _who(row: Row, alike: _Alike) -> str:
    pk, name = row.client_id, escape(row.name)
    signs = (alike.asks if row.comment else "") + (alike.birthday if row.has_birthday else "")
    # On a phone there is no column of balances.
    hand = "" if row.balance is None else (
        f' <span class="hand small" data-balance="{pk}">{_sum(row.balance, alike.words.language)}</span>'
    )
    reach = _reach(row.payer, alike) if row.payer else ""
    return (
        f'<th class="who" scope="row"><div><span><a href="{url("client", pk)}" data-panel="client={pk}">{name}</a>'
        f'{signs}{hand}</span><span class="reach">{reach}<button type="button" class="dots" aria-haspopup="true"'
        f' aria-label="{escape(alike.menu.format(name=row.name))}">⋮</button></span></div>'
        f"<small>{escape(_about(row, alike))}</small></th>"
    )


def _about(row: Row, alike: _Alike) -> str:
    """The line below the name."""
    told = []
    if row.birth_date:
        told.append(age(row.birth_date, alike.today))
    if row.guest:
        told.append(alike.words.guests[row.guest])
    if row.left_on:
        told.append(alike.left.format(day=formats.day_month(row.left_on, language=alike.words.language)))
        told += filter(None, [row.why_left(alike.words.language)])
    elif row.payer and row.payer.kinship in alike.kinships:
        told.append(f"{alike.kinships[row.payer.kinship]} {row.payer.name}")
    return " · ".join(told)


def _reach(payer: Payer, alike: _Alike) -> str:
    """How whoever pays is called and written to: nothing where that may not be seen."""
    call = chat = ""
    if payer.phone:
        shown = formats.phone(payer.phone)
        said = escape(alike.call.format(phone=shown))
        to = f"tel:{escape(payer.phone)}"
        call = f'<a data-is="phone" href="{to}" title="{shown}" aria-label="{said}">{alike.phone}</a>'
    if address := telegram(payer.telegram):
        said = escape(f"Telegram {payer.telegram}")
        apart = 'target="_blank" rel="noreferrer"'
        chat = f'<a data-is="chat" href="{address}" {apart} aria-label="{said}">{alike.chat}</a>'
    return call + chat


def _money(row: Row, alike: _Alike) -> str:
    left = ""
    if row.lessons_left:
        said = ngettext("%(count)s lesson", "%(count)s lessons", row.lessons_left) % {"count": row.lessons_left}
        left = f"<small>{escape(said)}</small>"
    if row.balance is not None:
        has = _sum(row.balance, alike.words.language)
    else:
        has = {None: "", True: alike.paid, False: alike.unpaid}[row.is_paid]
    return f'<td class="money"><span data-balance="{row.client_id}">{has}</span>{left}</td>'


def _sum(amount: Decimal, language: str) -> str:
    """As ui.money writes it."""
    debt = " neg" if amount < 0 else ""
    return f'<data class="money{debt}" value="{amount}">{formats.money(amount, language=language)}</data>'
