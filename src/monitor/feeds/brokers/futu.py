"""Quotes from Futu's or moomoo's OpenD through their SDK (FEEDS section 9). Meaning is in `futu_book`.

OpenD is a program of the user's, usually on this machine, that is logged in; it is asked for basic quotes here. The SDK
blocks, so its calls are made in threads. Connections are made anew here and not by the SDK, which would wait six
seconds and say nothing. Nothing is unsubscribed, which OpenD allows only after a minute: subscriptions end with their
connection.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from monitor.core.session import Calendar
from monitor.feeds.brokers.futu_book import SOURCE, FutuBook
from monitor.feeds.brokers.opend import OpenD, RefusedError, SdkUnusableError
from monitor.feeds.brokers.sdk_bridge import Decoded, Delivery, SdkBridge, beside, carry, hand_over, in_thread
from monitor.feeds.brokers.silence import Silences
from monitor.feeds.connection_end import describe
from monitor.feeds.port import CONNECTING, DOWN, FAILED, UP, FeedSink
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock

log = structlog.get_logger(__name__)

_CONNECT_S = 10.0
_CHECK_S = 1.0
_MOST_AT_ONCE = 100
"""Symbols in one request, as the SDK does when it subscribes again."""


class FutuFeed:
    """The quotes of one OpenD, for ever.

    calendars: symbol (`HK.00700`) → calendar of its exchange, None without one; the most important first: that counts
    where OpenD's quota is smaller. silent_s: an open market without any push for so long has its quotes pulled, every
    poll_s seconds. backoff: delays between connections.
    """

    source = SOURCE

    def __init__(
        self,
        host: str,
        port: int,
        calendars: Mapping[str, Calendar | None],
        *,
        clock: Clock,
        silent_s: float = 300.0,
        poll_s: float = 10.0,
        backoff: Backoff | None = None,
    ) -> None:
        self._host, self._port = host, port
        self._address = f"OpenD at {host}:{port}"
        self._symbols = list(calendars)
        self._clock = clock
        self._poll_s = poll_s
        self._check_s = min(_CHECK_S, silent_s, poll_s)
        self._backoff = backoff or Backoff(1.0, 30.0, least_s=0.5)
        self._book = FutuBook(calendars)
        self._silences = Silences(calendars, silent_s)
        self._refused: dict[str, str] = {}

    async def run(self, sink: FeedSink) -> None:
        """Deliver until cancelled; returns after `failed`, when only a person can help."""
        if not self._symbols:
            sink.state(FAILED, "no line of the board has a symbol for it")
            return
        bridge: SdkBridge[Any] = SdkBridge(self._clock)
        try:
            await beside(self._keep_on(bridge, sink), carry(bridge, self._pushed, sink))
        finally:
            bridge.close()

    async def _keep_on(self, bridge: SdkBridge[Any], sink: FeedSink) -> None:
        """Connect again whenever it ends; returns after `failed`."""
        loop = asyncio.get_running_loop()
        while True:
            sink.state(CONNECTING, self._address)
            began_at = loop.time()
            try:
                await self._session(bridge, sink)
                reason = "the connection broke off"
            except SdkUnusableError as unusable:
                log.warning("feed.failed", source=SOURCE, reason=str(unusable))
                sink.state(FAILED, str(unusable))
                return
            except RefusedError as refusal:
                reason = f"refused: {refusal}"
            except (OSError, TimeoutError) as error:
                reason = describe(error)
            self._backoff.lived(loop.time() - began_at)
            delay = self._backoff.next()
            log.info("feed.down", source=SOURCE, reason=reason, retry_s=round(delay, 2))
            sink.state(DOWN, f"{self._address}: {reason}")
            await asyncio.sleep(delay)

    async def _session(self, bridge: SdkBridge[Any], sink: FeedSink) -> None:
        """Connect, subscribe, pull, and keep an eye on it; returns when the connection has ended."""
        async with asyncio.timeout(_CONNECT_S):  # the SDK would try for ever, and not say what is wrong
            _, probe = await asyncio.open_connection(self._host, self._port)
            probe.close()
        connection = OpenD(self._host, self._port, bridge)
        try:
            await in_thread(connection.open, "futu:open")
            async with asyncio.timeout(_CONNECT_S):
                await connection.ready.wait()
            await self._subscribe(connection)
            await self._pull(connection, self._symbols, sink)
            await self._watch(connection, sink)
        except RefusedError:
            if not connection.lost.is_set():
                raise
        finally:
            connection.close()

    async def _subscribe(self, connection: OpenD) -> None:
        """Subscribe market by market; where one is refused, each of its symbols by itself: the login may lack the right
        to some, or its quota be used up. Raises RefusedError when nothing was taken."""
        self._refused = {}
        for market in dict.fromkeys(symbol.partition(".")[0] for symbol in self._symbols):
            symbols = [symbol for symbol in self._symbols if symbol.partition(".")[0] == market]
            for first in range(0, len(symbols), _MOST_AT_ONCE):
                await self._subscribe_some(connection, symbols[first : first + _MOST_AT_ONCE])
        if self._refused and len(self._refused) == len(self._symbols):
            raise RefusedError(next(iter(self._refused.values())))

    async def _subscribe_some(self, connection: OpenD, symbols: Sequence[str]) -> None:
        try:
            await in_thread(partial(connection.subscribe, symbols), "futu:subscribe")
        except RefusedError as refusal:
            if connection.lost.is_set():
                raise
            if len(symbols) == 1:
                self._refused[symbols[0]] = str(refusal)
                return
            for symbol in symbols:
                await self._subscribe_some(connection, [symbol])

    async def _watch(self, connection: OpenD, sink: FeedSink) -> None:
        """Pull what silent markets want, until the connection has ended."""
        loop = asyncio.get_running_loop()
        looked_at = polled_at = loop.time()
        told = ""
        while not connection.lost.is_set():
            if (detail := self._detail()) != told:
                told = detail
                sink.state(UP, detail)
            try:
                async with asyncio.timeout(self._check_s):
                    await connection.lost.wait()
                return
            except TimeoutError:
                now_ns = self._clock.now_ns()
            silent = self._silences.passed(loop.time() - looked_at, now_ns)
            looked_at = loop.time()
            if silent and looked_at - polled_at >= self._poll_s:
                polled_at = looked_at
                await self._pull(connection, silent, sink)

    async def _pull(self, connection: OpenD, symbols: Sequence[str], sink: FeedSink) -> None:
        """Ask for the present quotes. Raises RefusedError."""
        wanted = [symbol for symbol in symbols if symbol not in self._refused]
        for first in range(0, len(wanted), _MOST_AT_ONCE):
            some = wanted[first : first + _MOST_AT_ONCE]
            quotes = await in_thread(partial(connection.basic_quotes, some), "futu:pull")
            recv_ns = self._clock.now_ns()
            for quote in quotes:
                hand_over(self._book.read(quote, recv_ns), sink)

    def _pushed(self, delivery: Delivery[Any]) -> Iterable[Decoded]:
        self._silences.broken(delivery.symbol)
        return self._book.read(delivery.item, delivery.recv_ns)

    def _detail(self) -> str:
        parts = [self._address]
        if markets := self._silences.markets():
            parts.append(
                f"{', '.join(markets)} open and no push, so quotes are pulled: "
                "has this login the right to real-time quotes there?"
            )
        reasons: dict[str, list[str]] = {}
        for symbol, reason in self._refused.items():
            reasons.setdefault(reason, []).append(symbol)
        parts += [f"refused: {', '.join(symbols)} ({reason})" for reason, symbols in reasons.items()]
        return "; ".join(parts)
