"""How values are written for people: money, dates, ages, phones, in the words and signs of a language."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from itertools import groupby
from types import MappingProxyType

from babel import Locale
from babel.dates import format_date, format_timedelta, get_day_names
from babel.lists import format_list
from babel.numbers import get_currency_symbol
from babel.units import format_unit
from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

THIN = "\N{NARROW NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
NBSP = "\N{NO-BREAK SPACE}"

SIZES = (
    ("digital-gigabyte", 10**9), ("digital-megabyte", 10**6), ("digital-kilobyte", 10**3), ("digital-byte", 1),
)  # fmt: skip

# From this age on nobody counts the months.
GROWN = 12

_GROWN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "ru": {"one": "год", "few": "года", "many": "лет", "other": "года"},
        "uk": {"one": "рік", "few": "роки", "many": "років", "other": "року"},
        "en": {"one": "y", "other": "y"},
    }
)
_UNITS: Mapping[str, Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "ru": {"one": ("г", "м"), "few": ("г", "м"), "many": ("л", "м"), "other": ("г", "м")},
        "uk": {"one": ("р", "м"), "few": ("р", "м"), "many": ("р", "м"), "other": ("р", "м")},
        "en": {"one": ("y", "m"), "other": ("y", "m")},
    }
)


def number(value: Decimal | int, *, language: str, places: int = 0) -> str:
    """Thin spaces between thousands, the language's decimal mark, a real minus: −1 234,50."""
    rounded = round_half_up(Decimal(value), places)
    marks = str.maketrans({",": THIN, ".": "." if language == "en" else ","})
    text = f"{abs(rounded):,.{places}f}".translate(marks)
    return MINUS + text if rounded < 0 else text


@lru_cache(maxsize=4000)
def money(amount: Decimal | int, *, language: str) -> str:
    """A sum in the organisation's currency; its hundredths only where there are any. Remembered: most are one of a few
    prices and balances."""
    rounded = round_half_up(Decimal(amount), 2)
    return number(rounded, language=language, places=0 if rounded == rounded.to_integral_value() else 2)


def price(amount: Decimal | int, *, currency: str, language: str) -> str:
    """A sum where nobody could know in what: 3 200 ₽; in English by the code, 3 200 RUB."""
    sign = currency if language == "en" else get_currency_symbol(currency, language)
    return f"{money(amount, language=language)}{NBSP}{sign}"


def signed(amount: Decimal | int, *, language: str) -> str:
    """A sum that is added or taken away: +2 400, −600, 0."""
    text = money(amount, language=language)
    return text if text == "0" or text.startswith(MINUS) else f"+{text}"


def percent(share: Decimal | float, *, language: str, places: int = 0) -> str:
    """A share of one, in hundredths: 0.87 -> 87%."""
    return f"{number(Decimal(str(share)) * 100, language=language, places=places)}%"


def plain(words: str) -> str:
    """With blanks as a keyboard has them: not every messenger, and no SMS, knows others."""
    return words.replace(NBSP, " ").replace(THIN, " ")


def round_half_up(value: Decimal, places: int) -> Decimal:
    """The way a till rounds, not a statistician."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def day(value: date, *, language: str) -> str:
    """19 марта 2026."""
    return _written(value.year, value.month, value.day, "d MMMM y", language)


def short_day(value: date, *, language: str) -> str:
    """19.03.2026 in a table, 19 Mar 2026 where day and month could be mixed up."""
    return _written(value.year, value.month, value.day, "d MMM y" if language == "en" else "dd.MM.y", language)


def day_month(value: date, *, language: str) -> str:
    """19 марта."""
    return _written(value.year, value.month, value.day, "d MMMM", language)


def days(values: Iterable[date], *, language: str) -> str:
    """2–6, 12 и 30 марта, 1 апреля: three and more in a row are a span, one that is there twice has ×2 beside it."""
    months = groupby(sorted(values), lambda value: (value.year, value.month))
    return ", ".join(_days_of_month(Counter(value.day for value in of), *month, language) for month, of in months)


def _days_of_month(times: Mapping[int, int], year: int, month: int, language: str) -> str:
    written: list[str] = []
    for _run, same in groupby(enumerate(times), lambda pair: (pair[1] - pair[0], times[pair[1]])):
        run = [day for _place, day in same]
        twice = f"{NBSP}(×{times[run[0]]})" if times[run[0]] > 1 else ""
        written += [f"{run[0]}–{run[-1]}{twice}"] if len(run) > 2 else [f"{day}{twice}" for day in run]
    # British: "12, 16 and 30", as "12 March" above.
    listed = format_list(written, locale="en_GB" if language == "en" else language)
    return f"{listed}{NBSP}{_written(year, month, 1, 'MMMM', language)}"


def month(value: date, *, language: str) -> str:
    """Март 2026, as a heading begins."""
    text = format_date(value, "LLLL y", locale=language)
    return text[:1].upper() + text[1:]


@lru_cache(maxsize=4000)
def _written(year: int, month: int, day: int, form: str, language: str) -> str:
    """Remembered: a page says the same days again and again, and so does the next."""
    return format_date(date(year, month, day), form, locale=language).replace(" ", NBSP)


def weekday(value: date | int, *, language: str, wide: bool = False) -> str:
    """чт, or четверг where there is room; a number counts from Monday = 0."""
    return _weekdays(language, wide)[value if isinstance(value, int) else value.weekday()]


@cache
def _weekdays(language: str, wide: bool) -> tuple[str, ...]:
    names = get_day_names("wide" if wide else "abbreviated", "stand-alone", language)
    return tuple(str(names[index]) for index in range(7))


def clock(value: time | datetime) -> str:
    """17:00, in the zone the value comes in."""
    return value.strftime("%H:%M")


def moment(value: datetime, *, language: str) -> str:
    """19 марта 2026, 17:00, in the zone the value comes in."""
    return f"{day(value, language=language)}, {clock(value)}"


def ago(age: timedelta, *, language: str) -> str:
    """5 часов назад; less than a minute is one."""
    told = max(age, timedelta(minutes=1))
    text = format_timedelta(-told, granularity="minute", threshold=2, add_direction=True, locale=language)
    return text.replace(" ", NBSP)


def size(count: int, *, language: str) -> str:
    """12 МБ."""
    unit, of = next((unit, of) for unit, of in SIZES if count >= of or of == 1)
    return format_unit(round(count / of, 1 if count < 10 * of and of > 1 else 0), unit, "short", locale=language)


@lru_cache(maxsize=4000)
def phone(e164: str) -> str:
    """+79123456789 -> +7 912 345-67-89, kept on one line; what is no number stays as it is."""
    try:
        written = format_number(parse(e164, None), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return e164
    return written.replace(" ", NBSP).replace("-", "\N{NON-BREAKING HYPHEN}")


def months_between(since: date, until: date) -> int:
    """Whole months lived through; whoever was born on the 31st waits for the 1st where a month is shorter."""
    return (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)


@lru_cache(maxsize=4000)
def age(months: int, *, language: str) -> str:
    """7 л 2 м for the small ones, 8 м before the first birthday, 34 года for those who are grown."""
    years, rest = divmod(max(months, 0), 12)
    parts = []
    if years >= GROWN:
        return f"{years}{NBSP}{_GROWN[language][Locale.parse(language).plural_form(years)]}"
    if years:
        parts.append(f"{years}{NBSP}{_unit(years, language)[0]}")
    if not years or rest:
        parts.append(f"{rest}{NBSP}{_unit(rest, language)[1]}")
    return NBSP.join(parts)


@lru_cache(maxsize=1000)
def _unit(count: int, language: str) -> tuple[str, str]:
    return _UNITS[language][Locale.parse(language).plural_form(count)]
