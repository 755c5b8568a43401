"""Who may act for a board: a lease that expires, with a fencing token that only ever grows.

The lease says who should work now; the token says whose writes count. Taking the lease draws a new token, and every
script that writes refuses older ones, so a process that was away too long cannot spoil what its successor wrote.
"""

import asyncio
import contextlib
from collections.abc import Callable

import structlog
from redis.asyncio import Redis

from monitor.bus.redis import TROUBLE
from monitor.runtime.backoff import Backoff
from monitor.wire.keys import Keys

log = structlog.get_logger(__name__)

_ACQUIRE = """
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local token = redis.call('INCR', KEYS[2])
redis.call('SET', KEYS[1], token .. ' ' .. ARGV[1], 'PX', ARGV[2])
return token
"""

# A lease that ran out while Redis or the holder was away is taken up again, if nobody else had it in between.
_RENEW = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] .. ' ' .. ARGV[2] then return 0 end
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1] .. ' ' .. ARGV[2], 'PX', ARGV[3])
return 1
"""

_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] .. ' ' .. ARGV[2] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Lease:
    """The right to do `role` for one board. The key's value is `<token> <owner>`.

    client: command client. owner: name of this process, unique among those that may do the same. ttl_s: how long the
    lease outlives its last renewal, seconds; a standby takes over after at most that long plus a third.
    """

    def __init__(self, client: Redis, keys: Keys, role: str, *, owner: str, ttl_s: float = 5.0) -> None:
        self.role = role
        self.owner = owner
        self.ttl_s = ttl_s
        self.token: int | None = None
        """Fencing token while held, else None."""
        self._names = [keys.lease(role), keys.fence(role)]
        self._ttl_ms = max(1, int(ttl_s * 1000))
        self._acquire = client.register_script(_ACQUIRE)
        self._renew = client.register_script(_RENEW)
        self._release = client.register_script(_RELEASE)

    async def acquire(self) -> bool:
        """Try once to take the lease; True when it is ours now. Raises what redis-py raises when Redis is away."""
        token = int(await self._acquire(keys=self._names, args=[self.owner, self._ttl_ms]))
        self.token = token or None
        return self.token is not None

    async def wait(self, each_round: Callable[[], None] = lambda: None) -> int:
        """Return the token once the lease is ours, however long another holds it or Redis is away. each_round: called
        after each attempt, to show that this process lives."""
        backoff = Backoff(0.05, 1.0)
        waiting = False
        while True:
            try:
                if await self.acquire():
                    assert self.token is not None
                    log.info("lease_taken", role=self.role, owner=self.owner, fence=self.token)
                    return self.token
            except TROUBLE as trouble:
                if not backoff.failures:
                    log.warning("lease_cannot_be_asked_for", role=self.role, reason=str(trouble) or repr(trouble))
                each_round()
                await asyncio.sleep(backoff.next())
                continue
            backoff.reset()
            each_round()
            if not waiting:
                log.info("lease_held_elsewhere", role=self.role, owner=self.owner)
                waiting = True
            await asyncio.sleep(self.ttl_s / 3)

    async def renew(self) -> bool:
        """Extend the lease; False when another process has had it since: stop working. Raises what redis-py raises."""
        if self.token is None:
            return False
        if not await self._renew(keys=self._names, args=[self.token, self.owner, self._ttl_ms]):
            log.warning("lease_lost", role=self.role, owner=self.owner, fence=self.token)
            self.token = None
            return False
        return True

    async def keep(self) -> None:
        """Renew the lease three times per `ttl_s`; return when it is lost. While Redis is away it keeps trying."""
        while True:
            await asyncio.sleep(self.ttl_s / 3)
            with contextlib.suppress(*TROUBLE):
                if not await self.renew():
                    return

    async def release(self) -> None:
        """Give the lease back, so that a standby need not wait for its end. Harmless when it is not ours; trouble with
        Redis is ignored, the lease then ends by itself."""
        token, self.token = self.token, None
        if token is not None:
            with contextlib.suppress(*TROUBLE):
                await self._release(keys=self._names, args=[token, self.owner])
