"""Faults are made on purpose, for minutes: `make test-faults`, not `make test`."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.house import House

LONG = os.environ.get("FAULTS") == "long"
VAR = Path(__file__).resolve().parents[2] / "var"

collect_ignore_glob = [] if os.environ.get("FAULTS") else ["*"]


@pytest.fixture(scope="session")
def figures() -> Iterator[dict[str, object]]:
    """What was found, for docs/reliability.md: said at the end, and kept in var/faults.json."""
    found: dict[str, object] = {}
    yield found
    VAR.mkdir(exist_ok=True)
    (VAR / "faults.json").write_text(json.dumps({"cores": os.cpu_count(), "long": LONG} | found, indent=1))


@pytest.hookimpl
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if (path := VAR / "faults.json").exists():
        terminalreporter.write_sep("-", str(path))
        terminalreporter.write_line(path.read_text())


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with House.founded(tmp_path_factory.mktemp("house"), os.environ.get("FAULTS_SCALE", "S")) as house:
        yield house


@pytest.fixture
def house(founded: House) -> Iterator[House]:
    """A small lively school, in which each test begins its own services; what the others did in it stays."""
    yield founded
    founded.stop_services()
