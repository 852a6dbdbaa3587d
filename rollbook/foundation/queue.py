"""Work for later: a job knows the request that ordered it, so that the log shows what followed from what."""

from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from rollbook.foundation import logs


def later(task: str, **told: object) -> None:
    """Ordered within the transaction: what is rolled back is never done."""
    known = {"request_id": request} if (request := logs.request_id()) else {}
    app.configure_task(task).defer(**told, **known)  # type: ignore[arg-type]


def yet_to_do(task: str, told: str) -> set[int]:
    """What was `told` under this name to jobs of a task that wait or are being done: ids."""
    alive = ProcrastinateJob.objects.filter(task_name=task, status__in=["todo", "doing"])
    return set(alive.values_list(f"args__{told}", flat=True))
