"""The cells of a journal's row, and the heads and feet of its columns, joined here and not in a template: it is the one
place where that costs (measured: half the time of a page of 1,000 cells). Letters and words stand beside the colours,
for those who do not see them."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext, pgettext
from markupsafe import Markup, escape

from rollbook.domains.journal.models import Kind
from rollbook.domains.journal.queries import Cell
from rollbook.foundation import formats
from rollbook.screens.journal import Column, Square, State
from rollbook.web.pages import language, url

MOST_WRITTEN = 10_000
SOON = 7
"""Days before a right to a make-up ends, in which its cell says so."""


class Choice(NamedTuple):
    """What a cell may be set to, by click or by key."""

    value: str
    state: str
    letter: str
    text: str
    key: str


def choices() -> list[Choice]:
    words = Words()
    told = [("attended", "1"), ("missed", "2"), ("excused", "3"), ("planned", "4")]
    return [
        *(Choice(value, value, words.letters[State(value)], words.texts[State(value)], key) for value, key in told),
        Choice("", "unmarked", "", gettext("take back"), "0"),
    ]


class Words:
    """The letters and words of states, in the language of whoever looks; made once for a page."""

    def __init__(self, today: date | None = None) -> None:
        """`today` where what is near its end is to be seen: a right to a make-up of which few days are left."""
        self.language, self.today = language(), today
        self.letters = {
            State.ATTENDED: "✓",
            State.MISSED: pgettext("letter in a cell: missed", "A"),
            State.EXCUSED: pgettext("letter in a cell: excused", "E"),
            State.WORKED_OFF: pgettext("letter in a cell: worked off", "W"),
            State.PLANNED: pgettext("letter in a cell: expected", "P"),
            State.CANCELLED: "–",
            State.FUTURE: "·",
        }
        self.kinds = {
            Kind.TRIAL: pgettext("letter in a cell: trial", "T"),
            Kind.ONE_OFF: pgettext("letter in a cell: one-off", "O"),
            Kind.MAKE_UP: pgettext("letter in a cell: make-up", "M"),
        }
        self.texts = {
            State.ATTENDED: gettext("was there"),
            State.MISSED: gettext("was not there"),
            State.EXCUSED: gettext("excused"),
            State.WORKED_OFF: gettext("worked off"),
            State.PLANNED: gettext("expected"),
            State.FROZEN: gettext("frozen"),
            State.CANCELLED: gettext("cancelled"),
            State.UNMARKED: gettext("not marked"),
            State.FUTURE: gettext("to come"),
        }
        self.guests = {Kind.TRIAL: gettext("trial"), Kind.ONE_OFF: gettext("one-off"), Kind.MAKE_UP: gettext("make-up")}
        self.until = gettext("may be worked off until {day}")
        self.booked = gettext("is to be worked off on {day}")
        self.lapsed = gettext("could be worked off until {day}")
        self.charged = {True: gettext("charged by decision"), False: gettext("not charged by decision")}
        self.late = gettext("late by {minutes} min")
        self.comments = {"note": gettext("with a comment"), "ask": gettext("with a comment that asks to be resolved")}
        self.written: dict[bool, dict[Square, str]] = {False: {}, True: {}}
        """The cells that are written already, by whether they can be opened: most are one of a few."""

    def say(self, square: Square) -> str:
        """All that the cell shows, in words."""
        cell, parts = square.cell, [self.texts[square.state]]
        if cell.kind in self.guests:
            parts.insert(0, self.guests[cell.kind])
        if cell.minutes_late:
            parts.append(self.late.format(minutes=cell.minutes_late))
        if square.state in {State.EXCUSED, State.MISSED} and cell.make_up_until:
            is_over = cell.lapsed_on or (self.today is not None and cell.make_up_until < self.today)
            said = self.booked if cell.booked_on else self.lapsed if is_over else self.until
            parts.append(said.format(day=self._day(cell.booked_on or cell.make_up_until)))
        if square.state == State.WORKED_OFF and cell.worked_off_on:
            parts += filter(None, [self._day(cell.worked_off_on), cell.worked_off_note])
        if cell.charged is not None:
            parts.append(self.charged[cell.charged])
        if square.comment:
            parts.append(self.comments[square.comment])
        return ", ".join(parts)

    def may_be_worked_off(self, square: Square) -> bool:
        cell, until = square.cell, square.cell.make_up_until
        is_open = until is not None and (self.today is None or until >= self.today)
        is_free = cell.booked_on is None and cell.lapsed_on is None
        return is_open and is_free and square.state in {State.EXCUSED, State.MISSED}

    def days_left(self, square: Square) -> int | None:
        """To work it off: told in the last week alone."""
        until = square.cell.make_up_until
        if not (until and self.today and self.may_be_worked_off(square)):
            return None
        left = (until - self.today).days
        return left if left < SOON else None

    def letter(self, square: Square) -> str:
        if square.state == State.PLANNED and square.cell.kind in self.kinds:
            return self.kinds[square.cell.kind]
        return self.letters.get(square.state, "")

    def _day(self, day: date) -> str:
        return formats.day_month(day, language=self.language)


@lru_cache(maxsize=12)
def words_of(_language: str, today: date) -> Words:
    """Those of a day, kept with the cells that were written: most of a page stood in the one before."""
    return Words(today)


def in_words(pair: Mapping[str, object]) -> dict[str, object]:
    """Two marks of the same cell, as a person reads them."""
    texts = Words().texts
    words = {whose: texts[State(str(pair[whose] or "unmarked"))] for whose in ("yours", "theirs")}
    day = pair.get("day")
    where = formats.day_month(date.fromisoformat(str(day)), language=language()) if day else None
    return {**pair, **words, "label": ", ".join(filter(None, [str(pair["name"]), where]))}


def row_of_cells(squares: tuple[Square, ...], words: Words, *, open_: bool) -> Markup:
    """The <td>s of a row. `open_`: whether whoever looks may mark."""
    known, parts = words.written[open_], []
    if len(known) > MOST_WRITTEN:
        known.clear()
    for square in squares:
        html = known.get(square)
        if html is None:
            html = known[square] = f"<td>{cell(square, words, open_=open_)}</td>"
        parts.append(html)
    return Markup("".join(parts))  # noqa: S704 (cell() escapes)


def heads(columns: Iterable[Column], words: Words) -> Markup:
    """The <th>s of the lessons: day, and in the title when, by whom and about what."""
    spoken, parts = language(), []
    for column in columns:
        lesson = column.lesson
        said = (
            formats.moment(column.starts_at, language=spoken), ", ".join(lesson.teachers), lesson.cancel_reason,
            lesson.topic, words.comments.get(column.comment, ""),
        )
        look = "off" if lesson.cancelled else "today" if column.is_today else ""
        parts.append(
            f'<th scope="col" data-lesson="{lesson.lesson_id}" data-is="{_stands(column)}" class="{look}">'
            f'<a href="{url("lesson", lesson.lesson_id)}" title="{escape(" · ".join(filter(None, said)))}">'
            f"{formats.weekday(lesson.day, language=spoken)}<b>{lesson.day.day}</b>{corner(column.comment)}</a></th>"
        )
    return Markup("".join(parts))  # noqa: S704 (what people typed is escaped)


def _stands(column: Column) -> str:
    """What its menu must know of a lesson: what can be done with it depends on that."""
    if column.is_closed:
        return "closed"
    if column.lesson.cancelled:
        return "off"
    if column.lesson.held:
        return "held"
    return "open" if column.is_past or column.is_today else "ahead"


def sums(columns: Iterable[Column]) -> Markup:
    """The <td>s at their feet: who came, of how many; only how many where it is still to come."""
    parts = []
    for column in columns:
        came = f"{column.came}/{column.expected}" if column.is_past else column.expected
        parts.append(f'<td data-sum="{column.lesson.lesson_id}">{"–" if column.lesson.cancelled else came}</td>')
    return Markup("".join(parts))  # noqa: S704 (numbers)


def teachers(columns: Iterable[Column]) -> Markup:
    """The <td>s below them: the initials of who held the lesson, or is to; their names in the title."""
    known: dict[tuple[str, ...], str] = {}
    parts = []
    for column in columns:
        names = () if column.lesson.cancelled else column.lesson.teachers
        if names not in known:
            short = " ".join(map(initials, names))
            known[names] = f'<td title="{escape(", ".join(names))}">{escape(short)}</td>' if names else "<td></td>"
        parts.append(known[names])
    return Markup("".join(parts))  # noqa: S704 (escaped)


def initials(name: str) -> str:
    """Two letters of a name: of its first two words."""
    return "".join(word[0].upper() for word in name.split()[:2])


def cell(square: Square, words: Words, *, open_: bool) -> Markup:
    """One cell: a button where something can be done with it, else a sign; nothing where nobody is expected.

    The button carries what a script must know: status, version, minutes late, and whether it may be worked off.
    """
    state = square.state
    if state == State.NOT_EXPECTED:
        return Markup("")
    of, said, inside = square.cell, escape(words.say(square)), _inside(square, words)
    if not (open_ and state.is_open):
        look = "none" if state == State.CANCELLED else state
        return Markup(f'<span class="cell {look}" role="img" aria-label="{said}" title="{said}">{inside}</span>')  # noqa: S704
    # Most cells say no more than their letter does; the others tell it to whoever points at them as well.
    title = f' title="{said}"' if said != words.texts[state] else ""
    late = f' data-late="{of.minutes_late}"' if of.minutes_late else ""
    right = " data-right" if words.may_be_worked_off(square) else ""
    return Markup(  # noqa: S704
        f'<button type="button" class="cell {state}" data-s="{of.status or ""}" data-v="{of.version}"'
        f'{late}{right} aria-label="{said}"{title} tabindex="-1">{inside}</button>'
    )


def corner(comment: str) -> Markup:
    """What says that something is said there: "note", or "ask" where that is open."""
    looks = {"": "", "note": '<i class="note"></i>', "ask": '<i class="note ask"></i>'}
    return Markup(looks[comment])  # noqa: S704 (no words in it)


def _inside(square: Square, words: Words) -> str:
    """The letter, and in its corners: what kind of guest it is, minutes late, days left, a note."""
    of, left = square.cell, words.days_left(square)
    said = of.minutes_late or ("" if left is None else left)
    if _shows_its_kind(of, square.state, words):
        said = words.kinds[of.kind]
    small = "" if said == "" else f"<sub>{escape(said)}</sub>"
    note = corner(square.comment or ("note" if of.worked_off_note else ""))
    return f"{escape(words.letter(square))}{small}{note}"


def _shows_its_kind(cell: Cell, state: State, words: Words) -> bool:
    """A guest's cell keeps the letter of its kind in the corner, when its status has taken the middle."""
    return cell.kind in words.kinds and state != State.PLANNED
