"""Health and metrics in Redis."""

import asyncio

from redis.asyncio import Redis

from monitor.bus.health import HealthKeys
from monitor.bus.redis import command_client
from monitor.runtime.health import Heart
from monitor.wire.keys import Keys
from tests.eventually import eventually

KEYS = Keys("monitor", "b")


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now_ns(self) -> int:
        return int(self.seconds * 1e9)

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds


async def test_a_living_process_is_seen(redis: Redis) -> None:
    """Health and metrics of each process can be read back, and expire when it no longer writes."""
    store = HealthKeys(redis, KEYS)
    heart = Heart("spread", "h-1", Clock(100.0), ttl_s=0.3)
    heart.state = "active"
    heart.progress()
    beating = asyncio.create_task(heart.run(store))
    other = asyncio.create_task(Heart("ingest", "h-2", Clock(100.0), ttl_s=0.3).run(store))

    async def both() -> bool:
        return len(await store.read()) == 2

    await eventually(both)
    ingest, spread = await store.read()
    texts = await store.metrics()
    assert (ingest.service, ingest.last_progress) == ("ingest", None)
    assert (spread.instance, spread.state, spread.last_progress) == ("h-1", "active", 100.0)
    assert set(texts) == {("ingest", "h-2"), ("spread", "h-1")}
    assert b"monitor_log_depth_events" in texts["spread", "h-1"]

    beating.cancel()
    other.cancel()

    async def none() -> bool:
        return not await store.read() and not await store.metrics()

    await eventually(none)


async def test_a_process_that_was_stopped_leaves_nothing(redis: Redis) -> None:
    """Who ends as it should is not seen to hang until its record runs out, and writes no other one."""
    store = HealthKeys(redis, KEYS)
    heart = Heart("publish", "h-1", Clock(100.0), ttl_s=0.03)
    beating = asyncio.create_task(heart.run(store))
    await eventually(store.read)

    await heart.end(store)
    await asyncio.wait_for(beating, 60)

    assert await store.read() == []
    assert await store.metrics() == {}


async def test_foreign_records_are_left_out(redis: Redis) -> None:
    """A string that is no health record does not spoil the list."""
    await redis.set(KEYS.health("x", "y"), "rubbish")

    assert await HealthKeys(redis, KEYS).read() == []


async def test_health_survives_redis_being_away(redis_url: str) -> None:
    """A heart without Redis beats on."""
    client = command_client("unix:///tmp/nowhere.sock", name="test")
    beating = asyncio.create_task(Heart("spread", "1", Clock(0), ttl_s=0.03).run(HealthKeys(client, KEYS)))

    done, _ = await asyncio.wait([beating], timeout=0.1)

    assert not done
    beating.cancel()
    await client.aclose()


def test_healthy_means_recent_progress() -> None:
    """A process is unhealthy when it never began in time, or made no progress for longer than allowed."""
    clock = Clock(1000.0)
    heart = Heart("spread", "1", clock)

    assert heart.health().problem(1009.0, 10.0) is None
    assert "has not begun" in (heart.health().problem(1011.0, 10.0) or "")
    clock.seconds = 1020.0
    heart.progress()
    assert heart.health().problem(1030.0, 10.0) is None
    assert heart.health().problem(1042.0, 10.0) == "spread (1) made no progress for 22 s"
