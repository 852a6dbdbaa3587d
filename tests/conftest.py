from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils import translation
from pytest_django.plugin import DjangoDbBlocker

from tests import databases

if TYPE_CHECKING:
    from tests.school import School


DEAR = ("lively", "the_site", "demo", "done", "wheel", "cluster")
"""Fixtures that take seconds: whoever uses one runs in the same process (`--dist loadgroup`), which makes it once."""


@pytest.hookimpl(tryfirst=True)  # before the processes are told of groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for fixture in set(DEAR) & set(getattr(item, "fixturenames", ())):
            owner = "" if fixture in {"lively", "the_site"} else item.path.stem
            item.add_marker(pytest.mark.xdist_group(f"{owner} {fixture}"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A database for each process. The owner built it; the tests run as the serving role, as the product does."""
    with django_db_blocker.unblock(), databases.clone() as name, databases.pointed_at(name):
        yield


@pytest.fixture(scope="session", autouse=True)
def static_files_as_they_lie() -> Iterator[None]:
    """The product's names with fingerprints need `collectstatic`; the browser tests have them."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}):
        yield


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """Whatever language the page before was asked in: a request leaves its own behind."""
    with translation.override("en"):
        yield


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database for this test alone, to commit in: what `transactional_db` would be, were TRUNCATE not refused."""
    with django_db_blocker.unblock(), databases.clone() as name, databases.pointed_at(name):
        yield name


@pytest.fixture
def school(db: None) -> School:
    from tests.school import found_school

    return found_school()
