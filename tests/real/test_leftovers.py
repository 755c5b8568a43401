"""What remains of a channel that has left the alert file, on a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from monitor.bus.alert_store import AlertStore
from monitor.bus.channel_reports import ChannelReports
from monitor.bus.dead_letters import dead_letters
from monitor.bus.levels import LevelReader
from monitor.bus.outbox import ChannelHealth, Outbox
from monitor.bus.redis import answer
from monitor.bus.stream_depths import StreamDepths
from monitor.runtime.clock import SystemClock
from monitor.workers.alerts.leftovers import Leftovers
from tests.eventually import eventually
from tests.notify.notes import note
from tests.real.sender_bench import KEYS, put

RED = ChannelHealth(healthy=False, since_ms=5, reason="410")


@asynccontextmanager
async def file_names(redis: Redis, *channels: str) -> AsyncIterator[None]:
    """The leading process has read an alert file with these channels."""
    done = asyncio.Event()
    leftovers = Leftovers(
        AlertStore(redis, KEYS),
        lambda channel: Outbox(redis, KEYS, channel),
        routed=channels,
        heirs=(),
        strays=asyncio.Event(),
        wakes={},
        clock=SystemClock(),
    )
    running = asyncio.create_task(leftovers.run(done))
    try:
        yield
    finally:
        done.set()
        await running


async def said_of(redis: Redis) -> dict[str, bool]:
    """Channels that a dashboard calls red or well."""
    return (await LevelReader(redis, KEYS).read()).healthy


async def test_a_channel_that_left_the_file_is_not_red_for_ever(redis: Redis) -> None:
    """Its health is forgotten, those of the file's channels stay; another board's channel of that name too."""
    elsewhere = type(KEYS)(KEYS.prefix, "other")
    for keys, channel in ((KEYS, "desk"), (KEYS, "mail"), (elsewhere, "desk")):
        await Outbox(redis, keys, channel).set_health(RED)

    async with file_names(redis, "mail"):

        async def forgotten() -> bool:
            return await said_of(redis) == {"mail": False}

        await eventually(forgotten)
        assert await answer(redis.hkeys(KEYS.channel_health)) == [b"mail"]
    assert await Outbox(redis, elsewhere, "desk").health() == RED


async def test_its_dead_letters_stay_in_sight(redis: Redis) -> None:
    """While it has dead letters they are there and counted among the streams, whether it ever sent or not, but nobody
    calls it red; when the last is gone, so is the channel."""
    for channel in ("desk", "never"):
        await put(redis, note(), channel=channel)
    await Outbox(redis, KEYS, "desk").set_health(RED)

    async with file_names(redis):

        async def counted() -> bool:
            depths = {depth.stream: depth.length for depth in await StreamDepths(redis, KEYS).read()}
            return depths.get("alerts:dead:desk") == 1 == depths.get("alerts:dead:never")

        await eventually(counted)

        async def forgotten() -> bool:
            return await said_of(redis) == {}

        await eventually(forgotten)
    assert [letter.id for letter in await dead_letters(redis, KEYS, "desk")] == [note().id]
    await redis.delete(KEYS.dead("desk"), KEYS.dead("never"))
    async with file_names(redis):

        async def gone() -> bool:
            return not await answer(redis.exists(KEYS.channel_health))

        await eventually(gone)


async def test_a_channel_that_comes_back_begins_anew(redis: Redis) -> None:
    """Named again, it is a channel of which nothing was sent yet: not red with the reason of long ago."""
    await put(redis, note(), channel="desk")
    outbox = Outbox(redis, KEYS, "desk")
    await outbox.set_health(RED)
    async with file_names(redis):

        async def forgotten() -> bool:
            return await said_of(redis) == {}

        await eventually(forgotten)

    assert await outbox.health() == ChannelHealth()
    (report,) = await ChannelReports(redis, KEYS).of(["desk"])
    assert (report.health, report.dead) == (None, 1)
