"""The whole history of a board, from Redis and from disk, each row once. Redis has the first word.

It weighs what pyarrow weighs: a service that may never be asked imports it when it is.
"""

import asyncio
from collections.abc import AsyncIterator

import pyarrow as pa

from monitor.bus.history import HistoryReader
from monitor.core.bars import HEADLINES
from monitor.core.daily import DailyRecord, decode_record
from monitor.core.instant import DAY_MS, MILLISECOND, parse_instant, to_milliseconds, utc_date
from monitor.history.history_store import HistoryStore, days_between
from monitor.history.history_table import MINUTES, MinuteRows, daily_table, merged
from monitor.history.selection import Patterns


class StoredHistory:
    """reader: of the board's Redis; None while that is away: only what is on disk is looked at.

    Every method raises what redis-py raises, and DataError for a file that is none of history.
    """

    def __init__(self, reader: HistoryReader | None, store: HistoryStore) -> None:
        self._reader = reader
        self._store = store
        self.differing = 0
        """Rows that both have and that differ, as far as the tables were read: the first of them counts."""

    async def minutes(self, patterns: Patterns, since_ms: int, until_ms: int) -> AsyncIterator[pa.Table]:
        """Tables as in MINUTES, one a UTC day that the stretch (epoch ms UTC, the end excluded) touches, ascending."""
        reader = self._reader
        subjects = [] if reader is None else [s for s in await reader.subjects() if _may_want(patterns, s)]
        spans = {s: span for s in subjects if reader is not None and (span := await reader.span(s)) is not None}
        on_disk = self._store.files.days()
        bounds = [utc_date(ms * MILLISECOND) for span in spans.values() for ms in span] + on_disk
        for day in days_between(min(bounds), max(bounds)) if bounds else ():
            start_ms = to_milliseconds(parse_instant(f"{day}T00:00:00Z"))
            if start_ms + DAY_MS <= since_ms or start_ms >= until_ms:
                continue
            live = MinuteRows(patterns)
            for subject, (first_ms, last_ms) in spans.items():
                if reader is not None and first_ms < start_ms + DAY_MS and last_ms >= start_ms:
                    async for bars in reader.minutes(subject, start_ms, start_ms + DAY_MS - 1):
                        live.add(bars.ms, bars.subject, bars.bars)
            filed, differing_files = MINUTES.empty_table(), 0
            if day in on_disk:
                filed, differing_files = await asyncio.to_thread(self._store.minutes, day, patterns)
            rows, differing_redis = merged(live.table(), filed)
            self.differing += differing_files + differing_redis
            yield rows

    async def daily(self, patterns: Patterns, since_ms: int, until_ms: int) -> AsyncIterator[pa.Table]:
        """Tables as in DAILY, one a session, ascending, of at least those that closed within the stretch."""
        live = await self._live_records()
        on_disk = set(self._store.files.closes())
        # A session closes within a day of the date it is called by.
        first, last = (_date(ms) for ms in (since_ms - 2 * DAY_MS, until_ms + 2 * DAY_MS))
        closes = sorted(key for key in live.keys() | on_disk if first <= key[0] <= last)
        for session in sorted({session for session, _ in closes}):
            records = []
            for key in (key for key in closes if key[0] == session):
                filed = await asyncio.to_thread(self._store.daily, *key) if key in on_disk else None
                counts = live.get(key, filed)
                self.differing += key in live and filed is not None and filed != live[key]
                if counts is not None:
                    records.append(counts)
            yield daily_table(records, patterns)

    async def _live_records(self) -> dict[tuple[str, str], DailyRecord]:
        """By session and market. What cannot be read is none."""
        found: dict[tuple[str, str], DailyRecord] = {}
        position = "0-0"
        while self._reader is not None and (entries := await self._reader.daily(position)):
            position = entries[-1].id
            for entry in entries:
                try:
                    record = decode_record(entry.data)
                except ValueError:
                    continue
                found[record.session, record.market] = record
        return found


def _date(ms: int) -> str:
    try:
        return utc_date(ms * MILLISECOND)
    except OverflowError:
        return "9999-12-31" if ms > 0 else ""


def _may_want(patterns: Patterns, subject: str) -> bool:
    return any(patterns(f"{subject}{end}") for end in HEADLINES)
