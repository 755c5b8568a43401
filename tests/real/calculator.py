"""What the tests of the calculator share: a small board, a recorded log, and what must come out of it.

Run as a program it is a calculator process: `python -m tests.real.calculator URL OWNER`.
"""

import asyncio
import sys
from collections.abc import Sequence

from redis.asyncio import Redis

from monitor.bus.redis import command_client, reader_client
from monitor.core.board import Board
from monitor.core.event import Beat, Event
from monitor.core.instant import SECOND, parse_instant, to_milliseconds
from monitor.core.metrics.measuring import frame_of
from monitor.core.snapshot import Snapshot
from monitor.runtime.clock import SystemClock
from monitor.runtime.health import Heart
from monitor.runtime.logs import configure
from monitor.runtime.serve import Service, serve
from monitor.wire.codec import entry_fields
from monitor.wire.keys import Keys
from monitor.workers.spread import calculate
from tests.core import market

KEYS = Keys("monitor", "small")
INTERVAL_NS = 60 * SECOND


def make_board(interval_ns: int = INTERVAL_NS) -> Board:
    return Board(market.definition(), market.CALENDARS, market.reference(), interval_ns=interval_ns)


def recording(count: int = 400) -> list[Event]:
    """Random trading, closed by a beat that makes the last boundary due."""
    events = market.trading(11, count)
    return [*events, Beat(events[-1].recv_ns + 2 * INTERVAL_NS)]


async def publish(redis: Redis, events: Sequence[Event], size: int = 7, first: int = 0) -> None:
    """Write the events to the log, `size` of them an entry."""
    for start in range(0, len(events), size):
        await redis.xadd(KEYS.quotes, entry_fields("test:1", first + start, events[start : start + size]))


def expected(events: Sequence[Event], interval_ns: int = INTERVAL_NS) -> list[Snapshot]:
    """What a board computes that nothing ever happened to."""
    board = make_board(interval_ns)
    return [snapshot for event in events for snapshot in board.apply(event)]


def entries_of(snapshots: Sequence[Snapshot]) -> list[tuple[str, bytes]]:
    """Id and data of the stream entries that these snapshots become, where no two share a millisecond."""
    return [(f"{to_milliseconds(parse_instant(s.t))}-0", frame_of(s).to_json()) for s in snapshots]


async def stored(redis: Redis) -> list[tuple[str, bytes]]:
    """Id and data of what is in the snapshot stream."""
    return [(identifier.decode(), fields[b"d"]) for identifier, fields in await redis.xrange(KEYS.snapshots)]


async def run(url: str, owner: str, stop: asyncio.Event, **options: object) -> None:
    """One calculator over connections of its own."""
    client, reading = command_client(url, name=owner), reader_client(url, name=owner)
    arguments: dict[str, object] = {
        "client": client,
        "reading": reading,
        "keys": KEYS,
        "owner": owner,
        "heart": Heart("spread", owner, SystemClock()),
        "clock": SystemClock(),
        "stop": stop,
        "checkpoint_s": 0.02,
        "lease_s": 0.3,
        "keep_ms": 10**12,
    }
    try:
        await calculate(options.pop("make", make_board), **(arguments | options))  # type: ignore[arg-type]
    finally:
        await client.aclose()
        await reading.aclose()


async def _main(service: Service) -> None:
    await run(sys.argv[1], sys.argv[2], service.stop)


if __name__ == "__main__":
    configure("spread", level="INFO")
    sys.exit(serve("spread", _main))
