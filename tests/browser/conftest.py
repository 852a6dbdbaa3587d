"""A real browser in front of the real server. No page may have an error on its console or break its own policy."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, WebError
from pytest_django.plugin import DjangoDbBlocker

from tests import databases
from tests.servers import serving

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
# Chromium without its talk to the world outside, which there may be none of.
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
TELL_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile ?? ""}`));
"""


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A real browser on a busy machine: what fails is tried once more, and counts as it comes out then."""
    if item.path.parent != Path(__file__).parent:
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if any(report.failed for report in reports):
        item._initrequest()
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True



class Look(NamedTuple):
    theme: str
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.theme}-{self.width}"


DESK = Look("light", 1280, 800)
LOOKS = [DESK, Look("dark", 1280, 800), Look("light", 360, 740), Look("dark", 360, 740)]
# Theme and width are matters of CSS that do not meet: each of them is seen in two looks as well as in four.
BOTH_ENDS = [DESK, LOOKS[3]]


class Site(NamedTuple):
    url: str
    database: str
    cast: Any
    """Whatever tests.browser.data.fill returned."""


@pytest.fixture(scope="session")
def the_site(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    from tests.browser.data import fill

    with django_db_blocker.unblock(), databases.clone() as name:
        with databases.pointed_at(name):
            cast = fill()
        with serving(name, tmp_path_factory.mktemp("site")) as url:
            yield Site(url, name, cast)


class Lively(NamedTuple):
    """The server of the demo, for the tests that look at many pages."""

    url: str
    database: str
    scene: Any
    """Whatever tests.browser.lively.fill returned."""


@pytest.fixture(scope="session")
def lively(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lively]:
    from tests.browser.lively import fill

    with django_db_blocker.unblock(), databases.clone() as name:
        with databases.pointed_at(name):
            scene = fill()
        with serving(name, tmp_path_factory.mktemp("lively")) as url:
            yield Lively(url, name, scene)


@pytest.fixture
def scene(lively: Lively, django_db_blocker: DjangoDbBlocker) -> Iterator[Any]:
    """The test's own questions are asked where the server works."""
    with django_db_blocker.unblock(), databases.pointed_at(lively.database):
        yield lively.scene


@pytest.fixture(scope="session")
def site(the_site: Site) -> str:
    return the_site.url


@pytest.fixture(scope="session")
def base_url(site: str) -> str:
    """So that `page.goto("/groups/")` is enough."""
    return site


@pytest.fixture
def cast(the_site: Site) -> Any:
    return the_site.cast


@pytest.fixture
def in_site(the_site: Site, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test's own queries see and change what the server does."""
    with django_db_blocker.unblock(), databases.pointed_at(the_site.database):
        yield


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not CHROMIUM:
        pytest.exit("The browser tests need Chromium: `make browser` installs it or says how.")
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture(params=[DESK], ids=str)
def look(request: pytest.FixtureRequest) -> Look:
    """Light and wide, unless a test asks for more: `@pytest.mark.parametrize("look", LOOKS, indirect=True)`."""
    look: Look = request.param
    return look


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any], look: Look) -> dict[str, Any]:
    return browser_context_args | wearing(look)


def wearing(look: Look) -> dict[str, Any]:
    """What a browser of this look is opened with."""
    return {
        "viewport": {"width": look.width, "height": look.height},
        "color_scheme": look.theme,
        "has_touch": look.width < 600,
        "locale": "ru-RU",
        "timezone_id": "Europe/Kyiv",
        "reduced_motion": "reduce",
    }


@pytest.fixture
def tolerated() -> list[str]:
    """Patterns of console messages that this test provokes on purpose (a refusal is an error to a browser)."""
    return []


@pytest.fixture
def context(context: BrowserContext, tolerated: list[str]) -> Iterator[BrowserContext]:
    with watched(context, tolerated):
        yield context


@pytest.fixture
def another_context(
    browser: Browser, site: str, look: Look, tolerated: list[str]
) -> Iterator[Callable[[], BrowserContext]]:
    """Call it for one more browser of somebody else."""
    opened: list[Any] = []

    def open_one() -> BrowserContext:
        context = browser.new_context(base_url=site, **wearing(look))
        watch = watched(context, tolerated)
        watch.__enter__()
        opened.append((context, watch))
        return context

    yield open_one
    for context, watch in opened:
        watch.__exit__(None, None, None)
        context.close()


@contextmanager
def watched(context: BrowserContext, tolerated: list[str]) -> Iterator[None]:
    """At the end no page of this browser has had an error on its console, but for those that are tolerated."""
    heard: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            heard.append(f"{message.text} ({message.location.get('url', '')})")

    def on_error(error: WebError) -> None:
        heard.append(str(error.error))

    context.on("console", on_console)
    context.on("weberror", on_error)
    context.add_init_script(TELL_VIOLATIONS)
    yield
    troubles = [line for line in heard if not any(re.search(pattern, line) for pattern in tolerated)]
    assert not troubles, "\n".join(["The console of a page is not silent:", *troubles])


@pytest.fixture
def sign_in(the_site: Site, in_site: None) -> Callable[[BrowserContext, str], None]:
    """`sign_in(context, "anna")`: from here on this browser is Anna's. (How people sign in has tests of its own.)"""
    return partial(signed_in, url=the_site.url)


def signed_in(context: BrowserContext, username: str, *, url: str) -> None:
    """This browser is theirs at that address, whose database the test works in."""
    entered = Client()
    entered.force_login(get_user_model().objects.get(username=username))
    key = entered.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": url}])


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """`axe(page)`: nothing stands in the way of whoever uses a keyboard or a screen reader."""

    def check(page: Page) -> None:
        found = Axe().run(page, options={"resultTypes": ["violations"]})  # of what passes, nothing is worked out
        assert found.violations_count == 0, found.generate_report()

    return check


# ---- a journal of a test's own

NUMBERS = count(1)
PUPILS = ("Абрамова", "Белов", "Ёлкина", "Жукова")
SENT = re.compile(r"/(lessons|groups)/\d+/(marks|everyone)/")


@pytest.fixture
def group(cast: Any, in_site: None) -> tuple[Any, list[Any]]:
    """A group of this test alone: four pupils, four lessons in September."""
    from tests.school import AT

    name = f"Танго {next(NUMBERS)}"
    chess = cast.groups["chess"]
    made = type(chess).objects.create(name=name, branch=chess.branch, programme=chess.programme, capacity=8)
    cast.groups[name] = made
    cast.enrol(*PUPILS, group=name)
    return made, [cast.lesson(name, at=AT + timedelta(days=7 * week)) for week in range(4)]


@pytest.fixture
def journal(page: Page, context: BrowserContext, sign_in: Callable[..., None], group: Any) -> Page:
    sign_in(context, "mara")
    page.goto(f"/groups/{group[0].pk}/?month=2026-09")
    return page


@pytest.fixture
def at(journal: Page, cast: Any, group: Any) -> Callable[[int, int], Locator]:
    """`at(row, column)`: that cell."""

    def cell(row: int, column: int) -> Locator:
        client = cast.clients(group[0].name)[row].pk
        return journal.locator(f'tr[data-client="{client}"] > td').nth(column + 1).locator(".cell")

    return cell


@pytest.fixture
def marks(group: Any) -> Callable[[], list[Any]]:
    """What stands in the database, by name and day."""
    from rollbook.domains.journal.models import Mark

    def told() -> list[Any]:
        rows = Mark.objects.filter(lesson__group=group[0]).order_by("client__search", "lesson")
        return list(rows.values_list("client__name", "day", "status"))

    return told


def saved(page: Page, act: Callable[[], Any]) -> Any:
    """The answer to the marks that `act` sends."""
    with page.expect_response(SENT) as answer:
        act()
    return answer.value


def press(page: Page, key: str) -> Any:
    return saved(page, lambda: page.keyboard.press(key))
