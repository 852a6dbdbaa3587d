"""Times of groups and lessons in words, and where whoever pays is written to."""

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from django.utils.translation import gettext

from rollbook.domains.schedule.queries import Slot
from rollbook.foundation import formats
from rollbook.web.pages import language


def timetable(slots: Iterable[Slot]) -> str:
    """Mon, Thu 17:00–18:00; Sat 10:00–11:00. The week in order; what belongs together stays on one line."""
    by_time: dict[tuple[time, int], list[int]] = {}
    for slot in sorted(slots, key=lambda slot: (slot.weekday, slot.starts)):
        days = by_time.setdefault((slot.starts, slot.minutes), [])
        if slot.weekday not in days:
            days.append(slot.weekday)
    return "; ".join(_times(days, starts, minutes) for (starts, minutes), days in by_time.items())


def _times(days: Iterable[int], starts: time, minutes: int) -> str:
    named = f",{formats.NBSP}".join(formats.weekday(day - 1, language=language()) for day in days)
    ends = datetime.combine(date.min, starts) + timedelta(minutes=minutes)
    return f"{named}{formats.NBSP}{formats.clock(starts)}\N{WORD JOINER}–\N{WORD JOINER}{formats.clock(ends)}"


def soon(moment: datetime, today: date) -> str:
    """today 17:00, tomorrow 17:00, Thu 17:00, 19 March 17:00."""
    days = (moment.date() - today).days
    if days in (0, 1):
        day = gettext("tomorrow") if days else gettext("today")
    elif 1 < days < 7:
        day = formats.weekday(moment, language=language())
    else:
        day = formats.day_month(moment, language=language())
    return f"{day} {formats.clock(moment)}"


TELEGRAM = re.compile(r"@?([A-Za-z][A-Za-z0-9_]{3,31})", re.ASCII)


def telegram(written: str | None) -> str | None:
    """The address of a name in Telegram; None where it is none."""
    match = TELEGRAM.fullmatch((written or "").strip())
    return f"https://t.me/{match[1]}" if match else None
