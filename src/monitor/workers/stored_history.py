"""The whole history of a board, from Redis and from disk, each row once. Redis has the first word.

It weighs what pyarrow weighs: a service that may never be asked imports it when it is.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from monitor.bus.history import HistoryReader
from monitor.core.bars import HEADLINES, MINUTE_MS
from monitor.core.daily import DailyRecord, decode_record
from monitor.core.instant import DAY_MS, MILLISECOND, parse_instant, to_milliseconds, utc_date
from monitor.history.history_store import HistoryStore, days_between
from monitor.history.history_table import MINUTES, MinuteRows, daily_table, merged
from monitor.history.selection import Patterns

_PORTION = 20_000
"""Entries of Redis, each a minute of a subject, that one part of a day has at most."""
_CLOSES = 6
"""Daily records that are read at once: of three exchanges two days. Each has all metrics of the board."""
_LAST = 2**64 - 1
"""Highest number of a stream's entry within its millisecond."""


class StoredHistory:
    """reader: of the board's Redis; None while that is away: only what is on disk is looked at. store: real prices or
    simulated ones; what Redis has of the others is left out.

    Every method raises what redis-py raises, and DataError for a file that is none of history.
    """

    def __init__(self, reader: HistoryReader | None, store: HistoryStore) -> None:
        self._reader = reader
        self._store = store
        self.differing = 0
        """Rows that both have and that differ, as far as the tables were read: the first of them counts."""

    async def minutes(
        self, patterns: Patterns, since_ms: int, until_ms: int, *, rows: int | None = None
    ) -> AsyncIterator[pa.Table]:
        """Tables as in MINUTES of the stretch (epoch ms UTC, the end excluded), ascending, none across two UTC days.

        rows: how many are wanted, if need be from several tables. A day then comes in parts, each read when it is asked
        for and small enough that those few rows do not cost the whole day of all subjects. None: days as a whole.
        """
        spans = await self._spans(patterns)
        on_disk = self._store.files.days()
        bounds = [utc_date(ms * MILLISECOND) for span in spans.values() for ms in span] + on_disk
        width_ms, widest_ms = _widths(rows, len(spans))
        for day in days_between(min(bounds), max(bounds)) if bounds else ():
            start_ms = to_milliseconds(parse_instant(f"{day}T00:00:00Z"))
            begin_ms, end_ms = max(start_ms, since_ms), min(start_ms + DAY_MS, until_ms)
            if begin_ms >= end_ms:
                continue
            filed = MINUTES.empty_table()
            if day in on_disk:
                filed, differing = await asyncio.to_thread(self._store.minutes, day, patterns)
                self.differing += differing
            while begin_ms < end_ms:
                next_ms = min(begin_ms + width_ms, end_ms)
                live = await self._live_minutes(patterns, spans, begin_ms, next_ms)
                found, differing = merged(live, _between(filed, begin_ms, next_ms))
                self.differing += differing
                yield found
                begin_ms, width_ms = next_ms, min(2 * width_ms, widest_ms)

    async def daily(self, patterns: Patterns, since_ms: int, until_ms: int) -> AsyncIterator[pa.Table]:
        """Tables as in DAILY, one a session, ascending, of at least those that closed within the stretch; each is read
        when it is asked for."""
        # A session closes within a day of the date it is called by.
        first, last = (_date(ms) for ms in (since_ms - 2 * DAY_MS, until_ms + 2 * DAY_MS))
        on_disk: dict[str, list[str]] = {}
        for session, market in self._store.files.closes():
            if first <= session <= last:
                on_disk.setdefault(session, []).append(market)
        async for session, live in self._live_sessions(since_ms, until_ms):
            while on_disk and (earlier := next(iter(on_disk))) < session:
                yield await self._session(patterns, earlier, on_disk.pop(earlier), {})
            yield await self._session(patterns, session, on_disk.pop(session, []), live)
        for session, markets in on_disk.items():
            yield await self._session(patterns, session, markets, {})

    async def _session(
        self, patterns: Patterns, session: str, on_disk: Sequence[str], live: Mapping[str, DailyRecord]
    ) -> pa.Table:
        """One session as in DAILY. on_disk: markets of which there are files. live: records of Redis by market."""
        records = dict(live)
        for market in on_disk:
            filed = await asyncio.to_thread(self._store.daily, session, market)
            self.differing += records.setdefault(market, filed) != filed
        return daily_table(records.values(), patterns)

    async def _spans(self, patterns: Patterns) -> dict[str, tuple[int, int]]:
        """Of each subject that may have what is wanted, its first and its last minute in Redis."""
        if self._reader is None:
            return {}
        subjects = [subject for subject in await self._reader.subjects() if _may_want(patterns, subject)]
        return {s: span for s in subjects if (span := await self._reader.span(s)) is not None}

    async def _live_minutes(
        self, patterns: Patterns, spans: Mapping[str, tuple[int, int]], begin_ms: int, end_ms: int
    ) -> pa.Table:
        """What Redis has from `begin_ms` on and before `end_ms`. spans: of `_spans`."""
        live = MinuteRows(patterns)
        for subject, (first_ms, last_ms) in spans.items():
            if self._reader is not None and first_ms < end_ms and last_ms >= begin_ms:
                async for bars in self._reader.minutes(subject, begin_ms, end_ms - 1):
                    if bars.simulated == self._store.simulated:
                        live.add(bars.ms, bars.subject, bars.bars, simulated=bars.simulated)
        return live.table()

    async def _live_sessions(
        self, since_ms: int, until_ms: int
    ) -> AsyncIterator[tuple[str, Mapping[str, DailyRecord]]]:
        """What Redis has of the stretch: session, and its records by market. Ascending, because sessions close in their
        order. What cannot be read is none."""
        session, found = "", dict[str, DailyRecord]()
        async for record in self._live_records(since_ms, until_ms):
            if found and record.session != session:
                yield session, found
                found = {}
            session, found[record.market] = record.session, record
        if found:
            yield session, found

    async def _live_records(self, since_ms: int, until_ms: int) -> AsyncIterator[DailyRecord]:
        # The id of a record begins with its time.
        position = f"{since_ms - 1}-{_LAST}" if since_ms > 0 else "0-0"
        while self._reader is not None and (entries := await self._reader.daily(position, _CLOSES)):
            for entry in entries:
                if int(entry.id.partition("-")[0]) >= until_ms:
                    return
                try:
                    record = decode_record(entry.data)
                except ValueError:
                    continue
                if record.simulated == self._store.simulated:
                    yield record
            position = entries[-1].id


def _date(ms: int) -> str:
    try:
        return utc_date(ms * MILLISECOND)
    except OverflowError:
        return "9999-12-31" if ms > 0 else ""


def _widths(rows: int | None, subjects: int) -> tuple[int, int]:
    """How long the first part of a day is, and the longest, milliseconds. Parts grow from one that has about as many
    minutes of subjects as rows are wanted: where little moved, few parts are many rows."""
    if rows is None:
        return DAY_MS, DAY_MS
    widest_ms = max(1, _PORTION // max(1, subjects)) * MINUTE_MS
    return min(max(1, rows // max(1, subjects)) * MINUTE_MS, widest_ms), widest_ms


def _between(rows: pa.Table, begin_ms: int, end_ms: int) -> pa.Table:
    t = rows["t"].cast(pa.int64())
    return rows.filter(pc.and_(pc.greater_equal(t, begin_ms), pc.less(t, end_ms)))


def _may_want(patterns: Patterns, subject: str) -> bool:
    return any(patterns(f"{subject}{end}") for end in HEADLINES)
