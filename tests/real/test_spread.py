"""The calculator over a real Redis: the same snapshots, each once, whatever happens to it."""

import asyncio
import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from monitor.bus.embedded import EmbeddedRedis
from monitor.bus.redis import TROUBLE, command_client
from monitor.core.bars import Bars
from monitor.core.event import Event
from monitor.core.instant import SECOND
from monitor.core.metrics.measuring import frame_of
from monitor.core.metrics.statuses import Statuses
from monitor.core.snapshot import Snapshot
from monitor.runtime.clock import SystemClock
from monitor.runtime.metrics import CHECKPOINT_TIME, REGISTRY
from tests.eventually import eventually
from tests.real.calculator import (
    INTERVAL_NS,
    KEYS,
    entries_of,
    expected,
    make_board,
    publish,
    recording,
    run,
    stored,
)

EVENTS = recording()


@pytest.fixture(scope="module")
def wanted() -> list[Snapshot]:
    return expected(EVENTS)


@contextlib.asynccontextmanager
async def calculating(url: str, owner: str, **options: object) -> AsyncIterator[asyncio.Event]:
    """A calculator in this process; the event stops it, as does the end of the block."""
    stop = asyncio.Event()
    task = asyncio.create_task(run(url, owner, stop, **options))
    try:
        yield stop
        stop.set()
        await asyncio.wait_for(task, 60)
    finally:
        task.cancel()


async def complete(redis: Redis, wanted: list[Snapshot]) -> bool:
    return await redis.get(KEYS.readout) == wanted[-1].to_json()


class HourLater(SystemClock):
    """What was written now is an hour old."""

    def now_ns(self) -> int:
        return super().now_ns() + 3600 * SECOND


async def histories(redis: Redis) -> dict[str, list[str]]:
    """Subject → minutes of its history, by id."""
    prefix = KEYS.history("")
    names = sorted(key.decode() for key in await redis.keys(f"{prefix}*"))
    return {name.removeprefix(prefix): [i.decode() for i, _ in await redis.xrange(name)] for name in names}


def expected_histories(wanted: list[Snapshot]) -> dict[str, list[str]]:
    bars = Bars()
    found: dict[str, list[str]] = {}
    for snapshot in wanted:
        minute = bars.add(frame_of(snapshot), Statuses(snapshot).of)
        for subject in minute.subjects if minute is not None else ():
            found.setdefault(subject, []).append(f"{minute.ms}-0")
    return found


async def test_log_becomes_snapshots(redis: Redis, redis_url: str, wanted: list[Snapshot]) -> None:
    """Every boundary of the log becomes one entry with the bytes that the pure board computes; the newest is the
    readout; the lease is given back."""
    await publish(redis, EVENTS)

    await run(redis_url, "a", asyncio.Event(), until_idle=True)

    assert await stored(redis) == entries_of(wanted)
    assert await histories(redis) == expected_histories(wanted)
    assert await complete(redis, wanted)
    assert not await redis.exists(KEYS.lease("spread"))


async def test_who_catches_up_says_how_far_behind(redis: Redis, redis_url: str) -> None:
    """While the snapshots of what it reads are there already, nothing is written, and the lag grows all the same: it
    is the age of what was read."""
    await publish(redis, EVENTS)
    await run(redis_url, "a", asyncio.Event(), until_idle=True)
    await redis.delete(KEYS.checkpoint)

    await run(redis_url, "b", asyncio.Event(), until_idle=True, clock=HourLater())

    assert (REGISTRY.get_sample_value("monitor_snapshot_lag_seconds") or 0) >= 3600


@pytest.mark.parametrize("size", [1, 50, 500])
async def test_packing_changes_nothing(redis: Redis, redis_url: str, wanted: list[Snapshot], size: int) -> None:
    """However events are packed into entries, the snapshots are the same."""
    await publish(redis, EVENTS, size)

    await run(redis_url, "a", asyncio.Event(), until_idle=True)

    assert await stored(redis) == entries_of(wanted)


async def test_one_snapshot_an_entry(redis: Redis, redis_url: str) -> None:
    """With interval 0 every log entry gives a snapshot; entries of one millisecond are told apart by the id's second
    part, also after a restart."""
    board = make_board(0)
    same_ms = [event for event in EVENTS[:40] for _ in range(2)]
    await publish(redis, same_ms[:40], size=1)
    await run(redis_url, "a", asyncio.Event(), until_idle=True, per_entry=True, make=lambda: make_board(0))
    await publish(redis, same_ms[40:], size=1, first=40)
    await run(redis_url, "b", asyncio.Event(), until_idle=True, per_entry=True, make=lambda: make_board(0))

    found = await stored(redis)
    frames = []
    for event in same_ms:
        board.apply(event)
        frames.append(frame_of(board.snapshot()).to_json())
    assert [data for _, data in found] == frames
    assert [identifier.partition("-")[2] for identifier, _ in found] == ["0", "1"] * 40


async def test_second_copies_change_nothing(redis: Redis, redis_url: str, wanted: list[Snapshot]) -> None:
    """Entries that a writer repeated because it never saw the acknowledgement are applied once, also across a
    checkpoint."""
    await publish(redis, EVENTS[:210])
    await run(redis_url, "a", asyncio.Event(), until_idle=True)
    await publish(redis, EVENTS[140:210], first=140)
    await publish(redis, EVENTS[210:], first=210)
    await run(redis_url, "b", asyncio.Event(), until_idle=True)

    assert await stored(redis) == entries_of(wanted)
    assert await complete(redis, wanted)


async def test_restart_goes_on_from_the_checkpoint(redis: Redis, redis_url: str, wanted: list[Snapshot]) -> None:
    """After a restart the log before the checkpoint is not needed any more."""
    await publish(redis, EVENTS[:210])
    await run(redis_url, "a", asyncio.Event(), until_idle=True)
    await redis.xtrim(KEYS.quotes, maxlen=0)
    await publish(redis, EVENTS[210:], first=210)
    await run(redis_url, "b", asyncio.Event(), until_idle=True)

    assert await stored(redis) == entries_of(wanted)


async def test_the_time_of_the_checkpoint_is_measured(redis: Redis, redis_url: str) -> None:
    """The number for Prometheus is the wall clock's when the checkpoint was written, not the log's."""
    before = time.time()
    await publish(redis, EVENTS[:70])
    await run(redis_url, "a", asyncio.Event(), until_idle=True)

    assert before <= CHECKPOINT_TIME.collect()[0].samples[0].value <= time.time()


@pytest.mark.parametrize("damage", ["another definition", "rubbish"])
async def test_unusable_checkpoint_is_ignored(
    redis: Redis, redis_url: str, damage: str, capsys: pytest.CaptureFixture[str], wanted: list[Snapshot]
) -> None:
    """A checkpoint of another definition, or a broken one, is named in a warning and the log is read from its start."""
    if damage == "rubbish":
        await redis.set(KEYS.checkpoint, b"\x00rubbish")
    else:
        await publish(redis, EVENTS[:70])
        await run(redis_url, "a", asyncio.Event(), until_idle=True, make=lambda: make_board(INTERVAL_NS // 2))
        await redis.delete(KEYS.quotes, KEYS.snapshots)
    await publish(redis, EVENTS)

    await run(redis_url, "b", asyncio.Event(), until_idle=True)

    assert await stored(redis) == entries_of(wanted)
    assert "checkpoint_ignored" in capsys.readouterr().out


async def test_a_standby_takes_over(redis: Redis, redis_url: str, wanted: list[Snapshot]) -> None:
    """Of two calculators one works; when it stops, the other goes on where it ended."""
    async with calculating(redis_url, "a") as stop_first:
        await eventually(lambda: redis.exists(KEYS.lease("spread")))
        async with calculating(redis_url, "b"):
            await publish(redis, EVENTS[:210])
            await eventually(lambda: redis.exists(KEYS.readout))
            assert (await redis.get(KEYS.lease("spread"))).endswith(b" a")
            stop_first.set()
            await publish(redis, EVENTS[210:], first=210)
            await eventually(lambda: complete(redis, wanted))
            assert (await redis.get(KEYS.lease("spread"))).endswith(b" b")

    assert await stored(redis) == entries_of(wanted)


async def test_two_calculators_cannot_both_write(redis: Redis, redis_url: str, wanted: list[Snapshot]) -> None:
    """When the lease is taken from a working calculator again and again, the two hand over without a lost or doubled
    snapshot."""
    async with calculating(redis_url, "a"), calculating(redis_url, "b"):
        for start in range(0, len(EVENTS), 42):
            await publish(redis, EVENTS[start : start + 42], first=start)
            await redis.delete(KEYS.lease("spread"))
            await redis.incr(KEYS.fence("spread"))
        await eventually(lambda: complete(redis, wanted))

    assert await stored(redis) == entries_of(wanted)


async def test_redis_outage_is_waited_for(short_dir: Path, wanted: list[Snapshot]) -> None:
    """Redis is killed twice while the calculator works: it goes on by itself, and nothing is missing or doubled."""
    async with EmbeddedRedis(short_dir) as server:
        client = command_client(server.url, name="test", timeout_s=60.0)
        await client.config_set("appendfsync", "always")
        async with calculating(server.url, "a"):
            for start in range(0, len(EVENTS), 140):
                await publish(client, EVENTS[start : start + 140], first=start)
                os.kill(server.pid, signal.SIGKILL)
                server._process.wait()
                await server._start()
                await eventually(lambda: _pings(client))
                await client.config_set("appendfsync", "always")
            await eventually(lambda: complete(client, wanted))
        assert await stored(client) == entries_of(wanted)
        await client.aclose()


async def _pings(client: Redis) -> bool:
    try:
        return bool(await client.ping())
    except TROUBLE:
        return False


async def test_exactly_once_after_kill_9(redis: Redis, redis_url: str, wanted: list[Snapshot]) -> None:
    """Calculator processes are killed at random moments of a replay: the stream is the same as without."""
    rng = random.Random(5)
    cuts = sorted(rng.sample(range(1, len(EVENTS)), 4))
    start = 0
    for number, cut in enumerate(cuts):
        process = _spawn(redis_url, f"victim-{number}")
        await publish(redis, EVENTS[start:cut], first=start)
        before = await redis.xlen(KEYS.snapshots)
        await eventually(lambda before=before: _grew(redis, before))
        process.send_signal(signal.SIGKILL)
        process.wait()
        start = cut
    survivor = _spawn(redis_url, "survivor")
    try:
        await publish(redis, EVENTS[start:], first=start)
        await eventually(lambda: complete(redis, wanted))
    finally:
        survivor.terminate()
        code = survivor.wait(60)

    assert code == 0
    assert await stored(redis) == entries_of(wanted)
    assert await histories(redis) == expected_histories(wanted)
    assert not await redis.exists(KEYS.lease("spread"))


async def _grew(redis: Redis, before: int) -> bool:
    return await redis.xlen(KEYS.snapshots) > before


def _spawn(url: str, owner: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.real.calculator", url, owner], stderr=subprocess.DEVNULL)


def test_the_recording_is_worth_something(wanted: list[Snapshot]) -> None:
    """The recording used here has hundreds of boundaries and every kind of event."""
    kinds: set[type[Event]] = {type(event) for event in EVENTS}

    assert len(wanted) > 200
    assert len(kinds) == 6
