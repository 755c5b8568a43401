"""The outbox of a channel: order, nothing lost over restarts, nothing sent twice without need."""

import pytest
from redis.asyncio import Redis

from monitor.bus.dead_letters import dead_letters, revive
from monitor.bus.outbox import GROUP, Delivery, Entry, Outbox, Status
from monitor.bus.redis import answer
from monitor.wire.keys import Keys

KEYS = Keys("monitor", "test")
FRESH = Delivery(created_ms=3000).to_json()


@pytest.fixture
def outbox(redis: Redis) -> Outbox:
    """The outbox of channel `desk`."""
    return Outbox(redis, KEYS, "desk", consumer="one")


async def put(redis: Redis, *ids: str) -> None:
    """Add entries as the commit does."""
    for identifier in ids:
        await answer(redis.hset(KEYS.jobs("desk"), identifier, Delivery(created_ms=1000).to_json()))
        await answer(redis.xadd(KEYS.outbox("desk"), {"id": identifier, "note": "{}"}))


async def next_entry(outbox: Outbox) -> Entry:
    """The next entry, which must be there."""
    entry = await outbox.next()
    assert entry is not None
    return entry


async def test_entries_from_before_the_group_are_sent(redis: Redis, outbox: Outbox) -> None:
    """The group begins at the oldest entry, also when it has to be made anew after a wipe."""
    await put(redis, "n1", "n2")
    assert (await next_entry(outbox)).id == "n1"

    await answer(redis.xgroup_destroy(KEYS.outbox("desk"), GROUP))
    assert (await next_entry(outbox)).id == "n1"


async def test_nothing_is_handed_out_before_the_oldest_is_settled(redis: Redis, outbox: Outbox) -> None:
    """Order is kept by asking for the pending entry again and again."""
    await put(redis, "n1", "n2")
    first = await next_entry(outbox)

    assert await next_entry(outbox) == first
    await outbox.settle([(first, Delivery(created_ms=1000, status=Status.ACCEPTED, ended_ms=2000))])
    assert (await next_entry(outbox)).id == "n2"
    assert (await outbox.delivery(first)).status is Status.ACCEPTED


async def test_after_a_restart_the_own_entry_comes_first(redis: Redis, outbox: Outbox) -> None:
    """What a killed process had begun is found again under the same name, with its record."""
    await put(redis, "n1", "n2")
    begun = await next_entry(outbox)
    await outbox.record(begun, Delivery(created_ms=1000, status=Status.SENDING, attempts=1))

    restarted = Outbox(redis, KEYS, "desk", consumer="one")
    again = await next_entry(restarted)
    assert again == begun
    assert (await restarted.delivery(again)).status is Status.SENDING


async def test_another_process_waits_before_it_takes_over(redis: Redis, outbox: Outbox) -> None:
    """A stranger's entry is left alone until it is old, and is not overtaken meanwhile."""
    await put(redis, "n1", "n2")
    await outbox.next()

    patient = Outbox(redis, KEYS, "desk", consumer="two", claim_after_ms=3_600_000)
    assert await patient.next() is None
    eager = Outbox(redis, KEYS, "desk", consumer="two", claim_after_ms=0)
    assert (await next_entry(eager)).id == "n1"


async def test_a_settled_entry_is_gone_from_stream_and_pending_list(redis: Redis, outbox: Outbox) -> None:
    """XACK and XDEL happen together; nothing is left behind."""
    await put(redis, "n1")
    entry = await next_entry(outbox)
    await outbox.settle([(entry, Delivery(created_ms=1000, status=Status.ACCEPTED, ended_ms=2000))])

    assert await outbox.depth() == 0
    assert (await answer(redis.xpending(KEYS.outbox("desk"), GROUP)))["pending"] == 0
    assert await outbox.next() is None


async def test_an_entry_deleted_by_hand_does_not_block(redis: Redis, outbox: Outbox) -> None:
    """A pending entry without content is acknowledged and passed by."""
    await put(redis, "n1", "n2")
    entry = await next_entry(outbox)
    await answer(redis.xdel(KEYS.outbox("desk"), entry.position))

    assert await outbox.next() is None or (await next_entry(outbox)).id == "n2"
    assert (await next_entry(outbox)).id == "n2"


async def test_forwarding_gives_each_id_once(redis: Redis, outbox: Outbox) -> None:
    """A fallback that has the note already does not get it a second time."""
    await put(redis, "n1")
    entry = await next_entry(outbox)

    instead = Delivery(created_ms=2000, instead_of="desk")
    assert await outbox.post("mail", entry.id, entry.note, instead) is True
    assert await outbox.post("mail", entry.id, entry.note, instead) is False
    fallback = Outbox(redis, KEYS, "mail", consumer="one")
    assert (await fallback.delivery(await next_entry(fallback))).instead_of == "desk"
    assert await fallback.depth() == 1


async def test_dead_letters_can_be_sent_once_more(redis: Redis, outbox: Outbox) -> None:
    """A dead letter keeps the note and the reason; reviving puts it back once, with a fresh record."""
    await put(redis, "n1")
    entry = await next_entry(outbox)
    await outbox.bury(entry, Delivery(created_ms=1000, status=Status.DEAD, ended_ms=2000, reason="404"), 2000)

    (letter,) = await dead_letters(redis, KEYS, "desk")
    assert (letter.id, letter.reason, letter.at_ms, letter.note) == ("n1", "404", 2000, b"{}")
    assert await outbox.depth() == 0
    assert await revive(redis, KEYS, letter, FRESH) is True
    assert await revive(redis, KEYS, letter, FRESH) is False
    assert await dead_letters(redis, KEYS, "desk") == []
    revived = await next_entry(outbox)
    assert revived.id == "n1"
    assert await outbox.delivery(revived) == Delivery(created_ms=3000)


async def test_old_records_are_forgotten(redis: Redis, outbox: Outbox) -> None:
    """Settled deliveries from before the limit go, younger and unfinished ones stay."""
    records = {
        "old": Delivery(created_ms=1, ended_ms=10, status=Status.ACCEPTED),
        "young": Delivery(created_ms=1, ended_ms=20, status=Status.ACCEPTED),
        "waiting": Delivery(created_ms=1),
    }
    await answer(redis.hset(KEYS.jobs("desk"), mapping={i: r.to_json() for i, r in records.items()}))

    assert await outbox.forget(15) == 1
    assert sorted(await answer(redis.hkeys(KEYS.jobs("desk")))) == [b"waiting", b"young"]


async def test_the_letters_since_one(redis: Redis, outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a letter on, oldest first, in as many looks as it takes; nothing when there is no such letter."""
    monkeypatch.setattr("monitor.bus.dead_letters._CHUNK", 2)
    ids = [f"n{i}" for i in range(7)]
    await put(redis, *ids)
    for _ in ids:
        await outbox.bury(await next_entry(outbox), Delivery(created_ms=1000, status=Status.DEAD, ended_ms=2000), 2000)

    assert [letter.id for letter in await outbox.letters_from("n2")] == ids[2:]
    assert [letter.id for letter in await outbox.letters_from("n6")] == ids[6:]
    assert await outbox.letters_from("n9") == []


async def test_a_burial_happens_once(redis: Redis, outbox: Outbox) -> None:
    """Repeated because its answer got lost, it leaves one letter."""
    await put(redis, "n1")
    entry = await next_entry(outbox)
    dead = Delivery(created_ms=1000, status=Status.DEAD, ended_ms=2000)
    await outbox.bury(entry, dead, 2000)
    await outbox.bury(entry, dead, 2500)

    assert [(letter.id, letter.at_ms) for letter in await dead_letters(redis, KEYS, "desk")] == [("n1", 2000)]
