"""Figures for Prometheus. Processes that a supervisor started share a folder (PROMETHEUS_MULTIPROC_DIR) and any of them
answers for all; what the database knows is asked when the figures are.

Counts of a process that is gone stay, for a sum must not fall; what it held (requests in progress, readers) does not.
"""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import Collector

from rollbook.operations.launch.supervisor import alive
from rollbook.operations.watch import state

_ours = CollectorRegistry()

# Routes are those of the program, and one for all that leads nowhere: nobody can make new ones by asking.
requests = Histogram(
    "rollbook_request_seconds", "How long requests took.", ["route", "status"], registry=_ours,
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
statements = Histogram(
    "rollbook_request_statements", "Statements to the database of one request.", ["route"], registry=_ours,
    buckets=(5, 10, 15, 20, 30, 50, 100),
)  # fmt: skip
in_progress = Gauge(
    "rollbook_requests_in_progress", "Requests that are not answered yet.", registry=_ours, multiprocess_mode="livesum"
)
readers = Gauge(
    "rollbook_event_stream_readers", "Open pages that hear of changes.", registry=_ours, multiprocess_mode="livesum"
)


def exposed() -> bytes:
    """All of it, in the format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_FromTheDatabase())
    if folder := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        _forget_the_dead(Path(folder))
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(_ours)
    return generate_latest(registry)


class _FromTheDatabase(Collector):
    def collect(self) -> Iterable[GaugeMetricFamily]:
        found = state.state()
        yield _gauge("database_up", "Whether the database answers.", found is not None)
        if found:
            yield _gauge("workers", "Workers that were heard of lately.", found.workers)
            yield _by("jobs", "Jobs that wait, are being done, or failed within a week.", "state", found.jobs)
            yield _gauge("oldest_job_seconds", "How long the oldest due job has waited.", found.oldest_job_seconds)
            yield _by("database_connections", "Connections to this database.", "state", found.connections)
            yield _by("seconds_since", "Since the last one of what is done each night.", "what", found.seconds_since)
            if found.broken is not None:
                yield _gauge("broken_promises", "Found broken by the last examination.", found.broken)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"rollbook_{name}", what, value=value)


def _by(name: str, what: str, label: str, values: Mapping[str, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"rollbook_{name}", what, labels=[label])
    for value, count in values.items():
        family.add_metric([value], count)
    return family


def _forget_the_dead(folder: Path) -> None:
    for pid in {int(file.stem.rpartition("_")[2]) for file in folder.glob("gauge_live*.db")}:
        if not alive(pid):
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
