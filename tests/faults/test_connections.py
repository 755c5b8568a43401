"""How connections end or never begin: what the feed says, when it comes back and when it does not, and that the other
feeds go on."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo.streamer import Yahoo
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import SystemClock
from tests.eventually import eventually
from tests.faults.lab import MS, SECRET, SYMBOLS, Lab, ingesting, server
from tests.faults.tls import CERTIFICATES, Certificate, server_context
from tests.faults.wires import WIRES, Wire

TORN = b"\x81\x7e\x04\x00{"
"""The first bytes of a text frame of 1,024."""


class End(msgspec.Struct, frozen=True):
    """end: what the server does after its quote. reason: what the feed says then. rejected: counts of one such end."""

    name: str
    end: Callable[[ServerConnection], Awaitable[None]]
    reason: str
    rejected: dict[str, int] = {}


async def _close(client: ServerConnection) -> None:
    await client.close()


async def _go_away(client: ServerConnection) -> None:
    await client.close(1012, "restart \x1b[31m" + "x" * 80)


async def _reset(client: ServerConnection) -> None:
    client.transport.abort()


async def _tear(client: ServerConnection) -> None:
    client.transport.write(TORN)
    await asyncio.sleep(0.02)
    client.transport.abort()


async def _overwhelm(client: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        await client.send("x" * (2 << 20))
        await client.wait_closed()


async def _violate(client: ServerConnection) -> None:
    client.transport.write(b"\xff\xff\xff\xff")
    await client.wait_closed()


ENDS = (
    End("close 1000", _close, "closed with code 1000"),
    End("close 1012", _go_away, "closed with code 1012"),
    End("reset", _reset, "the connection broke off"),
    End("torn frame", _tear, "the connection broke off"),
    End("frame of 2 MiB", _overwhelm, "closed with code 1009", {"FRAME_TOO_BIG": 1}),
    End("no WebSocket any more", _violate, "closed with code 1002"),
)

wires = pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)


async def _came_back(lab: Lab, source: str, times: int = 2) -> None:
    """The feed was up, went down and came up again, so often."""
    cycle = ["connecting", "up", "down"]
    await eventually(lambda: lab.names(source)[: 3 * times + 2] == cycle * times + ["connecting", "up"])


@wires
@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.name)
async def test_it_comes_back_after_every_end(wire: Wire, end: End) -> None:
    """A quote on each connection reaches the log, the reason is told, nothing of a torn frame becomes a quote."""
    connections = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        number = connections
        await wire.greet(client)
        await client.send(wire.price(100.0 + number, ms=MS + number))
        if number < 3:
            await asyncio.sleep(0.05)
            await end.end(client)
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := wire.feed(url)) as lab:
        await _came_back(lab, feed.source)
        rejected = {reason: 2 * count for reason, count in end.rejected.items()}
        await lab.counts(feed.source, accepted=3, **rejected)
        assert lab.prices(feed.source) == [101.0, 102.0, 103.0]
        assert lab.reasons(feed.source) == [end.reason] * 2


@wires
async def test_accept_then_close_is_met_with_growing_pauses(wire: Wire) -> None:
    """Being let in is no success: the delays grow to their cap however often the server accepts and closes at once."""
    connections = 0

    async def handler(_client: ServerConnection) -> None:
        nonlocal connections
        connections += 1

    asked: list[float] = []
    backoff = _Told(asked, 0.001, 0.02, draw=lambda: 1.0)
    async with server(handler) as url, ingesting(feed := wire.feed(url, backoff=backoff)) as lab:
        await eventually(lambda: len(asked) >= 7)
        assert asked[:7] == [0.001, 0.002, 0.004, 0.008, 0.016, 0.02, 0.02]
        assert not lab.prices(feed.source)


@wires
async def test_the_delays_start_anew_only_after_a_life_that_counts(wire: Wire) -> None:
    """Connections that end early make the delays longer; one that lived for long starts them again (thirty seconds,
    here half of one; more where the machine stands still for so long)."""
    asked: list[float] = []
    for long_s in (0.5, 2.0, 8.0):
        lives = [0.0, 0.0, long_s * 1.2, 0.0]

        async def handler(client: ServerConnection, lives: list[float] = lives) -> None:
            if lives:
                await asyncio.sleep(lives.pop(0))
            else:
                await client.wait_closed()

        asked.clear()
        backoff = _Told(asked, 0.001, 1.0, reset_after_s=long_s, draw=lambda: 1.0)
        async with server(handler) as url, ingesting(wire.feed(url, backoff=backoff)):
            await eventually(lambda: len(asked) == 4)
        if asked == [0.001, 0.002, 0.001, 0.002]:
            break
    assert asked == [0.001, 0.002, 0.001, 0.002]


def test_the_delays_of_a_feed_are_random_and_bounded() -> None:
    """As shipped: never less than half a second, never more than thirty, and not twice the same for two clients that
    lost the same server; thirty seconds of life are asked for."""
    feed = WebSocketFeed("ws://127.0.0.1:1/", Yahoo(SYMBOLS), clock=SystemClock(), market_open=lambda _: True)
    backoff = feed._backoff
    delays = [backoff.next() for _ in range(50)]

    assert min(delays) >= 0.5
    assert max(delays) <= 30.0
    assert len(set(delays)) > 40
    assert backoff.reset_after_s == 30.0


class _Told(Backoff):
    """Remembers the delays it gave."""

    def __init__(self, asked: list[float], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._asked = asked

    def next(self) -> float:
        self._asked.append(super().next())
        return self._asked[-1]


@wires
async def test_half_open_silence(wire: Wire) -> None:
    """Only pings come, from a server that has forgotten the subscription: the session clock ends the connection."""

    async def handler(client: ServerConnection) -> None:
        await wire.greet(client)
        with contextlib.suppress(ConnectionClosed):
            while True:
                await client.ping()
                await asyncio.sleep(0.01)

    async with server(handler) as url, ingesting(feed := wire.feed(url, idle_s=0.3)) as lab:
        await _came_back(lab, feed.source)
        assert set(lab.reasons(feed.source)) == {"nothing for 0.3 s"}


@wires
async def test_a_slow_start(wire: Wire, free_port: int) -> None:
    """A server that is not there yet, and then takes its time to shake hands, is waited for."""

    async def handler(client: ServerConnection) -> None:
        await wire.greet(client)
        await client.send(wire.price(100.0))
        await client.wait_closed()

    async def hesitate(_client: ServerConnection, _request: object) -> None:
        await asyncio.sleep(0.3)

    url = f"ws://127.0.0.1:{free_port}/?token={SECRET}"
    async with ingesting(feed := wire.feed(url)) as lab:
        await eventually(lambda: "down" in lab.names(feed.source))
        async with serve(handler, "127.0.0.1", free_port, process_request=hesitate):
            await eventually(lambda: lab.prices(feed.source) == [100.0])
        assert lab.reasons(feed.source)[0] == "Connection refused"


@wires
@pytest.mark.parametrize("status", [401, 403, 404])
async def test_a_refusal_that_only_a_person_can_change(wire: Wire, status: int) -> None:
    """One attempt, a clear word, and never again; what the server writes into its answer is not repeated."""
    attempts = 0

    def refuse(client: ServerConnection, _request: object) -> Any:
        nonlocal attempts
        attempts += 1
        return client.respond(HTTPStatus(status), f"no such token: {SECRET}\n")

    async with server(_close, process_request=refuse) as url, ingesting(feed := wire.feed(url)) as lab:
        await eventually(lambda: lab.names(feed.source) == ["connecting", "failed"])
        assert lab.states(feed.source)[-1] == ("failed", f"the server answered HTTP {status}")
        await lab.a_while()
        assert attempts == 1


@wires
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_refusal_that_passes(wire: Wire, status: int) -> None:
    """Too many requests and a broken server: the feed stays away for as long as it was asked to, then it is up."""
    at: list[float] = []
    loop = asyncio.get_running_loop()

    def refuse_twice(client: ServerConnection, _request: object) -> Any:
        at.append(loop.time())
        if len(at) > 2:
            return None
        answer = client.respond(HTTPStatus(status), "later\n")
        if len(at) == 1 and status == 429:
            answer.headers["Retry-After"] = "1"
        return answer

    async def handler(client: ServerConnection) -> None:
        await wire.greet(client)
        await client.send(wire.price(100.0))
        await client.wait_closed()

    async with (
        server(handler, process_request=refuse_twice) as url,
        ingesting(feed := wire.feed(url)) as lab,
    ):
        await eventually(lambda: lab.prices(feed.source) == [100.0])
        assert lab.reasons(feed.source) == [f"the server answered HTTP {status}"] * 2
        assert at[1] - at[0] >= (1.0 if status == 429 else 0.0)


@wires
async def test_a_name_that_does_not_exist(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    """Resolving names fails while a line is down; that passes by itself."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    async with ingesting(feed := wire.feed(f"ws://no-such-host.invalid/?token={SECRET}")) as lab:
        await eventually(lambda: lab.names(feed.source)[:3] == ["connecting", "down", "connecting"])
        # "Name or service not known", "Temporary failure in name resolution"
        assert "name" in lab.reasons(feed.source)[0].lower()


@wires
@pytest.mark.parametrize("certificate", CERTIFICATES, ids=lambda certificate: certificate.name)
async def test_tls(wire: Wire, certificate: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that nobody vouches for, that has expired, or that is another host's: no word is said to such a
    server, the reason is told. A good one is taken."""
    heard: list[object] = []

    async def handler(client: ServerConnection) -> None:
        heard.append(client)
        await wire.greet(client)
        await client.send(wire.price(100.0))
        await client.wait_closed()

    context, authority = server_context(tmp_path, certificate)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    async with server(handler, ssl=context) as url, ingesting(feed := wire.feed(url)) as lab:
        if not certificate.problem:
            await eventually(lambda: lab.prices(feed.source) == [100.0])
            return
        await eventually(lambda: lab.names(feed.source)[:3] == ["connecting", "down", "connecting"])
        assert certificate.problem in lab.reasons(feed.source)[0]
        assert not heard


@wires
async def test_a_name_with_several_addresses(wire: Wire, monkeypatch: pytest.MonkeyPatch, free_port: int) -> None:
    """When nobody listens at any of them, the reason is words and not the loop's list of calls."""
    resolve = socket.getaddrinfo

    def both(host: str, *args: Any, **options: Any) -> list[Any]:
        if host != "localhost":
            return resolve(host, *args, **options)
        stream = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*stream, (address, free_port)) for address in ("127.0.0.1", "127.0.0.2")]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    async with ingesting(feed := wire.feed(f"ws://localhost:{free_port}/?token={SECRET}")) as lab:
        await eventually(lambda: lab.reasons(feed.source))
        assert lab.reasons(feed.source)[0] == "none of its addresses answers"
