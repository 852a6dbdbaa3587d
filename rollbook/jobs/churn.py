"""Whoever left by time is recorded by itself, every night."""

from django.utils import timezone
from procrastinate.contrib.django import app

from rollbook.domains.access.actor import operator
from rollbook.workflows import churn_recorded


@app.periodic(cron="27 1 * * *")
@app.task(name="churn.record", queueing_lock="churn.record")
def record(timestamp: int) -> None:
    """In all branches. Who is recorded already is left alone, so it may run any number of times."""
    churn_recorded.record(at=timezone.now(), by=operator("", via="job"))
