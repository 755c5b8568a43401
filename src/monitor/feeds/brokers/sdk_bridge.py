"""From a vendor SDK's thread into the event loop: the one way that callbacks take (FEEDS sections 1 and 13, 17).

A callback must never touch the loop, wait for it, or fill memory while it is busy. It leaves what it brings here and
returns; the loop is woken once a burst and takes what is newest of each symbol.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine, Iterable
from itertools import islice
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar, cast

from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.feeds.port import FeedSink, FrameError
from monitor.runtime.clock import Clock
from monitor.runtime.ending import end

T = TypeVar("T")

Decoded: TypeAlias = RawQuote | RawClose | RawHalt | FrameError
"""What one record of a vendor may amount to; FrameError: nothing, and why."""

LIMIT = 10_000
"""Symbols waiting to be taken; beyond it the one that has waited longest goes. Vendors allow far fewer."""

_TURN = 500
"""Most records handed over before others on the loop get their turn."""


class Delivery(NamedTuple, Generic[T]):
    """What a callback brought. recv_ns: when it did, nanoseconds since 1970-01-01 UTC."""

    symbol: str
    item: T
    recv_ns: int


class SdkBridge(Generic[T]):
    """A bounded, conflating hand-over between any number of threads and one event loop.

    Make it on the loop that will take. clock: for the times of receipt. limit: see `LIMIT`.
    """

    def __init__(self, clock: Clock, limit: int = LIMIT) -> None:
        self._clock = clock
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._filled = asyncio.Event()
        self._lock = threading.Lock()
        self._waiting: dict[str, Delivery[T]] = {}
        self._lost = 0
        self._woken = False
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, symbol: str, item: T) -> None:
        """Leave `item`, from any thread. It replaces an unread one of the same symbol, in that one's place. Never
        blocks and never raises; after `close` it does nothing, so a late callback is harmless."""
        delivery = Delivery(symbol, item, self._clock.now_ns())
        with self._lock:
            if self._closed:
                return
            self._lost += symbol in self._waiting
            self._waiting[symbol] = delivery
            if len(self._waiting) > self._limit:
                del self._waiting[next(iter(self._waiting))]
                self._lost += 1
            if self._woken:
                return
            self._woken = True
            try:
                self._loop.call_soon_threadsafe(self._filled.set)
            except RuntimeError:  # the loop is gone, and nobody will take anything any more
                self._closed = True

    async def take(self) -> tuple[list[Delivery[T]], int]:
        """What waits, oldest symbol first, at most 500 at a time, and how many others were replaced or dropped since
        the last call. Waits until there is something. For one task."""
        await self._filled.wait()
        await asyncio.sleep(0)
        with self._lock:
            taken = list(islice(self._waiting.values(), _TURN))
            for delivery in taken:
                del self._waiting[delivery.symbol]
            lost, self._lost = self._lost, 0
            if not self._waiting:
                self._woken = False
                self._filled.clear()
        return taken, lost

    def close(self) -> None:
        """Take nothing more. What still waits is forgotten."""
        with self._lock:
            self._closed = True
            self._waiting.clear()


async def carry(bridge: SdkBridge[T], decode: Callable[[Delivery[T]], Iterable[Decoded]], sink: FeedSink) -> None:
    """Hand over what comes through `bridge` until cancelled. decode: what a record amounts to."""
    while True:
        taken, lost = await bridge.take()
        if lost:
            sink.received(lost)
            sink.conflated(lost)
        for delivery in taken:
            hand_over(decode(delivery), sink)


async def beside(work: Coroutine[Any, Any, None], carrying: Coroutine[Any, Any, None]) -> None:
    """`work` to its end, with `carrying` (`carry`) beside it. Raises what either raises; both have ended then."""
    tasks = [asyncio.create_task(work), asyncio.create_task(carrying)]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        await end(*tasks)


def hand_over(decoded: Iterable[Decoded], sink: FeedSink) -> None:
    """Tell `sink` of what was decoded, in the order of the port's counts: received first, then what each ended in."""
    for item in decoded:
        match item:
            case RawQuote():
                sink.received()
                sink.quote(item)
            case FrameError():
                sink.received()
                sink.rejected(item.reason)
            case RawClose():
                sink.close(item)
            case RawHalt():
                sink.halt(item)


async def in_thread(call: Callable[[], T], name: str) -> T:
    """The result of a blocking call of an SDK, made in a thread of its own, or what it raised. When the caller is
    cancelled the thread is left behind; it keeps no process alive, which one of the loop's own would."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(result: T | None, error: BaseException | None) -> None:
        if not answer.done():
            answer.set_exception(error) if error is not None else answer.set_result(cast(T, result))

    def work() -> None:
        result, error = None, None
        try:
            result = call()
        except BaseException as raised:  # the caller's to handle, whatever it is
            error = raised
        with contextlib.suppress(RuntimeError):  # the loop is gone
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=work, name=name, daemon=True).start()
    return await answer
