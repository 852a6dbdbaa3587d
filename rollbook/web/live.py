"""Live events in a process of their own: one LISTEN, many readers.

A page that stays open asks for `/live/?topics=group:7,lesson:12` and is sent `data: group:7` when something there
changed; what it was, it fetches itself. Rights are asked at the beginning and every minute.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs

import psycopg
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections, connections
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from rollbook.foundation.errors import NotAllowed
from rollbook.operations.watch import metrics
from rollbook.screens.live import may_hear
from rollbook.web.headers import always
from rollbook.web.watch import probes

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

HEARTBEAT = 15  # seconds of silence after which a comment keeps proxies from closing
ASK_AGAIN = 60  # seconds after which the right is asked again
MOST_TOPICS = 50
HELLO = b"retry: 2000\n\n"  # milliseconds until a browser that was cut off comes back
ALIVE = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3}

log = logging.getLogger(__name__)


@require_GET
def hearing(request: HttpRequest) -> HttpResponse:
    """Whether whoever asks may hear these topics; the live process asks it for each of its readers."""
    if not may_hear(topics=_topics(request.META["QUERY_STRING"]), by=request.actor):
        raise NotAllowed
    return HttpResponse(status=204)


class Reader:
    """One open page. A slow one hears once of what happened many times."""

    def __init__(self, topics: frozenset[str]) -> None:
        self.topics = topics
        self.changed: set[str] = set()
        self.woken = asyncio.Event()

    def hear(self, topics: frozenset[str]) -> None:
        if mine := self.topics & topics:
            self.changed |= mine
            self.woken.set()

    async def next(self) -> bytes:
        """The next event, or a comment when nothing happened for long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), HEARTBEAT)
        self.woken.clear()
        changed, self.changed = self.changed, set()
        return f"data: {' '.join(sorted(changed))}\n\n".encode() if changed else b":\n\n"


class Live:
    """The ASGI application. `database` is an address that no transaction pooler stands behind."""

    def __init__(self, *, database: str, origin: str) -> None:
        self.database = database
        self.origin = origin
        self.readers: set[Reader] = set()
        self.listening: bool | None = None
        """Whether the database is listened to; None until that was tried."""
        self.pages = BaseHandler()
        self.pages.load_middleware()
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="rights")
        self.probing = ThreadPoolExecutor(1, thread_name_prefix="probes")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"] == "/live/health":
            await self._say(send, 200 if self.listening else 503)
        elif scope["path"] in probes.PROBES:
            await self._probe(scope, send)
        elif scope["path"] != "/live/":
            await self._say(send, 404)
        elif scope["method"] != "GET":
            await self._say(send, 405)
        else:
            await self._serve(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        listener = asyncio.create_task(self._listen())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        listener.cancel()
        with suppress(asyncio.CancelledError):
            await listener
        await asyncio.get_running_loop().run_in_executor(self.thread, connections.close_all)
        await send({"type": "lifespan.shutdown.complete"})

    async def _listen(self) -> None:
        while True:
            try:
                await self._listen_once()
            except psycopg.Error as error:
                if self.listening is not False:  # once, however long it is away
                    log.warning("The database cannot be listened to: %s", error)
            self.listening = False
            await asyncio.sleep(1)

    async def _listen_once(self) -> None:
        async with await psycopg.AsyncConnection.connect(self.database, autocommit=True, **ALIVE) as connection:
            await connection.execute("LISTEN rollbook")
            self.listening = True
            log.info("The database is listened to.")
            for reader in list(self.readers):
                reader.hear(reader.topics)  # whatever was told while nobody listened
            async for note in connection.notifies():
                topics = frozenset(note.payload.split())
                for reader in list(self.readers):
                    reader.hear(topics)

    async def _probe(self, scope: Scope, send: Send) -> None:
        """What a page process answers, and whether the database is listened to. Not in the loop, for it may wait."""
        request = ASGIRequest(scope, BytesIO())
        ask = partial(probes.answer, request, also={"event stream": bool(self.listening)})
        response = await asyncio.get_running_loop().run_in_executor(self.probing, ask)
        if response is None:
            await self._say(send, 404)
        else:
            await self._say(send, response.status_code, response.content, response["Content-Type"].encode())

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        topics = _topics(scope["query_string"].decode("latin-1"))
        if not 0 < len(topics) <= MOST_TOPICS:
            await self._say(send, 422)
            return
        if (status := await self._may(scope)) != 204:
            await self._say(send, status)
            return
        reader = Reader(topics)
        self.readers.add(reader)
        metrics.readers.set(len(self.readers))
        gone = asyncio.create_task(_gone(receive))
        gone.add_done_callback(lambda _: reader.woken.set())
        try:
            await self._stream(scope, send, reader, gone)
        finally:
            self.readers.discard(reader)
            metrics.readers.set(len(self.readers))
            gone.cancel()

    async def _stream(self, scope: Scope, send: Send, reader: Reader, gone: "asyncio.Task[None]") -> None:
        clock = asyncio.get_running_loop().time
        await send(self._head(200, b"text/event-stream"))
        await send({"type": "http.response.body", "body": HELLO, "more_body": True})
        asked_at = clock()
        while True:
            event = await reader.next()
            if clock() - asked_at >= ASK_AGAIN:
                if await self._may(scope) != 204:
                    break
                asked_at = clock()
            if gone.done():
                return
            await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _may(self, scope: Scope) -> int:
        """The status with which a page answers whether whoever sent this may hear what they ask for now: 204 is yes."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thread, _status, self.pages, scope)

    async def _say(self, send: Send, status: int, body: bytes = b"", kind: bytes = b"text/plain") -> None:
        await send(self._head(status, kind))
        await send({"type": "http.response.body", "body": body})

    def _head(self, status: int, kind: bytes) -> dict[str, Any]:
        told = {name.lower().encode(): value.encode() for name, value in always().items()}
        headers = told | {
            b"content-type": kind,
            b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'",
            b"x-accel-buffering": b"no",
            b"access-control-allow-origin": self.origin.encode(),
            b"access-control-allow-credentials": b"true",
        }
        return {"type": "http.response.start", "status": status, "headers": list(headers.items())}


def _topics(query: str) -> frozenset[str]:
    told = parse_qs(query).get("topics", [])
    return frozenset(topic for topic in ",".join(told).split(",") if topic)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _status(pages: BaseHandler, scope: Scope) -> int:
    """Asked as a page is asked, through all that stands before one: session, second factor, person, rights."""
    # As part of a page, so that a stranger is told 401, not shown where to sign in.
    headers = [*scope["headers"], (b"hx-request", b"true")]
    close_old_connections()
    try:
        return pages.get_response(ASGIRequest({**scope, "headers": headers}, BytesIO())).status_code
    except Exception:
        log.exception("The right to hear cannot be asked")
        return 503
