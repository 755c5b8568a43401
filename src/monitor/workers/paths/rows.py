"""Rows of stored history for programs, as `monitor history --json` prints them."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from monitor.bus.history import HistoryReader
from monitor.core.bars import HEADLINES, is_headline
from monitor.core.suggestion import did_you_mean
from monitor.errors import UsageError

MINUTE, DAY = "1m", "1d"


class HistoryRows:
    """folder: of the board's files. simulated: which half of them. known: names of all metrics of the board; slow,
    called in a thread when first needed."""

    def __init__(
        self, reader: HistoryReader, folder: Path, *, simulated: bool, known: Callable[[], Sequence[str]]
    ) -> None:
        self._reader = reader
        self._folder = folder
        self._simulated = simulated
        self._known = known
        self._names: Sequence[str] = ()

    async def read(
        self, metrics: Sequence[str], since_ms: int, until_ms: int, every: str, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """As `monitor.readouts.past.Past.rows`. Raises UsageError for an `every` that there is not and for a metric
        that the board does not have, or not by the minute; DataError for a broken file."""
        # Tables weigh tens of megabytes, which a dashboard that nobody asks for history does without.
        from monitor.history.export import plain_rows
        from monitor.history.history_store import HistoryStore
        from monitor.history.selection import Patterns
        from monitor.workers.stored_history import StoredHistory

        if every not in (MINUTE, DAY):
            raise UsageError(f"every={every[:20]}: allowed are {MINUTE} and {DAY}")
        patterns = Patterns(metrics)
        history = StoredHistory(self._reader, HistoryStore(self._folder, simulated=self._simulated))
        await self._refuse(patterns, every)
        tables = (
            history.minutes(patterns, since_ms, until_ms, rows=limit + 1)
            if every == MINUTE
            else history.daily(patterns, since_ms, until_ms)
        )
        found: list[dict[str, Any]] = []
        async for table in tables:
            found += plain_rows(table, since_ms, until_ms, limit + 1 - len(found))
            if len(found) > limit:
                break
        return found[:limit], len(found) > limit

    async def _refuse(self, patterns: Any, every: str) -> None:
        """Raises UsageError for what the board does not have, or not by the minute. All metrics are always there."""
        if not patterns.patterns:
            return
        if not self._names:
            self._names = await asyncio.to_thread(self._known)
        for pattern in patterns.unmatched(self._names):
            hint = did_you_mean(pattern, self._names) or "A name is <subject>.<measure>.<window>."
            raise UsageError(f"no metric is called {pattern[:200]!r}. {hint}")
        if every == MINUTE:
            fresh = type(patterns)(patterns.patterns)
            for pattern in fresh.unmatched(name for name in self._names if is_headline(name)):
                kept = ", ".join(end[1:] for end in HEADLINES)
                raise UsageError(f"{pattern[:200]} is kept once a day (every={DAY}). By the minute there are {kept}")
