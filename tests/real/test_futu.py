"""The Futu feed: the real SDK against an OpenD that speaks its protocol."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from monitor.core.instant import SECOND
from monitor.feeds.brokers.futu import FutuFeed
from monitor.feeds.brokers.longbridge import Account, LongbridgeFeed
from monitor.feeds.port import DOWN, FAILED, UP
from monitor.runtime.backoff import Backoff
from tests.eventually import eventually
from tests.feeds.board import CALENDARS, at
from tests.real import futu_wire as wire
from tests.real.feed_probe import Probe, running
from tests.real.futu_opend import OpenDServer
from tests.real.set_clock import SetClock
from tests.real.test_longbridge import SECRETS

HK, US = CALENDARS["XHKG"], CALENDARS["XNYS"]
LINES = {"HK.00700": HK, "HK.800700": HK, "US.NVDA": US}


def quote(symbol: str, price: float, when: str, **more: Any) -> Any:
    return wire.quote(symbol=symbol, curPrice=price, updateTimestamp=at(when) / SECOND, **more)


@pytest.fixture
async def opend() -> AsyncIterator[OpenDServer]:
    async with OpenDServer.running() as server:
        server.quotes = {
            "HK.00700": quote("HK.00700", 500.0, "06-10T02:00", lastClosePrice=498.0, volume=1_000),
            "US.NVDA": quote("US.NVDA", 140.0, "06-09T20:00", lastClosePrice=139.0, volume=2_000),
        }
        yield server


def feed_of(port: int, now: str = "06-10T02:00", **options: Any) -> FutuFeed:
    settings: dict[str, Any] = {"clock": SetClock(at(now)), "backoff": Backoff(0.02, 0.1, least_s=0.01)}
    return FutuFeed("127.0.0.1", port, LINES, **settings | options)


async def test_quotes_are_pulled_and_then_pushed(opend: OpenDServer) -> None:
    """One subscription a market, one pull, then pushes. Times come from the time stamps; the previous close goes with
    the session it belongs to only: New York has not opened since its last price."""
    probe = Probe()
    async with running(feed_of(opend.port), probe):
        await eventually(lambda: probe.ups())
        opend.push(
            quote("HK.00700", 501.0, "06-10T02:01", lastClosePrice=498.0, volume=1_100),
            quote("HK.800700", 5_000.0, "06-10T02:01", lastClosePrice=4_990.0),
        )
        await eventually(lambda: len(probe.quotes) == 4)
    known = [(raw.source_symbol, raw.price, raw.prev_close, raw.day_volume) for raw in probe.quotes]
    assert known == [
        ("HK.00700", 500.0, 498.0, 1_000.0),
        ("US.NVDA", 140.0, None, 2_000.0),
        ("HK.00700", 501.0, 498.0, 1_100.0),
        ("HK.800700", 5_000.0, 4_990.0, None),
    ]
    assert probe.quotes[2].event_ns == at("06-10T02:01")
    assert opend.requests(wire.SUBSCRIBE) == [["HK.00700", "HK.800700"], ["US.NVDA"]]
    assert opend.requests(wire.QUOTES) == [list(LINES)]
    assert probe.arrived == len(probe.quotes)


async def test_it_comes_back_and_pulls_again_when_opend_does(free_port: int) -> None:
    """OpenD is down at the start, comes, is killed, and comes back: each time it is said, and quotes are pulled."""
    probe = Probe()
    async with running(feed_of(free_port), probe):
        await eventually(lambda: any(state == DOWN for state, _ in probe.states))
        for price in (500.0, 510.0):
            async with OpenDServer.running(free_port) as server:
                server.quotes = {"HK.00700": quote("HK.00700", price, "06-10T02:00")}
                await eventually(lambda price=price: price in probe.prices())
                await eventually(lambda: probe.states[-1][0] == UP)
            await eventually(lambda: probe.states[-1][0] == DOWN)
    assert "OpenD at 127.0.0.1" in probe.states[-1][1]


async def test_a_dropped_connection_is_made_anew(opend: OpenDServer) -> None:
    """Subscribed and pulled again, and pushes go on."""
    probe = Probe()
    async with running(feed_of(opend.port), probe):
        await eventually(lambda: probe.ups())
        opend.drop()
        await eventually(lambda: probe.ups() == 2)
        opend.push(quote("HK.00700", 502.0, "06-10T02:02"))
        await eventually(lambda: 502.0 in probe.prices())
    assert len(opend.requests(wire.QUOTES)) == 2
    assert len(opend.requests(wire.SUBSCRIBE)) == 4


async def test_a_market_without_rights_does_not_cost_the_others(opend: OpenDServer) -> None:
    """The United States are refused: it is said which symbols and why, cleanly, and Hong Kong goes on."""
    opend.refused = {"US.NVDA": "no right: Nasdaq Basic\x1b[31m"}
    probe = Probe()
    async with running(feed_of(opend.port), probe):
        await eventually(lambda: probe.ups())
        opend.push(quote("HK.00700", 501.0, "06-10T02:01"))
        await eventually(lambda: 501.0 in probe.prices())
    assert "refused: US.NVDA (no right: Nasdaq Basic [31m)" in probe.states[-1][1]
    assert opend.requests(wire.QUOTES) == [["HK.00700", "HK.800700"]]


async def test_a_small_quota_goes_to_the_most_important(opend: OpenDServer) -> None:
    """One subscription is allowed: the first symbol has it, the others are named."""
    opend.quota = 1
    probe = Probe()
    async with running(feed_of(opend.port), probe):
        await eventually(lambda: probe.ups())
    assert opend.requests(wire.QUOTES) == [["HK.00700"]]
    assert "HK.800700, US.NVDA (subscription quota exceeded)" in probe.states[-1][1]


async def test_an_opend_that_refuses_everything_is_tried_again(opend: OpenDServer) -> None:
    opend.quota = 0
    probe = Probe()
    async with running(feed_of(opend.port), probe):
        await eventually(lambda: sum(state == DOWN for state, _ in probe.states) == 2)
    assert "quota exceeded" in probe.states[-1][1] or "quota exceeded" in probe.states[-2][1]
    assert probe.ups() == 0


async def test_a_suspension_and_its_end_are_reported(opend: OpenDServer) -> None:
    probe = Probe()
    async with running(feed_of(opend.port), probe):
        await eventually(lambda: probe.ups())
        for suspended in (True, True, False):
            opend.push(quote("HK.00700", 500.0, "06-10T02:01", isSuspended=suspended))
            before = probe.arrived
            await eventually(lambda before=before: probe.arrived > before)
    assert [halt.halted for halt in probe.halts if halt.source_symbol == "HK.00700"] == [False, True, False]


async def test_a_market_without_push_is_told_and_pulled(opend: OpenDServer) -> None:
    """Hong Kong is open and nothing is pushed: it is said and pulled, until a push comes."""
    probe = Probe()
    async with running(feed_of(opend.port, silent_s=0.1, poll_s=0.05), probe):
        await eventually(lambda: any("no push" in detail for _, detail in probe.states))
        await eventually(lambda: ["HK.00700", "HK.800700"] in opend.requests(wire.QUOTES))
        opend.push(quote("HK.00700", 501.0, "06-10T02:01"))
        await eventually(lambda: any(detail.endswith(str(opend.port)) for _, detail in probe.states[2:]))
    assert not any("XNYS" in detail for _, detail in probe.states)


async def test_stopping_does_not_wait_for_an_answer(opend: OpenDServer) -> None:
    """OpenD takes the connection and says nothing: cancelling ends the feed at once and leaves no thread that would
    keep the process alive."""
    before = set(threading.enumerate())
    opend.mute = True
    probe = Probe()
    async with asyncio.timeout(60), running(feed_of(opend.port), probe):
        await eventually(lambda: opend.connections)
    await eventually(lambda: opend.connections == 0)
    assert all(thread.daemon for thread in threading.enumerate() if thread not in before)


async def test_a_burst_is_conflated_and_counted(opend: OpenDServer) -> None:
    """5,000 pushed quotes at once: the last of each symbol arrives, and all are counted."""
    probe = Probe()
    async with running(feed_of(opend.port), probe):
        await eventually(lambda: probe.ups())
        before = probe.arrived
        for price in range(1, 2_501):
            opend.push(*(quote(symbol, float(price), "06-10T02:01", volume=price) for symbol in list(LINES)[:2]))
        await eventually(lambda: probe.arrived - before == 5_000)
    last = {raw.source_symbol: raw.price for raw in probe.quotes if raw.event_ns == at("06-10T02:01")}
    assert last == {"HK.00700": 2_500.0, "HK.800700": 2_500.0}
    assert probe.arrived == len(probe.quotes) + probe.lost


async def test_nothing_to_ask_for_is_said() -> None:
    """A board without a symbol for the feed needs a person, not a connection."""
    probe = Probe()
    await FutuFeed("127.0.0.1", 1, {}, clock=SetClock(0)).run(probe)
    await LongbridgeFeed(Account(*SECRETS), {}, clock=SetClock(0)).run(probe)
    assert [state for state, _ in probe.states] == [FAILED, FAILED]


def test_the_sdk_is_kept_quiet() -> None:
    """A program that connects says nothing on standard output, ends when its work does, and tells what is wrong where
    the SDK finds no home folder to write to."""
    program = (
        "import asyncio, os\n"
        "os.environ.pop('HOME')\n"
        "from tests.feeds.board import CALENDARS, at\n"
        "from tests.real.feed_probe import Probe\n"
        "from monitor.feeds.brokers.futu import FutuFeed\n"
        "from monitor.runtime.clock import SystemClock\n"
        "async def main():\n"
        "    server = await asyncio.start_server(lambda reader, writer: None, '127.0.0.1', 0)\n"
        "    port = server.sockets[0].getsockname()[1]\n"
        "    probe = Probe()\n"
        "    await FutuFeed('127.0.0.1', port, {'HK.00700': None}, clock=SystemClock()).run(probe)\n"
        "    print(probe.states[-1])\n"
        "asyncio.run(main())\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=200, check=True)
    state, detail = eval(ended.stdout.splitlines()[-1])
    assert state == FAILED
    assert "HOME" in detail
