"""The desk's stream of alert history: whoever goes on from a position misses and repeats nothing, or is told so."""

import asyncio
import random

import msgspec
import pytest
from redis.asyncio import Redis

from monitor.bus.alert_history import AlertHistory
from monitor.bus.redis import answer
from monitor.errors import UsageError
from monitor.readouts.desk import AlertEvent
from monitor.workers.desk.following import BEGINNING, Following
from tests.real.desk_bench import KEYS


async def add(redis: Redis, first: int, count: int, **fields: str) -> list[str]:
    """Entries of a history, numbered; returns their positions."""
    async with redis.pipeline(transaction=False) as pipe:
        for number in range(first, first + count):
            pipe.xadd(KEYS.alert_history, fields or {"v": "1", "d": f'{{"bulletin": {{"id": "{number}"}}}}'})
        return [position.decode() for position in await pipe.execute()]


def following(redis: Redis, *, looked_back: int = 20_000) -> Following:
    """Reads at every question."""
    history = AlertHistory(redis, KEYS)
    return Following(history, lambda position, told: None, lambda: None, gap_s=0.0, looked_back=looked_back)


def numbers(events: list[AlertEvent]) -> list[int]:
    return [int(msgspec.json.decode(event.document)["bulletin"]["id"]) for event in events]


async def read_on(tail: Following, position: str, count: int = 7) -> list[AlertEvent]:
    """All that follows, in portions."""
    found: list[AlertEvent] = []
    while portion := await tail.after(position, count):
        found += portion
        position = portion[-1].position
    return found


async def test_from_the_newest_on(redis: Redis) -> None:
    """None is where to begin; what comes then comes once, in order, exactly as it is stored."""
    tail = following(redis)
    assert await tail.after(None, 10) == []
    assert await tail.after("0-0", 10) == []
    await add(redis, 0, 5)
    (newest,) = await tail.after(None, 10)
    assert numbers([newest]) == [4]
    assert await tail.after(newest.position, 10) == []
    positions = await add(redis, 5, 3)
    found = await tail.after(newest.position, 10)

    assert [event.position for event in found] == positions
    assert found[0].document == b'{"bulletin": {"id": "5"}}'
    assert not any(event.gap for event in found)


@pytest.mark.parametrize("looked_back", [20_000, 10])
async def test_from_anywhere(redis: Redis, looked_back: int) -> None:
    """From each position, also those that are kept in Redis alone, all that follows comes, and nothing twice."""
    draw = random.Random(5)
    tail = following(redis, looked_back=looked_back)
    positions: list[str] = []
    for _ in range(6):
        positions += await add(redis, len(positions), draw.randrange(1, 700))
        for at in [-1, *draw.sample(range(len(positions)), 3)]:
            found = await read_on(tail, positions[at], draw.choice([7, 1000]))
            assert numbers(found) == list(range(at % len(positions) + 1, len(positions)))
            assert not any(event.gap for event in found)
    assert numbers(await read_on(tail, "0-0", 500)) == list(range(len(positions)))


async def test_a_position_that_was_trimmed_away(redis: Redis) -> None:
    """The first entry that is left says that others may be missing; the next ones do not."""
    tail = following(redis, looked_back=10)
    positions = await add(redis, 0, 50)
    await answer(redis.xtrim(KEYS.alert_history, maxlen=30, approximate=False))
    found = await read_on(tail, positions[3])

    assert numbers(found) == list(range(20, 50))
    assert [event.gap for event in found] == [True] + 29 * [False]
    assert not any(event.gap for event in await read_on(tail, positions[20]))


async def test_a_history_that_begins_anew(redis: Redis) -> None:
    """After a loss a position of the old history is answered with what there is, and with the word that it is another
    one; also when it lies ahead of everything."""
    tail = following(redis)
    old = "5-0"
    await answer(redis.xadd(KEYS.alert_history, {"d": '{"bulletin": {"id": "0"}}'}, id=old))
    assert await tail.after(old, 10) == []
    await redis.flushall()
    assert await tail.after(old, 10) == []
    await add(redis, 100, 3)
    found = await tail.after(old, 10)
    assert [(numbers([event]), event.gap) for event in found] == [([100], True), ([101], False), ([102], False)]

    (newest,) = await tail.after("99999999999999-0", 10)
    assert (numbers([newest]), newest.gap) == ([102], True)
    assert await tail.after(newest.position, 10) == []


async def test_entries_that_nobody_can_read(redis: Redis) -> None:
    """They are passed over and hold nobody up, however many there are."""
    tail = following(redis)
    await add(redis, 0, 2)
    (begin,) = await tail.after(None, 10)
    await add(redis, 2, 2500, d="[]")
    assert await tail.after(begin.position, 10) == []
    await add(redis, 7, 1)
    assert numbers(await tail.after(begin.position, 10)) == [7]
    assert numbers(await read_on(following(redis, looked_back=5), begin.position)) == [7]


@pytest.mark.parametrize(
    "wrong", ["", "7", "a-b", "1-2-3", "-1-0", "18446744073709551616-0", "9" * 5000, "1-1\n", "٣-٣"]
)
async def test_what_is_no_position(redis: Redis, wrong: str) -> None:
    """It is refused in a sentence that is not long."""
    await add(redis, 0, 1)
    with pytest.raises(UsageError, match="no position of the alert history") as refused:
        await following(redis).after(wrong, 10)
    assert len(str(refused.value)) < 200


async def test_many_readers_share_one(redis: Redis) -> None:
    """Two hundred who ask at once cost one reading, and one who goes away takes nothing from the others."""
    await add(redis, 0, 3000)
    tail = following(redis)
    asking = [asyncio.create_task(tail.after(None, 1)) for _ in range(200)]
    await asyncio.sleep(0)
    asking[0].cancel()
    before = (await answer(redis.info("commandstats")))["cmdstat_xrevrange"]["calls"]
    found = await asyncio.gather(*asking[1:])
    after = (await answer(redis.info("commandstats")))["cmdstat_xrevrange"]["calls"]

    assert {tuple(numbers(events)) for events in found} == {(2999,)}
    assert after - before <= 5


async def test_who_is_ahead_of_the_reader_hears_nothing_twice(redis: Redis) -> None:
    """A position that Redis has, and the one reader has not come to yet, is of this history: nothing follows it, and
    nothing that was heard comes again."""
    tail = Following(AlertHistory(redis, KEYS), lambda position, told: None, lambda: None, gap_s=60.0)
    await add(redis, 0, 1)
    assert numbers(await tail.after(None, 10)) == [0]
    await add(redis, 1, 1)

    both = await tail.after(BEGINNING, 10)

    assert numbers(both) == [0, 1]
    assert await tail.after(both[-1].position, 10) == []
    await tail.close()
