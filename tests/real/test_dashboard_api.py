import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from redis.asyncio import Redis

from monitor.bus.health import HealthKeys
from monitor.errors import ConfigError, UnreachableError
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.readouts.web import create_app
from monitor.runtime.clock import SystemClock
from monitor.workers.dashboard import dashboard
from tests.eventually import eventually
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import alert, sample

Start = Callable[..., AbstractAsyncContextManager["Served"]]


class SetClock(SystemClock):
    """Real sleeps, and a time of day that a test moves."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def now_ns(self) -> int:
        return super().now_ns() + int(self.ahead_s * 1e9)


class Served:
    """A running dashboard without pages."""

    def __init__(self, url: str, live: LiveBoard, clock: SetClock, http: aiohttp.ClientSession) -> None:
        self.url = url
        self.live = live
        self.clock = clock
        self.http = http

    async def get(self, path: str, **options: Any) -> tuple[int, Any, aiohttp.ClientResponse]:
        async with self.http.get(self.url + path, allow_redirects=False, **options) as answer:
            body = await answer.read()
            is_json = answer.content_type == "application/json" and body
            return answer.status, json.loads(body) if is_json else body.decode(), answer


@pytest.fixture
def start(redis: Redis) -> Start:
    @asynccontextmanager
    async def served(host: str = "127.0.0.1", token: str = "", **options: Any) -> AsyncIterator[Served]:
        clock = SetClock()
        live = LiveBoard(BoardReader(redis, KEYS), clock, gap_s=0.01)
        app = create_app(
            live,
            clock,
            HealthKeys(redis, KEYS).metrics,
            host=host,
            token=token,
            instance="test",
            pages=False,
            **options,
        )
        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        serving = asyncio.create_task(
            dashboard(app, live, host="127.0.0.1", port=0, stop=stop, on_listening=address.set_result)
        )
        jar = aiohttp.CookieJar(unsafe=True)  # cookies of an address without a name
        async with aiohttp.ClientSession(cookie_jar=jar) as http:
            yield Served(await asyncio.wait_for(address, 10), live, clock, http)
            stop.set()
            await asyncio.wait_for(serving, 10)

    return served


async def test_board_is_the_stored_document(redis: Redis, start: Start) -> None:
    """The API hands out the calculator's own bytes, with a tag that saves asking for them again."""
    await publish(redis, sample())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        status, body, answer = await server.get("/api/boards/hk-us")
        unchanged, _, _ = await server.get("/api/boards/hk-us", headers={"If-None-Match": answer.headers["ETag"]})
        await publish(redis, sample(seq=2))
        await eventually(lambda: server.live.newest and server.live.newest.snapshot.seq == 2)
        changed, _, _ = await server.get("/api/boards/hk-us", headers={"If-None-Match": answer.headers["ETag"]})

    assert (status, unchanged, changed) == (200, 304, 200)
    assert body == json.loads(sample().to_json())


async def test_lists_boards_and_alerts(redis: Redis, start: Start) -> None:
    """What can be asked for is listed, and active alerts are JSON."""
    await publish(redis, sample(), alert())
    async with start() as server:
        await eventually(lambda: server.live.newest)
        _, boards, _ = await server.get("/api/boards")
        _, answer, _ = await server.get("/api/boards/hk-us/alerts")

    assert boards == {"boards": ["hk-us"]}
    assert [(a["rule"], a["instance"], a["value"]) for a in answer["alerts"]] == [("spread-1d-wide", "hstech-ixic", 6.21)]


@pytest.mark.parametrize(
    "path",
    ["/api/boards/none", "/api/boards/none/alerts", "/api/boards/none/events", "/api/x", "/api/boards/%3Cscript%3E"],
)
async def test_unknown_things_are_json_404(path: str, start: Start) -> None:
    """Programs get JSON for what does not exist, never a page."""
    async with start() as server:
        status, body, answer = await server.get(path)

    assert status == 404
    assert body["error"] in ("unknown board", "no such resource")
    assert answer.content_type == "application/json"


async def test_not_ready_without_a_snapshot(start: Start) -> None:
    """Alive, but not ready: the reason is in the answer, and the board is 503."""
    async with start() as server:
        await eventually(lambda: "no snapshot" in server.live.problem)
        alive, _, _ = await server.get("/healthz")
        ready, reasons, _ = await server.get("/readyz")
        board, _, _ = await server.get("/api/boards/hk-us")

    assert (alive, ready, board) == (200, 503, 503)
    assert reasons["reasons"] == ["no snapshot of board hk-us in Redis yet"]


async def test_ready_while_the_board_moves(redis: Redis, start: Start) -> None:
    """Ready with a fresh snapshot, not ready when it has stood still for too long; alive only while work is done."""
    await publish(redis, sample())
    async with start(fresh_s=15.0) as server:
        await eventually(lambda: server.live.newest)
        fresh, _, _ = await server.get("/readyz")
        server.clock.ahead_s = 20.0
        stale, body, _ = await server.get("/readyz")

    assert (fresh, stale) == (200, 503)
    assert body["reasons"] == ["no new snapshot for 20 s"]


async def test_metrics_of_all_services(redis: Redis, start: Start) -> None:
    """One scrape gives this process and every other one that left its text in Redis."""
    text = b"# HELP monitor_x x\n# TYPE monitor_x gauge\nmonitor_x 3.0\n"
    await HealthKeys(redis, KEYS).write("ingest", "i1", b"{}", text, 10)
    async with start() as server:
        status, body, _ = await server.get("/metrics")

    assert status == 200
    assert 'monitor_x{instance="i1",service="ingest"} 3.0' in body
    assert 'process_resident_memory_bytes{instance="test",service="dashboard"}' in body


async def test_events_bring_new_snapshots(redis: Redis, start: Start) -> None:
    """A subscriber gets the present snapshot, then each newer one, and the stream ends when the server does."""
    await publish(redis, sample())
    async with start() as server, server.http.get(server.url + "/api/boards/hk-us/events") as stream:
        assert stream.content_type == "text/event-stream"
        first = await _event(stream, b"snapshot")
        await publish(redis, sample(seq=2), alert())
        second = await _event(stream, b"snapshot")
        alerts = await _event(stream, b"alerts")

    assert json.loads(first)["seq"] == 48_211
    assert json.loads(second)["seq"] == 2
    assert json.loads(alerts)["alerts"][0]["rule"] == "spread-1d-wide"


async def test_stops_although_a_stream_is_open(redis: Redis, start: Start) -> None:
    """An open event stream does not hold up the end of the service."""
    await publish(redis, sample())
    async with start() as server:
        stream = await server.http.get(server.url + "/api/boards/hk-us/events")
        await _event(stream, b"snapshot")

    stream.close()


async def test_slow_reader_gets_the_newest(redis: Redis, start: Start) -> None:
    """Who does not read for a while misses states in between and then gets the newest; nothing piles up for him."""
    await publish(redis, sample(seq=1))
    async with start() as server, server.http.get(server.url + "/api/boards/hk-us/events") as stream:
        await _event(stream, b"snapshot")
        for seq in range(2, 300):
            await publish(redis, sample(seq=seq) if seq % 50 == 0 else sample(seq=seq, instruments={}))
        await eventually(lambda: server.live.newest and server.live.newest.snapshot.seq == 299)
        seen = 0
        while json.loads(await _event(stream, b"snapshot"))["seq"] != 299:
            seen += 1

    assert seen < 298


async def test_outside_loopback_a_token_is_demanded(redis: Redis, start: Start) -> None:
    """Without the token nothing but the health checks answers; with it, as header or cookie, everything does."""
    await publish(redis, sample())
    token = "correct horse/battery&staple"
    async with start(host="0.0.0.0", token=token) as server:
        await eventually(lambda: server.live.newest)
        for path in (
            "/",
            "/metrics",
            "/api/boards",
            "/api/boards/hk-us",
            "/api/boards/hk-us/events",
            "/api/openapi.json",
        ):
            assert (await server.get(path))[0] == 401, path
        assert (await server.get("/healthz"))[0] == 200
        assert (await server.get("/readyz"))[0] == 200
        assert (await server.get("/api/boards", headers={"Authorization": "Bearer wrong"}))[0] == 401
        assert (await server.get("/api/boards", headers={"Authorization": f"Bearer {token}"}))[0] == 200
        assert (await server.get("/api/boards", params={"token": "wrong"}))[0] == 401
        status, _, answer = await server.get("/api/boards", params={"token": token, "x": "1"})
        assert (status, answer.headers["Location"]) == (303, "/api/boards?x=1")
        cookie = answer.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "samesite=strict" in cookie.lower()
        assert token not in cookie
        assert (await server.get("/api/boards"))[0] == 200


async def test_redirect_after_the_token_stays_here(redis: Redis, start: Start) -> None:
    """`//elsewhere` in the path does not become the address of another machine."""
    async with start(host="0.0.0.0", token="t") as server:
        _, _, answer = await server.get("//elsewhere.example/", params={"token": "t"})

    assert answer.headers["Location"].startswith("/elsewhere.example")


async def test_refuses_to_start_outside_loopback_without_a_token(start: Start) -> None:
    """A dashboard that others can reach does not start open; the message names the setting."""
    with pytest.raises(ConfigError, match="MONITOR_DASHBOARD__TOKEN"):
        async with start(host="0.0.0.0"):
            pass


async def test_foreign_names_and_origins_are_refused(redis: Redis, start: Start) -> None:
    """A web page elsewhere can neither point its own name at the board nor call it across origins."""
    await publish(redis, sample())
    async with start(public_url="https://board.example") as server:
        own = {"Host": server.url.removeprefix("http://")}
        statuses = [
            (await server.get("/api/boards", headers=headers))[0]
            for headers in (
                {"Host": "evil.example"},
                own | {"Origin": "https://evil.example"},
                own | {"Origin": "null"},
                own | {"Origin": server.url},
                {"Host": "board.example", "Origin": "https://board.example"},
                {"Host": "localhost:80"},
            )
        ]

    assert statuses == [403, 403, 403, 200, 200, 200]


async def test_answers_carry_security_headers(start: Start) -> None:
    """No answer may be framed, sniffed, or load anything from elsewhere."""
    async with start() as server:
        _, _, answer = await server.get("/healthz")

    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert "Server" not in answer.headers


async def test_port_in_use_is_said(redis: Redis, start: Start) -> None:
    """A taken port ends the start with what to change."""
    async with start() as server:
        port = int(server.url.rpartition(":")[2])
        app = create_app(server.live, server.clock, HealthKeys(redis, KEYS).metrics, pages=False)
        with pytest.raises(UnreachableError, match="MONITOR_DASHBOARD__PORT"):
            await dashboard(app, server.live, host="127.0.0.1", port=port, stop=asyncio.Event())


async def _event(stream: aiohttp.ClientResponse, kind: bytes) -> bytes:
    """Data of the next event of that kind."""
    async with asyncio.timeout(10):
        name = b""
        async for line in _lines(stream):
            if line.startswith(b"event: "):
                name = line.removeprefix(b"event: ")
            elif line.startswith(b"data: ") and name == kind:
                return line.removeprefix(b"data: ")
    raise AssertionError("the stream ended")


async def _lines(stream: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    while True:
        line = await stream.content.readuntil(b"\n")
        if not line:
            return
        yield line.rstrip(b"\n")
