"""Yahoo's streamer and chart service as one feed, both on local servers."""

import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from http import HTTPStatus
from typing import Any

import pytest
from aiohttp import web
from websockets.asyncio.server import ServerConnection, serve

from monitor.assembly.yahoo import make_yahoo
from monitor.core.definition import Instrument, Kind
from monitor.core.instant import SECOND
from monitor.feeds.market_hours import market_hours
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo.feed import YahooFeed
from monitor.feeds.yahoo.plan import PolledLine, YahooPlan
from monitor.feeds.yahoo.poller import YahooPoller
from monitor.feeds.yahoo.request_budget import RequestBudget
from monitor.feeds.yahoo.streamer import REGULAR, Yahoo, frame_of
from monitor.feeds.yahoo.wire import Pricing
from monitor.runtime.backoff import Backoff
from monitor.settings.tree import YahooSettings
from tests.eventually import eventually
from tests.feeds.board import CALENDARS, INSTRUMENTS, at
from tests.feeds.yahoo.charts import NEW_YORK, answer
from tests.real.chart_server import ChartServer, chart_server
from tests.real.feed_probe import Probe, running
from tests.real.set_clock import SetClock

TRADING = at("06-10T14:00")
"""10:00 in New York."""
LINES = (
    PolledLine("NVDA", CALENDARS["XNYS"]),
    PolledLine("^IXIC", CALENDARS["XNYS"]),
)


def nvda(price: float, second: int = 0) -> str:
    time = TRADING // 1_000_000 + 1000 * second
    return frame_of(Pricing(id="NVDA", price=price, time=time, market_hours=REGULAR, price_hint=2))


def chart_of(symbol: str, price: float) -> bytes:
    return answer(symbol, price, "2025-06-10T13:59", {"2025-06-09T13:30": 100.0}, zone=NEW_YORK, currency="USD")


@contextlib.asynccontextmanager
async def streamer(handler: Callable[[ServerConnection], Awaitable[None]], **options: Any) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, **options) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/?version=2"


async def quiet(client: ServerConnection) -> None:
    await client.wait_closed()


def feed_of(url: str, chart_url: str | None, clock: SetClock, **options: Any) -> YahooFeed:
    """The feed with short waits. chart_url: None for one that polls nothing."""
    plan = YahooPlan(LINES, clock.now_ns())
    poller = chart_url and YahooPoller(
        chart_url,
        plan,
        RequestBudget(3600, least_s=0.0),
        clock=clock,
        limited=Backoff(30.0, 30.0, least_s=30.0),
        look_s=0.01,
    )
    stream = WebSocketFeed(
        url,
        Yahoo([line.symbol for line in LINES]),
        clock=clock,
        market_open=market_hours(INSTRUMENTS, CALENDARS),
        backoff=Backoff(0.02, 0.2, least_s=0.01),
    )
    return YahooFeed([stream], plan, poller or None, clock=clock, look_s=0.01, **options)


def charts(server: ChartServer) -> None:
    server.answers = {"NVDA": chart_of("NVDA", 140.0), "^IXIC": chart_of("^IXIC", 19000.0)}


async def test_what_does_not_stream_is_polled_and_named() -> None:
    """Both lines are asked for at the start. NVDA then streams and is not asked for again; ^IXIC never says a word, is
    polled from a minute on, and named after five."""
    clock = SetClock(TRADING)
    probe = Probe()
    clients: list[ServerConnection] = []

    async def handler(client: ServerConnection) -> None:
        clients.append(client)
        await client.wait_closed()

    async with chart_server() as server, streamer(handler) as url:
        charts(server)
        async with running(feed_of(url, server.url, clock), probe):
            await eventually(lambda: len(probe.quotes) == 2 and clients)
            for minute in range(1, 6):
                clock.ns = TRADING + (60 * minute - 1) * SECOND
                await clients[0].send(nvda(140.0 + minute, 60 * minute))
                await eventually(lambda minute=minute: 140.0 + minute in probe.prices())
                clock.ns = TRADING + 60 * minute * SECOND
                await eventually(lambda minute=minute: server.asked.count("^IXIC") > minute)
            await eventually(lambda: "silent" in probe.states[-1][1])

    assert server.asked[:2] == ["NVDA", "^IXIC"]
    assert set(server.asked[2:]) == {"^IXIC"}
    state, detail = probe.states[-1]
    assert state == "up"
    assert detail.endswith("; silent: ^IXIC, polled instead")


async def test_a_chart_service_in_trouble_leaves_the_stream_alone() -> None:
    """Every request is refused: the feed is up, its quotes come, and the state says what is wrong and until when."""
    probe = Probe()

    async def handler(client: ServerConnection) -> None:
        await client.recv()
        await client.send(nvda(141.0))
        await client.wait_closed()

    async def refuse(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=429)

    async with chart_server() as server, streamer(handler) as url:
        server.answers = {"NVDA": refuse}
        async with running(feed_of(url, server.url, SetClock(TRADING)), probe):
            await eventually(lambda: probe.quotes and "asks for fewer" in probe.states[-1][1])

    assert probe.prices() == [141.0]
    assert probe.states[-1][0] == "up"
    assert probe.states[-1][1].endswith("the chart service asks for fewer requests, asked again at 14:00:30 UTC")
    assert probe.reasons == {"CHART_LIMITED": 1}
    assert (probe.arrived, len(server.asked)) == (2, 1)


async def test_a_broken_poller_leaves_the_stream_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a bug of our own: it is told, and the quotes come."""

    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    probe = Probe()

    async def handler(client: ServerConnection) -> None:
        await client.recv()
        await client.send(nvda(141.0))
        await client.wait_closed()

    async with streamer(handler) as url, chart_server() as server:
        feed = feed_of(url, server.url, SetClock(TRADING))
        monkeypatch.setattr(RequestBudget, "wait_s", broken)
        async with running(feed, probe):
            await eventually(lambda: probe.quotes and "not asked any more" in probe.states[-1][1])

    assert probe.states[-1][0] == "up"
    assert "ZeroDivisionError" in probe.states[-1][1]


async def test_the_routine_end_of_a_socket_is_no_trouble() -> None:
    """Yahoo closes every socket after some twenty minutes: while the next one is made, the feed is never down."""
    connections = 0

    async def handler(client: ServerConnection) -> None:
        nonlocal connections
        connections += 1
        await client.recv()
        await client.send(nvda(140.0 + connections, connections))

    probe = Probe()
    async with streamer(handler) as url, running(feed_of(url, None, SetClock(TRADING), lasted_s=0.0), probe):
        await eventually(lambda: len(probe.quotes) >= 3)

    assert {state for state, _ in probe.states} == {"connecting", "up"}
    assert ("connecting", "renewing the connection: closed with code 1000") in probe.states


async def test_a_streamer_that_refuses_for_good_leaves_the_polled_prices() -> None:
    """The feed has failed and says so; what the chart service knows still comes."""

    def refuse(client: ServerConnection, _request: object) -> Any:
        return client.respond(HTTPStatus.FORBIDDEN, "no\n")

    probe = Probe()
    async with chart_server() as server, streamer(quiet, process_request=refuse) as url:
        charts(server)
        async with running(feed_of(url, server.url, SetClock(TRADING)), probe) as task:
            await eventually(lambda: len(probe.quotes) == 2)
            await eventually(lambda: probe.states[-1] == ("failed", "the server answered HTTP 403"))
            assert not task.done()


async def test_without_a_chart_service_a_refused_feed_ends() -> None:
    """There is nothing left to wait for."""

    def refuse(client: ServerConnection, _request: object) -> Any:
        return client.respond(HTTPStatus.FORBIDDEN, "no\n")

    probe = Probe()
    async with (
        streamer(quiet, process_request=refuse) as url,
        running(feed_of(url, None, SetClock(TRADING)), probe) as task,
    ):
        await eventually(task.done)

    assert probe.states[-1] == ("failed", "the server answered HTTP 403")


def _many(count: int) -> list[Instrument]:
    return [
        Instrument(
            symbol=f"S{n}", name="", kind=Kind.STOCK, calendar="XNYS", currency="USD", sources={"yahoo": f"S{n}"}
        )
        for n in range(count)
    ]


async def test_more_than_a_hundred_symbols_are_shared_among_sockets() -> None:
    """Each symbol is subscribed once, none more than a hundred to a socket."""
    subscribed: list[list[str]] = []

    async def handler(client: ServerConnection) -> None:
        subscribed.append(json.loads(await client.recv())["subscribe"])
        await client.wait_closed()

    probe = Probe()
    async with streamer(handler) as url:
        feed = make_yahoo(YahooSettings(url=url), _many(230), CALENDARS, SetClock(TRADING))
        async with running(feed, probe):
            await eventually(lambda: len(subscribed) == 3 and probe.states[-1][0] == "up")

    assert sorted(len(symbols) for symbols in subscribed) == [30, 100, 100]
    assert {symbol for symbols in subscribed for symbol in symbols} == {f"S{n}" for n in range(230)}


@pytest.mark.parametrize(
    ("settings", "detail"),
    [
        ({"chart": False}, "silent: NVDA"),
        ({"chart_url": "https://query1.finance.yahoo.com"}, "silent: NVDA"),
        ({}, "silent: NVDA, polled instead"),
    ],
)
async def test_real_closes_never_stand_beside_a_streamer_of_ones_own(settings: dict[str, Any], detail: str) -> None:
    """A streamer on this machine is somebody's own: the chart service is asked only when it is on this machine too, and
    when it is wanted."""
    clock = SetClock(TRADING)
    probe = Probe()
    async with chart_server() as server, streamer(quiet) as url:
        charts(server)
        chosen = {"url": url, "chart_url": server.url} | settings
        feed = make_yahoo(YahooSettings(**chosen), INSTRUMENTS[3:4], CALENDARS, clock)
        clock.ns += 300 * SECOND
        async with running(feed, probe):
            await eventually(lambda: probe.states and probe.states[-1][0] == "up")
            if "polled" in detail:
                await eventually(lambda: server.asked)

    assert probe.states[-1][1].endswith(f"; {detail}")
    assert bool(server.asked) is ("polled" in detail)
