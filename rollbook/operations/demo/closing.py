"""Months that the accountant has closed: all but the last one that is over, and the one that lasts."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from rollbook.operations.demo import rows
from rollbook.operations.demo.attendance import Course

CLOSED_ON = 4
"""So many days after the first of the next month, if nothing of it was booked later."""


def close_months(course: Course, booked: Collection[tuple[date, datetime]]) -> None:
    """`booked` are the entries of the branch: the day of each, and when it was made."""
    window, clock, book = course.chain.window, course.branch.clock, course.book
    last = {day.replace(day=1): date.min for day, _at in booked}
    for day, at in booked:
        month = day.replace(day=1)
        last[month] = max(last[month], at.date())
    by = course.chain.accountant.who if course.chain.accountant else course.chain.founder
    before = (window.anchor.replace(day=1) - timedelta(days=1)).replace(day=1)
    for month in sorted(month for month in last if month < before):
        following = (month + timedelta(days=32)).replace(day=1)
        on = max(following + timedelta(days=CLOSED_ON), last[month] + timedelta(days=2))
        if on >= window.anchor:
            continue
        at = clock.at(on, 11 * 60)
        book.add(rows.ClosedMonth(book.id(rows.ClosedMonth), course.branch.id, month, at, by.user_id))
        book.tell("month.closed", f"branch:{course.branch.id}", at, by, {"month": month.isoformat()})
