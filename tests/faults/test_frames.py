"""What arrives on a connection that stands and is wrong: counted by reason, the connection and the other feeds stay."""

import asyncio
from collections import Counter
from collections.abc import Callable

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection

from tests.eventually import eventually
from tests.faults.lab import MS, SYMBOLS, ingesting, server
from tests.faults.wires import WIRES, Wire

AHEAD_MS = 40 * 365 * 86_400_000
"""Into the 2060s."""


class Fault(msgspec.Struct, frozen=True):
    """frames: what the server sends between two good quotes. rejected: the counts that this must end in. accepted: how
    many of them are quotes all the same."""

    name: str
    frames: Callable[[Wire], list[str | bytes]]
    rejected: Callable[[Wire], dict[str, int]]
    accepted: int = 0


def _reasons(*reasons: str) -> dict[str, int]:
    return dict(Counter(reason for reason in reasons if reason))


FAULTS = (
    Fault(
        "rubbish",
        lambda wire: ["rubbish", "{", b"\x00\x01\x02", "[" * 1_000, "[1, 2"],
        lambda wire: {wire.rubbish: 5},
    ),
    Fault("torn content", lambda wire: [wire.torn[0]], lambda wire: _reasons(wire.torn[1])),
    Fault("unknown type", lambda wire: [wire.unheard_of[0]] * 3, lambda wire: _reasons(*[wire.unheard_of[1]] * 3)),
    Fault("no symbol", lambda wire: [wire.nameless], lambda wire: {"MISSING_SYMBOL": 1}),
    Fault("wrong case", lambda wire: [wire.price(1.0, "nvda")], lambda wire: {"UNKNOWN_SYMBOL": 1}),
    Fault("price of nothing", lambda wire: [wire.price(0.0, ms=MS + 1)], lambda wire: {"NON_POSITIVE": 1}),
    Fault("negative price", lambda wire: [wire.price(-5.0, ms=MS + 1)], lambda wire: {"NON_POSITIVE": 1}),
    Fault("repetition", lambda wire: [wire.price(100.0)] * 2, lambda wire: {"DUPLICATE": 2}),
    Fault(
        "out of order",
        lambda wire: [wire.price(90.0, ms=MS - 1), wire.price(80.0, ms=MS - 1000)],
        lambda wire: {"OUT_OF_ORDER": 2},
    ),
    Fault("ancient", lambda wire: [wire.price(90.0, ms=86_400_000)], lambda wire: {"OUT_OF_ORDER": 1}),
    # Whether to believe a price from the future is the tick filter's to say; it must not make later ones old.
    Fault("from the future", lambda wire: [wire.price(90.0, ms=MS + AHEAD_MS)], lambda wire: {}, accepted=1),
)


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
async def test_it_is_counted_and_the_connection_stays(wire: Wire, fault: Fault) -> None:
    """A good quote, the fault, a good quote: both are in the log, the fault is under its reason, the feed was never
    down."""

    async def handler(client: ServerConnection) -> None:
        await wire.greet(client)
        await client.send(wire.price(100.0))
        for frame in fault.frames(wire):
            await client.send(frame)
        await client.send(wire.price(101.0, ms=MS + 2))
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := wire.feed(url)) as lab:
        health = await lab.counts(feed.source, accepted=2 + fault.accepted, **fault.rejected(wire))
        assert (
            health.received == 2 + len(fault.frames(wire)) - (not health.rejected and fault.name == "unknown type") * 3
        )
        prices = lab.prices(feed.source)
        assert (prices[0], prices[-1]) == (100.0, 101.0)
        assert lab.names(feed.source) == ["connecting", "up"]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
async def test_text_that_is_no_utf_8(wire: Wire) -> None:
    """A text frame whose bytes are no text is counted like any other rubbish, and the connection stays."""

    async def handler(client: ServerConnection) -> None:
        await wire.greet(client)
        client.transport.write(b"\x81\x04\xff\xfe\xc3\x28")
        await client.send(wire.price(100.0))
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := wire.feed(url)) as lab:
        await lab.counts(feed.source, accepted=1, **{wire.rubbish: 1})
        assert lab.names(feed.source) == ["connecting", "up"]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
async def test_a_burst(wire: Wire) -> None:
    """5,000 quotes at once are all received and accounted for; the last of each symbol is the newest in the log."""

    async def handler(client: ServerConnection) -> None:
        await wire.greet(client)
        for number in range(5_000):
            await client.send(wire.price(1.0 + number, SYMBOLS[number % len(SYMBOLS)], MS + number))
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := wire.feed(url)) as lab:
        health = await lab.counts(feed.source, accepted=5_000)
        assert health.received == 5_000
        assert [lab.prices(feed.source, symbol)[-1] for symbol in SYMBOLS] == [4997.0, 4998.0, 4999.0, 5000.0]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
async def test_a_slow_drip(wire: Wire) -> None:
    """A frame that comes byte by byte is one frame; meanwhile the feed is up and nothing is guessed."""

    async def handler(client: ServerConnection) -> None:
        await wire.greet(client)
        payload = wire.price(100.0).encode()
        head = bytes([0x81, len(payload)]) if len(payload) < 126 else b"\x81\x7e" + len(payload).to_bytes(2, "big")
        for byte in head + payload:
            client.transport.write(bytes([byte]))
            await asyncio.sleep(0.001)
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := wire.feed(url)) as lab:
        await eventually(lambda: lab.prices(feed.source) == [100.0])
        assert lab.names(feed.source) == ["connecting", "up"]


@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: wire.name)
async def test_a_symbol_that_is_never_answered(wire: Wire) -> None:
    """Of all that was asked for one symbol is served: it is in the log, and the others are neither made up nor a reason
    to end the connection."""

    async def handler(client: ServerConnection) -> None:
        await wire.greet(client)
        for number in range(20):
            await client.send(wire.price(100.0 + number, ms=MS + number))
            await asyncio.sleep(0.01)
        await client.wait_closed()

    async with server(handler) as url, ingesting(feed := wire.feed(url, idle_s=60.0)) as lab:
        await lab.counts(feed.source, accepted=20)
        assert not any(lab.prices(feed.source, symbol) for symbol in SYMBOLS[1:])
        assert lab.names(feed.source) == ["connecting", "up"]
