"""The way from an SDK's threads into the loop: bounded, newest per symbol, counted."""

import asyncio
import threading
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from monitor.core.quotes.intake import BAD_FIELD
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.feeds.brokers.sdk_bridge import Decoded, Delivery, SdkBridge, beside, carry, in_thread
from monitor.feeds.port import FrameError
from monitor.runtime.clock import SystemClock
from tests.eventually import eventually
from tests.real.feed_probe import Probe


def decode(delivery: Delivery[float]) -> list[Decoded]:
    """A price is a quote; a negative one cannot be read."""
    if delivery.item < 0:
        return [FrameError(BAD_FIELD)]
    return [RawQuote("sdk", delivery.symbol, delivery.recv_ns, price=delivery.item)]


def on_threads(count: int, work: Callable[[int], None]) -> list[threading.Thread]:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


async def test_the_newest_of_each_symbol_arrives_and_the_counts_add_up() -> None:
    """100,000 callbacks of four threads over 40 symbols while the loop is busy: every last price arrives, once, and
    received = quotes + rejected + conflated."""
    bridge: SdkBridge[float] = SdkBridge(SystemClock())
    probe = Probe()

    def work(number: int) -> None:
        for price in range(1, 2_501):
            for symbol in range(10):
                bridge.put(f"{number}:{symbol}", float(price))

    carrying = asyncio.create_task(carry(bridge, decode, probe))
    for thread in on_threads(4, work):
        thread.join()  # holds the loop, on purpose
    bridge.put("bad", -1.0)
    await eventually(lambda: probe.reasons)
    carrying.cancel()
    assert {raw.source_symbol: raw.price for raw in probe.quotes} == {
        f"{n}:{s}": 2_500.0 for n in range(4) for s in range(10)
    }
    assert probe.arrived == 100_001
    assert probe.arrived == len(probe.quotes) + probe.lost + probe.reasons.total()


async def test_a_busy_loop_costs_no_memory_and_no_waiting() -> None:
    """A burst of ten seconds at 10,000 a second, and nobody takes: what waits stays at one record a symbol."""
    bridge: SdkBridge[float] = SdkBridge(SystemClock())
    tracemalloc.start()
    try:
        for price in range(1_000):
            for symbol in range(100):
                bridge.put(f"{symbol}", float(price))
            if price == 10:
                before = tracemalloc.get_traced_memory()[0]
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(bridge) == 100
    assert after - before < 100_000


async def test_a_burst_wakes_the_loop_once() -> None:
    """Between two visits of the loop there is one wake-up, however many callbacks came."""
    loop = asyncio.get_running_loop()
    woken: list[Any] = []
    wake = loop.call_soon_threadsafe
    loop.call_soon_threadsafe = lambda *order: woken.append(order) or wake(*order)  # type: ignore[assignment,func-returns-value]
    try:
        bridge: SdkBridge[float] = SdkBridge(SystemClock())
        for number in range(1_000):
            bridge.put(f"{number}", 1.0)
        first, lost = await bridge.take()
        second, _ = await bridge.take()
        bridge.put("again", 1.0)
        third, _ = await bridge.take()
    finally:
        loop.call_soon_threadsafe = wake  # type: ignore[method-assign]
    assert (len(first), len(second), len(third), lost) == (500, 500, 1, 0)
    assert len(woken) == 2


async def test_beyond_the_limit_the_one_that_waited_longest_goes() -> None:
    bridge: SdkBridge[float] = SdkBridge(SystemClock(), limit=2)
    for symbol in "abca":
        bridge.put(symbol, 1.0)
    taken, lost = await bridge.take()
    assert [delivery.symbol for delivery in taken] == ["c", "a"]
    assert lost == 2


async def test_a_late_callback_is_harmless() -> None:
    """After `close`, and after the loop itself is gone, a callback neither raises nor leaves anything behind."""

    async def make() -> SdkBridge[float]:
        return SdkBridge(SystemClock())

    orphan = await asyncio.to_thread(asyncio.run, make())
    orphan.put("700.HK", 1.0)
    orphan.put("700.HK", 2.0)
    closed: SdkBridge[float] = SdkBridge(SystemClock())
    closed.put("700.HK", 1.0)
    closed.close()
    closed.put("700.HK", 2.0)
    assert len(closed) == 0


async def test_closes_and_halts_are_no_records() -> None:
    """They reach the sink and are not counted among the records."""
    bridge: SdkBridge[list[Decoded]] = SdkBridge(SystemClock())
    probe = Probe()
    carrying = asyncio.create_task(carry(bridge, lambda delivery: delivery.item, probe))
    bridge.put("x", [RawClose("sdk", "x", "2025-06-10", 1.0, 1), RawHalt("sdk", "x", True, 1)])
    await eventually(lambda: probe.halts)
    carrying.cancel()
    assert (len(probe.closes), probe.arrived) == (1, 0)


async def test_an_error_in_reading_a_record_ends_the_feed() -> None:
    """A bug is not lost in a callback: it comes out of what the feed awaits, and the other task has ended then."""
    bridge: SdkBridge[float] = SdkBridge(SystemClock())
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    def broken(delivery: Delivery[float]) -> list[Decoded]:
        raise ZeroDivisionError

    bridge.put("x", 1.0)
    with pytest.raises(ZeroDivisionError):
        await beside(work(), carry(bridge, broken, Probe()))
    assert ended.is_set()


async def test_a_blocking_call_has_a_thread_of_its_own() -> None:
    """Its result and its error come back; one that never ends can be left, and keeps no process alive."""
    never = threading.Event()
    assert await in_thread(lambda: threading.current_thread().name, "call") == "call"
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 // 0, "call")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await in_thread(never.wait, "stuck")
    stuck = next(thread for thread in threading.enumerate() if thread.name == "stuck")
    assert stuck.daemon
    never.set()
    stuck.join()
