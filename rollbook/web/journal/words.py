"""Times of groups and lessons in words."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.translation import gettext

from rollbook.domains.schedule.queries import Slot
from rollbook.foundation import formats
from rollbook.web.pages import language


def timetable(slots: Iterable[Slot]) -> str:
    """Mon, Thu 17:00–18:00; Sat 10:00–11:00."""
    by_time = sorted({(slot.starts, slot.minutes, slot.weekday) for slot in slots})
    parts = []
    for (starts, minutes), group in groupby(by_time, key=lambda slot: slot[:2]):
        days = ", ".join(formats.weekday(day - 1, language=language()) for _, _, day in group)
        ends = datetime.combine(date.min, starts) + timedelta(minutes=minutes)
        parts.append(f"{days} {formats.clock(starts)}–{formats.clock(ends)}")
    return "; ".join(parts)


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
