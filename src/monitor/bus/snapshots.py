"""Snapshots into Redis: written by the one calculator that holds the lease, each boundary once.

One script writes all that belongs to one or more boundaries, and refuses the whole when the fencing token is outdated.
Entries of boundaries that the stream already has (after a restart, which replays from the checkpoint) are left out; the
newest readout is written only together with a new entry, so it never goes back.
"""

from collections.abc import Sequence
from itertools import chain

import msgspec
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.bars import Minute
from monitor.core.daily import DailyRecord
from monitor.core.instant import DAY_MS
from monitor.core.metrics.frame import Frame
from monitor.core.metrics.statuses import Statuses
from monitor.core.snapshot import Snapshot
from monitor.errors import FencedError
from monitor.wire.keys import Keys
from monitor.wire.readout import LAST, Readout, moved

# The holder's token must be the newest one handed out. The lease itself is looked at too: after Redis lost its last
# second the counter may hand out the same token twice, and the owner's name tells which one counts.
_FENCE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return -1 end
local held = redis.call('GET', KEYS[2])
if held and held ~= ARGV[1] .. ' ' .. ARGV[2] then return -1 end
"""

# KEYS: fence, lease, snapshots, readout, last, version, then one hash a subject, then streams of history, the last of
# which is that of daily records
# ARGV: token, owner, oldest ms kept, entries kept, channel, readout, update, version that the hashes' changes start
# from ('' when all fields are given), hashes (MessagePack list: for `last` and each subject a flat list of fields and
# values, first element 1 to begin the hash anew), bars (MessagePack list of index in KEYS, how to trim: MINID or
# MAXLEN and its bound, id, then fields and values), then id and frame of each entry
_PUBLISH = (
    _FENCE
    + """
if ARGV[8] ~= '' and redis.call('GET', KEYS[6]) ~= ARGV[8] then return -2 end
local written = 0
for i = 11, #ARGV, 2 do
  local done = redis.pcall('XADD', KEYS[3], ARGV[i], 'v', '1', 'd', ARGV[i + 1])
  if type(done) ~= 'table' then
    written = written + 1
  elseif not string.find(done['err'], 'equal or smaller', 1, true) then
    return done
  elseif i + 1 == #ARGV then
    return {written, 0}
  end
end
redis.call('XTRIM', KEYS[3], 'MINID', '~', ARGV[3])
redis.call('XTRIM', KEYS[3], 'MAXLEN', '~', ARGV[4])
redis.call('SET', KEYS[4], ARGV[6])
local hashes = cmsgpack.unpack(ARGV[9])
for i = 1, #hashes do
  local key, fields = KEYS[i == 1 and 5 or i + 5], hashes[i]
  if fields[1] == 1 then redis.call('DEL', key) end
  for first = 2, #fields, 500 do
    redis.call('HSET', key, unpack(fields, first, math.min(first + 499, #fields)))
  end
end
for _, bar in ipairs(cmsgpack.unpack(ARGV[10])) do
  local done = redis.pcall('XADD', KEYS[bar[1]], bar[2], '~', bar[3], bar[4], unpack(bar, 5))
  if type(done) == 'table' and not string.find(done['err'], 'equal or smaller', 1, true) then return done end
end
local version = redis.call('INCR', KEYS[6])
redis.call('PUBLISH', ARGV[5], '{"version":' .. version .. ',' .. string.sub(ARGV[7], 2))
return {written, version}
"""
)

_CHECKPOINT = (
    _FENCE
    + """
redis.call('SET', KEYS[3], ARGV[3])
return 1
"""
)

_REFERENCE = (
    _FENCE
    + """
redis.call('DEL', KEYS[3])
redis.call('HSET', KEYS[3], 'v', '1', 'digest', ARGV[3], 'd', ARGV[4])
return 1
"""
)


DAILY_ENTRIES = 400
"""About how many daily records wait in Redis: three exchanges close on the same day, so half a year."""


class Boundary(msgspec.Struct, frozen=True):
    """A snapshot, its frame, the statuses of its metrics, and the id of its entry: `<boundary ms>-<n>`, n counting from
    0 within one millisecond.
    minute: the minute that this boundary ended, None when it ended none. daily: of the exchanges that it found closed
    first."""

    id: str
    snapshot: Snapshot
    frame: Frame
    statuses: Statuses
    minute: Minute | None = None
    daily: Sequence[DailyRecord] = ()


class _Announcement(msgspec.Struct, frozen=True):
    """What subscribers of `updates` are told, without the `version` that the script puts in front. id: entry of the
    snapshot. t: its time. subjects: of which more than the age changed.

    The version grows by one each time the readout is written: who sees a jump reads the readout.
    """

    id: str
    t: str
    subjects: list[str]


class SnapshotWriter:
    """Writes the snapshots of one board under one lease. Make a new one for every lease.

    client: command client. token, owner: of the lease. keep_ms: how much of boundary time the stream keeps.
    max_bytes: about how much memory it may use. history_ms: how much of boundary time the one-minute bars are kept.
    """

    def __init__(
        self,
        client: Redis,
        keys: Keys,
        *,
        token: int,
        owner: str,
        keep_ms: int = 900_000,
        max_bytes: int = 64_000_000,
        history_ms: int = 60 * DAY_MS,
    ) -> None:
        self._keys = keys
        self._fence = [keys.fence("spread"), keys.lease("spread")]
        self._holder = [str(token), owner]
        self._keep_ms = keep_ms
        self._max_bytes = max_bytes
        self._history_ms = history_ms
        self._entry_bytes = 4000.0
        self._readout = Readout()
        self._version = 0
        # Of the hashes in Redis when they hold what the readout holds. 0 after any trouble: then all fields are
        # written. A Redis that came back without its last second has another version.
        self._publish = client.register_script(_PUBLISH)
        self._checkpoint = client.register_script(_CHECKPOINT)
        self._reference = client.register_script(_REFERENCE)
        self._client = client

    async def write(self, boundaries: Sequence[Boundary]) -> int:
        """Write one or more boundaries, oldest first; returns how many the stream did not have yet.

        Raises FencedError when another process holds the lease, and what redis-py raises when Redis is away: the
        outcome is unknown then, and writing the same again is right.
        """
        newest = boundaries[-1]
        entries = [part for boundary in boundaries for part in (boundary.id, self._measured(boundary.frame))]
        changes = self._readout.update(newest.snapshot, newest.frame, newest.statuses)
        hashes = self._readout.hashes
        minutes = [boundary.minute for boundary in boundaries if boundary.minute is not None]
        kept_in = {subject: i for i, subject in enumerate(dict.fromkeys(s for m in minutes for s in m.subjects))}
        first_stream = len(hashes) + 6  # KEYS counts from 1: six names, then all hashes but the one of last quotes
        bars: list[tuple[int | str, ...]] = [
            (
                first_stream + kept_in[subject],
                *("MINID", max(0, minute.ms - self._history_ms)),
                f"{minute.ms}-0",
                *("v", "2", "simulated", int(minute.simulated), "d", msgspec.json.encode(found).decode()),
            )
            for minute in minutes
            for subject, found in minute.subjects.items()
        ]
        daily = first_stream + len(kept_in)
        bars += [
            (
                daily,
                *("MAXLEN", DAILY_ENTRIES),
                f"{record.t}-{i}",
                *("v", "1", "d", msgspec.json.encode(record).decode()),
            )
            for boundary in boundaries
            for i, record in enumerate(boundary.daily)
        ]
        if not self._version:
            changes = None
        announcement = _Announcement(newest.id, newest.snapshot.t, moved(hashes if changes is None else changes))
        while True:
            version, self._version = 0 if changes is None else self._version, 0
            anew = int(changes is None)
            differences = [[anew, *chain(*fields.items())] for fields in (changes or hashes).values()]
            result = await self._publish(
                keys=[
                    *self._fence,
                    *(self._keys.snapshots, self._keys.readout, self._keys.last, self._keys.version),
                    *(self._keys.subject(subject) for subject in hashes if subject != LAST),
                    *(self._keys.history(subject) for subject in kept_in),
                    self._keys.daily,
                ],
                args=[
                    *self._holder,
                    max(0, int(newest.id.partition("-")[0]) - self._keep_ms),
                    int(self._max_bytes / self._entry_bytes),
                    self._keys.updates,
                    newest.snapshot.to_json(),
                    msgspec.json.encode(announcement),
                    version or "",
                    msgspec.msgpack.encode(differences),
                    msgspec.msgpack.encode(bars),
                    *entries,
                ],
            )
            if result == -1:
                raise FencedError(f"snapshots of board {self._keys.board}: fencing token {self._holder[0]} is outdated")
            if result != -2:
                break
            changes = None
        written, version = result
        if version:
            self._version = version
        return int(written)

    async def write_checkpoint(self, checkpoint: bytes) -> None:
        """Keep the calculator's state. Raises FencedError when another process holds the lease, and what redis-py
        raises."""
        result = await self._checkpoint(keys=[*self._fence, self._keys.checkpoint], args=[*self._holder, checkpoint])
        if result == -1:
            raise FencedError(f"checkpoint of board {self._keys.board}: fencing token {self._holder[0]} is outdated")

    async def keep_reference(self, reference: bytes, digest: str) -> None:
        """Let readers know what the calculator started from. reference: JSON; written only where Redis has another one
        or none, as its `digest` tells. Raises as `write_checkpoint`."""
        if await answer(self._client.hget(self._keys.reference, "digest")) == digest.encode():
            return
        keys = [*self._fence, self._keys.reference]
        if await self._reference(keys=keys, args=[*self._holder, digest, reference]) == -1:
            raise FencedError(f"reference of board {self._keys.board}: fencing token {self._holder[0]} is outdated")

    def _measured(self, frame: Frame) -> bytes:
        data = frame.to_json()
        # 200 bytes: id, field names, and the node of the radix tree that an entry of this size has to itself
        self._entry_bytes += 0.1 * (len(data) + 200 - self._entry_bytes)
        return data
