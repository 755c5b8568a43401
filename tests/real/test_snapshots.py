"""Snapshots in Redis: once each, never by an outdated holder, never backwards, and readable by people."""

import asyncio
import json

import pytest
from msgspec.structs import astuple
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from monitor.bus.lease import Lease
from monitor.bus.redis import reader_client
from monitor.bus.snapshot_reader import SnapshotReader
from monitor.bus.snapshots import Boundary, SnapshotWriter
from monitor.core.bars import Bars
from monitor.core.metrics.frame import decode_frame
from monitor.core.metrics.measuring import frame_of
from monitor.core.metrics.statuses import Statuses
from monitor.core.snapshot import Snapshot
from monitor.errors import FencedError
from tests.real.calculator import KEYS, entries_of, expected, recording, stored


@pytest.fixture(scope="module")
def snapshots() -> list[Snapshot]:
    return expected(recording(120))


def boundaries(snapshots: list[Snapshot]) -> list[Boundary]:
    bars = Bars()
    found = []
    for (entry, _), snapshot in zip(entries_of(snapshots), snapshots, strict=True):
        frame, statuses = frame_of(snapshot), Statuses(snapshot)
        found.append(Boundary(entry, snapshot, frame, statuses, bars.add(frame, statuses.of)))
    return found


async def writer(redis: Redis, owner: str = "a", **options: int) -> SnapshotWriter:
    lease = Lease(redis, KEYS, "spread", owner=owner, ttl_s=30)
    assert await lease.acquire()
    assert lease.token is not None
    return SnapshotWriter(redis, KEYS, token=lease.token, owner=owner, **({"keep_ms": 10**12} | options))


async def hashes(redis: Redis) -> dict[bytes, dict[bytes, bytes]]:
    return {key: await redis.hgetall(key) for key in await redis.keys(f"{KEYS.readout}:*")} | {
        b"last": await redis.hgetall(KEYS.last)
    }


async def test_everything_of_a_boundary_is_written_together(redis: Redis, snapshots: list[Snapshot]) -> None:
    """Stream entry, whole readout, subject hashes and last quotes all show the boundary that was written."""
    newest = snapshots[-1]

    assert await (await writer(redis)).write(boundaries(snapshots)) == len(snapshots)

    assert await stored(redis) == entries_of(snapshots)
    assert await redis.get(KEYS.readout) == newest.to_json()
    pair = await redis.hgetall(KEYS.subject("hstech-ixic"))
    spread = newest.pair_views["hstech-ixic"].last.spreads["YTD"].spread_pp
    assert spread is not None
    assert float(pair[b"spread_pp.ytd"]) == spread
    assert pair[b"as_of"].decode() == newest.t
    assert float(pair[b"age_s"]) >= 0
    leg = await redis.hgetall(KEYS.subject("0700.HK"))
    assert leg[b"status"].decode() == newest.instruments["0700.HK"].status
    assert float(leg[b"price.now"]) == newest.instruments["0700.HK"].price
    ghost = await redis.hgetall(KEYS.subject("GHOST.HK"))
    assert ghost[b"price.now"] == b"null"
    assert ghost[b"status"] == b"MISSING"
    last = json.loads(await redis.hget(KEYS.last, "0700.HK"))
    assert last["price"] == newest.instruments["0700.HK"].price
    assert not await redis.hexists(KEYS.last, "GHOST.HK")


async def test_minutes_are_kept_as_history(redis: Redis, snapshots: list[Snapshot]) -> None:
    """Each minute in which a headline number moved is one entry of its subject's history, once, however often and in
    whatever portions the boundaries are written."""
    publisher = await writer(redis)
    written = boundaries(snapshots)

    await publisher.write(written[:50])
    await publisher.write(written[30:80])
    await publisher.write(written[80:])

    wanted: dict[str, list[tuple[bytes, dict]]] = {}
    for boundary in written:
        if boundary.minute is not None:
            for subject, bars in boundary.minute.subjects.items():
                data = {name: [*astuple(bar)] for name, bar in bars.items()}
                wanted.setdefault(subject, []).append((f"{boundary.minute.ms}-0".encode(), data))
    for subject, minutes in wanted.items():
        stream = await redis.xrange(KEYS.history(subject))
        assert [(identifier, json.loads(fields[b"d"])) for identifier, fields in stream] == minutes
        assert {(fields[b"v"], fields[b"simulated"]) for _, fields in stream} == {(b"2", b"0")}
    assert {"hstech-ixic", "0700.HK", "china"} <= set(wanted)
    assert "GHOST.HK" not in wanted


async def test_history_is_kept_for_a_time_of_the_log(redis: Redis) -> None:
    """Bars older than the bound leave, whole nodes of the stream at a time; the newest stay."""
    written = boundaries(expected(recording(1_000)))
    await (await writer(redis, history_ms=86_400_000)).write(written)

    minutes = [b.minute.ms for b in written if b.minute is not None and "hstech-ixic" in b.minute.subjects]
    kept = [int(i.partition(b"-")[0]) for i, _ in await redis.xrange(KEYS.history("hstech-ixic"))]
    assert kept == minutes[-len(kept) :]
    assert set(kept) >= {ms for ms in minutes if ms > minutes[-1] - 86_400_000}
    assert len(kept) < len(minutes)


async def test_hashes_always_equal_the_newest_snapshot(redis: Redis, snapshots: list[Snapshot]) -> None:
    """Writing only what changed ends in the same hashes as writing everything, also after somebody spoilt them and
    Redis forgot its last writes."""
    one_by_one = await writer(redis)
    for boundary in boundaries(snapshots)[:-2]:
        await one_by_one.write([boundary])
    await redis.hset(KEYS.subject("0700.HK"), "price.now", "1")
    await redis.set(KEYS.version, 3)
    for boundary in boundaries(snapshots)[-2:]:
        await one_by_one.write([boundary])
    found = await hashes(redis)

    await redis.flushall()
    await (await writer(redis)).write(boundaries(snapshots)[-1:])
    assert found == await hashes(redis)


async def test_what_the_stream_has_is_refused(redis: Redis, snapshots: list[Snapshot]) -> None:
    """A boundary that was written before is left out; an older one neither enters the stream nor moves the readout
    back; newer ones in the same write still go in."""
    first = await writer(redis)
    await first.write(boundaries(snapshots)[:10])
    readout = await redis.get(KEYS.readout)

    assert await first.write(boundaries(snapshots)[2:8]) == 0
    assert await redis.get(KEYS.readout) == readout
    assert await first.write(boundaries(snapshots)[5:15]) == 5
    assert await stored(redis) == entries_of(snapshots[:15])
    assert await redis.get(KEYS.readout) == snapshots[14].to_json()


async def test_an_outdated_token_writes_nothing(redis: Redis, snapshots: list[Snapshot]) -> None:
    """After another process took the lease the former holder's writes are refused as a whole."""
    first = await writer(redis, "a")
    await first.write(boundaries(snapshots)[:1])
    await redis.delete(KEYS.lease("spread"))
    second = await writer(redis, "b")

    with pytest.raises(FencedError, match="token 1 is outdated"):
        await first.write(boundaries(snapshots)[1:2])
    with pytest.raises(FencedError):
        await first.write_checkpoint(b"x")
    assert await stored(redis) == entries_of(snapshots[:1])
    assert not await redis.exists(KEYS.checkpoint)
    assert await second.write(boundaries(snapshots)[1:2]) == 1


async def test_the_same_token_twice_counts_for_the_lease_holder_only(redis: Redis, snapshots: list[Snapshot]) -> None:
    """When Redis lost its last second and gave a token out again, only the one who holds the lease may write."""
    first = await writer(redis, "a")
    await redis.delete(KEYS.lease("spread"), KEYS.fence("spread"))
    second = await writer(redis, "b")

    with pytest.raises(FencedError):
        await first.write(boundaries(snapshots)[:1])
    assert await second.write(boundaries(snapshots)[:1]) == 1


async def test_the_stream_is_bounded(redis: Redis, snapshots: list[Snapshot]) -> None:
    """Entries older than the kept time, and beyond the memory allowed, are trimmed."""
    by_time = await writer(redis, keep_ms=3_600_000)
    for boundary in boundaries(snapshots):
        await by_time.write([boundary])
    first, last = (await stored(redis))[0][0], (await stored(redis))[-1][0]
    assert int(last.partition("-")[0]) - int(first.partition("-")[0]) <= 3_600_000

    await redis.flushall()
    size = len(frame_of(snapshots[-1]).to_json())
    by_size = await writer(redis, max_bytes=20 * size)
    for boundary in boundaries(snapshots):
        await by_size.write([boundary])
    assert len(await stored(redis)) <= 22


async def test_subscribers_learn_what_changed(redis: Redis, redis_url: str, snapshots: list[Snapshot]) -> None:
    """Each write announces a growing version, the entry's id and the subjects that changed; the version goes with the
    readout."""
    client = reader_client(redis_url, name="subscriber")
    publisher = await writer(redis)

    async with client.pubsub(ignore_subscribe_messages=True) as channel, asyncio.timeout(60):
        await channel.subscribe(KEYS.updates)
        await channel.get_message(timeout=5.0)  # the confirmation: from here on nothing is missed
        await publisher.write(boundaries(snapshots)[:1])
        await publisher.write(boundaries(snapshots)[1:2])
        updates = channel.listen()
        first, second = [json.loads((await anext(updates))["data"]) for _ in range(2)]

    before, after = (frame_of(snapshot) for snapshot in snapshots[:2])
    moved = {
        name.rsplit(".", 2)[0]
        for name, value in after.metrics.items()
        if value != before.metrics[name] and not name.endswith("age_seconds.now")
    }
    assert (first["version"], second["version"]) == (1, 2)
    assert second["id"] == entries_of(snapshots)[1][0]
    assert second["t"] == snapshots[1].t
    assert "GHOST.HK" in first["subjects"]
    assert moved <= set(second["subjects"])
    assert "GHOST.HK" not in second["subjects"]
    assert await redis.mget([KEYS.version, KEYS.readout]) == [b"2", snapshots[1].to_json()]
    await client.aclose()


async def test_a_foreign_key_is_an_error_of_redis(redis: Redis, snapshots: list[Snapshot]) -> None:
    """A key of another type under one of our names is reported, not overwritten."""
    publisher = await writer(redis)
    await redis.set(KEYS.snapshots, "mine")

    with pytest.raises(ResponseError):
        await publisher.write(boundaries(snapshots)[:1])
    assert await redis.get(KEYS.snapshots) == b"mine"


async def test_reader_follows_from_a_position(redis: Redis, redis_url: str, snapshots: list[Snapshot]) -> None:
    """The stream is read from any id on; entries without a frame are skipped; no news is an empty list."""
    client = reader_client(redis_url, name="reader")
    await (await writer(redis)).write(boundaries(snapshots)[:5])
    last = int(entries_of(snapshots)[4][0].partition("-")[0])
    await redis.xadd(KEYS.snapshots, {"x": "y"}, id=f"{last}-7")

    reader = SnapshotReader(client, KEYS, position=entries_of(snapshots)[1][0], block_s=0.05)
    entries = await reader.read()

    assert [(entry.id, entry.data) for entry in entries] == entries_of(snapshots)[2:5]
    assert decode_frame(entries[0].data) == frame_of(snapshots[2])
    assert reader.position == f"{last}-7"
    assert await reader.read() == []
    await client.aclose()
