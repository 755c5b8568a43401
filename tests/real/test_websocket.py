"""The WebSocket client with a well-behaved server; for the others see tests/faults (FEEDS section 12)."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidURI
from websockets.frames import Close

from monitor.feeds.connection_end import describe, is_fatal, public_url
from monitor.feeds.conversation import Turn
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo.streamer import Yahoo, frame_of
from monitor.feeds.yahoo.wire import Pricing
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import SystemClock
from tests.eventually import eventually
from tests.real.feed_probe import Probe, running

Handler = Callable[[ServerConnection], Awaitable[None]]


def frame(price: float) -> str:
    return frame_of(Pricing(id="NVDA", price=price, time=1_795_190_400_000, market_hours=1))


@contextlib.asynccontextmanager
async def server(handler: Handler, **options: Any) -> AsyncIterator[str]:
    """A server on a free loopback port; its address has a secret in it."""
    async with serve(handler, "127.0.0.1", 0, **options) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/feed?token=s3cret"


def feed_of(url: str, **options: Any) -> WebSocketFeed:
    """A feed with short waits; `backoff` has its usual shape."""
    settings: dict[str, Any] = {"market_open": lambda _: True, "backoff": Backoff(0.02, 0.2, least_s=0.01)}
    vendor = options.pop("vendor", None) or Yahoo(["NVDA"])
    return WebSocketFeed(url, vendor, clock=SystemClock(), **settings | options)


async def test_it_greets_reads_and_repeats_the_greeting() -> None:
    """The whole subscription is sent again as heartbeat, as Yahoo's own page does."""
    said: list[str] = []

    async def handler(client: ServerConnection) -> None:
        await client.send(frame(183.45))
        async for message in client:
            said.append(str(message))

    probe = Probe()
    async with server(handler) as url, running(feed_of(url, vendor=Yahoo(["NVDA"], heartbeat_s=0.02)), probe):
        await eventually(lambda: len(said) >= 3)
    assert {tuple(json.loads(message)["subscribe"]) for message in said} == {("NVDA",)}
    assert probe.prices() == [183.45]
    assert [state for state, _ in probe.states] == ["connecting", "up"]


class Stumbling(Yahoo):
    """A vendor with a bug in its heartbeat."""

    def heartbeat(self, now_ns: int) -> Turn:
        raise ZeroDivisionError


async def test_a_bug_beside_the_reading_is_not_lost() -> None:
    """A heartbeat that raises ends the feed: a connection that goes on without one would be ended by its vendor again
    and again, and nobody would know why."""

    async def handler(client: ServerConnection) -> None:
        await client.send(frame(1.0))
        await client.wait_closed()

    async with server(handler) as url, asyncio.timeout(60):
        with pytest.raises(ZeroDivisionError):
            await feed_of(url, vendor=Stumbling(["NVDA"], heartbeat_s=0.02)).run(Probe())


async def test_it_leaves_with_a_normal_close() -> None:
    """A stop is no error: a vendor that allows one connection a key frees it at once."""
    left: list[int | None] = []

    async def handler(client: ServerConnection) -> None:
        await client.send(frame(1.0))
        await client.wait_closed()
        left.append(client.close_code)

    probe = Probe()
    async with server(handler) as url:
        async with running(feed_of(url), probe):
            await eventually(lambda: probe.quotes)
        await eventually(lambda: left)
    assert left == [1000]


async def test_silence_while_every_market_is_closed_is_normal() -> None:
    asked = 0

    def closed(_instant_ns: int) -> bool:
        nonlocal asked
        asked += 1
        return False

    async def handler(client: ServerConnection) -> None:
        await client.wait_closed()

    probe = Probe()
    async with server(handler) as url, running(feed_of(url, idle_s=0.01, market_open=closed), probe):
        await eventually(lambda: asked >= 5)
    assert [state for state, _ in probe.states] == ["connecting", "up"]


async def test_an_address_is_shown_as_its_server_only() -> None:
    """A key may stand in the path of an address that the user gave: no state tells more of it than the server."""
    probe = Probe()
    async with running(feed_of("ws://127.0.0.1:1/key-s3cret/ws?token=s3cret"), probe):
        await eventually(lambda: len(probe.states) >= 2)
    assert probe.states[0] == ("connecting", "ws://127.0.0.1:1")
    assert "s3cret" not in repr(probe.states)


def test_fatal_or_transient() -> None:
    """Closes and broken networks pass; a wrong address does not."""
    assert not is_fatal(ConnectionClosed(Close(1008, "token in use"), None))
    assert not is_fatal(OSError(111, "Connection refused"))
    assert not is_fatal(TimeoutError())
    assert is_fatal(InvalidURI("http://x?token=s3cret", "scheme"))
    assert "s3cret" not in describe(InvalidURI("http://x?token=s3cret", "scheme"))
    assert public_url("wss://user:pw@example.org:8443/ws/us?api_token=s3cret") == "wss://example.org:8443/ws/us"


async def test_a_burst_leaves_turns_to_others() -> None:
    """Thousands of frames that arrive at once are read in pieces: whoever writes the log gets a turn in between."""
    count = 3_000

    async def handler(client: ServerConnection) -> None:
        await client.recv()
        for price in range(1, count + 1):
            await client.send(frame(float(price)))
        await client.wait_closed()

    probe = Probe()
    seen: list[int] = []

    async def bystander() -> None:
        while len(probe.quotes) < count:
            seen.append(len(probe.quotes))
            await asyncio.sleep(0)

    async with server(handler) as url, running(feed_of(url), probe):
        await asyncio.wait_for(bystander(), 60)
    assert max(after - before for before, after in pairwise(seen)) <= 64
