"""What keeps the house in order, whoever is awake."""

from importlib import import_module

import structlog
from django.conf import settings
from procrastinate import JobContext, builtin_tasks
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException, UniqueViolation
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

log = structlog.get_logger(__name__)

# So long a job that is over is kept, to be looked at, however it ended.
KEPT_HOURS = 7 * 24


@app.periodic(cron="*/5 * * * *")
@app.task(name="upkeep.rescue", queueing_lock="upkeep.rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Jobs whose worker died are done by another one: each may run twice, and says so by being made for it."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        try:
            await _do_again(manager, job)
        except ConnectorException:  # each for itself: the next ones are not to wait for this one
            log.exception("not rescued", stalled=job.id, of=job.task_name)


async def _do_again(manager: JobManager, job: Job) -> None:
    try:
        await manager.retry_job(job)
    except UniqueViolation:  # another one like it waits, maybe for the lock that this one holds: it does the work
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)


@app.periodic(cron="41 1 * * *")
@app.task(name="upkeep.forget_jobs", queueing_lock="upkeep.forget_jobs", pass_context=True)
async def forget_jobs(context: JobContext, timestamp: int) -> None:
    await builtin_tasks.remove_old_jobs(
        context, max_hours=KEPT_HOURS, remove_failed=True, remove_cancelled=True, remove_aborted=True
    )


@app.periodic(cron="47 1 * * *")
@app.task(name="upkeep.forget_sessions", queueing_lock="upkeep.forget_sessions")
def forget_sessions(timestamp: int) -> None:
    """Whoever has not come back for so long must sign in anyway."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
