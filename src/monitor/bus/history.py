"""History as it lies in Redis: one stream of one-minute bars a subject, and one of daily records."""

from collections.abc import AsyncIterator

import msgspec
import structlog
from redis.asyncio import Redis

from monitor.bus.redis import answer
from monitor.wire.keys import Keys

log = structlog.get_logger(__name__)

_PORTION = 1000
_SIMULATED = {b"0": False, b"1": True}
_Bars = dict[str, tuple[float, float, float, float, str]]

_decode_bars = msgspec.json.Decoder(_Bars).decode


class MinuteBars(msgspec.Struct, frozen=True):
    """The bars of one subject in one minute. ms: its beginning, milliseconds UTC. simulated: at least one value on the
    board was invented. bars: `measure.window` → open, high, low, close and status (`monitor.core.bars.Bar`). What did
    not move is not there."""

    ms: int
    subject: str
    simulated: bool
    bars: _Bars


class DailyEntry(msgspec.Struct, frozen=True):
    """One entry of the stream of daily records. data: JSON of a DailyRecord (`monitor.core.daily.decode_record`)."""

    id: str
    data: bytes


class HistoryReader:
    """Reads one board's history. client: a command client; every method raises what redis-py raises."""

    def __init__(self, client: Redis, keys: Keys) -> None:
        self._client = client
        self._keys = keys
        self._told: set[str] = set()

    async def subjects(self) -> list[str]:
        """Every subject that has minutes, ascending."""
        prefix = self._keys.history("")
        found = [key.decode().removeprefix(prefix) async for key in self._client.scan_iter(f"{prefix}*", count=1000)]
        return sorted(found)

    async def span(self, subject: str) -> tuple[int, int] | None:
        """Beginnings of the first and the last minute kept of a subject, milliseconds UTC; None without any."""
        key = self._keys.history(subject)
        first = await answer(self._client.xrange(key, count=1))
        last = await answer(self._client.xrevrange(key, count=1))
        return (_ms(first[0][0]), _ms(last[0][0])) if first and last else None

    async def minutes(self, subject: str, first_ms: int, last_ms: int) -> AsyncIterator[MinuteBars]:
        """The bars of a subject from `first_ms` to `last_ms`, both included. An entry that cannot be read is none: one
        that does not say whether it is simulated, or of a number without a status, would be taken for a good one. How
        many there are is logged, of each subject once."""
        skipped = 0
        start, key = f"{first_ms}-0", self._keys.history(subject)
        while True:
            found = await answer(self._client.xrange(key, min=start, max=f"{last_ms}-0", count=_PORTION))
            for identifier, fields in found:
                try:
                    simulated, bars = _SIMULATED[fields[b"simulated"]], _decode_bars(fields[b"d"])
                except (KeyError, msgspec.MsgspecError):
                    skipped += 1
                    continue
                yield MinuteBars(_ms(identifier), subject, simulated, bars)
            if len(found) < _PORTION:
                if skipped and subject not in self._told:
                    self._told.add(subject)
                    log.warning("history_entries_skipped", stream=key, entries=skipped, reason="not of this version")
                return
            start = f"({found[-1][0].decode()}"

    async def daily(self, after: str = "0-0", count: int = 20) -> list[DailyEntry]:
        """Daily records after an entry, oldest first; `data` is empty where field `d` is missing."""
        found = await answer(self._client.xrange(self._keys.daily, min=f"({after}", count=count))
        return [DailyEntry(identifier.decode(), fields.get(b"d", b"")) for identifier, fields in found]


def _ms(identifier: bytes) -> int:
    return int(identifier.partition(b"-")[0])
