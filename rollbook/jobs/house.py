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
    """Looked at every hour: a machine that sleeps at night does it when it wakes. The doctor looks at backups, too,
    and whatever became of them."""
    try:
        if house.is_due("back_up", at=timezone.now(), by=_job()):
            _back_up()
    finally:
        if house.is_due("examine", at=timezone.now(), by=_job()):
            _examine()


@app.task(name="house.examine", queueing_lock="house.examine", lock="house")
def examine() -> None:
    _examine()


@app.task(name="house.back_up", queueing_lock="house.back_up", lock="house")
def back_up() -> None:
    _back_up(anew=True)


def _examine() -> None:
    house.examine(at=timezone.now(), by=_job())


def _back_up(*, anew: bool = False) -> None:
    """A file that was made tonight and not proven is tried before there is another one, unless one is asked for."""
    with suppress(Declined):  # written down
        made = None if anew else house.to_be_proven(at=timezone.now(), by=_job())
        path = made or house.back_up(at=timezone.now(), by=_job()).path
        house.prove(path, at=timezone.now(), by=_job())


def _job() -> Actor:
    return operator("", via="job")
