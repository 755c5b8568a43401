"""A server in Yahoo's protocol, in a process of its own, that sends prebuilt quotes: as fast as they are taken, or each
at its time whatever the client does."""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.process import BaseProcess
from random import Random
from typing import Any, NamedTuple

import msgspec
from websockets.asyncio.server import ServerConnection, serve

from benchmarks.day import PRICE, SEED
from benchmarks.processes import free_port
from monitor.feeds.yahoo.streamer import REGULAR, frame_of
from monitor.feeds.yahoo.wire import Pricing

SYMBOLS = {
    "HSTECH.HK": "HSTECH",
    "^HSI": "HSI",
    **{code: code for code in ("0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK", "9618.HK")},
}
"""Yahoo's symbol → the board's, of the lines that are quoted: all of one exchange."""
_CHUNK = 64


class Message(NamedTuple):
    """One MQTT message."""

    topic: str
    payload: bytes


class Stream(msgspec.Struct, frozen=True):
    """What is sent. Quote number i has the time `first_ms + i * step_us / 1000` (ms UTC), unique where step_us ≥ 1000.
    paced: not before that time, and `first_ms` is said only when it begins; otherwise as fast as it is taken."""

    count: int
    first_ms: int
    step_us: int
    paced: bool

    def event_ms(self, number: int) -> int:
        """Time of one quote."""
        return self.first_ms + number * self.step_us // 1000

    def last_ms(self, first_ms: int | None = None) -> dict[str, int]:
        """Time of the last quote of each symbol of the board. first_ms: of the first quote, once it is known."""
        stream = self if first_ms is None else msgspec.structs.replace(self, first_ms=first_ms)
        symbols = list(SYMBOLS.values())
        last = range(max(0, self.count - len(symbols)), self.count)
        return {symbols[i % len(symbols)]: stream.event_ms(i) for i in last}

    def frames(self) -> list[bytes]:
        """The quotes as WebSocket frames in Yahoo's protocol."""
        return [_text_frame(frame_of(pricing).encode()) for pricing in self._quotes()]

    def messages(self) -> list[Message]:
        """The quotes as MQTT messages by the project's convention."""
        made = []
        for quote in self._quotes():
            symbol = SYMBOLS[str(quote.id)]
            payload = {"v": 1, "symbol": symbol, "price": quote.price, "ts": quote.time, "volume": quote.day_volume}
            topic = f"md/v1/HK/{symbol.removesuffix('.HK')}/quote"
            made.append(Message(topic, msgspec.json.encode(payload | {"session": "regular", "src": "benchmark"})))
        return made

    def _quotes(self) -> Iterator[Pricing]:
        """Prices stay within a few thousandths of the close that each quote names."""
        random = Random(SEED)
        names, volumes = list(SYMBOLS), dict.fromkeys(SYMBOLS, 0)
        for i in range(self.count):
            name, size = names[i % len(names)], 100 * random.randint(1, 20)
            volumes[name] += size
            price = round(PRICE * (1 + random.uniform(-0.003, 0.003)), 3)
            yield Pricing(
                id=name,
                price=price,
                time=self.event_ms(i),
                exchange="HKG",
                quote_type=8,
                market_hours=REGULAR,
                change_percent=100 * (price / PRICE - 1),
                day_volume=volumes[name],
                change=price - PRICE,
                last_size=size,
                price_hint=3,
            )


class Streamer:
    """The server process. A context manager. It sends to the first client that subscribes, after `go`."""

    def __init__(self, stream: Stream) -> None:
        context = multiprocessing.get_context("spawn")
        port = free_port()
        self.settings = {"FEED": "yahoo", "FEEDS__YAHOO__URL": f"ws://127.0.0.1:{port}/"}
        """MONITOR_ variables, without the prefix, that make ingest listen to it."""
        self.sent_at = context.Array("d", stream.count, lock=False)
        """Monotonic clock, seconds, at which each quote was handed to the socket; 0 before."""
        self._go = context.Event()
        self._first_ms = context.Value("q", stream.first_ms, lock=False)
        self._process: BaseProcess = context.Process(
            target=_main,
            args=(stream, port, self._go, self._first_ms, self.sent_at),
            daemon=True,
        )

    def go(self, first_ms: int | None = None) -> None:
        """Begin to send. first_ms: time of the first quote of a paced stream, far enough ahead to make the frames."""
        if first_ms is not None:
            self._first_ms.value = first_ms
        self._go.set()

    def __enter__(self) -> "Streamer":
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join(10)


def _text_frame(payload: bytes) -> bytes:
    """A whole unmasked text frame, as servers send it (RFC 6455 section 5.2)."""
    length = len(payload)
    head = bytes((0x81, length)) if length < 126 else bytes((0x81, 126)) + length.to_bytes(2, "big")
    return head + payload


def _main(stream: Stream, port: int, go: Any, first_ms: Any, sent_at: Any) -> None:
    asyncio.run(_serve(stream, port, go, first_ms, sent_at))


async def _serve(stream: Stream, port: int, go: Any, first_ms: Any, sent_at: Any) -> None:
    frames = [] if stream.paced else stream.frames()

    async def handle(client: ServerConnection) -> None:
        await client.recv()
        await asyncio.get_running_loop().run_in_executor(None, go.wait)
        if stream.paced:
            await _pace(client, msgspec.structs.replace(stream, first_ms=first_ms.value), sent_at)
        else:
            await _flood(client, frames, sent_at)
        await client.wait_closed()

    async with serve(handle, "127.0.0.1", port, compression=None):
        await asyncio.get_running_loop().create_future()


async def _flood(client: ServerConnection, frames: list[bytes], sent_at: Any) -> None:
    for start in range(0, len(frames), _CHUNK):
        chunk = frames[start : start + _CHUNK]
        client.transport.write(b"".join(chunk))
        now = time.monotonic()
        for i in range(start, start + len(chunk)):
            sent_at[i] = now
        await client.drain()
        await asyncio.sleep(0)


async def _pace(client: ServerConnection, stream: Stream, sent_at: Any) -> None:
    for i, frame in enumerate(stream.frames()):
        ahead_s = stream.event_ms(i) / 1000 - time.time()
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
        sent_at[i] = time.monotonic()
        client.transport.write(frame)
