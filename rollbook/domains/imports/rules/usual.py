"""How people write days, times, phones, sums and words in tables, each read into the one form that a mapping reads."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import blake2b
from typing import NamedTuple

from rollbook.domains.imports.rules.values import Unfit
from rollbook.domains.imports.rules.words import (
    KINSHIP,
    METHODS,
    MONTHS,
    STATES,
    STATUSES,
    WEEKDAYS,
    YES,
    Vocabulary,
    meaning,
)
from rollbook.foundation.numbers import parse_sum
from rollbook.foundation.phones import parse_phone
from rollbook.foundation.tables import N_, Cell
from rollbook.foundation.texts import clean_line, clean_text, sought

_OF_DAY = re.compile(r"(?:[,t]? ?\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?z?)?(?: ?г(?:ода?|\.)?| ?р(?:оку|\.)?)?", re.ASCII)
_ISO = re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})", re.ASCII)
_WORDS = re.compile(r"([0-9]{1,2})[ .-]+([^\W\d_]+)\.?[ .,-]+([0-9]{4})")
_MONTH_FIRST = re.compile(r"([^\W\d_]+)\.? ([0-9]{1,2}),? ([0-9]{4})")
_SERIAL = re.compile(r"[0-9]{5}(?:\.[0-9]+)?")
_FIRST_SERIAL, _LAST_SERIAL = 7306, 73050  # 1920 to 2099, as spreadsheets count days
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.\-чh ]([0-9]{2}))?(?::[0-9]{2})? ?(am|pm)?")
_CLOCK_IN_TEXT = r"[0-9]{1,2}[:.][0-9]{2}(?::[0-9]{2})?"
_SPAN = re.compile(rf"({_CLOCK_IN_TEXT})(?: ?(?:-|–|—|до|to|по) ?({_CLOCK_IN_TEXT}))?")
_TIMETABLE = re.compile(rf"(?P<span>{_SPAN.pattern})|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)?)|(?P<range>[-–—])")
# The old way to dial out of a town, before a code that begins with a nought: 8 (050).
_OLD_TRUNK = re.compile(r"8[ -]*(?=\(?0)")
_MONEY = (
    r"(?:руб(?:лей|ля|ль|\.)?|р\.?|гривен[ьь]?|гривн[яіи]|грн\.?|тг\.?|тенге|uah|rub|kzt|usd|eur|[$€₽₴₸])"
)
_CURRENCY = re.compile(rf"^\s*{_MONEY}\s*|\s*{_MONEY}\s*$", re.IGNORECASE)
# 100 руб. 50 коп.: only so a number may stand behind the currency.
_COINS = re.compile(
    rf"(?P<whole>[^,]*[0-9])\s*{_MONEY}\s*(?P<coins>[0-9]{{1,2}})\s*(?:коп(?:е[ей]к\w*|ійк\w*|ійок|\.)?|к\.?)",
    re.IGNORECASE,
)
_LISTED = re.compile(r"[,;/\n]| и | та | and ")


class Habits(NamedTuple):
    """What a text alone does not say: phones are read as in `region`, and 03/04 may be the 4th of March."""

    region: str
    today: date
    month_first: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """How the texts of a column are read; `shape` names those that can be told by their looks."""

    read: Callable[[str, Habits], Cell]
    shape: str = ""


class Name(NamedTuple):
    last: str = ""
    first: str = ""
    middle: str = ""


def split_name(told: str) -> Name:
    """The parts of a name. Last name, first name, middle name; in Latin letters the last name comes last, unless a
    comma stands behind it."""
    text = clean_line(told)
    last, comma, rest = text.partition(",")
    if comma and rest.strip():
        first, _, middle = rest.strip().partition(" ")
        return Name(last.strip(), first, middle)
    words = text.split()
    if len(words) < 2:
        return Name(first=text)
    if text.isascii():
        return Name(words[-1], words[0], " ".join(words[1:-1]))
    return Name(words[0], words[1], " ".join(words[2:]))


def words(told: str) -> str:
    """A name without its order: by this names are compared."""
    return " ".join(sorted(sought(told)))


def digest(*parts: str) -> str:
    """A key for whoever has none: the same for the same contents."""
    return blake2b("\n".join(parts).encode(), digest_size=16).hexdigest()


def month_first(texts: Iterable[str]) -> bool:
    """Whether the days of a column are written with the month in front: some cannot be read otherwise, and none can be
    read only the other way."""
    found = False
    for text in texts:
        match = _NUMBERS.match(text.strip())
        if match and match[2] != ".":
            if int(match[1]) > 12:
                return False
            found = found or int(match[3]) > 12
    return found


def _day(told: str, habits: Habits) -> str:
    return _calendar(told, habits, habits.today.year + 10).isoformat()


def _birthday(told: str, habits: Habits) -> str:
    return _calendar(told, habits, habits.today.year).isoformat()


def _calendar(told: str, habits: Habits, last_year: int) -> date:
    """A day; a year of two digits is the latest that is no later than `last_year`."""
    text = clean_line(told).lower()
    try:
        if match := _ISO.match(text):
            year, month, day = map(int, match.groups())
        elif match := _NUMBERS.match(text):
            first, second = int(match[1]), int(match[3])
            day, month = (second, first) if habits.month_first and match[2] != "." else (first, second)
            year = int(match[4])
        elif (match := _WORDS.match(text)) and (named := meaning(match[2], MONTHS)):
            day, month, year = int(match[1]), int(named), int(match[3])
        elif (match := _MONTH_FIRST.match(text)) and (named := meaning(match[1], MONTHS)):
            month, day, year = int(named), int(match[2]), int(match[3])
        elif _SERIAL.fullmatch(text) and _FIRST_SERIAL <= float(text) <= _LAST_SERIAL:
            return date(1899, 12, 30) + timedelta(int(float(text)))
        else:
            raise ValueError(text)
        if not _OF_DAY.fullmatch(text, match.end()):
            raise ValueError(text)
        if year < 100:
            year += 2000 if 2000 + year <= last_year else 1900
        return date(year, month, day)
    except ValueError as error:
        raise Unfit(N_("{told} is no day ({form})."), told=told, form="19.03.2026") from error


def _clock(told: str, habits: Habits) -> str:
    match = _CLOCK.fullmatch(clean_line(told).lower())
    hour, minute = (int(match[1]), int(match[2] or 0)) if match else (99, 0)
    if match and match[3] and 1 <= hour <= 12:
        hour = hour % 12 + (12 if match[3] == "pm" else 0)
    if hour > 23 or minute > 59:
        raise Unfit(N_("{told} is no time of day ({form})."), told=told, form="17:30")
    return f"{hour:02}:{minute:02}"


def _span(told: str, habits: Habits) -> Cell:
    """A beginning, and an end where one is said: ("17:00", "18:30")."""
    match = _SPAN.fullmatch(clean_line(told).lower())
    if not match:
        return (_clock(told, habits),)
    return tuple(_clock(part, habits) for part in match.groups() if part)


def _weekdays(told: str, habits: Habits) -> Cell:
    """Numbers from 1, Monday: "пн, ср", "вт-чт", "Mon/Wed"; digits count from Monday as well."""
    days: list[int] = []
    ranging = False
    for match in re.finditer(r"([^\W\d_]+(?:['’][^\W\d_]+)?|[1-7])|([-–—])|([^\s,.;/+&]+)", clean_line(told).lower()):
        if match[2]:
            ranging = bool(days)
            continue
        number = _weekday(match[1] or "")
        if number is None:
            if match[1] in {"и", "та", "і", "and"}:
                continue
            raise Unfit(N_("{told} are no days of the week."), told=told)
        days += _ranged(days, number) if ranging else [number]
        ranging = False
    return tuple(map(str, dict.fromkeys(days)))


def _weekday(word: str) -> int | None:
    if word.isdigit():
        return int(word)
    found = meaning(word.replace("’", "'"), WEEKDAYS)
    return None if found is None else int(found)


def _ranged(days: list[int], last: int) -> list[int]:
    return list(range(days[-1] + 1, last + 1)) if days and days[-1] < last else [last]


def _timetable(told: str, habits: Habits) -> Cell:
    """Weekly times: "Пн, Ср 17:00-18:30; Сб 10:00" is ("1 17:00 18:30", "3 17:00 18:30", "6 10:00"). Days stand before
    their time, and one time may have several."""
    found: list[str] = []
    days: list[int] = []
    timed = ranging = False
    for match in _TIMETABLE.finditer(clean_text(told).lower().replace("\n", " ; ")):
        if match["span"]:
            if not days:
                raise Unfit(N_("{told} is no timetable (Mon, Wed 17:00-18:30)."), told=told)
            clocks = " ".join(_span(match["span"], habits))
            found += (f"{day} {clocks}" for day in days)
            timed, ranging = True, False
        elif match["word"]:
            number = _weekday(match["word"])
            if number is None:
                if match["word"] in {"и", "та", "і", "and", "с", "в", "з", "о", "from", "at"}:
                    continue
                raise Unfit(N_("{told} is no timetable (Mon, Wed 17:00-18:30)."), told=told)
            if timed:
                days, timed = [], False
            days += _ranged(days, number) if ranging else [number]
            ranging = False
        elif match["range"]:
            ranging = bool(days)
    if not found or not timed:
        raise Unfit(N_("{told} is no timetable (Mon, Wed 17:00-18:30)."), told=told)
    return tuple(dict.fromkeys(found))


def _phone(told: str, habits: Habits) -> str:
    text = clean_line(told)
    found = parse_phone(text, region=habits.region)
    if found is None and (old := _OLD_TRUNK.match(text)):
        found = parse_phone(text[old.end() :], region=habits.region)
    if found is None:
        raise Unfit(N_("{told} is no phone."), told=told)
    return found


def _sum(told: str, habits: Habits) -> str:
    text = clean_line(told)
    if coins := _COINS.fullmatch(text):
        text = f"{coins['whole']},{int(coins['coins']):02}"
    found = parse_sum(_CURRENCY.sub("", text))
    if found is None:
        raise Unfit(N_("{told} is no sum of money."), told=told)
    return f"{found:.2f}".removesuffix(".00")


def _count(told: str, habits: Habits) -> str:
    """A number, whatever is counted: "60 мин" is 60."""
    match = re.match(r"[0-9]{1,6}", clean_line(told))
    if not match:
        raise Unfit(N_("{told} is no number."), told=told)
    return match[0]


def _one_of(vocabulary: Vocabulary, otherwise: str = "") -> Callable[[str, Habits], str]:
    def read(told: str, habits: Habits) -> str:
        text = plain_words(told)
        if found := vocabulary.read(text) or otherwise:
            return found
        if " " in text:
            raise Unfit(N_("It is not clear what {told} says: write one word."), told=told)
        raise Unfit(N_("{told} is not a word that is known here."), told=told)

    return read


def plain_words(told: str) -> str:
    """Small letters, ё as е, without a full stop at the end."""
    text = clean_line(told).lower().replace("ё", "е").replace("’", "'")
    return text.rstrip(".") or text


def _email(told: str, habits: Habits) -> str:
    return clean_line(told).removeprefix("mailto:").lower()


def _listed(told: str, habits: Habits) -> Cell:
    return tuple(filter(None, (clean_line(part) for part in _LISTED.split(clean_text(told)))))


LINE = Reading(lambda told, _: clean_line(told))
NAME = Reading(lambda told, _: clean_line(told), "name")
TEXT = Reading(lambda told, _: clean_text(told))
LIST = Reading(_listed)
DAY = Reading(_day, "day")
BIRTHDAY = Reading(_birthday, "day")
CLOCK = Reading(_clock)
SPAN = Reading(_span)
WEEKDAYS_READ = Reading(_weekdays)
TIMETABLE = Reading(_timetable)
PHONE = Reading(_phone, "phone")
EMAIL = Reading(_email, "email")
SUM = Reading(_sum, "sum")
COUNT = Reading(_count)
STATUS = Reading(_one_of(STATUSES))
KINSHIP_READ = Reading(_one_of(Vocabulary(KINSHIP), "other"))
METHOD = Reading(_one_of(METHODS))
STATE = Reading(_one_of(STATES))
FLAG = Reading(_one_of(YES))
