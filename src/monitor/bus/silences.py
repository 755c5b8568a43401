"""Silences as they lie in Redis: one hash, id → document. People write them, the alerting service looks at them."""

import msgspec
import structlog
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.core.alerts.silence import LONGEST_DAYS, Silence, document_of, silence_from
from monitor.core.instant import DAY_MS
from monitor.wire.keys import Keys

log = structlog.get_logger(__name__)

KEPT_MS = 30 * DAY_MS
"""How long a silence stays on file after its end, milliseconds."""

# KEYS: silences. ARGV: id, the document that was read, the one to put in its place
_REPLACE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""


class Silences:
    """The silences of one board. client: a command client that leaves replies as bytes."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._key = keys.silences
        self._replace = client.register_script(_REPLACE)
        self._unreadable: set[bytes] = set()
        self._known: dict[bytes, bytes] = {}
        self._listed: tuple[Silence, ...] = ()

    async def add(self, silence: Silence) -> bool:
        """Write it down; False, and nothing is changed, when its id is taken."""
        return bool(await answer(self._client.hsetnx(self._key, silence.id, _encoded(silence))))

    async def list(self) -> tuple[Silence, ...]:
        """Every silence on file, the over and the coming ones included, by start and id.

        A document that cannot be read, under another id than its own, or of a silence longer than `LONGEST_DAYS` is
        passed over, with one line in the log: it silences nothing. Cut short, it would end on a day that nobody
        wrote; messages that go on coming tell at once that it does not count.
        """
        found = await answer(self._client.hgetall(self._key))
        if found == self._known:  # asked with every snapshot, and hardly ever news
            return self._listed
        silences = [silence for field in found.items() if (silence := self._read(*field)) is not None]
        self._known = found
        self._listed = tuple(sorted(silences, key=lambda silence: (silence.starts, silence.id)))
        return self._listed

    async def get(self, identifier: str) -> Silence | None:
        """The silence with this id, None when there is none or it cannot be read."""
        document = await answer(self._client.hget(self._key, identifier))
        return None if document is None else self._read(identifier.encode(), document)

    async def expire(self, identifier: str, t: int) -> Silence | None:
        """End it at `t`, milliseconds UTC, unless it ended before; returns it as it stands now, None when unknown."""
        while True:
            document = await answer(self._client.hget(self._key, identifier))
            silence = None if document is None else self._read(identifier.encode(), document)
            if silence is None:
                return None
            expired = silence.expire(t)
            if await self._replace(keys=[self._key], args=[identifier, document, _encoded(expired)]):
                return expired

    async def purge(self, t: int) -> int:
        """Forget what ended 30 days before `t`, milliseconds UTC, or earlier; returns how many that were."""
        over = [silence.id for silence in await self.list() if silence.ends + KEPT_MS <= t]
        return int(await answer(self._client.hdel(self._key, *over))) if over else 0

    def _read(self, identifier: bytes, document: bytes) -> Silence | None:
        try:
            silence = silence_from(msgspec.json.decode(document, type=dict[str, object]))
            _check(identifier, silence)
        except (ValueError, RecursionError) as broken:  # msgspec's own errors are ValueErrors
            if document not in self._unreadable:
                self._unreadable.add(document)
                log.warning("silence_unreadable", id=identifier.decode(errors="replace"), reason=str(broken))
            return None
        return silence


def _check(identifier: bytes, silence: Silence) -> None:
    """Raises ValueError for a silence that this program would not have written."""
    try:
        document_of(silence)
    except OverflowError:
        raise ValueError("`starts` or `ends` is beyond the years of the calendar") from None
    if silence.id.encode() != identifier:
        raise ValueError(f"its `id` is {silence.id!r}: another one than that of its field")
    if silence.ends - silence.starts > LONGEST_DAYS * DAY_MS:
        raise ValueError(f"it lasts more than {LONGEST_DAYS} days; a rule that nobody wants gets `enabled = false`")


def _encoded(silence: Silence) -> bytes:
    return msgspec.json.encode(document_of(silence))
