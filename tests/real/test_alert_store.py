"""The commit of alert decisions: all of it or nothing, by the holder of the lease, on the state it was made from."""

from collections.abc import Sequence

import pytest
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from monitor.bus.alert_store import AlertStore, Commit, Job, StateConflictError, Stored
from monitor.bus.lease import Lease
from monitor.bus.outbox import Delivery, Outbox
from monitor.bus.redis import answer
from monitor.core.alerts.engine.shelf import Changes
from monitor.errors import FencedError
from monitor.wire.keys import Keys

KEYS = Keys("monitor", "test")
FRESH = Delivery(created_ms=1000).to_json()


@pytest.fixture
async def lease(redis: Redis) -> Lease:
    """The lease of the alerting service, held."""
    held = Lease(redis, KEYS, "alerting", owner="one")
    assert await held.acquire()
    return held


def commit(position: str = "5-0", jobs: Sequence[Job] = ()) -> Commit:
    """A commit with one active instance and one line of history."""
    return Commit(
        position=position,
        head=b"{}",
        instances=Changes({"r:a": b"1", "r:b": b"2"}),
        windows=Changes({"r:a@7": b"[]"}),
        active=Changes({"r:a": b"{}"}),
        diary=b"dear",
        history=[b"line"],
        jobs=jobs,
    )


async def write(store: AlertStore, lease: Lease, made: Commit, version: int) -> int:
    """Commit under the lease."""
    assert lease.token is not None
    return await store.commit(made, version=version, token=lease.token, owner=lease.owner)


async def waiting(redis: Redis, channel: str) -> list[str]:
    """Ids in the outbox, oldest first."""
    return [entry.id for entry in await Outbox(redis, KEYS, channel, consumer="x").after("0-0")]


async def test_an_empty_store_begins_at_zero(redis: Redis) -> None:
    """Version 0, no state, from the oldest snapshot."""
    assert await AlertStore(redis, KEYS).load() == Stored()


async def test_everything_is_written_together(redis: Redis, lease: Lease) -> None:
    """State, position, active alerts, history, and one job for each channel."""
    store = AlertStore(redis, KEYS)
    jobs = [Job("desk", "n1", FRESH, b"note"), Job("mail", "n1", FRESH, b"note"), Job("desk", "n2", FRESH, b"note")]

    assert await write(store, lease, commit(jobs=jobs), 0) == 1
    instances = {"r:a": b"1", "r:b": b"2"}
    assert await store.load() == Stored(1, "5-0", b"{}", instances, {"r:a@7": b"[]"}, b"dear")
    assert await answer(redis.hgetall(KEYS.alert_active)) == {b"r:a": b"{}"}
    assert await store.history(10) == [b"line"]
    assert await waiting(redis, "desk") == ["n1", "n2"]
    assert await waiting(redis, "mail") == ["n1"]


async def test_a_job_is_created_once(redis: Redis, lease: Lease) -> None:
    """The same note decided again, after Redis lost the state but not the jobs, is not sent again."""
    store = AlertStore(redis, KEYS)
    await write(store, lease, commit(jobs=[Job("desk", "n1", FRESH, b"note")]), 0)
    await answer(redis.delete(KEYS.alert_state))
    await write(store, lease, commit(jobs=[Job("desk", "n1", FRESH, b"note")]), 0)

    assert await waiting(redis, "desk") == ["n1"]


async def test_an_old_version_changes_nothing(redis: Redis, lease: Lease) -> None:
    """A commit made from a state that is no longer there is refused as a whole."""
    store = AlertStore(redis, KEYS)
    await write(store, lease, commit(), 0)

    with pytest.raises(StateConflictError):
        await write(store, lease, commit("9-0", [Job("desk", "n1", FRESH, b"note")]), 0)
    assert (await store.load()).position == "5-0"
    assert await waiting(redis, "desk") == []


async def test_a_successor_fences_the_old_leader(redis: Redis, lease: Lease) -> None:
    """Once another process took the lease, the old one writes nothing any more."""
    store = AlertStore(redis, KEYS)
    token = lease.token
    assert token is not None
    await lease.release()
    assert await Lease(redis, KEYS, "alerting", owner="two").acquire()

    with pytest.raises(FencedError):
        await store.commit(commit(), version=0, token=token, owner="one")
    assert (await store.load()).version == 0


async def test_a_key_of_the_wrong_type_stops_it_before_the_first_write(redis: Redis, lease: Lease) -> None:
    """An error inside a script undoes nothing, so nothing may have been written when it comes."""
    store = AlertStore(redis, KEYS)
    await answer(redis.set(KEYS.outbox("desk"), "not a stream"))

    with pytest.raises(ResponseError, match="expected a stream"):
        await write(store, lease, commit(jobs=[Job("desk", "n1", FRESH, b"note")]), 0)
    assert await store.load() == Stored()
    assert await store.history(10) == []


async def test_only_what_changed_is_touched(redis: Redis, lease: Lease) -> None:
    """Of each hash the named fields are written and removed; begun anew, nothing of before is left."""
    store = AlertStore(redis, KEYS)
    await write(store, lease, commit(), 0)
    some = Commit("6-0", b"{}", Changes({"r:b": b"3"}), Changes(gone=("r:a@7",)), Changes({"r:c": b"{}"}, ("r:a",)))
    await write(store, lease, some, 1)

    stored = await store.load()
    assert (stored.instances, stored.windows) == ({"r:a": b"1", "r:b": b"3"}, {})
    assert await answer(redis.hgetall(KEYS.alert_active)) == {b"r:c": b"{}"}

    await write(store, lease, Commit("7-0", b"{}", Changes({"r:z": b"9"}, anew=True), active=Changes(anew=True)), 2)
    assert (await store.load()).instances == {"r:z": b"9"}
    assert not await answer(redis.hgetall(KEYS.alert_active))


async def test_the_channels_of_the_past_are_known(redis: Redis, lease: Lease) -> None:
    """Every channel that was ever given a note, and none of another board."""
    store = AlertStore(redis, KEYS)
    await write(store, lease, commit(jobs=[Job("desk", "n1", FRESH, b"note"), Job("old", "n1", FRESH, b"note")]), 0)
    await answer(redis.xadd(Keys("monitor", "other").outbox("else"), {"id": "x"}))

    assert await store.channels_with_outbox() == {"desk", "old"}


async def test_a_server_that_cannot_wait_for_its_disk_is_enough(redis: Redis, lease: Lease) -> None:
    """Without WAITAOF, or without an append-only file, a durable commit is an ordinary one."""
    store = AlertStore(redis, KEYS)
    assert lease.token is not None
    for version in (0, 1):
        made = commit(f"{version + 5}-0")
        await store.commit(made, version=version, token=lease.token, owner=lease.owner, durable=True)

    assert (await store.load()).version == 2


async def test_a_server_without_the_script_gets_it(redis: Redis, lease: Lease) -> None:
    """After a restart Redis has forgotten all scripts; the next commit loads it again."""
    store = AlertStore(redis, KEYS)
    await write(store, lease, commit(), 0)
    await answer(redis.script_flush())

    assert await write(store, lease, commit("6-0"), 1) == 2
