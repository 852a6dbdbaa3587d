"""Work for later: a job knows the request that ordered it, so that the log shows what followed from what."""

from procrastinate.contrib.django import app

from rollbook.foundation import logs


def later(task: str, **told: object) -> None:
    """Ordered within the transaction: what is rolled back is never done."""
    known = {"request_id": request} if (request := logs.request_id()) else {}
    app.configure_task(task).defer(**told, **known)  # type: ignore[arg-type]
