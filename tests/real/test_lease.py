"""Leases: one holder at a time, tokens that only grow, a standby that takes over."""

import asyncio

from redis.asyncio import Redis

from monitor.bus.lease import Lease
from monitor.wire.keys import Keys
from tests.eventually import eventually

KEYS = Keys("monitor", "b")


def lease(redis: Redis, owner: str, ttl_s: float = 60.0) -> Lease:
    return Lease(redis, KEYS, "spread", owner=owner, ttl_s=ttl_s)


async def test_one_holder(redis: Redis) -> None:
    """A lease that is held cannot be taken; its key tells token and owner, and expires by itself."""
    first, second = lease(redis, "a"), lease(redis, "b")

    assert await first.acquire()
    assert not await second.acquire()
    assert (first.token, second.token) == (1, None)
    assert await redis.get(KEYS.lease("spread")) == b"1 a"
    assert 0 < await redis.pttl(KEYS.lease("spread")) <= 60_000


async def test_release_hands_over_with_a_higher_token(redis: Redis) -> None:
    """A released lease is free at once; the next holder's token is higher, and the former one cannot renew."""
    first, second = lease(redis, "a"), lease(redis, "b")
    await first.acquire()
    await first.release()

    assert await second.acquire()
    assert second.token == 2
    assert not await first.renew()
    await first.release()  # not ours any more: no effect
    assert await second.renew()


async def test_a_standby_takes_over_when_the_holder_is_silent(redis: Redis) -> None:
    """Without renewals the lease ends, a waiting process gets it, and the former holder learns of it."""
    first, second = lease(redis, "a", 0.3), lease(redis, "b", 0.3)
    await first.acquire()

    token = await asyncio.wait_for(second.wait(), 60)

    assert token == 2
    assert not await first.renew()
    assert first.token is None


async def test_keep_holds_it(redis: Redis) -> None:
    """While `keep` runs a standby waits; `keep` returns when the lease was taken away. A machine that stands still for
    longer than a lease lasts does lose it: then a longer one is kept."""
    for ttl_s in (0.3, 2.0, 10.0):
        await redis.flushall()
        first, second = lease(redis, "a", ttl_s), lease(redis, "b", ttl_s)
        await first.acquire()
        keeping = asyncio.create_task(first.keep())
        waiting = asyncio.create_task(second.wait())
        done, _ = await asyncio.wait([keeping, waiting], timeout=3.3 * ttl_s)  # more than three lifetimes
        waiting.cancel()
        if not done:
            break
        keeping.cancel()
    assert not done

    await redis.set(KEYS.lease("spread"), "2 c")
    await asyncio.wait_for(keeping, 60)
    assert first.token is None


async def test_an_expired_lease_nobody_took_is_renewed(redis: Redis) -> None:
    """After an outage the holder goes on with the same token if nobody else had the lease in between."""
    first = lease(redis, "a", ttl_s=0.02)
    await first.acquire()

    async def expired() -> bool:
        return not await redis.exists(KEYS.lease("spread"))

    await eventually(expired)
    assert await first.renew()
    assert first.token == 1


async def test_lost_counter_does_not_revive_an_old_token(redis: Redis) -> None:
    """When Redis lost its data, a holder must take the lease anew instead of going on with a token nobody knows."""
    first = lease(redis, "a")
    await first.acquire()
    await redis.flushall()

    assert not await first.renew()
