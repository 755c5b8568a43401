"""The poller of Yahoo's chart service against a local one that does everything wrong (FEEDS 5.7 and 12)."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from monitor.core.instant import SECOND
from monitor.feeds.yahoo.plan import PolledLine, YahooPlan
from monitor.feeds.yahoo.poller import YahooPoller, retry_after_s
from monitor.feeds.yahoo.request_budget import RequestBudget
from monitor.runtime.backoff import Backoff
from tests.eventually import eventually
from tests.feeds.board import CALENDARS, at
from tests.feeds.yahoo.charts import NEW_YORK, answer, refusal
from tests.real.chart_server import chart_server
from tests.real.feed_probe import Probe
from tests.real.set_clock import SetClock

TENCENT = PolledLine("0700.HK", CALENDARS["XHKG"], 900)
NVDA = PolledLine("NVDA", CALENDARS["XNYS"])
USDHKD = PolledLine("HKD=X", None)

TRADING = at("06-10T02:30")
"""10:30 in Hong Kong; 22:30 in New York."""
HK_ROWS = {"2025-06-06T01:30": 101.0, "2025-06-09T01:30": 102.0, "2025-06-10T01:30": 103.0}
US_ROWS = {"2025-06-06T13:30": 141.0, "2025-06-09T13:30": 142.0}

TENCENT_TRADES = answer("0700.HK", 103.2, "2025-06-10T02:14", HK_ROWS)
NVDA_CLOSED = answer("NVDA", 142.5, "2025-06-09T20:00", US_ROWS, zone=NEW_YORK, currency="USD")
RATE = answer("HKD=X", 7.8123, "2025-06-10T02:30", {}, zone="Europe/London", currency="HKD")


def quick() -> Backoff:
    return Backoff(0.01, 0.05, least_s=0.01)


def poller_of(url: str, *lines: PolledLine, clock: SetClock | None = None, **options: Any) -> YahooPoller:
    """A poller without pauses worth waiting for."""
    clock = clock or SetClock(TRADING)
    plan = YahooPlan(lines, clock.now_ns(), pauses=lambda: Backoff(3600.0, 3600.0, draw=lambda: 1.0))
    settings: dict[str, Any] = {"limited": quick(), "away": quick(), "look_s": 0.01}
    return YahooPoller(url, plan, RequestBudget(3600, least_s=0.0), clock=clock, **settings | options)


@contextlib.asynccontextmanager
async def polling(poller: YahooPoller, probe: Probe) -> AsyncIterator[None]:
    task = asyncio.create_task(poller.run(probe))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_start_brings_prices_and_closes() -> None:
    """A line that trades: its completed sessions as derived closes and its price; one whose market is closed: its
    closes, the price being the last of them; a currency: its rate. Every line once, in order, with a User-Agent."""
    probe = Probe()
    async with chart_server() as server:
        server.answers = {"0700.HK": TENCENT_TRADES, "NVDA": NVDA_CLOSED, "HKD=X": RATE}
        async with polling(poller_of(server.url, TENCENT, NVDA, USDHKD), probe):
            await eventually(lambda: len(probe.quotes) == 2)

    assert server.asked == ["0700.HK", "NVDA", "HKD=X"]
    assert all(agent.startswith("Mozilla/5.0") for agent in server.agents)
    assert [(close.source_symbol, close.session, close.price, close.derived) for close in probe.closes] == [
        ("0700.HK", "2025-06-06", 101.0, True),
        ("0700.HK", "2025-06-09", 102.0, True),
        ("NVDA", "2025-06-06", 141.0, True),
        ("NVDA", "2025-06-09", 142.5, True),
    ]
    tencent, rate = probe.quotes
    assert (tencent.source, tencent.source_symbol, tencent.price) == ("yahoo", "0700.HK", 103.2)
    assert (tencent.event_ns, tencent.recv_ns) == (at("06-10T02:14"), TRADING)
    assert (tencent.session, tencent.currency, tencent.prev_close) == ("regular", "HKD", 102.0)
    assert (rate.source_symbol, rate.price, rate.prev_close) == ("HKD=X", 7.8123, None)
    assert (probe.arrived, probe.reasons.total()) == (2, 0)


async def test_a_previous_close_of_another_day_is_not_told() -> None:
    """When yesterday's row is missing, the one before it is not yesterday's close."""
    probe = Probe()
    async with chart_server() as server:
        server.answers = {"0700.HK": answer("0700.HK", 103.2, "2025-06-10T02:14", HK_ROWS | {"2025-06-09T01:30": None})}
        async with polling(poller_of(server.url, TENCENT), probe):
            await eventually(lambda: probe.quotes)

    assert probe.quotes[0].prev_close is None
    assert [close.session for close in probe.closes] == ["2025-06-06"]


async def test_hong_kongs_close_is_fetched_after_the_auction() -> None:
    """Once the source shows 16:10 HKT, the price of 16:08 is the session's close, and no quote any more."""
    clock = SetClock(at("06-10T08:25"))
    probe = Probe()
    async with chart_server() as server:
        server.answers = {"0700.HK": answer("0700.HK", 103.0, "2025-06-10T07:59", HK_ROWS)}
        async with polling(poller_of(server.url, TENCENT, clock=clock), probe):
            await eventually(lambda: probe.closes)
            assert probe.closes[-1].session == "2025-06-09"
            server.answers = {"0700.HK": answer("0700.HK", 103.9, "2025-06-10T08:08", HK_ROWS)}
            clock.ns = at("06-10T08:26")
            await eventually(lambda: probe.closes[-1].session == "2025-06-10")

    assert probe.closes[-1].price == 103.9
    assert probe.quotes == []


async def _html(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="<html>back soon</html>", content_type="text/html")


async def _torn(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "5000"})
    await response.prepare(request)
    await response.write(TENCENT_TRADES[:100])
    assert request.transport is not None
    request.transport.abort()
    return response


async def _huge(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for _ in range(64):
            await response.write(b" " * 65536)
    return response


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (_html, "CHART_UNREADABLE"),
        (TENCENT_TRADES[:200], "CHART_UNREADABLE"),
        (_huge, "CHART_TOO_BIG"),
        (refusal("Not Found", "No data found, symbol may be delisted"), "CHART_NO_DATA"),
        (answer("MAA", 103.2, "2025-06-10T02:14", HK_ROWS), "CHART_WRONG_SYMBOL"),
    ],
)
async def test_an_answer_that_is_none_costs_its_line_only(bad: Any, reason: str) -> None:
    """It is counted by reason, the line is left alone for a while, and the others are asked as before. A chart of
    another symbol is never taken for this one's."""
    probe = Probe()
    async with chart_server() as server:
        server.answers = {"0700.HK": bad, "HKD=X": RATE}
        poller = poller_of(server.url, TENCENT, USDHKD)
        async with polling(poller, probe):
            await eventually(lambda: probe.quotes)

    assert server.asked == ["0700.HK", "HKD=X"]
    assert probe.reasons == {reason: 1}
    assert [raw.source_symbol for raw in probe.quotes] == ["HKD=X"]
    assert (probe.arrived, probe.closes, poller.trouble) == (2, [], "")


async def test_an_unknown_symbol_is_answered_with_404() -> None:
    """The status says no more than the document: this line, not the service."""

    async def not_found(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=404, body=refusal("Not Found", "No data found"))

    probe = Probe()
    async with chart_server() as server:
        server.answers = {"0700.HK": not_found, "HKD=X": RATE}
        async with polling(poller_of(server.url, TENCENT, USDHKD), probe):
            await eventually(lambda: probe.quotes)

    assert probe.reasons == {"CHART_NO_DATA": 1}


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (429, "CHART_LIMITED", "asks for fewer requests"),
        (401, "CHART_REFUSED", "answers HTTP 401"),
        (403, "CHART_REFUSED", "answers HTTP 403"),
        (500, "CHART_REFUSED", "answers HTTP 500"),
        (503, "CHART_REFUSED", "answers HTTP 503"),
        (302, "CHART_REFUSED", "answers HTTP 302"),
    ],
)
async def test_a_service_that_refuses_is_left_alone_and_asked_again(status: int, reason: str, words: str) -> None:
    """Counted by reason and said, then the same line again. A redirect is not followed: no request leaves for where a
    server points to."""
    refusals = 3
    troubles: list[str] = []
    probe = Probe()
    async with chart_server() as server:

        async def refuse(_request: web.Request) -> web.StreamResponse:
            troubles.append(poller.trouble)
            if len(troubles) > refusals:
                return web.Response(body=TENCENT_TRADES)
            return web.Response(status=status, headers={"Location": "http://127.0.0.1:1/consent"})

        server.answers = {"0700.HK": refuse}
        poller = poller_of(server.url, TENCENT)
        async with polling(poller, probe):
            await eventually(lambda: probe.quotes)
            await eventually(lambda: poller.trouble == "")

    assert server.asked == ["0700.HK"] * 4
    assert probe.reasons[reason] == refusals
    assert troubles[0] == ""
    assert all(words in trouble and "asked again at 02:30" in trouble for trouble in troubles[1:])


async def test_a_line_that_upsets_the_service_does_not_keep_the_others_waiting() -> None:
    """After a refusal it is the next line's turn."""

    async def upset(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=500)

    probe = Probe()
    async with chart_server() as server:
        server.answers = {"0700.HK": upset, "HKD=X": RATE}
        async with polling(poller_of(server.url, TENCENT, USDHKD), probe):
            await eventually(lambda: probe.quotes)

    assert server.asked[:2] == ["0700.HK", "HKD=X"]


async def test_pauses_grow_until_an_answer_comes() -> None:
    """Each refusal doubles the pause; the first answer forgets them."""
    limited = Backoff(0.01, 10.0, draw=lambda: 1.0)
    probe = Probe()
    async with chart_server() as server:

        async def refuse(_request: web.Request) -> web.StreamResponse:
            return web.Response(body=TENCENT_TRADES) if len(server.asked) > 4 else web.Response(status=429)

        server.answers = {"0700.HK": refuse}
        async with polling(poller_of(server.url, TENCENT, limited=limited), probe):
            await eventually(lambda: probe.reasons["CHART_LIMITED"] == 4)
            assert limited.failures == 4
            await eventually(lambda: probe.quotes)

    assert limited.failures == 0


async def test_it_waits_as_long_as_it_was_asked_to() -> None:
    """Retry-After counts for the whole service, and people read until when."""
    probe = Probe()
    async with chart_server() as server:

        async def refuse(_request: web.Request) -> web.StreamResponse:
            return web.Response(status=429, headers={"Retry-After": "1800"})

        server.answers = {"0700.HK": refuse}
        poller = poller_of(server.url, TENCENT, NVDA)
        async with polling(poller, probe):
            await eventually(lambda: poller.trouble)
            assert poller.trouble == "the chart service asks for fewer requests, asked again at 03:00:00 UTC"

    assert server.asked == ["0700.HK"]


async def test_a_service_that_does_not_answer_in_time_is_given_up() -> None:
    """Nor does one that breaks off, or that nobody hears: all are the same trouble, and pass."""

    async def never(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    for bad in (never, _torn):
        probe = Probe()
        async with chart_server() as server:
            server.answers = {"0700.HK": bad}
            async with polling(poller_of(server.url, TENCENT, timeout_s=0.2), probe):
                await eventually(lambda probe=probe: probe.reasons["CHART_UNREACHABLE"] >= 1)
                server.answers = {"0700.HK": TENCENT_TRADES}
                await eventually(lambda probe=probe: probe.quotes)


async def test_nobody_there_and_no_such_name(free_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused connections and unknown names are counted; the name of the host is not told twice over."""

    async def unknown(*_args: object, **_kwargs: object) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    for url in (f"http://127.0.0.1:{free_port}", "http://chart.invalid"):
        if "invalid" in url:  # names are not asked for outside this machine
            monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", unknown)
        probe = Probe()
        poller = poller_of(url, TENCENT)
        async with polling(poller, probe):
            await eventually(lambda probe=probe: probe.reasons["CHART_UNREACHABLE"] >= 2)
        assert "chart.invalid" not in poller.trouble
    assert "not found by its name" in poller.trouble


async def test_a_proxy_is_taken_from_the_environment_except_for_this_machine(
    monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    """A corporate proxy gets the requests to the service; a server on this machine is never behind one."""
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with chart_server() as server:
        server.answers = {"0700.HK": TENCENT_TRADES}
        for proxy, url in ((server.url, "http://chart.invalid"), (f"http://127.0.0.1:{free_port}", server.url)):
            monkeypatch.setenv("http_proxy", proxy)
            probe = Probe()
            async with polling(poller_of(url, TENCENT), probe):
                await eventually(lambda probe=probe: probe.quotes)

    assert server.asked == ["0700.HK", "0700.HK"]


class Watched(RequestBudget):
    """Counts how often it was asked."""

    looks = 0

    def wait_s(self, now: float) -> float:
        self.looks += 1
        return super().wait_s(now)


async def test_requests_keep_to_the_budget() -> None:
    """When the budget is spent, nothing is asked, however much is due and however often one looks."""
    plan = YahooPlan([PolledLine(f"S{n}", None) for n in range(10)], TRADING)
    budget = Watched(12, least_s=0.0)
    async with chart_server() as server:
        poller = YahooPoller(server.url, plan, budget, clock=SetClock(TRADING), look_s=0.01)
        async with polling(poller, Probe()):
            await eventually(lambda: budget.looks > 20)

    assert server.asked == ["S0", "S1", "S2"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30.0),
        ("Tue, 10 Jun 2025 02:31:00 GMT", 60.0),
        ("Tue, 10 Jun 2025 02:00:00 GMT", 0.0),
        ("999999999", 3600.0),
        ("Tue, 10 Jun 2055 02:31:00 GMT", 3600.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("", 0.0),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str, seconds: float) -> None:
    assert retry_after_s({"Retry-After": header}, TRADING) == pytest.approx(seconds)
    assert TRADING % SECOND == 0
