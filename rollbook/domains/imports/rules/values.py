"""The kinds of values of which the rows that a domain takes are made, and how each is read from a text."""

import re
from collections.abc import Callable, Collection
from dataclasses import MISSING, dataclass, field, fields
from datetime import date, datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from rollbook.foundation.numbers import parse_sum
from rollbook.foundation.phones import parse_phone
from rollbook.foundation.tables import N_
from rollbook.foundation.texts import clean_line, clean_text

LARGEST_SUM = Decimal("1000000000")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+", re.ASCII)
_WHOLE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?", re.ASCII)
_YES, _NO = {"true", "yes", "1", "да", "так"}, {"false", "no", "0", "нет", "ні"}


class Origin(NamedTuple):
    """Where a row came from; `number` counts the rows of the file where a line has several."""

    file: str
    line: int
    number: int = 0

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" + (f"#{self.number}" if self.number else "")


class Problem(NamedTuple):
    """Why a line cannot be taken; `values` are what `{...}` in the reason stands for."""

    origin: Origin
    field: str
    reason: str
    values: dict[str, object]

    def told(self, translate: Callable[[str], str]) -> str:
        """`file:line field: reason`, in the words of `translate`."""
        place = f"{self.origin.place} {self.field}".rstrip()
        return f"{place}: {translate(self.reason).format(**self.values)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What every row has that a domain takes: its key in its source, and where it stood."""

    key: str
    origin: Origin

    def refused(self, field: str, reason: str, **values: object) -> Problem:
        """What to say of it where the database knows better."""
        return Problem(self.origin, field, reason, values)


class Terms(NamedTuple):
    """By what texts are read: phones as in `region`, no birthday after `today`, days and times by `format`."""

    region: str
    today: date
    format: str = ""


class Unfit(Exception):
    """A text that is no value of its kind."""

    def __init__(self, reason: str, **values: object) -> None:
        super().__init__(reason)
        self.reason = reason
        self.values = {name: value[:60] if isinstance(value, str) else value for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Kind:
    """How a text is read. `target` names the rows that a reference points at; `many` reads a list of texts."""

    read: Callable[[str, Terms], object]
    target: str = ""
    many: bool = False


def _of(kind: Kind, default: Any) -> Any:
    return field(metadata={"kind": kind}, **({} if default is MISSING else {"default": default}))


def line(limit: int, default: Any = MISSING) -> Any:
    """One line of text, as it is kept; without `default` it must be there."""
    return _of(Kind(lambda told, _: _short(clean_line(told), limit)), default)


def text(limit: int, default: Any = MISSING) -> Any:
    """Several lines of text."""
    return _of(Kind(lambda told, _: _short(clean_text(told), limit)), default)


def choice(values: Collection[str], default: Any = MISSING) -> Any:
    """One of these words."""
    return _of(Kind(lambda told, _: _chosen(told, values)), default)


def flag(default: Any = MISSING) -> Any:
    """Yes or no."""
    return _of(Kind(_flag), default)


def whole(first: int, last: int, default: Any = MISSING) -> Any:
    """A whole number from `first` to `last`."""
    return _of(Kind(lambda told, _: _whole(told, first, last)), default)


def numbers(first: int, last: int, default: Any = MISSING) -> Any:
    """Several whole numbers."""
    return _of(Kind(lambda told, _: _whole(told, first, last), many=True), default)


def money(first: str = "0", default: Any = MISSING) -> Any:
    """A sum of at least `first`."""
    return _of(Kind(lambda told, _: _money(told, Decimal(first))), default)


def day(default: Any = MISSING) -> Any:
    """A local day."""
    return _of(Kind(_day), default)


def birthday(default: Any = MISSING) -> Any:
    """A day from 1920 until today."""
    return _of(Kind(_birthday), default)


def clock(default: Any = MISSING) -> Any:
    """A time of day."""
    return _of(Kind(_clock), default)


def phone(default: Any = MISSING) -> Any:
    """A phone, as E.164."""
    return _of(Kind(_phone), default)


def email(default: Any = MISSING) -> Any:
    """An e-mail address."""
    return _of(Kind(_email), default)


def ref(target: str, default: Any = MISSING) -> Any:
    """The key of a row of another target; becomes its id."""
    return _of(Kind(lambda told, _: told, target=target), default)


def refs(target: str, default: Any = MISSING) -> Any:
    """The keys of several rows of another target; become their ids."""
    return _of(Kind(lambda told, _: told, target=target, many=True), default)


def kinds_of(row: type[Row]) -> dict[str, Kind]:
    """The fields that a mapping may fill."""
    return {told.name: told.metadata["kind"] for told in fields(row) if "kind" in told.metadata}


def required_of(row: type[Row]) -> set[str]:
    return {told.name for told in fields(row) if "kind" in told.metadata and told.default is MISSING}


def plain(row: Row) -> dict[str, object]:
    """What a row says, as the history keeps it: values that JSON knows, and only where something is said."""
    kind: Any = type(row)
    told = ((name, getattr(row, name)) for name in _names_of(kind))
    return {name: _plain(value) for name, value in told if value not in (None, "", ())}


@cache
def _names_of(row: type[Any]) -> tuple[str, ...]:
    return tuple(kinds_of(row))


def _plain(value: object) -> object:
    match value:
        case tuple():
            return [_plain(part) for part in value]
        case bool() | int():
            return value
    return str(value)


def _short(told: str, limit: int) -> str:
    if not told:
        raise Unfit(N_("Nothing is said here."))
    if len(told) > limit:
        raise Unfit(N_("Longer than {limit} signs."), limit=limit)
    return told


def _chosen(told: str, values: Collection[str]) -> str:
    if told not in values:
        raise Unfit(N_("{told} is none of {values}."), told=told, values=", ".join(values))
    return told


def _flag(told: str, terms: Terms) -> bool:
    word = told.lower()
    if word not in _YES | _NO:
        raise Unfit(N_("{told} is neither yes nor no."), told=told)
    return word in _YES


def _whole(told: str, first: int, last: int) -> int:
    if not _WHOLE.fullmatch(told) or not first <= int(told) <= last:
        raise Unfit(N_("{told} is no whole number from {first} to {last}."), told=told, first=first, last=last)
    return int(told)


def _money(told: str, first: Decimal) -> Decimal:
    found = parse_sum(told)
    if found is None:
        raise Unfit(N_("{told} is no sum of money."), told=told)
    if not first <= found < LARGEST_SUM:
        reason = N_("A sum from {first} to {last} is expected, not {told}.")
        raise Unfit(reason, told=told, first=str(first), last=str(LARGEST_SUM))
    return found


def _day(told: str, terms: Terms) -> date:
    try:
        found = _moment(told, terms.format).date() if terms.format else date.fromisoformat(_of_form(told, _DAY))
    except ValueError as error:
        raise Unfit(N_("{told} is no day ({form})."), told=told, form=terms.format or "2026-03-19") from error
    if not 1900 <= found.year <= 2100:
        raise Unfit(N_("{told} is no day of our time."), told=told)
    return found


def _birthday(told: str, terms: Terms) -> date:
    found = _day(told, terms)
    if not date(1920, 1, 1) <= found <= terms.today:
        raise Unfit(N_("A birthday lies between 1920 and today, not on {told}."), told=told)
    return found


def _clock(told: str, terms: Terms) -> time:
    try:
        if terms.format:
            return _moment(told, terms.format).time()
        hour, rest = _of_form(told, _CLOCK).split(":", 1)
        return time.fromisoformat(f"{hour:0>2}:{rest}")
    except ValueError as error:
        raise Unfit(N_("{told} is no time of day ({form})."), told=told, form=terms.format or "17:30") from error


def _moment(told: str, form: str) -> datetime:
    # Digits of other scripts would pass.
    return datetime.strptime(told.encode("ascii").decode(), form)  # noqa: DTZ007 - a local day or time has no zone


def _of_form(told: str, form: re.Pattern[str]) -> str:
    if not form.fullmatch(told):
        raise ValueError(told)
    return told


def _phone(told: str, terms: Terms) -> str:
    if found := parse_phone(told, region=terms.region):
        return found
    raise Unfit(N_("{told} is no phone."), told=told)


def _email(told: str, terms: Terms) -> str:
    if len(told) > 254 or not _EMAIL.fullmatch(told):
        raise Unfit(N_("{told} is no e-mail address."), told=told)
    return told
