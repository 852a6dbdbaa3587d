"""What keeps the house in order, whoever is awake."""

from importlib import import_module

from django.conf import settings
from procrastinate import JobContext, builtin_tasks
from procrastinate.contrib.django import app

# So long a finished job is kept, to be looked at.
KEPT_HOURS = 7 * 24


@app.periodic(cron="*/5 * * * *")
@app.task(name="upkeep.rescue", queueing_lock="upkeep.rescue", pass_context=True)
async def rescue(context: JobContext, timestamp: int) -> None:
    """Jobs whose worker died are done by another one: each may run twice, and says so by being made for it."""
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.retry_job(job)


@app.periodic(cron="41 1 * * *")
@app.task(name="upkeep.forget_jobs", queueing_lock="upkeep.forget_jobs", pass_context=True)
async def forget_jobs(context: JobContext, timestamp: int) -> None:
    await builtin_tasks.remove_old_jobs(context, max_hours=KEPT_HOURS)


@app.periodic(cron="47 1 * * *")
@app.task(name="upkeep.forget_sessions", queueing_lock="upkeep.forget_sessions")
def forget_sessions(timestamp: int) -> None:
    """Whoever has not come back for so long must sign in anyway."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
