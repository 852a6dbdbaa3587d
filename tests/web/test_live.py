"""The event stream, asked the way a server asks it: by ASGI."""

import asyncio
import json
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.test import Client

from rollbook.foundation.live import tell
from rollbook.web import live
from tests.databases import address_of
from tests.school import found_school

ORIGIN = "http://127.0.0.1:8000"


@pytest.fixture
def school(own_database):
    return found_school()


@pytest.fixture
def cookie(school):
    def of(name):
        client = Client()
        client.force_login(get_user_model().objects.get(username=name))
        return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"

    return of


@pytest.fixture
def run(own_database, monkeypatch):
    """`run(story)` with the application of a live process, begun and ended as a server does."""
    monkeypatch.setattr(live, "HEARTBEAT", 0.2)

    async def whole(story):
        application = live.Live(database=address_of(own_database, "default"), origin=ORIGIN)
        told, said = asyncio.Queue(), asyncio.Queue()
        life = asyncio.create_task(application({"type": "lifespan"}, told.get, said.put))
        await told.put({"type": "lifespan.startup"})
        assert (await said.get())["type"] == "lifespan.startup.complete"
        try:
            async with asyncio.timeout(20):
                while not application.listening:
                    await asyncio.sleep(0.01)
                await story(application)
        finally:
            await told.put({"type": "lifespan.shutdown"})
            await life

    def in_a_thread(story):  # this one may hold the loop of a browser
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, whole(story)).result()

    return in_a_thread


class Asked:
    """A request and what came back of it so far."""

    def __init__(self, application, query="", *, cookie="", path="/live/", method="GET"):
        self.said, self.told = asyncio.Queue(), asyncio.Queue()
        scope = {
            "type": "http", "method": method, "path": path, "query_string": query.encode(),
            "headers": [(b"host", b"127.0.0.1"), (b"cookie", cookie.encode())],
        }  # fmt: skip
        self.task = asyncio.create_task(application(scope, self.told.get, self.said.put))

    async def head(self):
        head = await self.said.get()
        self.headers = dict(head["headers"])
        return head["status"]

    async def event(self):
        """The next one that is no comment and no greeting; None at the end."""
        while True:
            part = await self.said.get()
            if part["body"].startswith(b"data: "):
                return part["body"].decode().removeprefix("data: ").strip()
            if not part.get("more_body"):
                return None

    async def leave(self):
        await self.told.put({"type": "http.disconnect"})
        await self.task


async def asked_of_the_database(call, *args):
    """In a thread that keeps no connection."""

    def whole():
        try:
            return call(*args)
        finally:
            connections.close_all()

    return await asyncio.to_thread(whole)


def of_group(school, name):
    return f"group:{school.groups[name].pk}"


@asynccontextmanager
async def listening(application, topics, cookie):
    asked = Asked(application, f"topics={topics}", cookie=cookie)
    try:
        assert await asked.head() == 200
        yield asked
    finally:
        await asked.leave()


@pytest.mark.parametrize(
    ("who", "topics", "status"),
    [
        (None, "group:chess", 401),
        ("anna", "group:chess", 200),
        ("anna", "lesson:chess", 200),
        ("anna", "group:chess,lesson:chess", 200),
        ("anna", "group:judo", 403),
        ("anna", "lesson:judo", 403),
        ("anna", "group:chess,group:judo", 403),
        ("dina", "group:chess", 403),
        ("vera", "group:judo", 200),
        ("vera", "group:999999999999999999", 403),
        ("vera", "client:1", 403),
        ("vera", "group:1x", 403),
        ("vera", "group:-1", 403),
        ("vera", "group:99999999999999999999", 403),
        ("vera", "group:%00", 403),
        ("vera", "group:%FF%FE", 403),
        ("vera", "", 422),
        ("vera", ",".join(f"group:{number}" for number in range(1, 60)), 422),
    ],
)
def test_who_may_hear_what(run, school, cookie, who, topics, status):
    for name in ("chess", "judo"):
        topics = topics.replace(f"group:{name}", of_group(school, name))
        topics = topics.replace(f"lesson:{name}", f"lesson:{school.lessons[name].pk}")

    async def story(application):
        asked = Asked(application, f"topics={topics}", cookie=await asked_of_the_database(cookie, who) if who else "")
        assert await asked.head() == status
        assert asked.headers[b"access-control-allow-origin"] == ORIGIN.encode()
        await asked.leave()

    run(story)


def test_a_reader_hears_of_its_own_topics_only(run, school, cookie):
    chess, dance = of_group(school, "chess"), of_group(school, "dance")
    vera = cookie("vera")

    async def story(application):
        async with listening(application, f"{chess},lesson:{school.lessons['chess'].pk}", vera) as reader:
            await asked_of_the_database(tell, dance)
            await asked_of_the_database(tell, chess, dance)
            assert await reader.event() == chess

    run(story)


def test_a_slow_reader_hears_once_of_what_happened_often(run, school, cookie):
    chess, vera = of_group(school, "chess"), cookie("vera")

    def often():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('rollbook', %s || ' n:' || n) FROM generate_series(1, 500) n", [chess])

    async def story(application):
        async with listening(application, chess, vera) as reader:
            await asked_of_the_database(often)
            assert await reader.event() == chess
            await asyncio.sleep(0.5)
            assert reader.said.qsize() < 10

    run(story)


def test_after_a_lost_connection_every_reader_looks_again(run, school, cookie):
    chess, vera = of_group(school, "chess"), cookie("vera")

    def cut():
        with psycopg.connect(os.environ["DATABASE_URL"], dbname=connection.settings_dict["NAME"]) as db:
            db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN rollbook'")

    async def story(application):
        async with listening(application, chess, vera) as reader:
            await asyncio.to_thread(cut)
            assert await reader.event() == chess
            assert application.listening

    run(story)


def test_whoever_loses_the_right_hears_no_more(run, school, cookie, monkeypatch):
    monkeypatch.setattr(live, "ASK_AGAIN", 0)
    chess, anna = of_group(school, "chess"), cookie("anna")

    async def story(application):
        async with listening(application, chess, anna) as reader:
            await asked_of_the_database(school.users["anna"].grants.all().delete)
            assert await reader.event() is None

    run(story)


def test_readers_who_left_are_forgotten(run, school, cookie):
    chess, vera = of_group(school, "chess"), cookie("vera")

    async def story(application):
        async with listening(application, chess, vera):
            assert len(application.readers) == 1
        assert not application.readers

    run(story)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/live/health", "GET", 200), ("/healthz", "GET", 200), ("/metrics", "GET", 404), ("/live/", "POST", 405),
        ("/", "GET", 404), ("/live/other", "GET", 404),
    ],
)
def test_nothing_else_is_here(run, path, method, status):
    async def story(application):
        assert await Asked(application, path=path, method=method).head() == status

    run(story)


def test_it_is_ready_while_it_listens(run):
    async def story(application):
        for listening, status in ((True, 200), (False, 503)):
            application.listening = listening
            asked = Asked(application, path="/readyz")
            assert await asked.head() == status
            checks = json.loads((await asked.said.get())["body"])["checks"]
            assert checks["database"] == "ok"
            assert checks["event stream"] == ("ok" if listening else "failed")

    run(story)
