"""Lessons are made ahead by themselves, every night."""

from django.utils import timezone
from procrastinate.contrib.django import app

from rollbook.domains.access.actor import operator
from rollbook.domains.schedule import actions as schedule
from rollbook.domains.schedule.rules import HORIZON


@app.periodic(cron="17 1 * * *")
@app.task(name="timetable.make_lessons", queueing_lock="timetable.make_lessons")
def make_lessons(timestamp: int) -> None:
    """Of all branches, until the horizon. What is there already is left alone, so it may run any number of times."""
    now = timezone.now()
    schedule.make_lessons(until=now.date() + HORIZON, at=now, by=operator("", via="job"))
