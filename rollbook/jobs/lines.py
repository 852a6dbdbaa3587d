"""One line for each job that was done, with the id of the request that ordered it. What a job was given is not told."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import structlog
from procrastinate import App, JobContext
from procrastinate.worker import Worker

log = structlog.get_logger(__name__)


def prepare(app: App) -> None:
    """PROCRASTINATE_ON_APP_READY."""
    app.worker_defaults["worker_middleware"] = [told]


async def told(do: Callable[[], Awaitable[Any]], context: JobContext, worker: Worker) -> Any:
    job = context.job
    bound = {"job": job.id, "task": job.task_name, "attempt": job.attempts + 1}
    if request := job.task_kwargs.pop("request_id", None):
        bound["request"] = request
    with structlog.contextvars.bound_contextvars(**bound):
        began = perf_counter()
        try:
            result = await do()
        except BaseException as error:
            again = isinstance(error, Exception) and context.task.get_retry_exception(exception=error, job=job)
            tell = log.warning if again else log.error
            tell("job", outcome="to be tried again" if again else "failed", ms=_since(began), exc_info=True)
            raise
        log.info("job", outcome="done", ms=_since(began))
        return result


def _since(began: float) -> float:
    return round((perf_counter() - began) * 1000, 1)
