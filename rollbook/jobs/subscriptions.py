"""What happens to subscriptions by themselves, every night."""

from django.utils import timezone
from procrastinate.contrib.django import app

from rollbook.domains.access.actor import operator
from rollbook.workflows import subscriptions_ended, subscriptions_renewed


@app.periodic(cron="33 1 * * *")
@app.task(name="subscriptions.settle", queueing_lock="subscriptions.settle")
def settle(timestamp: int) -> None:
    """Instalments that are due, and what was left of those that have ended; after lapsed make-ups, which they wait for.
    What is settled is left alone, so it may run any number of times."""
    subscriptions_ended.settle(at=timezone.now(), by=operator("", via="job"))


@app.periodic(cron="43 2 * * *")
@app.task(name="subscriptions.renew", queueing_lock="subscriptions.renew")
def renew(timestamp: int) -> None:
    """Next month's subscriptions, where the organisation has set a day on which they are made. Those made already are
    left alone, so it may run any number of times."""
    subscriptions_renewed.renew_due(at=timezone.now(), by=operator("", via="job"))
