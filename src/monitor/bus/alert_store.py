"""What the alert engine remembers in Redis: its state, what is active, what happened, and the jobs it gave out.

One script writes all of it per commit (ALERTING 15.1), so that state, history and outbox never tell different stories.
The store carries bytes; what they mean is the business of `monitor.core.alerts` and of the worker.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError

from monitor.bus.dead_letters import channels_with_letters
from monitor.bus.outbox import ChannelHealth
from monitor.bus.redis import answer
from monitor.core.alerts.engine.shelf import Changes
from monitor.errors import FencedError, MonitorError
from monitor.wire.keys import Keys

_DURABLE_MS = 200
HISTORY_ENTRIES = 100_000
"""About how many entries the history stream keeps."""

# An error inside a script does not undo its earlier writes, so everything that can fail is looked at first.
# KEYS: fence, lease, state, history, instances, windows, active, then outbox and jobs of each channel
# ARGV: token, owner, version, position, head, diary, length of the history, numbers of history entries and of jobs;
# then for instances, windows and active: 1 to begin anew, numbers of fields to write and to remove, the fields and
# values, the fields to remove; then each history entry, and channel, id, delivery and note of each job
_COMMIT = """
local version = tonumber(ARGV[3])
local expected_types = {'string', 'string', 'hash', 'stream', 'hash', 'hash', 'hash'}
for i = 1, #KEYS do
  local want = expected_types[i] or (i % 2 == 0 and 'stream' or 'hash')
  local found = redis.call('TYPE', KEYS[i])['ok']
  if found ~= 'none' and found ~= want then
    return redis.error_reply('WRONGTYPE ' .. KEYS[i] .. ' is a ' .. found .. ', expected a ' .. want)
  end
end
local entries, jobs = tonumber(ARGV[8]), tonumber(ARGV[9])
local first, begins = 10, {}
for hash = 1, 3 do
  begins[hash] = first
  local put, gone = tonumber(ARGV[first + 1]), tonumber(ARGV[first + 2])
  if not (put and gone) then return redis.error_reply('ERR commit of an alert state without its hashes') end
  first = first + 3 + 2 * put + gone
end
if not (version and entries and jobs) or #ARGV ~= first - 1 + entries + 4 * jobs then
  return redis.error_reply('ERR commit of an alert state with ' .. #ARGV .. ' arguments')
end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local held = redis.call('GET', KEYS[2])
if held and held ~= ARGV[1] .. ' ' .. ARGV[2] then return -1 end
if tonumber(redis.call('HGET', KEYS[3], 'version') or '0') ~= version then return -2 end
redis.call('HSET', KEYS[3], 'version', version + 1, 'position', ARGV[4], 'head', ARGV[5], 'diary', ARGV[6])
for hash = 1, 3 do
  local key, at = KEYS[4 + hash], begins[hash]
  if ARGV[at] == '1' then redis.call('DEL', key) end
  local put = at + 3 + 2 * tonumber(ARGV[at + 1])
  for i = at + 3, put - 1, 2 do redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
  for i = put, put + tonumber(ARGV[at + 2]) - 1 do redis.call('HDEL', key, ARGV[i]) end
end
for i = 1, entries do
  redis.call('XADD', KEYS[4], 'MAXLEN', '~', ARGV[7], '*', 'v', '1', 'd', ARGV[first])
  first = first + 1
end
for i = 1, jobs do
  local outbox = 8 + 2 * tonumber(ARGV[first])
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
    it, `0-0` when there is none. head, instances, windows: its pieces (`core.alerts.engine.shelf`), head empty when
    there are none. diary: what the digests keep, empty when there is none."""

    version: int = 0
    position: str = "0-0"
    head: bytes = b""
    instances: Mapping[str, bytes] = {}
    windows: Mapping[str, bytes] = {}
    diary: bytes = b""


class Job(msgspec.Struct, frozen=True):
    """One notification for one channel. delivery: the record to begin with; note: what to send, opaque here."""

    channel: str
    id: str
    delivery: bytes
    note: bytes


class Commit(msgspec.Struct, frozen=True):
    """All that one or more snapshots changed. position: id of the last of them. head, instances, windows: of the state;
    instances and windows hold what has changed since the last commit. active: the same for the views of instances that
    are not OK. history: entries to append. jobs: created only where the channel has none of that id."""

    position: str
    head: bytes
    instances: Changes = Changes()
    windows: Changes = Changes()
    active: Changes = Changes()
    diary: bytes = b""
    history: Sequence[bytes] = ()
    jobs: Sequence[Job] = ()


class AlertStore:
    """The alert keys of one board. client: a command client that leaves replies as bytes."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._script = client.register_script(_COMMIT)
        self._waits = True

    @property
    def board(self) -> str:
        """Id of the board."""
        return self._keys.board

    async def load(self) -> Stored:
        """The state to go on from."""
        keys = self._keys
        async with self._client.pipeline(transaction=True) as pipe:
            pipe.hmget(keys.alert_state, ["version", "position", "head", "diary"])
            pipe.hgetall(keys.alert_instances)
            pipe.hgetall(keys.alert_windows)
            (version, position, head, diary), instances, windows = await pipe.execute()
        return Stored(
            int(version or 0),
            (position or b"0-0").decode(),
            head or b"",
            {name.decode(): document for name, document in instances.items()},
            {name.decode(): chunk for name, chunk in windows.items()},
            diary or b"",
        )

    async def commit(self, commit: Commit, *, version: int, token: int, owner: str, durable: bool = False) -> int:
        """Write all of it or nothing; returns the new version.

        version: what `load` or the last commit gave. token, owner: of the lease. durable: return only when the server's
        disk has it, or after 200 ms, where the server can say (Redis 7.2 with its append-only file on).
        Raises FencedError when another process holds the lease, StateConflictError when the version is another. After
        an error of the connection nobody knows the outcome: `load` again.
        """
        channels = sorted({job.channel for job in commit.jobs})
        keys = self._keys
        names = [keys.fence("alerting"), keys.lease("alerting"), keys.alert_state, keys.alert_history]
        names += [keys.alert_instances, keys.alert_windows, keys.alert_active]
        for channel in channels:
            names += [keys.outbox(channel), keys.jobs(channel)]
        arguments: list[bytes | str | int] = [token, owner, version, commit.position, commit.head, commit.diary]
        arguments += [HISTORY_ENTRIES, len(commit.history), len(commit.jobs)]
        for changes in (commit.instances, commit.windows, commit.active):
            arguments += [int(changes.anew), len(changes.put), len(changes.gone)]
            arguments += chain.from_iterable(changes.put.items())
            arguments += changes.gone
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

    async def channels_with_outbox(self) -> set[str]:
        """Channels in whose outbox something lies, or has lain."""
        names = self._keys.outbox("")
        pattern = re.sub(r"([*?\[\]\\])", r"\\\1", names) + "*"
        return {key.decode().removeprefix(names) async for key in self._client.scan_iter(pattern, count=1000)}

    async def retire(self, named: Collection[str]) -> None:
        """Forget how channels fared that the alert file does not name. While one has dead letters a record stays, by
        which those who count letters find them."""
        said = {name.decode(errors="replace") for name in await answer(self._client.hkeys(self._keys.channel_health))}
        letters = await channels_with_letters(self._client, self._keys)
        for channel in sorted((said | letters) - set(named)):
            if await answer(self._client.xlen(self._keys.dead(channel))):
                gone = msgspec.json.encode(ChannelHealth(gone=True))
                await answer(self._client.hset(self._keys.channel_health, channel, gone))
            else:
                await answer(self._client.hdel(self._keys.channel_health, channel))

    async def history(self, count: int) -> list[bytes]:
        """The newest entries of the history, newest first."""
        found = await answer(self._client.xrevrange(self._keys.alert_history, count=count))
        return [fields[b"d"] for _, fields in found]
