"""A server in Yahoo's protocol that does in minutes what servers do in hours: thousands of symbols, rubbish between the
quotes, and connections that end in every way."""

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from random import Random
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from benchmarks.day import PRICE, SEED
from benchmarks.processes import free_port
from benchmarks.streamer import SYMBOLS
from monitor.feeds.yahoo.streamer import REGULAR, frame_of
from monitor.feeds.yahoo.wire import Pricing

STRANGERS = 3_000
"""Symbols that the board does not know, beside those it does."""
_ROUND_S = 0.02
_TORN = b"\x81\x7e\x04\x00{"
"""The first bytes of a frame of 1,024."""


class FaultyServer:
    """The server process. A context manager.

    quotes_per_s: what it sends, good and bad. lives_s: how long a connection lives before it is ended, seconds.
    """

    def __init__(self, quotes_per_s: float, lives_s: float) -> None:
        context = multiprocessing.get_context("spawn")
        port = free_port()
        self.url = f"ws://127.0.0.1:{port}/"
        self.sent = context.Value("q", 0, lock=False)
        """Frames sent so far."""
        self.connections = context.Value("q", 0, lock=False)
        """Connections so far."""
        self._process: BaseProcess = context.Process(
            target=_main, args=(port, quotes_per_s, lives_s, self.sent, self.connections), daemon=True
        )

    def __enter__(self) -> "FaultyServer":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join(10)


class _Frames:
    """Frames without end: of ten, six are good quotes, three are of strangers, one is wrong in some other way."""

    def __init__(self) -> None:
        self._random = Random(SEED)
        self._known = list(SYMBOLS)
        self._volumes = dict.fromkeys(SYMBOLS, 0)
        self._last = "rubbish"

    def next(self) -> str | bytes:
        kind = self._random.randrange(100)
        if kind < 60:
            symbol = self._random.choice(self._known)
            self._volumes[symbol] += 100
            self._last = self._quote(symbol, day_volume=self._volumes[symbol])
            return self._last
        if kind < 90:
            return self._quote(f"{self._random.randrange(STRANGERS):05}.XX")
        return self._bad(kind)

    def _bad(self, kind: int) -> str | bytes:
        bad: tuple[Callable[[], str | bytes], ...] = (
            lambda: self._last,
            lambda: self._last[: len(self._last) // 2],
            lambda: self._random.randbytes(64),
            lambda: self._quote(self._known[0], ago_ms=3_600_000),
            lambda: self._quote(self._known[0], ago_ms=-3_600_000),
            lambda: self._quote(self._known[0], price=0.0),
            lambda: '{"type":"pricing","message":"' + "x" * self._random.randrange(10_000) + '"}',
            lambda: self._quote("", day_volume=1),
            lambda: '{"type":"unheard of"}',
            lambda: f"unheard of {self._random.random()}",
        )
        return bad[kind % len(bad)]()

    def _quote(self, symbol: str, *, ago_ms: int = 0, price: float | None = None, day_volume: int | None = None) -> str:
        now_ms = time.time_ns() // 1_000_000
        fair = round(PRICE * (1 + self._random.uniform(-0.003, 0.003)), 3)
        return frame_of(
            Pricing(
                id=symbol,
                price=fair if price is None else price,
                time=now_ms - ago_ms,
                exchange="HKG",
                quote_type=8,
                market_hours=REGULAR,
                change=fair - PRICE,
                day_volume=day_volume,
                price_hint=3,
            )
        )


def _main(port: int, quotes_per_s: float, lives_s: float, sent: Any, connections: Any) -> None:
    asyncio.run(_serve(port, quotes_per_s, lives_s, sent, connections))


async def _serve(port: int, quotes_per_s: float, lives_s: float, sent: Any, connections: Any) -> None:
    frames = _Frames()

    async def handle(client: ServerConnection) -> None:
        connections.value += 1
        with contextlib.suppress(ConnectionClosed):
            await client.recv()
            await _quote(client, frames, quotes_per_s, lives_s, sent)
            if connections.value % 3 == 0:
                client.transport.write(_TORN)
            if connections.value % 3:
                await client.close(1000 + connections.value % 2)
            client.transport.abort()

    async with serve(handle, "127.0.0.1", port, compression=None):
        await asyncio.get_running_loop().create_future()


async def _quote(client: ServerConnection, frames: _Frames, quotes_per_s: float, lives_s: float, sent: Any) -> None:
    """Send at the given pace until the connection has lived long enough; what it did not take in time is left out."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + lives_s
    while loop.time() < ends:
        due = loop.time() + _ROUND_S
        for _ in range(round(quotes_per_s * _ROUND_S)):
            await client.send(frames.next())
            sent.value += 1
        await asyncio.sleep(max(0.0, due - loop.time()))
