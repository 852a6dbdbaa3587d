"""Files are taken in by a worker, so that no page waits for them."""

from django.utils import timezone
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from rollbook.domains.access.actor import operator
from rollbook.domains.imports import actions as imports
from rollbook.workflows import import_carried_out


@app.task(name="imports.run", lock="imports.run", retry=RetryStrategy(max_attempts=5, exponential_wait=5))
def run(*, run_id: int) -> None:
    """One after another, in the order in which they were asked for, since each finds what the one before has brought.
    Twice does no harm: the second time finds that it was done or broken off, or that its worker died."""
    import_carried_out.carry_out(run_id=run_id, at=timezone.now(), by=operator("", via="job"))


@app.periodic(cron="*/2 * * * *")
@app.task(name="imports.rescue", queueing_lock="imports.rescue")
def rescue(timestamp: int) -> None:
    """An import whose worker died says so, and may be begun again."""
    imports.rescue(at=timezone.now(), by=operator("", via="job"))


@app.periodic(cron="53 1 * * *")
@app.task(name="imports.forget_files", queueing_lock="imports.forget_files")
def forget_files(timestamp: int) -> None:
    imports.forget_files(at=timezone.now(), by=operator("", via="job"))
