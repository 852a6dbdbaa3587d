"""What happened, a line each: JSON for machines, columns for a person at a terminal. To stderr, which a service keeps.

Every line carries what is bound to the request or the job it belongs to. None carries a secret or a person's phone or
address: what looks like one is hidden, wherever it comes from, also in the words of an exception.
"""

import logging
import os
import re
import sys
from collections.abc import Mapping, MutableMapping
from functools import cache
from typing import Any, TextIO, TypeAlias

import structlog
from structlog.stdlib import ProcessorFormatter

Line: TypeAlias = MutableMapping[str, Any]

HIDDEN = "…"
# Made by us, or bounded by our code: they are told as they are.
SAFE = frozenset({"time", "level", "logger", "process", "request", "route", "at"})
NAMES_OF_SECRETS = r"pass(?:word|wd|phrase)|secret|token|csrf\w*|session(?:id|_key)|authorization|cookie|api_?key|dsn"
_HIDING = tuple(
    (re.compile(pattern), instead)
    for pattern, instead in (
        # What PostgreSQL adds to an error: values of the row.
        (r"(DETAIL:|Failing row contains|CONTEXT:\s+COPY|CONTEXT:\s+unnamed portal).*", rf"\1 {HIDDEN}"),
        (r"([a-z][a-z0-9+.-]*://)[^\s/@]+@", rf"\1{HIDDEN}@"),
        (r"\?[\w\[\]%.~-]+=[^\s\"'<>)]*", f"?{HIDDEN}"),
        (r"(?i)\b(Bearer|Basic)\s+[\w.~+/=-]+", rf"\1 {HIDDEN}"),
        (rf"(?i)(\b\w*(?:{NAMES_OF_SECRETS})[\"']?\s*[=:]\s*)(?:\"[^\"]*\"|'[^']*'|[^\s\"',;}}&)]+)", rf"\1{HIDDEN}"),
        (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", HIDDEN),
        # Random words: of links, sessions, keys. Names in code have no capitals beside digits, or are shorter.
        (r"(?<![\w-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*[\d_-])[A-Za-z0-9_-]{24,}", HIDDEN),
        (r"(?<![\w-])(?=[a-z-]*\d)[a-z0-9-]{24,}(?![\w-])", HIDDEN),
        # Phones: with a plus, in one piece, or in groups.
        (r"\+\d[\d ()-]{8,18}\d", HIDDEN),
        (r"(?<![\w.-])\d{10,15}(?![\w.-])", HIDDEN),
        (r"(?<![\w.-])\d?[ -]?\(\d{3}\)[ -]?\d{3}[ -]?\d{2}[ -]?\d{2}(?!\w)", HIDDEN),
    )
)


def readable() -> bool:
    """Whether a person reads this: at a terminal, or in development. LOG_FORMAT decides where it is told."""
    return {"lines": True, "json": False}.get(
        os.environ.get("LOG_FORMAT", ""), os.environ.get("DEBUG") == "1" or sys.stderr.isatty()
    )


def configure(told: Mapping[str, object] | None = None) -> None:
    """All that is logged in this process goes one way (LOGGING_CONFIG); any number of times. `told`: the level."""
    root = logging.getLogger()
    root.addHandler(_console)
    root.setLevel(str((told or {}).get("level", "INFO")))
    structlog.configure(
        processors=[*_SHARED, _handed_over],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    for name in ("django", "django.server", "_granian"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("django.request").addFilter(left_to_the_request)
    logging.getLogger("django.db.backends").setLevel("INFO")  # below it says all values, in development
    logging.getLogger("psycopg.pool").setLevel("ERROR")  # a database that is away is told of by whoever asks it
    logging.getLogger("procrastinate").setLevel("WARNING")
    logging.getLogger("fontTools").setLevel("WARNING")  # below it says the letters of each paper
    logging.getLogger("procrastinate.worker").addFilter(left_to_the_job)


def request_id() -> str:
    """Of the request, or of the one that ordered the job, in which this is asked; empty outside of any."""
    return str(structlog.contextvars.get_contextvars().get("request", ""))


def left_to_the_request(record: logging.LogRecord) -> bool:
    """What Django says about a request with its path, which may be a secret, is told by the one line of the request."""
    request = getattr(record, "request", None)
    if request is None:
        return True
    if record.exc_info:
        request.failure = record.exc_info
    return False


def left_to_the_job(record: logging.LogRecord) -> bool:
    """The worker's own words about a job quote what it was given; jobs/lines.py tells of it instead."""
    return not hasattr(record, "job") or getattr(record, "action", "") == "task_not_found"


def hidden(text: str) -> str:
    """The text without what is nobody's business."""
    for pattern, instead in _HIDING:
        text = pattern.sub(instead, text)
    return text


class Console(logging.Handler):
    """Writes to whatever stderr is by now, so that a test or a supervisor may have put another in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(left_to_the_request)
        self.setFormatter(ProcessorFormatter(foreign_pre_chain=_SHARED, processors=[_plain, _hide, _render]))

    def emit(self, record: logging.LogRecord) -> None:
        try:
            stream: TextIO = sys.stderr
            stream.write(f"{self.format(record)}\n")
            stream.flush()
        except Exception:
            self.handleError(record)


def _process(_logger: object, _name: str, line: Line) -> Line:
    line["process"] = os.environ.get("ROLLBOOK_PROCESS") or "rollbook"
    return line


def _handed_over(logger: Any, name: str, line: Line) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """To logging, with the exception where others look for it."""
    args, told = ProcessorFormatter.wrap_for_formatter(logger, name, line)
    return args, told | {"exc_info": line.get("exc_info")}


def _plain(logger: Any, name: str, line: Line) -> Line:
    """In the order in which one reads, without structlog's own marks; the exception as text."""
    line = structlog.processors.format_exc_info(logger, name, line)
    marks = ("_record", "_from_structlog")
    return {first: line[first] for first in _FIRST} | {key: line[key] for key in line if key not in marks}


def _hide(_logger: object, _name: str, line: Line) -> Line:
    for name, value in line.items():
        if _names_a_secret(name):
            line[name] = HIDDEN
        elif name not in SAFE and not isinstance(value, int | float | bool | None):
            line[name] = hidden(value if isinstance(value, str) else str(value))
    return line


@cache
def _names_a_secret(name: str) -> bool:
    return bool(re.search(NAMES_OF_SECRETS, name, re.IGNORECASE))


def _render(logger: object, name: str, line: Line) -> str:
    return str((_columns if readable() else _json)(logger, name, line))


_FIRST = ("time", "level", "process", "logger", "event")
_SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
    _process,
    structlog.stdlib.PositionalArgumentsFormatter(),
]
_json = structlog.processors.JSONRenderer(ensure_ascii=False)
_columns = structlog.dev.ConsoleRenderer(
    colors=sys.stderr.isatty(), timestamp_key="time", exception_formatter=structlog.dev.plain_traceback
)
_console = Console()
