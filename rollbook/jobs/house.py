"""Each night the house is backed up, the backup is proven, and all is examined; by day when somebody asks.

All of it is one job's work on one machine, for a file is tried where it lies. How each ended is in the history, the
failures too (operations/house.py).
"""

from contextlib import suppress

from django.utils import timezone
from procrastinate.contrib.django import app

from rollbook.domains.access.actor import Actor, operator
from rollbook.foundation.errors import Declined
from rollbook.operations import house


@app.periodic(cron="11 * * * *")
@app.task(name="house.nightly", queueing_lock="house.nightly", lock="house")
def nightly(timestamp: int) -> None:
    """Looked at every hour: a machine that sleeps at night does it when it wakes. The doctor looks at backups, too."""
    for task, do in (("back_up", _back_up), ("examine", _examine)):
        if house.is_due(task, at=timezone.now(), by=_job()):
            do()


@app.task(name="house.examine", queueing_lock="house.examine", lock="house")
def examine() -> None:
    _examine()


@app.task(name="house.back_up", queueing_lock="house.back_up", lock="house")
def back_up() -> None:
    _back_up()


def _examine() -> None:
    house.examine(at=timezone.now(), by=_job())


def _back_up() -> None:
    with suppress(Declined):  # written down
        made = house.back_up(at=timezone.now(), by=_job())
        house.prove(made.path, at=timezone.now(), by=_job())


def _job() -> Actor:
    return operator("", via="job")
