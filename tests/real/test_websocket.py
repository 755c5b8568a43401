"""The WebSocket client against servers that do everything wrong (FEEDS section 12)."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from itertools import pairwise
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidURI
from websockets.frames import Close

from monitor.feeds.connection_end import describe, is_fatal, public_url
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo import Yahoo, frame_of
from monitor.feeds.yahoo_wire import Pricing
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


@pytest.mark.parametrize("end", ["close 1000", "reset"])
async def test_it_comes_back_after_every_end(end: str) -> None:
    """A normal close and a reset connection are routine: the next connection subscribes and delivers again."""
    connections = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await client.recv()
        await client.send(frame(float(connections)))
        if end == "reset":
            client.transport.abort()

    probe = Probe()
    async with server(handler) as url, running(feed_of(url), probe):
        await eventually(lambda: connections >= 3 and probe.ups() >= 3)
    assert probe.states[2][0] == "down"
    assert (1.0 in probe.prices()) or end == "reset"


async def test_accept_then_close_does_not_reset_the_delays() -> None:
    """A server that accepts and closes at once is met with growing pauses, not with a thousand connections."""
    connections = 0

    async def handler(_client: ServerConnection) -> None:
        nonlocal connections
        connections += 1

    backoff = Backoff(0.01, 10.0, least_s=0.0, draw=lambda: 1.0)
    async with server(handler) as url, running(feed_of(url, backoff=backoff), Probe()):
        await eventually(lambda: connections >= 5)
    assert backoff.failures >= 4


async def test_silence_while_a_market_is_open_ends_the_connection() -> None:
    """A half-open connection looks alive for ever; only the session clock can tell that it is not."""
    connections = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await client.wait_closed()

    probe = Probe()
    async with server(handler) as url, running(feed_of(url, idle_s=0.05), probe):
        await eventually(lambda: connections >= 2)
    assert ("down", "nothing for 0.05 s") in probe.states


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


async def test_rubbish_is_counted_and_the_connection_stays() -> None:
    """Damaged frames, binary frames and frames of an unknown kind between good ones."""

    async def handler(client: ServerConnection) -> None:
        for rubbish in ("not json", '{"type":"pricing","message":"!!!"}', b"\xff\xfe\x00", '{"type":"news"}', "{"):
            await client.send(rubbish)
        await client.send(frame(1.0))
        await client.wait_closed()

    probe = Probe()
    async with server(handler) as url, running(feed_of(url), probe):
        await eventually(lambda: probe.quotes)
    assert probe.reasons == {"UNKNOWN_FRAME": 3, "BAD_FRAME": 1}
    assert probe.arrived == 5
    assert probe.ups() == 1


async def test_a_huge_frame_is_refused_and_counted() -> None:
    async def handler(client: ServerConnection) -> None:
        with contextlib.suppress(ConnectionClosed):
            await client.recv()
            await client.send("x" * (2 << 20))
            await client.wait_closed()

    probe = Probe()
    async with server(handler) as url, running(feed_of(url), probe):
        await eventually(lambda: probe.ups() >= 2)
    assert probe.reasons["FRAME_TOO_BIG"] >= 1


async def test_a_burst_arrives_whole_and_in_order() -> None:
    async def handler(client: ServerConnection) -> None:
        for number in range(5000):
            await client.send(frame(float(number + 1)))
        await client.wait_closed()

    probe = Probe()
    async with server(handler) as url, running(feed_of(url), probe):
        await eventually(lambda: len(probe.quotes) == 5000)
    assert probe.prices() == [float(number + 1) for number in range(5000)]


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_that_only_a_person_can_change_ends_the_feed(status: int) -> None:
    """`failed` and no further attempt; the address in the state is without its secret."""

    async def handler(_client: ServerConnection) -> None: ...

    def refuse(client: ServerConnection, _request: object) -> Any:
        return client.respond(HTTPStatus(status), "no\n")

    probe = Probe()
    async with server(handler, process_request=refuse) as url, running(feed_of(url), probe) as task:
        await eventually(task.done)
    assert probe.states[-1] == ("failed", f"the server answered HTTP {status}")
    assert "s3cret" not in repr(probe.states)


async def test_too_many_requests_pass_by_themselves() -> None:
    attempts = 0

    async def handler(client: ServerConnection) -> None:
        await client.wait_closed()

    def refuse_twice(client: ServerConnection, _request: object) -> Any:
        nonlocal attempts
        attempts += 1
        return client.respond(HTTPStatus.TOO_MANY_REQUESTS, "later\n") if attempts < 3 else None

    probe = Probe()
    async with server(handler, process_request=refuse_twice) as url, running(feed_of(url), probe):
        await eventually(probe.ups)
    assert ("down", "the server answered HTTP 429") in probe.states


async def test_nobody_listening_is_no_reason_to_give_up(free_port: int) -> None:
    """The server may start after the client."""
    probe = Probe()

    async def handler(client: ServerConnection) -> None:
        await client.wait_closed()

    async with running(feed_of(f"ws://127.0.0.1:{free_port}/"), probe):
        await eventually(lambda: any(state == "down" for state, _ in probe.states))
        async with serve(handler, "127.0.0.1", free_port):
            await eventually(probe.ups)


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
        await asyncio.wait_for(bystander(), 30)
    assert max(after - before for before, after in pairwise(seen)) <= 64
