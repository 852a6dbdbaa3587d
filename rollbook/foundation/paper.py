"""What is printed or kept as PDF: blocks of text and tables, one below the other, on sheets of A4.

Nothing in a text is an instruction: no markup, no references, no addresses to click. Letters come from the font that
the build lays out (frontend/build.mjs); what it has no letter for is seen as such. The same blocks of the same moment
are the same bytes.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from fpdf import FPDF

# Points: 72 to an inch, 595.28 x 841.89 to the sheet.
LEFT, RIGHT, TOP, BOTTOM, FOOT = 51.0, 544.28, 54.0, 780.0, 808.0
WIDTH = RIGHT - LEFT
GAP = 12.0  # between columns
PAD = 3.4  # above and below the lines of a row
SPACE = 8.0  # between blocks

UNKNOWN = "\N{REPLACEMENT CHARACTER}"
# Kept apart from other blanks: no line ends there.
_TYING = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}"
# Neither seen nor missed: controls, turns of direction, soft hyphens, joiners; and how an emoji is to look.
_UNSEEN, _VARIANTS = {"Cc", "Cf"}, range(0xFE00, 0xFE10)
_REGULAR, _BOLD = "NotoSans-Regular.ttf", "NotoSans-SemiBold.ttf"


@dataclass(frozen=True, slots=True)
class Heading:
    """What the paper is; or, `small`, what a part of it is. Never the last on a sheet."""

    text: str
    small: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph, or several lines as they are."""

    text: str
    muted: bool = False
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """A name and a value in each row: who, when, by which account."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Column:
    """What is said of each row; `number` stands to the right, and keeps to one line while there is room."""

    head: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """As wide as the sheet, columns by what is in them. The heads stand on each sheet; `total` is the last row."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signatures:
    """A line to sign on above each name, side by side on one sheet."""

    names: tuple[str, ...]


Block = Heading | Text | Facts | Table | Signatures


def pdf(*, title: str, language: str, blocks: Sequence[Block], at: datetime, foot: str = "") -> bytes:
    """The blocks as a file. `title` is what a window is called, `foot` stands small at the end of each sheet."""
    sheets = _laid_out(blocks, foot=foot)
    # With all it brings, a second or two: only who prints waits for it.
    from fpdf import FPDF, ViewerPreferences
    from fpdf.fonts import TTFFont

    book = FPDF(unit="pt", format="A4")
    book.set_auto_page_break(False)
    book.alias_nb_pages("")  # else "{nb}" within a text would be a number of sheets
    for style, path in (("", _font(_REGULAR)), ("B", _font(_BOLD))):
        book.add_font("paper", style, path)
    book.set_title(" ".join(_fit(title).split()))
    book.set_lang(language)
    book.set_creation_date(at)
    book.viewer_preferences = ViewerPreferences(display_doc_title=True)
    for sheet in sheets:
        book.add_page()
        for mark in sheet:
            mark.draw(book)
    data = bytes(book.output())
    for font in book.fonts.values():
        if isinstance(font, TTFFont):
            font.ttfont.close()
    return data


Grey = tuple[int, int, int]
INK, MUTED, STRONG, HAIR = (28, 34, 43), (82, 90, 102), (138, 145, 156), (223, 226, 231)


class _Style(NamedTuple):
    size: float
    leading: float
    bold: bool = False
    colour: Grey = INK

    def width(self, text: str) -> float:
        advances = _advances(_BOLD if self.bold else _REGULAR)
        return sum(map(advances.__getitem__, text)) * self.size


TITLE, PART = _Style(17, 22, bold=True), _Style(11, 15, bold=True)
BODY, BODY_BOLD, BODY_MUTED = _Style(9.5, 13.5), _Style(9.5, 13.5, bold=True), _Style(9.5, 13.5, colour=MUTED)
ROW, ROW_BOLD, HEAD = _Style(8.8, 12), _Style(8.8, 12, bold=True), _Style(8, 11, colour=MUTED)
SMALL = _Style(7.5, 10, colour=MUTED)


class _Words(NamedTuple):
    """A line of text; `y` is where its letters stand."""

    x: float
    y: float
    text: str
    style: _Style

    def draw(self, book: "FPDF") -> None:
        book.set_font("paper", "B" if self.style.bold else "", self.style.size)
        book.set_text_color(*self.style.colour)
        book.text(self.x, self.y, self.text)


class _Rule(NamedTuple):
    x: float
    y: float
    until: float
    colour: Grey

    def draw(self, book: "FPDF") -> None:
        book.set_draw_color(*self.colour)
        book.set_line_width(0.5)
        book.line(self.x, self.y, self.until, self.y)


class _Cell(NamedTuple):
    """Lines between two edges of a row."""

    lines: list[str]
    x: float
    until: float
    style: _Style
    to_the_right: bool = False


Row = list[_Cell]


class _Sheets:
    """Where the next line goes, and all that stands already."""

    def __init__(self) -> None:
        self.all: list[list[_Words | _Rule]] = [[]]
        self.y = TOP

    @property
    def room(self) -> float:
        return BOTTOM - self.y

    def turn(self) -> None:
        self.all.append([])
        self.y = TOP

    def keep(self, height: float) -> None:
        """So much is to stand together: on the next sheet, if it does not fit on this one."""
        if self.room < height and self.y > TOP:
            self.turn()

    def space(self, height: float) -> None:
        """Nothing, but not at the beginning of a sheet."""
        if self.y > TOP:
            self.y += height

    def words(self, x: float, y: float, text: str, style: _Style) -> None:
        if text:
            self.all[-1].append(_Words(x, y + (style.leading + style.size * 0.7) / 2, text, style))

    def rule(self, colour: Grey, *, x: float = LEFT, until: float = RIGHT) -> None:
        self.all[-1].append(_Rule(x, self.y, until, colour))

    def paragraph(self, text: str, style: _Style) -> None:
        for line in _wrapped(text, WIDTH, style):
            self.keep(style.leading)
            self.words(LEFT, self.y, line, style)
            self.y += style.leading

    def row(self, row: Row, *, pad: float = PAD) -> None:
        """The cells beside each other, from here on."""
        self.y += pad
        for cell in row:
            for place, line in enumerate(cell.lines):
                x = cell.until - cell.style.width(line) if cell.to_the_right else cell.x
                self.words(x, self.y + place * cell.style.leading, line, cell.style)
        self.y += _height(row, pad=0) + pad

    def rows(self, rows: Iterable[Row], *, head: Row | None = None, pad: float = PAD, ruled: bool = True) -> None:
        """All of the rows, on as many sheets as they take; `head` above them on each. A row is cut only where no sheet
        would hold it."""
        most = BOTTOM - TOP - (_height(head, pad=pad) if head else 0)
        for row in rows:
            rest = row
            while _height(rest, pad=pad) > self.room:
                fits = int((self.room - 2 * pad) // rest[0].style.leading)
                if _height(rest, pad=pad) > most and fits > 1:
                    self.row([cell._replace(lines=cell.lines[:fits]) for cell in rest], pad=pad)
                    rest = [cell._replace(lines=cell.lines[fits:]) for cell in rest]
                self.turn()
                if head:
                    self.heads(head)
            self.row(rest, pad=pad)
            if ruled:
                self.rule(HAIR)

    def heads(self, head: Row) -> None:
        self.row(head)
        self.rule(STRONG)


def _laid_out(blocks: Iterable[Block], *, foot: str) -> list[list[_Words | _Rule]]:
    sheets = _Sheets()
    for block in blocks:
        match block:
            case Heading():
                _heading(sheets, block)
            case Text():
                sheets.space(SPACE / 2)
                sheets.paragraph(block.text, BODY_MUTED if block.muted else BODY_BOLD if block.bold else BODY)
            case Facts():
                _facts(sheets, block)
            case Table():
                _table(sheets, block)
            case Signatures():
                _signatures(sheets, block)
    for number, sheet in enumerate(sheets.all, 1):
        place = f"{number} / {len(sheets.all)}"
        x = RIGHT - SMALL.width(place)
        sheet.append(_Words(x, FOOT, place, SMALL))
        if line := next(iter(_wrapped(foot, x - GAP - LEFT, SMALL)), ""):
            sheet.append(_Words(LEFT, FOOT, line, SMALL))
    return sheets.all


def _heading(sheets: _Sheets, heading: Heading) -> None:
    style = PART if heading.small else TITLE
    lines = _wrapped(heading.text, WIDTH, style)
    sheets.space(SPACE * 1.5)
    sheets.keep(len(lines) * style.leading + 4 * BODY.leading)
    sheets.paragraph(heading.text, style)


def _facts(sheets: _Sheets, facts: Facts) -> None:
    names = _widest((BODY, line) for name, _value in facts.rows for line in _fit(name).split("\n"))
    edge = LEFT + min(names, WIDTH * 0.4)
    sheets.space(SPACE / 2)
    sheets.rows(
        (
            [
                _Cell(_wrapped(name, edge - LEFT, BODY_MUTED), LEFT, edge, BODY_MUTED),
                _Cell(_wrapped(value, RIGHT - edge - GAP, BODY), edge + GAP, RIGHT, BODY),
            ]
            for name, value in facts.rows
        ),
        pad=0.8,
        ruled=False,
    )


def _table(sheets: _Sheets, table: Table) -> None:
    widths = _widths(table)
    begins = [LEFT + before for before in accumulate((width + GAP for width in widths), initial=0)]

    def row(cells: Sequence[str], style: _Style) -> Row:
        return [
            _Cell(_wrapped(text, width, style), x, x + width, style, column.number)
            for text, width, x, column in zip(cells, widths, begins[:-1], table.columns, strict=True)
        ]

    head = row([column.head for column in table.columns], HEAD)
    sheets.space(SPACE / 2)
    sheets.keep(_height(head) + 2 * (ROW.leading + 2 * PAD))
    # Heads that take much of a sheet are said once.
    again = head if _height(head) < (BOTTOM - TOP) / 3 else None
    sheets.rows([head], ruled=False)
    sheets.rule(STRONG)
    sheets.rows((row(cells, ROW) for cells in table.rows), head=again)
    if table.total:
        sheets.rows([row(table.total, ROW_BOLD)], head=again, ruled=False)
    sheets.space(SPACE / 2)


def _widths(table: Table) -> list[float]:
    """Of the columns, together the sheet's. Numbers get what they need and texts share the rest; where there is not
    even that, all are narrowed alike."""
    room = WIDTH - GAP * (len(table.columns) - 1)
    least, most = [], []
    for place, column in enumerate(table.columns):
        head, said = _fit(column.head), {_fit(cells[place]) for cells in table.rows}
        lines = [(ROW, line) for text in said for line in text.split("\n")]
        if table.total:
            lines += [(ROW_BOLD, line) for line in _fit(table.total[place]).split("\n")]
        words = [(HEAD, word) for word in head.split()]
        words += lines if column.number else [(style, word) for style, line in lines for word in line.split(" ")]
        longest = _widest(words)
        least.append(longest if column.number else min(longest, room / len(table.columns)))
        heads = _widest((HEAD, line) for line in head.split("\n"))
        most.append(max(_widest(lines), heads, least[-1]))
    if sum(most) <= room:
        # What is left goes to the widest text, so that numbers stand at the right edge.
        texts = [place for place, column in enumerate(table.columns) if not column.number]
        most[max(texts or range(len(most)), key=most.__getitem__)] += room - sum(most)
        return most
    if sum(least) <= room:
        share = (room - sum(least)) / (sum(most) - sum(least))
        return [low + (high - low) * share for low, high in zip(least, most, strict=True)]
    return [low * room / sum(least) for low in least]


def _widest(texts: Iterable[tuple[_Style, str]]) -> float:
    # A hair more, so that what just fits is not broken by a rounding.
    return max((style.width(text) + 0.01 for style, text in texts), default=0.01)


def _signatures(sheets: _Sheets, signatures: Signatures) -> None:
    width = (WIDTH - GAP * 2 * (len(signatures.names) - 1)) / max(len(signatures.names), 1)
    begins = [LEFT + place * (width + GAP * 2) for place in range(len(signatures.names))]
    row = [
        _Cell(_wrapped(name, width, SMALL), x, x + width, SMALL)
        for name, x in zip(signatures.names, begins, strict=True)
    ]
    above = BODY.leading * 3
    sheets.keep(above + _height(row, pad=2))
    sheets.y += above
    for x in begins:
        sheets.rule(STRONG, x=x, until=x + width)
    sheets.rows([row], pad=2, ruled=False)


def _height(row: Row, *, pad: float = PAD) -> float:
    return max((len(cell.lines) * cell.style.leading for cell in row), default=0) + 2 * pad


def _wrapped(text: str, width: float, style: _Style) -> list[str]:
    """The lines of a text, broken at blanks, and within words that are too long for a line of their own."""
    lines = []
    for given in _fit(text).split("\n"):
        if style.width(given) <= width:
            lines.append(given)
            continue
        line = ""
        for word in given.split(" "):
            longer = f"{line} {word}" if line else word
            if style.width(longer) <= width:
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _cut(word, width, style)
            lines += full
        lines.append(line)
    return lines


def _cut(word: str, width: float, style: _Style) -> list[str]:
    parts, begin, taken = [], 0, 0.0
    for place, letter in enumerate(word):
        wide = style.width(letter)
        if taken + wide > width and place > begin:
            parts.append(word[begin:place])
            begin, taken = place, 0.0
        taken += wide
    return [*parts, word[begin:]]


class _Letters(dict[int, str | None]):
    """For `str.translate`: each letter as the font has it, remembered."""

    def __missing__(self, code: int) -> str | None:
        letter = chr(code)
        if letter in _TYING or letter == "\n":
            kept: str | None = letter
        elif letter.isspace():
            kept = " "
        elif unicodedata.category(letter) in _UNSEEN or code in _VARIANTS:
            kept = None
        else:
            kept = letter if letter in _advances(_REGULAR) and letter in _advances(_BOLD) else UNKNOWN
        self[code] = kept
        return kept


_LETTERS = _Letters()


def _fit(text: str) -> str:
    """Lines of letters that the font has, single blanks between words; whatever is no letter of it is seen as one."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    told = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").translate(_LETTERS)
    return "\n".join(" ".join(filter(None, line.split(" "))) for line in told.split("\n"))


@cache
def _advances(font: str) -> dict[str, float]:
    """How far each letter reaches, for a size of one."""
    from fontTools.ttLib import TTFont

    with TTFont(_font(font), lazy=True) as file:
        widths, unit = file["hmtx"].metrics, file["head"].unitsPerEm
        return {chr(code): widths[glyph][0] / unit for code, glyph in file.getBestCmap().items()}


def _font(name: str) -> Path:
    path = settings.PAPER_FONTS / name
    if not path.is_file():
        raise ImproperlyConfigured(f"There is no font to write papers with: {path} is missing. `make setup` builds it.")
    return path
