"""What the alert engine remembers in Redis: its state, what is active, what happened, and the jobs it gave out.

One script writes all of it per commit (ALERTING 15.1), so that state, history and outbox never tell different stories.
The store carries bytes; what they mean is the business of `monitor.core.alerts` and of the worker.
"""

from collections.abc import Mapping, Sequence

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from monitor.bus.redis import answer
from monitor.errors import FencedError, MonitorError
from monitor.wire.keys import Keys

_DURABLE_MS = 200
HISTORY_ENTRIES = 100_000
"""About how many entries the history stream keeps."""

# An error inside a script does not undo its earlier writes, so everything that can fail is looked at first.
# KEYS: fence, lease, state, active, history, then outbox and jobs of each channel
# ARGV: token, owner, version, position, state, length of the history, numbers of actives, of history entries, of jobs;
# then instance and view of each active, each history entry, and channel, id, delivery and note of each job
_COMMIT = """
local version = tonumber(ARGV[3])
local expected_types = {'string', 'string', 'hash', 'hash', 'stream'}
for i = 1, #KEYS do
  local want = expected_types[i] or (i % 2 == 0 and 'stream' or 'hash')
  local found = redis.call('TYPE', KEYS[i])['ok']
  if found ~= 'none' and found ~= want then
    return redis.error_reply('WRONGTYPE ' .. KEYS[i] .. ' is a ' .. found .. ', expected a ' .. want)
  end
end
local actives, entries, jobs = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
local limit, first = ARGV[6], 10
if not (version and actives and entries and jobs) or #ARGV ~= 9 + 2 * actives + entries + 4 * jobs then
  return redis.error_reply('ERR commit of an alert state with ' .. #ARGV .. ' arguments')
end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local held = redis.call('GET', KEYS[2])
if held and held ~= ARGV[1] .. ' ' .. ARGV[2] then return -1 end
if tonumber(redis.call('HGET', KEYS[3], 'version') or '0') ~= version then return -2 end
redis.call('HSET', KEYS[3], 'version', version + 1, 'position', ARGV[4], 'state', ARGV[5])
redis.call('DEL', KEYS[4])
for i = 1, actives do
  redis.call('HSET', KEYS[4], ARGV[first], ARGV[first + 1])
  first = first + 2
end
for i = 1, entries do
  redis.call('XADD', KEYS[5], 'MAXLEN', '~', limit, '*', 'v', '1', 'd', ARGV[first])
  first = first + 1
end
for i = 1, jobs do
  local outbox = 6 + 2 * tonumber(ARGV[first])
  if redis.call('HSETNX', KEYS[outbox + 1], ARGV[first + 1], ARGV[first + 2]) == 1 then
    redis.call('XADD', KEYS[outbox], '*', 'id', ARGV[first + 1], 'note', ARGV[first + 3])
  end
  first = first + 4
end
return version + 1
"""


class StateConflictError(MonitorError, RuntimeError):
    """The state in Redis is not the one this engine began from: read it again and go on from there."""


class Stored(msgspec.Struct, frozen=True):
    """The state as it lies in Redis. version: 0 when there is none. position: id of the last snapshot that is part of
    it, `0-0` when there is none. state: None when there is none."""

    version: int
    position: str
    state: bytes | None


class Job(msgspec.Struct, frozen=True):
    """One notification for one channel. delivery: the record to begin with; note: what to send, opaque here."""

    channel: str
    id: str
    delivery: bytes
    note: bytes


class Commit(msgspec.Struct, frozen=True):
    """All that one or more snapshots changed. position: id of the last of them. active: every instance that is not OK,
    replacing what was there. history: entries to append. jobs: created only where the channel has none of that id."""

    position: str
    state: bytes
    active: Mapping[str, bytes] = {}
    history: Sequence[bytes] = ()
    jobs: Sequence[Job] = ()


class AlertStore:
    """The alert keys of one board. client: a command client that leaves replies as bytes."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.register_script(_COMMIT)
        self._waits = True

    async def load(self) -> Stored:
        """The state to go on from."""
        version, position, state = await answer(
            self._client.hmget(self._keys.alert_state, ["version", "position", "state"])
        )
        return Stored(int(version or 0), (position or b"0-0").decode(), state)

    async def commit(self, commit: Commit, *, version: int, token: int, owner: str, durable: bool = False) -> int:
        """Write all of it or nothing; returns the new version.

        version: what `load` or the last commit gave. token, owner: of the lease. durable: return only when the server's
        disk has it, or after 200 ms, where the server can say (Redis 7.2 with its append-only file on).
        Raises FencedError when another process holds the lease, StateConflictError when the version is another. After
        an error of the connection nobody knows the outcome: `load` again.
        """
        channels = sorted({job.channel for job in commit.jobs})
        keys = self._keys
        names = [keys.fence("alerting"), keys.lease("alerting")]
        names += [keys.alert_state, keys.alert_active, keys.alert_history]
        for channel in channels:
            names += [keys.outbox(channel), keys.jobs(channel)]
        arguments: list[bytes | str | int] = [token, owner, version, commit.position, commit.state, HISTORY_ENTRIES]
        arguments += [len(commit.active), len(commit.history), len(commit.jobs)]
        for instance, view in commit.active.items():
            arguments += [instance, view]
        arguments += commit.history
        for job in commit.jobs:
            arguments += [channels.index(job.channel), job.id, job.delivery, job.note]
        result = await self._run(names, arguments, durable)
        if result == -1:
            raise FencedError(f"alerting of board {keys.board}: fencing token {token} is outdated")
        if result == -2:
            raise StateConflictError(f"alert state of board {keys.board} is no longer at version {version}")
        return result

    async def _run(self, names: Sequence[str], arguments: Sequence[bytes | str | int], durable: bool) -> int:
        # WAITAOF speaks of the writes of its own connection, so both go through one pipeline.
        async with self._client.pipeline(transaction=False) as pipe:
            await self._script(keys=names, args=arguments, client=pipe)
            if durable and self._waits:
                pipe.execute_command("WAITAOF", 1, 0, _DURABLE_MS)
            result, *waited = await pipe.execute(raise_on_error=False)
        if isinstance(result, Exception):
            raise result
        if waited and isinstance(waited[0], ResponseError):
            self._waits = False  # an older server, or one without an append-only file
        return int(result)

    async def active(self) -> dict[str, bytes]:
        """`rule:instance` → what the engine wrote about every instance that is not OK."""
        found = await answer(self._client.hgetall(self._keys.alert_active))
        return {name.decode(): view for name, view in found.items()}

    async def history(self, count: int) -> list[bytes]:
        """The newest entries of the history, newest first."""
        found = await answer(self._client.xrevrange(self._keys.alert_history, count=count))
        return [fields[b"d"] for _, fields in found]
