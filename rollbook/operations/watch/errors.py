"""Errors are told to Sentry, where SENTRY_DSN names one: what broke and where, the route, the ids of request and user.

Nothing is sent but what the log says as an error: no address, no form, no variable, no name. So Sentry's own ways into
Django are left out; a line of the log is enough.
"""

from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from rollbook.foundation import logs

TAGS = ("request", "route", "method", "status", "task", "process", "logger")


def report_to(dsn: str, **told: Any) -> None:
    if not find_spec("sentry_sdk"):
        raise ImproperlyConfigured("SENTRY_DSN is set without its client: pip install 'rollbook[sentry]'.")
    import sentry_sdk
    from sentry_sdk.integrations import atexit, dedupe, logging
    from sentry_sdk.utils import BadDsn, Dsn

    try:
        Dsn(dsn)
    except BadDsn as error:
        raise ImproperlyConfigured(f"SENTRY_DSN makes no sense: {error}.") from error
    sentry_sdk.init(
        dsn=dsn,
        release=f"rollbook@{version('rollbook')}",
        before_send=_cleaned,
        max_request_body_size="never",
        include_local_variables=False,
        max_breadcrumbs=0,
        default_integrations=False,
        auto_enabling_integrations=False,
        server_name="",
        integrations=[
            logging.LoggingIntegration(level=None, event_level="ERROR"),
            dedupe.DedupeIntegration(),
            atexit.AtexitIntegration(callback=lambda *_: None),
        ],
        **told,
    )


def _cleaned(event: Any, hint: Any) -> Any:
    """Of a line of the log only what is named here; the words of an exception without what the log hides."""
    record = hint.get("log_record")
    said = record.msg if record is not None and isinstance(record.msg, dict) else {}
    text = said.get("event") or (record.getMessage() if record is not None else "")
    event["logentry"] = {"message": logs.hidden(str(text))}
    event["tags"] = {name: str(said[name]) for name in TAGS if name in said}
    event["user"] = {"id": said["user"]} if said.get("user") else {}
    for unwanted in ("request", "extra", "breadcrumbs", "modules", "contexts", "server_name"):
        event.pop(unwanted, None)
    for exception in event.get("exception", {}).get("values", []):
        exception["value"] = logs.hidden(str(exception.get("value", "")))
    return event
