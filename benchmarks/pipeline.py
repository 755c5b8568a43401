"""Ingest and calculator on a Redis of their own, fed by our streamer: what flood and latency both measure."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
from redis import Redis

from benchmarks.processes import Services, configuration, private_redis, redis_cpu_s, scratch, wait_for
from benchmarks.streamer import Stream, Streamer
from monitor.core.event import Event, FeedHealth, Quote
from monitor.core.instant import parse_instant, to_milliseconds
from monitor.wire.codec import decode_entry
from monitor.wire.keys import Keys

KEYS = Keys("monitor", "hk-us")
START_S = 60.0


class _Instrument(msgspec.Struct):
    event_time: str | None
    not_accepted: int


class _Readout(msgspec.Struct):
    seq: int
    instruments: dict[str, _Instrument]


class Pipeline:
    """A running pipeline. streamer: sends when told. redis: a client of its Redis."""

    def __init__(self, services: Services, streamer: Streamer, redis: Redis) -> None:
        self.services = services
        self.streamer = streamer
        self.redis = redis

    def readout(self) -> _Readout | None:
        """The newest one."""
        data = self.redis.get(KEYS.readout)
        return msgspec.json.decode(data, type=_Readout) if data else None

    def shows(self, last_ms: Mapping[str, int]) -> bool:
        """Has the readout got the quote of that time for each symbol?"""
        self.services.check()
        found = self.readout()
        return found is not None and all(_event_ms(found, symbol) == ms for symbol, ms in last_ms.items())

    def log(self) -> Iterator[Event]:
        """Every event of the log."""
        start = "-"
        while entries := self.redis.xrange(KEYS.quotes, start, count=200):
            for _, fields in entries:
                yield from decode_entry(fields).events
            start = f"({entries[-1][0].decode()}"

    def cpu_s(self) -> dict[str, float]:
        """CPU seconds so far, by part."""
        return {
            "ingest": self.services.cpu_s("ingest"),
            "redis": redis_cpu_s(self.redis),
            "calculator": self.services.cpu_s("spread"),
        }

    def account(self, sent: int, deadline_s: float = 30.0) -> dict[str, float]:
        """Where every sent quote went. Waits for the feed's next account of itself (it gives one every ten seconds)."""

        def counted() -> bool:
            health = self._health()
            return health is not None and health.accepted + sum(health.rejected.values()) >= sent

        wait_for(counted, deadline_s, "the feed's account of all quotes", every_s=0.2)
        health = self._health()
        assert health is not None
        in_log = sum(isinstance(event, Quote) for event in self.log())
        rejected = sum(health.rejected.values())
        readout = self.readout()
        assert readout is not None
        return {
            "sent": sent,
            "in the log": in_log,
            "rejected by ingest": rejected,
            "conflated": health.accepted - in_log,
            "unaccounted for": sent - health.accepted - rejected,
            "refused by the tick filter": sum(view.not_accepted for view in readout.instruments.values()),
        }

    def _health(self) -> FeedHealth | None:
        newest = self.redis.xrevrange(KEYS.quotes, count=100)
        told = [e for _, fields in newest for e in reversed(decode_entry(fields).events) if isinstance(e, FeedHealth)]
        return told[0] if told else None


@contextmanager
def pipeline(stream: Stream, settings: Mapping[str, str]) -> Iterator[Pipeline]:
    """Everything started and subscribed, nothing sent yet. settings: MONITOR_ variables, without the prefix."""
    with scratch() as folder, private_redis(folder) as redis, Streamer(stream) as streamer:
        config = configuration(folder, open_today=datetime.now(UTC).date().isoformat())
        sources = {"FEED": "yahoo", "FEEDS__YAHOO__URL": streamer.url}
        with Services(folder, config, redis, sources | dict(settings)) as services:
            services.start("spread")
            services.start("ingest")
            if not streamer.wait_subscribed(START_S):
                services.check()
                raise TimeoutError("ingest did not subscribe")
            found = Pipeline(services, streamer, redis)
            wait_for(lambda: services.check() or found.readout(), START_S, "the first readout")
            yield found


def now_ms() -> int:
    """Wall clock, milliseconds UTC."""
    return time.time_ns() // 1_000_000


def _event_ms(readout: _Readout, symbol: str) -> int | None:
    text = readout.instruments[symbol].event_time
    return None if text is None else to_milliseconds(parse_instant(text))
