"""The Longbridge feed: the real SDK against a server that speaks its protocol."""

import asyncio
import json
import os
import sys
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from monitor.core.instant import SECOND
from monitor.feeds.brokers.longbridge import Account, LongbridgeFeed, Pace
from monitor.feeds.port import DOWN, FAILED, UP
from monitor.runtime.backoff import Backoff
from tests.eventually import eventually
from tests.feeds.board import CALENDARS, at
from tests.real import longbridge_wire as wire
from tests.real.feed_probe import Probe, running
from tests.real.longbridge_server import LongbridgeServer
from tests.real.set_clock import SetClock

HK, US = CALENDARS["XHKG"], CALENDARS["XNYS"]
LINES = {"700.HK": HK, "HSTECH.HK": HK, "AAPL.US": US}
SECRETS = ("the-app-key", "the-app-secret", "the-access-token")

QUICK = Pace(check_s=0.05, call_s=0.0)


@pytest.fixture
async def server() -> AsyncIterator[LongbridgeServer]:
    async with LongbridgeServer.running() as running_server:
        await running_server.tell(
            quotes={
                "700.HK": pulled("338.000", "334.800", "06-10T02:00", 7_310_881),
                "AAPL.US": pulled("156.500", "155.000", "06-09T20:00", 50_000_000),
            }
        )
        yield running_server


def pulled(price: str, prev_close: str, when: str, volume: int, **more: Any) -> dict[str, Any]:
    return {"last_done": price, "prev_close": prev_close, "timestamp": seconds(when), "volume": volume} | more


def seconds(when: str) -> int:
    return at(when) // SECOND


def feed_of(server: LongbridgeServer, now: str = "06-10T02:00", **options: Any) -> LongbridgeFeed:
    account = Account(*SECRETS, server.http_url, server.quote_ws_url)
    settings: dict[str, Any] = {
        "clock": SetClock(at(now)),
        "pace": QUICK,
        "backoff": Backoff(0.02, 0.2, least_s=0.01),
    }
    return LongbridgeFeed(account, LINES, **settings | options)


async def test_an_address_of_ones_own_is_shown_as_its_server_only() -> None:
    """A key may stand in the path of an address that the user gave."""
    account = Account(*SECRETS, "http://127.0.0.1:1", "ws://127.0.0.1:1/key-s3cret?token=s3cret")
    feed, probe = LongbridgeFeed(account, LINES, clock=SetClock(at("06-10T02:00")), pace=QUICK), Probe()
    async with running(feed, probe):
        await eventually(lambda: probe.states)
    assert probe.states[0] == ("connecting", "ws://127.0.0.1:1")


async def test_quotes_are_pulled_once_and_then_pushed(server: LongbridgeServer) -> None:
    """One subscription, one pull; a push holds what changed and arrives whole, with the close that was pulled; an
    after-close revision (tag 1) is no quote."""
    probe = Probe()
    async with running(feed_of(server), probe):
        await eventually(lambda: probe.ups())
        await server.push(symbol="700.HK", last_done="339.000", timestamp=seconds("06-10T02:01"), volume=8_000_000)
        await eventually(lambda: len(probe.quotes) == 3)
        await server.push(symbol="700.HK", timestamp=seconds("06-10T02:02"), volume=8_100_000)
        await eventually(lambda: len(probe.quotes) == 4)
        await server.push(symbol="700.HK", last_done="1.000", timestamp=seconds("06-10T02:03"), tag=1)
        await server.push(symbol="700.HK", last_done="340.000", timestamp=seconds("06-10T02:04"))
        await eventually(lambda: len(probe.quotes) == 5)
    assert [(raw.price, raw.day_volume, raw.prev_close) for raw in probe.quotes if raw.source_symbol == "700.HK"] == [
        (338.0, 7_310_881, 334.8),
        (339.0, 8_000_000, 334.8),
        (339.0, 8_100_000, 334.8),
        (340.0, 8_100_000, 334.8),
    ]
    assert probe.quotes[-1].event_ns == at("06-10T02:04")
    assert await server.commands(wire.SUBSCRIBE) == [list(LINES)]
    assert await server.commands(wire.QUOTE) == [list(LINES)]
    assert probe.arrived == len(probe.quotes)


async def test_quotes_are_pulled_again_after_the_sdk_has_reconnected(server: LongbridgeServer) -> None:
    """A lost connection is seen although the SDK tells nobody; the pull brings what nobody pushed meanwhile."""
    probe = Probe()
    async with running(feed_of(server), probe):
        await eventually(lambda: probe.ups())
        await server.tell(quotes={"700.HK": pulled("350.000", "334.800", "06-10T02:30", 9_000_000)}, drop=True)
        await eventually(lambda: probe.ups() == 2)
        await server.push(symbol="700.HK", last_done="351.000", timestamp=seconds("06-10T02:31"))
        await eventually(lambda: 351.0 in probe.prices())
    assert 350.0 in probe.prices()
    assert [state for state, _ in probe.states] == ["connecting", UP, DOWN, UP]
    assert len(await server.commands(wire.RECONNECT)) == 1
    assert len(await server.commands(wire.QUOTE)) == 2


async def test_an_account_that_another_program_uses_is_given_up(server: LongbridgeServer) -> None:
    """Connections that are taken away young, again and again, end the feed with what a person must do."""
    await server.tell(kick=0.05)
    probe = Probe()
    pace = Pace(check_s=0.05, kicks=1)
    async with running(feed_of(server, pace=pace), probe) as task:
        await asyncio.wait_for(asyncio.shield(task), 60)
    state, detail = probe.states[-1]
    assert state == FAILED
    assert "another program" in detail


async def test_a_market_without_push_is_told_and_pulled(server: LongbridgeServer) -> None:
    """Hong Kong is open and nothing is pushed: the card is named, quotes are pulled and marked as late; New York, which
    is shut, is not suspected. The first push ends it."""
    probe = Probe()
    pace = Pace(silent_s=0.2, poll_s=0.1, check_s=0.05)
    async with running(feed_of(server, pace=pace), probe):
        await eventually(lambda: any("LV1" in detail for _, detail in probe.states))
        await server.tell(quotes={"700.HK": pulled("341.000", "334.800", "06-10T01:45", 7_400_000)})
        await eventually(lambda: 341.0 in probe.prices())
        late = next(raw for raw in probe.quotes if raw.price == 341.0)
        await server.push(symbol="HSTECH.HK", last_done="5000", timestamp=seconds("06-10T02:00"))
        await eventually(lambda: "LV1" not in probe.states[-1][1])
    assert late.delay_s == 900
    assert not any("XNYS" in detail for _, detail in probe.states)
    assert ["700.HK", "HSTECH.HK"] in await server.commands(wire.QUOTE)
    assert ["AAPL.US"] not in await server.commands(wire.QUOTE)


async def test_a_halt_and_its_end_are_reported(server: LongbridgeServer) -> None:
    """Halted by a push; a push that says nothing of the state does not end it, a trade does."""
    probe = Probe()
    async with running(feed_of(server), probe):
        await eventually(lambda: probe.ups())
        push = {"symbol": "700.HK", "last_done": "338.0", "timestamp": seconds("06-10T02:01")}
        await server.push(**push, trade_status=1)
        await eventually(
            lambda: [halt.halted for halt in probe.halts if halt.source_symbol == "700.HK"] == [False, True]
        )
        await server.push(**push, volume=7_400_000)
        await server.push(**push, volume=7_500_000, current_volume=100_000)
        await eventually(lambda: probe.halts[-1].halted is False)
    assert [halt.halted for halt in probe.halts if halt.source_symbol == "700.HK"] == [False, True, False]


@pytest.mark.parametrize(
    ("refusal", "state", "words"),
    [
        ([401, {"code": 401004, "message": "token invalid: the-access-token\x1b[31m"}], FAILED, "401004"),
        ([200, {"code": 0, "message": "", "data": {"otp": "x", "limit": 1, "online": 1}}], DOWN, "limit"),
        ([500, {"code": 500000, "message": "internal error"}], DOWN, "500000"),
    ],
)
async def test_a_login_that_is_refused(server: LongbridgeServer, refusal: Any, state: str, words: str) -> None:
    """A token that is not taken needs a person; a full account and a broken server are tried again."""
    await server.tell(refusal=refusal)
    probe = Probe()
    async with running(feed_of(server), probe) as task:
        await eventually(lambda: any(told == state for told, _ in probe.states))
        assert task.done() is False or state == FAILED
    told = json.dumps(probe.states)
    assert words in told
    assert not any(secret in told for secret in SECRETS)
    assert "\\u001b" not in told


async def test_it_comes_up_when_the_server_does() -> None:
    """Nobody listens at first: it is down, says so, and tries again."""
    probe = Probe()
    async with LongbridgeServer.running() as gone:
        pass
    async with running(feed_of(gone), probe):
        await eventually(lambda: sum(state == DOWN for state, _ in probe.states) >= 2)
    assert "connect" in probe.states[1][1].lower()


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
async def test_times_are_right_wherever_the_process_runs(server: LongbridgeServer, zone: str) -> None:
    """The SDK gives times in the process's own zone and without one; what comes out is UTC."""
    program = (
        "import asyncio\n"
        "from longbridge.openapi import AsyncQuoteContext, Config\n"
        "from monitor.feeds.brokers.longbridge_book import instant\n"
        "async def main():\n"
        f"    config = Config.from_apikey('a', 'b', 'c', http_url={server.http_url!r},\n"
        f"        quote_ws_url={server.quote_ws_url!r}, enable_print_quote_packages=False)\n"
        "    context = AsyncQuoteContext.create(config, asyncio.get_running_loop())\n"
        "    [quote] = await context.quote(['700.HK'])\n"
        "    print(quote.timestamp.isoformat(), instant(quote.timestamp))\n"
        "asyncio.run(main())\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, env=os.environ | {"TZ": zone}, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    naive, ns = told.decode().split()
    assert naive != "2025-06-10T02:00:00"
    assert int(ns) == at("06-10T02:00")


async def test_one_unknown_symbol_does_not_cost_the_others(server: LongbridgeServer) -> None:
    """The server refuses a whole list for one symbol: the others are subscribed by themselves, and it is named."""
    await server.tell(unknown=["HSTECH.HK"])
    probe = Probe()
    async with running(feed_of(server), probe):
        await eventually(lambda: probe.ups())
        await server.push(symbol="700.HK", last_done="339.000", timestamp=seconds("06-10T02:01"))
        await eventually(lambda: 339.0 in probe.prices())
    assert "HSTECH.HK" in probe.states[-1][1]
    assert await server.commands(wire.QUOTE) == [["700.HK", "AAPL.US"]]


async def test_a_pull_that_is_refused_is_told_and_costs_nothing_else(server: LongbridgeServer) -> None:
    """The server serves no pulls for the moment: the feed is up, says so, and takes what is pushed."""
    await server.tell(busy=True)
    probe = Probe()
    async with running(feed_of(server), probe):
        await eventually(lambda: probe.ups())
        await server.push(symbol="700.HK", last_done="339.000", timestamp=seconds("06-10T02:01"))
        await eventually(lambda: probe.prices() == [339.0])
    assert "cannot pull quotes: request rate limit (code 301606)" in probe.states[-1][1]


async def test_beyond_what_an_account_may_have_the_first_are_subscribed(server: LongbridgeServer) -> None:
    """Of 502 symbols the first 500 are subscribed and the others named."""
    lines = {f"{number}.HK": HK for number in range(502)}
    account = Account(*SECRETS, server.http_url, server.quote_ws_url)
    probe = Probe()
    async with running(LongbridgeFeed(account, lines, clock=SetClock(at("06-10T02:00")), pace=QUICK), probe):
        await eventually(lambda: probe.ups())
    assert [len(symbols) for symbols in await server.commands(wire.SUBSCRIBE)] == [500]
    assert "500.HK, 501.HK" in probe.states[-1][1]


async def test_nothing_is_left_when_it_is_cancelled(server: LongbridgeServer) -> None:
    """The connection is closed, and no thread of ours is left that would keep the process alive."""
    before = set(threading.enumerate())
    probe = Probe()
    async with running(feed_of(server), probe):
        await eventually(lambda: probe.ups())
        assert await server.connections() == 1
    await eventually(server.is_left)
    assert all(thread.daemon for thread in threading.enumerate() if thread not in before)


async def test_a_burst_is_conflated_and_counted(server: LongbridgeServer) -> None:
    """5,000 pushes at once: the last price of each symbol arrives, and all are counted."""
    probe = Probe()
    frames = [
        {"symbol": symbol, "last_done": f"{number}.0", "timestamp": seconds("06-10T02:01"), "volume": number}
        for number in range(1, 2_501)
        for symbol in ("700.HK", "HSTECH.HK")
    ]
    async with running(feed_of(server), probe):
        await eventually(lambda: probe.ups())
        before = probe.arrived
        await server.push_all(frames)
        await eventually(lambda: probe.arrived - before == 5_000)
    last = {raw.source_symbol: raw.price for raw in probe.quotes if raw.event_ns == at("06-10T02:01")}
    assert last == {"700.HK": 2_500.0, "HSTECH.HK": 2_500.0}
    assert probe.arrived == len(probe.quotes) + probe.lost
