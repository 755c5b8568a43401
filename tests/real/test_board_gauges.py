"""What a dashboard measures of its board for Prometheus, on a real Redis."""

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.embedded import find_server
from monitor.bus.levels import LevelReader
from monitor.bus.outbox import ChannelHealth
from monitor.bus.redis import command_client
from monitor.bus.stream_depths import StreamDepths
from monitor.readouts.live import LiveBoard
from monitor.readouts.reader import BoardReader
from monitor.runtime import metrics
from monitor.runtime.clock import SystemClock
from monitor.workers.board_gauges import BoardGauges
from tests.eventually import eventually
from tests.readouts.publishing import KEYS, publish
from tests.readouts.sample import alert, sample

GREEN, RED = ChannelHealth(accepted_ms=5), ChannelHealth(healthy=False, since_ms=5, reason="410")


def shown(gauge: Any) -> dict[tuple[str, ...], float]:
    """Label values → value of every sample that the gauge has now."""
    (family,) = gauge.collect()
    return {tuple(sample.labels.values()): sample.value for sample in family.samples}


async def put_health(redis: Redis, **channels: bytes) -> None:
    """Records of channels, as their senders write them."""
    await redis.hset(KEYS.channel_health, mapping=dict(channels))  # type: ignore[arg-type]


def encoded(health: ChannelHealth) -> bytes:
    """The record of a channel."""
    return msgspec.json.encode(health)


async def test_levels_say_memory_and_channels(redis: Redis) -> None:
    """Used memory and its limit come from the server, None where it has none; a record that nobody can read hides no
    other."""
    await put_health(redis, desk=encoded(RED), mail=encoded(GREEN), broken=b"{")
    reader = LevelReader(redis, KEYS)

    without = await reader.read()
    await redis.config_set("maxmemory", "300mb")
    try:
        with_limit = await reader.read()
    finally:
        await redis.config_set("maxmemory", "0")

    assert without.memory_limit is None
    assert without.memory_used > 100_000
    assert with_limit.memory_limit == 300 * 2**20
    assert without.healthy == {"desk": False, "mail": True}


async def test_depths_name_each_channel_that_had_something_to_send(redis: Redis) -> None:
    """Outbox and dead letters of a channel are counted from its first message on; a stream that is not there has 0."""
    await put_health(redis, desk=encoded(GREEN))
    for i in range(3):
        await redis.xadd(KEYS.dead("desk"), {"id": str(i)}, id=f"{i + 1}-0")
    await redis.xadd(KEYS.quotes, {"v": "1"}, id="1000-0")

    depths = {depth.stream: (depth.length, depth.newest_ms) for depth in await StreamDepths(redis, KEYS).read()}

    assert depths == {
        "quotes": (1, 1000),
        "snapshots": (0, None),
        "daily": (0, None),
        "alerts:history": (0, None),
        "alerts:outbox:desk": (0, None),
        "alerts:dead:desk": (3, 3),
    }


async def test_the_gauges_follow_the_board(redis: Redis) -> None:
    """Instruments are counted by phase and status, active alerts by phase and level, channels by health; what is gone
    from the board is gone from the gauges."""
    snapshot = sample()
    await publish(redis, snapshot, alert(phase="FIRING", level="warning"))
    await put_health(redis, desk=encoded(RED))
    live = LiveBoard(BoardReader(redis, KEYS), SystemClock(), gap_s=0.01, depths=StreamDepths(redis, KEYS).read)
    gauges = BoardGauges(live, LevelReader(redis, KEYS).read, every_s=0.02)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(live.run()), group.create_task(gauges.run())]
        await eventually(lambda: shown(metrics.STREAM_ENTRIES) and shown(metrics.INSTRUMENTS))
        counts = Counter((view.phase, view.status) for view in snapshot.instruments.values())
        assert shown(metrics.INSTRUMENTS) == counts
        assert shown(metrics.ALERTS_ACTIVE) == {("FIRING", "critical"): 0, ("FIRING", "warning"): 1}
        assert shown(metrics.CHANNEL_HEALTHY) == {("desk",): 0}
        assert shown(metrics.STREAM_ENTRIES)[("alerts:dead:desk",)] == 0
        assert set(shown(metrics.REDIS_MEMORY)) == {("used",)}

        await redis.hdel(KEYS.channel_health, "desk")
        await publish(redis, snapshot)
        await eventually(lambda: not shown(metrics.CHANNEL_HEALTHY))
        await eventually(lambda: shown(metrics.ALERTS_ACTIVE) == {("FIRING", "critical"): 0})
        for task in tasks:
            task.cancel()


async def test_without_redis_the_gauges_are_empty(short_dir: Path) -> None:
    """When Redis goes away its last numbers are not shown on as if they were of now, and they come back with it."""
    program = find_server()
    if program is None:
        pytest.skip("needs redis-server")
    command = [str(program), "--port", "0", "--unixsocket", f"{short_dir}/r", "--save", "", "--dir", str(short_dir)]
    client = command_client(f"unix://{short_dir}/r", name="test")
    gauges = BoardGauges(
        LiveBoard(BoardReader(client, KEYS), SystemClock()), LevelReader(client, KEYS).read, every_s=0.02
    )
    task = asyncio.create_task(gauges.run())
    try:
        for _ in range(2):
            server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.DEVNULL)
            await eventually(lambda: ("used",) in shown(metrics.REDIS_MEMORY))
            server.kill()
            await server.wait()
            await eventually(lambda: not shown(metrics.REDIS_MEMORY))
    finally:
        task.cancel()
        await client.aclose()
