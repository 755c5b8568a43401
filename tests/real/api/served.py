"""A running dashboard without pages, and what tests ask of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, NamedTuple

import aiohttp
from redis.asyncio import Redis

from monitor.assembly.alerts.desk import make_desk
from monitor.assembly.board_past import make_past
from monitor.assembly.site import Site
from monitor.bus.health import HealthKeys
from monitor.bus.stream_depths import StreamDepths
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.web import create_app
from monitor.runtime.clock import SystemClock
from monitor.workers.dashboard import dashboard
from tests.readouts.publishing import KEYS

BOARD = "/api/boards/hk-us"

Start = Callable[..., AbstractAsyncContextManager["Served"]]


class SetClock(SystemClock):
    """Real sleeps, and a time of day that a test moves."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now_ns(self) -> int:
        return super().now_ns() + int(self.ahead_s * 1e9)


class Event(NamedTuple):
    """One event of a stream."""

    name: str
    id: str
    data: Any


class Served:
    """A running dashboard."""

    def __init__(self, url: str, live: LiveBoard, clock: SetClock, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.live = live
        self.clock = clock
        self.http = http

    async def get(self, path: str, **options: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        """Status, body and answer."""
        return await self.ask("GET", path, **options)

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        """As `get`, with any method."""
        async with self.http.request(method, self.url + path, allow_redirects=False, **options) as answer:
            body = await answer.read()
            if answer.content_type == "image/png":
                return answer.status, body, answer
            is_json = answer.content_type == "application/json" and body
            return answer.status, json.loads(body) if is_json else body.decode(), answer

    @asynccontextmanager
    async def events(self, query: str = "", **options: Any) -> AsyncIterator[AsyncIterator[Event]]:
        """The events of a stream."""
        async with self.http.get(f"{self.url}{BOARD}/events{query}", **options) as answer:
            assert answer.content_type == "text/event-stream", await answer.text()
            yield events_of(answer)


async def events_of(answer: aiohttp.ClientResponse) -> AsyncIterator[Event]:
    """The events of an open stream, until the server ends it."""
    name, identifier = "", ""
    while line := await answer.content.readuntil(b"\n"):
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "id":
            identifier = value
        elif field == "data":
            yield Event(name, identifier, json.loads(value))


async def next_event(events: AsyncIterator[Event], *names: str) -> Event:
    """The next one of these names, or of any."""
    async with asyncio.timeout(60):
        async for event in events:
            if not names or event.name in names:
                return event
    raise AssertionError("the stream ended")


@asynccontextmanager
async def served(
    redis: Redis, site: Site, host: str = "127.0.0.1", token: str = "", port: int = 0, **options: Any
) -> AsyncIterator[Served]:
    """A dashboard of the shipped board on that Redis. options: of `create_app`."""
    clock = SetClock()
    healths = HealthKeys(redis, KEYS)
    live = LiveBoard(
        BoardReader(redis, KEYS), clock, gap_s=0.01, health=healths.read, depths=StreamDepths(redis, KEYS).read
    )
    desk = make_desk(site, redis, clock, live)
    app = create_app(
        live,
        clock,
        healths.metrics,
        past=make_past(site, redis),
        desk=desk,
        host=host,
        token=token,
        instance="test",
        pages=False,
        **options,
    )
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    serving = asyncio.create_task(
        dashboard(app, live, host="127.0.0.1", port=port, stop=stop, on_listening=address.set_result)
    )
    jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
    try:
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector, cookie_jar=jar, read_bufsize=2**18) as http:
            yield Served(await asyncio.wait_for(address, 60), live, clock, http)
            stop.set()
            await asyncio.wait_for(serving, 60)
    finally:
        serving.cancel()
        await desk.close()
