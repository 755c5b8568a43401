"""What strangers can do to the server without a token."""

import asyncio
import socket
from collections.abc import AsyncIterator
from functools import partial

import pytest
import uvicorn
from redis.asyncio import Redis

from monitor.workers.connections import HEAD_BYTES, HttpConnection, Watched
from tests.eventually import eventually
from tests.readouts.publishing import publish
from tests.readouts.sample import sample
from tests.real.api.served import BOARD, Event, Served, Start

UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE += b"Sec-WebSocket-Version: 13\r\n"


async def until_closed(server: Served, *pieces: bytes) -> bytes:
    """Everything that the server sends to a client that sends these and then waits."""
    reader, writer = await asyncio.open_connection(*server.url.removeprefix("http://").split(":"))
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_who_does_not_finish_asking_is_hung_up_on(
    redis: Redis, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connections that send nothing, or half a request, also after an answered one, do not stay open: nobody can take
    them all. Streams, whose request is whole, live on."""
    monkeypatch.setattr(HttpConnection, "head_s", 0.2)
    await publish(redis, sample())
    async with start() as server, server.events() as events:
        whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        half = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"
        nothing, begun = await asyncio.gather(until_closed(server), until_closed(server, half))
        again = await until_closed(server, whole, half)
        await anext(events)
        await publish(redis, sample(seq=2))
        newer = await anext(events)
        while newer.name != "snapshot":
            newer = await anext(events)

    assert (nothing, begun) == (b"", b"")
    assert again.startswith(b"HTTP/1.1 200")
    assert newer.data["seq"] == 2


async def test_heads_are_bounded(redis: Redis, start: Start) -> None:
    """A request whose headers never end is cut off before it fills the memory; those that are long but whole pass."""
    async with start() as server:
        endless = await until_closed(server, b"GET / HTTP/1.1\r\nX: ", *[b"a" * 16_384] * 8)
        status, _, _ = await server.get("/healthz", headers={"X": "a" * 8_000, "Y": "a" * 8_000})

    assert HEAD_BYTES < 8 * 16_384
    assert (endless, status) == (b"", 200)


@pytest.mark.parametrize(("line", "status"), [(b"X: " + b"a" * 9_000, b"431"), (b"X: a\r\n" * 200 + b"Y: a", b"431")])
async def test_a_websocket_that_asks_too_much_is_answered(start: Start, line: bytes, status: bytes) -> None:
    """Heads that the WebSocket's parser does not take get an answer and no connection that stays open."""
    async with start() as server:
        host = server.url.removeprefix("http://").encode()
        head = b"GET " + BOARD.encode() + b"/ws HTTP/1.1\r\nHost: " + host + b"\r\n" + UPGRADE + line + b"\r\n\r\n"
        answer = await until_closed(server, head)

    assert answer.split()[1] == status


async def test_a_refused_websocket_is_no_error(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    """A page that was left open and keeps asking with a token of yesterday does not fill the log with errors."""
    async with start(host="0.0.0.0", token="t") as server:
        head = b"GET " + BOARD.encode() + b"/ws HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + b"\r\n"
        answer = await until_closed(server, head)

    assert answer.startswith(b"HTTP/1.1 401")
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_who_leaves_in_the_middle_of_a_body_is_no_error(
    redis: Redis, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """A client that announces a body and goes away before all of it was sent does not look like a mistake of ours."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, writer = await asyncio.open_connection(*server.url.removeprefix("http://").split(":"))
        head = (
            b"POST " + BOARD.encode() + b"/silences HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        )
        writer.write(head + b"Content-Length: 100\r\n\r\n" + b'{"rule": ')
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        status, _, _ = await server.get("/healthz")

    assert status == 200
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def ask(server: Served, head: bytes) -> socket.socket:
    """A client with little room that has asked for a stream, and reads nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    host, port = server.url.removeprefix("http://").split(":")
    client.connect((host, int(port)))
    client.sendall(b"GET " + BOARD.encode() + head)
    return client


async def open_streams(server: Served) -> int:
    """How many streams have a place."""
    _, health, _ = await server.get("/api/health")
    return int(health["open_streams"])


async def publish_until_open(redis: Redis, server: Served, events: AsyncIterator[Event], count: int) -> None:
    """Snapshots, one after the other as `events` brings them, until so few streams have a place."""
    seq = 1
    async with asyncio.timeout(60):
        while await open_streams(server) > count:
            seq += 1
            await publish(redis, sample(seq=seq))
            while (await anext(events)).data.get("seq") != seq:
                pass


async def test_who_never_reads_loses_its_place(
    redis: Redis, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Clients that ask for a stream and read nothing of it are cut off once nothing more can be written, over HTTP and
    over a WebSocket: their places are free again, without an error. One that reads keeps its own."""
    monkeypatch.setattr(Watched, "unread_s", 0.5)
    await publish(redis, sample())
    async with start(max_streams=3) as server, server.events() as events:
        by_http = ask(server, b"/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        by_websocket = ask(server, b"/ws HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + b"\r\n")
        with by_http, by_websocket:

            async def all_taken() -> bool:
                return await open_streams(server) == 3

            await eventually(all_taken)
            await publish_until_open(redis, server, events, 1)
        assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_who_answers_no_ping_loses_its_place(
    redis: Redis, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A WebSocket whose client neither reads nor answers pings is cut off, although what is unsent cannot be sent, and
    without an error."""
    impatient = partial(uvicorn.Config, ws_ping_interval=1.0, ws_ping_timeout=1.0)
    monkeypatch.setattr("monitor.workers.dashboard.uvicorn.Config", impatient)
    await publish(redis, sample())
    async with start() as server, server.events() as events:
        with ask(server, b"/ws HTTP/1.1\r\nHost: localhost\r\n" + UPGRADE + b"\r\n"):

            async def both_there() -> bool:
                return await open_streams(server) == 2

            await eventually(both_there)
            await publish_until_open(redis, server, events, 1)
        assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []
