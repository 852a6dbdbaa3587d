"""What was not worked off in time lapses by itself, every night."""

from django.utils import timezone
from procrastinate.contrib.django import app

from rollbook.domains.access.actor import operator
from rollbook.workflows import make_ups_lapsed


@app.periodic(cron="23 1 * * *")
@app.task(name="make_ups.lapse", queueing_lock="make_ups.lapse")
def lapse(timestamp: int) -> None:
    """Of all branches, each by its own calendar. What has lapsed is left alone, so it may run any number of times."""
    make_ups_lapsed.lapse(at=timezone.now(), by=operator("", via="job"))
