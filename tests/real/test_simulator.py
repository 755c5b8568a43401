"""The simulated market through the real adapter: a local server in Yahoo's protocol and the WebSocket client."""

import asyncio
import contextlib
import json
from typing import Any

import pytest
from websockets.asyncio.client import connect

from monitor.core.definition import FilterParams, Instrument, Kind
from monitor.core.event import FIXING, SIMULATED, Beat, Event, FeedHealth, Fx, OfficialClose, Quote
from monitor.core.instant import MINUTE, SECOND, utc_date
from monitor.core.quotes.intake import Intake
from monitor.feeds.simulated.market import Market
from monitor.feeds.simulated.sim_clock import SimClock
from monitor.feeds.simulated.simulator import Simulator
from monitor.feeds.simulated.yahoo_server import YahooServer
from monitor.feeds.yahoo.streamer import parse_frame
from monitor.workers.ingest import ingest
from tests.eventually import eventually
from tests.feeds.board import CALENDARS, INSTRUMENTS, at
from tests.real.feed_probe import Probe, running

OPENING = at("06-10T01:30")
BY_YAHOO = {line.sources["yahoo"]: line for line in INSTRUMENTS if "yahoo" in line.sources}


def clock_at(instant_ns: int, speed: float = 20.0, idle_speed: float = 600.0) -> SimClock:
    return SimClock(instant_ns, speed, idle_speed, CALENDARS.values())


def simulator(clock: SimClock, **options: Any) -> Simulator:
    return Simulator(INSTRUMENTS, CALENDARS, clock, seed=7, quotes_per_s=400.0, **options)


async def test_the_adapter_reads_the_simulated_market() -> None:
    """Marked records of the lines that trade, with times of the simulated clock; New York sleeps."""
    probe = Probe()
    clock = clock_at(OPENING)
    async with running(simulator(clock), probe):
        await eventually(lambda: {raw.source_symbol for raw in probe.quotes} >= {"HSTECH.HK", "1211.HK"})
    first = probe.quotes[0]

    assert {raw.source_symbol for raw in probe.quotes} <= {"HSTECH.HK", "1211.HK", "HKD=X"}
    assert {(raw.source, raw.flags) for raw in probe.quotes} == {("sim", SIMULATED)}
    assert first.event_ns is not None
    assert OPENING - SECOND < first.event_ns <= first.recv_ns < OPENING + 300 * SECOND
    assert not probe.reasons


async def test_the_history_comes_first_and_days_end_with_their_closes() -> None:
    """Every close and fixing known at the start is sent at once; the close of the day follows when its instant has
    come, and its fixings when the day is over."""
    probe = Probe()
    clock = clock_at(at("06-10T07:59"), speed=30_000.0, idle_speed=30_000.0)
    sim = simulator(clock)
    expected = len(list(sim.history(clock.now_ns())))
    async with running(sim, probe):
        await eventually(lambda: any(isinstance(e, Fx) and utc_date(e.event_ns) == "2025-06-10" for e in probe.events))
    closes = [event for event in probe.events if isinstance(event, OfficialClose)]
    rates = [event for event in probe.events if isinstance(event, Fx)]
    today = [event for event in closes if event.session == "2025-06-10"]

    assert {event.symbol for event in closes[:expected]} == {"HSTECH", "IXIC", "1211.HK", "NVDA"}
    assert max(event.session for event in closes[:expected]) == "2025-06-09"
    assert {event.symbol for event in today} >= {"HSTECH", "1211.HK"}
    assert all(event.flags == SIMULATED and event.recv_ns >= at("06-10T08:10") for event in today)
    assert {(event.pair, event.flags) for event in rates} == {("USDHKD", SIMULATED | FIXING)}
    assert [utc_date(event.event_ns) for event in rates[-3:]] == ["2025-06-08", "2025-06-09", "2025-06-10"]
    assert rates[-1].recv_ns >= at("06-11T00:00")


def test_the_history_reaches_back_to_every_window() -> None:
    """A window since a date lengthens it: the close before that date must be there."""
    long = [close.session for close in simulator(clock_at(OPENING), windows=["SINCE:2024-01-01"]).history(OPENING)]
    marks = Simulator(INSTRUMENTS, CALENDARS, clock_at(OPENING), seed=7, windows=["SINCE:2025-06-22"])

    assert min(long) == "2025-06-05"
    assert min(close.session for close in marks.history(OPENING)) == "2025-06-05"


async def test_the_server_speaks_yahoos_manners() -> None:
    """Silence for symbols it does not know and after unsubscribing; rubbish from a client changes nothing."""
    clock = clock_at(OPENING + MINUTE)
    async with (
        YahooServer(Market(INSTRUMENTS, CALENDARS, 7), BY_YAHOO, clock, quotes_per_s=400.0) as server,
        connect(server.url, proxy=None) as client,
    ):
        await client.send("rubbish")
        await client.send(json.dumps({"subscribe": ["1211.HK", "NOBODY", "NVDA"]}))
        frames = [parse_frame(await client.recv(decode=False)) for _ in range(5)]
        await client.send(json.dumps({"unsubscribe": ["1211.HK"]}))
        with contextlib.suppress(TimeoutError):
            while True:
                frames.append(parse_frame(await asyncio.wait_for(client.recv(decode=False), 0.3)))

    assert {pricing.id for pricing in frames if pricing} == {"1211.HK"}
    assert all(pricing and pricing.market_hours == 1 and pricing.price_hint == 3 for pricing in frames)
    volumes = [pricing.day_volume for pricing in frames if pricing and pricing.day_volume]
    assert volumes == sorted(volumes)


class Log(list[Event]):
    """A log that only remembers."""

    def offer(self, event: Event) -> None:
        self.append(event)

    def conflated_of(self, _source: str) -> int:
        return 0


class Broken:
    """A feed with a bug."""

    source = "broken"

    async def run(self, _sink: object) -> None:
        raise RuntimeError("a bug")


@pytest.fixture
def intake() -> Intake:
    lines = [line if "yahoo" not in line.sources else type(line)(**_with_sim(line)) for line in INSTRUMENTS]
    return Intake(lines, CALENDARS)


def _with_sim(line: Any) -> dict[str, Any]:
    values = {name: getattr(line, name) for name in line.__struct_fields__}
    return values | {"sources": {"sim": line.sources["yahoo"]}}


async def test_ingest_writes_all_feeds_and_beats_into_one_log(intake: Intake) -> None:
    """Quotes, rates, closes, beats and feed health; a feed that crashes is reported and does not stop the others."""
    log = Log()
    clock = clock_at(OPENING)
    reports: list[FeedHealth] = []
    feeds = [Broken(), simulator(clock)]
    task = asyncio.create_task(ingest(feeds, intake, log, clock, beat_s=0.02, report=reports.append))
    kinds = {Quote, Fx, OfficialClose, Beat, FeedHealth}
    await eventually(lambda: {type(event) for event in log} == kinds and len(intake.tally("sim").rejected) == 0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    health = {event.source: event for event in log if isinstance(event, FeedHealth)}
    quotes = [event for event in log if isinstance(event, Quote)]
    received = [event.recv_ns for event in log]

    assert (health["broken"].state, health["sim"].state) == ("failed", "up")
    assert "RuntimeError" in health["broken"].detail
    assert reports == [event for event in log if isinstance(event, FeedHealth)]
    assert received == sorted(received)
    assert {quote.symbol for quote in quotes} <= {"HSTECH", "1211.HK"}
    assert all(quote.flags & SIMULATED and quote.delay_s in (0, 900) for quote in quotes)
    assert intake.tally("sim").accepted >= len(quotes)


KWEB = Instrument(
    symbol="KWEB",
    name="KWEB",
    kind=Kind.ETF,
    calendar="XNYS",
    currency="USD",
    sources={"yahoo": "KWEB"},
    filter=FilterParams(extended=True),
)


async def test_proxies_are_quoted_before_the_session_as_the_original_does() -> None:
    """Frames of the pre-market say so, carry no day volume, and measure the change from the latest close."""
    market = Market([*INSTRUMENTS, KWEB], CALENDARS, 7)
    async with (
        YahooServer(market, {**BY_YAHOO, "KWEB": KWEB}, clock_at(at("06-10T09:00")), quotes_per_s=400.0) as server,
        connect(server.url, proxy=None) as client,
    ):
        await client.send(json.dumps({"subscribe": ["KWEB", "NVDA"]}))
        frames = [parse_frame(await client.recv(decode=False)) for _ in range(5)]
    close = market.close("KWEB", "2025-06-09")

    assert {(frame.id, frame.market_hours, frame.day_volume) for frame in frames if frame} == {("KWEB", 0, None)}
    for frame in frames:
        assert frame is not None
        assert frame.price is not None
        assert frame.change is not None
        assert frame.price - frame.change == pytest.approx(close, abs=0.006)


async def test_nothing_that_the_simulator_sends_is_rejected() -> None:
    """Few lines trade at night and get all quotes of a round, without a day volume: none may look like a repetition."""
    lines = [line for line in [*INSTRUMENTS, KWEB] if "yahoo" in line.sources]
    intake = Intake([type(line)(**_with_sim(line)) for line in lines], CALENDARS)
    log = Log()
    clock = clock_at(at("06-10T22:30"))
    task = asyncio.create_task(ingest([Simulator(lines, CALENDARS, clock, seed=7, resumed=True)], intake, log, clock))
    await eventually(lambda: intake.tally("sim").accepted > 40)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task

    assert {event.symbol for event in log if isinstance(event, Quote)} == {"KWEB"}
    assert not intake.tally("sim").rejected


def test_what_proxies_were_worth_at_the_last_closes_comes_first() -> None:
    """A board that starts in Hong Kong's morning knows where futures stood when New York closed, received then."""
    sim = Simulator([*INSTRUMENTS, KWEB], CALENDARS, clock_at(OPENING), seed=7)
    quotes = list(sim.quotes_at_closes(OPENING))

    assert [(quote.symbol, quote.event_ns, quote.recv_ns) for quote in quotes] == [
        ("KWEB", at(text), at(text)) for text in ("06-09T08:10", "06-09T20:00")
    ]
    assert all(quote.flags == SIMULATED and quote.price for quote in quotes)
