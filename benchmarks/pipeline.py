"""Ingest and calculator on a Redis of their own, fed by our streamer: what flood and latency both measure."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
from redis import Redis

from benchmarks.processes import Services, configuration, private_redis, redis_cpu_s, scratch, wait_for
from benchmarks.publisher import Publisher
from benchmarks.streamer import Streamer
from monitor.core.event import Event, FeedHealth, Quote
from monitor.core.instant import parse_instant, to_milliseconds
from monitor.wire.codec import decode_entry
from monitor.wire.keys import Keys

KEYS = Keys("monitor", "hk-us")
START_S = 180.0


class _Instrument(msgspec.Struct):
    event_time: str | None
    not_accepted: int


class _Feed(msgspec.Struct):
    state: str


class _Readout(msgspec.Struct):
    seq: int
    instruments: dict[str, _Instrument]
    feeds: dict[str, _Feed]


class Pipeline:
    """A running pipeline. sender: sends when told. redis: a client of its Redis, redis_pid: its process."""

    def __init__(self, services: Services, sender: Streamer | Publisher, redis: Redis) -> None:
        self.services = services
        self.sender = sender
        self.redis = redis
        self.redis_pid = int(redis.info("server")["process_id"])

    def readout(self) -> _Readout | None:
        """The newest one."""
        data = self.redis.get(KEYS.readout)
        return msgspec.json.decode(data, type=_Readout) if data else None

    def shows(self, last_ms: Mapping[str, int]) -> bool:
        """Has the readout got the quote of that time for each symbol?"""
        self.services.check()
        found = self.readout()
        return found is not None and all(_event_ms(found, symbol) == ms for symbol, ms in last_ms.items())

    def listens(self) -> bool:
        """Does the readout say that the feed is up?"""
        self.services.check()
        found = self.readout()
        return found is not None and any(feed.state == "up" for feed in found.feeds.values())

    def log(self) -> Iterator[Event]:
        """Every event of the log once: what was written again because its acknowledgement was lost, is passed over."""
        start, seen = "-", set[tuple[str, int]]()
        while entries := self.redis.xrange(KEYS.quotes, start, count=200):
            for _, fields in entries:
                entry = decode_entry(fields)
                if (entry.producer, entry.first) not in seen:
                    seen.add((entry.producer, entry.first))
                    yield from entry.events
            start = f"({entries[-1][0].decode()}"

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds so far, by part."""
        return {
            "ingest": self.services.cpu_s("ingest"),
            "redis": redis_cpu_s(self.redis),
            "calculator": self.services.cpu_s("spread"),
        }

    def account(self, sent: int, deadline_s: float = 30.0) -> dict[str, float]:
        """Where every sent quote went. Waits until the feed has told it: within ten seconds of the last quote."""

        def counted() -> bool:
            health = self._health()
            return health is not None and health.received >= sent

        wait_for(counted, deadline_s, "the feed's account of all quotes", every_s=0.2)
        health = self._health()
        assert health is not None
        in_log = sum(isinstance(event, Quote) for event in self.log())
        rejected = sum(health.rejected.values())
        readout = self.readout()
        assert readout is not None
        return {
            "sent": sent,
            "received": health.received,
            "in the log": in_log,
            "conflated": health.conflated,
            "rejected by ingest": rejected,
            "unaccounted for": sent - in_log - health.conflated - rejected,
            "refused by the tick filter": sum(view.not_accepted for view in readout.instruments.values()),
        }

    def _health(self) -> FeedHealth | None:
        # While nothing changes a feed tells once a minute, and four beats a second follow.
        newest = self.redis.xrevrange(KEYS.quotes, count=500)
        told = [e for _, fields in newest for e in reversed(decode_entry(fields).events) if isinstance(e, FeedHealth)]
        return told[0] if told else None


@contextmanager
def pipeline(sender: Streamer | Publisher, settings: Mapping[str, str]) -> Iterator[Pipeline]:
    """Everything started and subscribed, nothing sent yet. settings: MONITOR_ variables, without the prefix."""
    with scratch() as folder, private_redis(folder) as redis:
        config = configuration(folder, open_from=datetime.now(UTC).date())
        with Services(folder, config, redis, sender.settings | dict(settings)) as services:
            services.start("spread")
            services.start("ingest")
            found = Pipeline(services, sender, redis)
            wait_for(found.listens, START_S, "a readout of a feed that is up", every_s=0.05)
            yield found


def now_ms() -> int:
    """Wall clock, milliseconds UTC."""
    return time.time_ns() // 1_000_000


def _event_ms(readout: _Readout, symbol: str) -> int | None:
    text = readout.instruments[symbol].event_time
    return None if text is None else to_milliseconds(parse_instant(text))
