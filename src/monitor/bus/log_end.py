"""What the end of a log tells: how late it is, and whether its market is real."""

import contextlib

from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.event import SIMULATED, Event, Fx, OfficialClose, Quote
from monitor.core.log_tail import Tail, tail_of, timed
from monitor.wire.codec import decode_entry

_ENTRIES = 256
"""How many of the newest entries tell the time: at four beats a second, the last minute."""
_PAGE = 1_000
"""Entries of one read on the way back to the last price: a weekend of beats may lie before it."""


async def last_log_ns(client: Redis, key: str) -> int | None:
    """Log time of the log's end, ns UTC: the latest time of receipt among its newest entries. None: an empty log."""
    _, events = await _before(client, key, "+", _ENTRIES)
    return max((event.recv_ns for event in events), default=None)


async def log_tail(client: Redis, key: str) -> Tail | None:
    """The log's last log time with all events that have it; None: an empty log."""
    newest: list[Event] = []
    end: str | None = "+"
    tail = None
    while end is not None and (tail is None or len(tail.events) == len(newest)):
        end, events = await _before(client, key, end, _ENTRIES)
        newest = events + newest
        tail = tail_of(timed(newest))
    return tail


async def is_simulated(client: Redis, key: str) -> bool | None:
    """Whether the newest prices of the log are the simulator's; None when there are none in all of it."""
    end: str | None = "+"
    while end is not None:
        end, events = await _before(client, key, end, _PAGE)
        for event in reversed(events):
            if isinstance(event, Quote | Fx | OfficialClose):
                return bool(event.flags & SIMULATED)
    return None


async def _before(client: Redis, key: str, end: str, count: int) -> tuple[str | None, list[Event]]:
    """Events of up to `count` entries that end at `end`, in the order of the log, and where the entries before them
    end: None when there are none."""
    events: list[Event] = []
    found = await answer(client.xrevrange(key, max=end, count=count))
    for _, fields in reversed(found):
        with contextlib.suppress(ValueError):
            events.extend(decode_entry(fields).events)
    return (f"({found[-1][0].decode()}" if len(found) == count else None), events
