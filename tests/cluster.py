"""The tests' own PostgreSQL, there before Django reads its settings; `-p tests.cluster` in pyproject.toml loads it.

The process that starts the tests starts it; the others (xdist) find its address in their environment.
DATABASE_URL and DATABASE_OWNER_URL name another one: the owner there must be allowed to create databases.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from rollbook.operations.launch.cluster import OWNER, SERVING, Binaries, Cluster

VAR = Path(__file__).resolve().parent.parent / "var"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    os.environ.setdefault("SECRET_KEY", "for tests only " * 4)
    # A browser keeps a loop in the thread of the tests; what asks the database there waits for its answer all the same.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    os.environ.setdefault("STATIC_ROOT", str(VAR / "test-static"))
    Path(os.environ["STATIC_ROOT"]).mkdir(parents=True, exist_ok=True)
    if not os.environ.get("DATABASE_URL"):
        left = ExitStack()
        early_config.add_cleanup(left.close)
        cluster = Cluster(VAR / f"test-postgres-{Binaries.found().major}", throwaway=True)
        left.enter_context(cluster.running())
        os.environ |= {"DATABASE_URL": cluster.url(SERVING), "DATABASE_OWNER_URL": cluster.url(OWNER)}
    return (yield)
