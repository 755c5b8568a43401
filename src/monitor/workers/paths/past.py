"""The past of one board for people and programs: implements `monitor.readouts.past.Past` from Redis and from files.

Minutes and closes are read and computed at most once a minute of the board's time, however many look on; the numbers
of now come with each call. Computing is done in one thread of its own, so that nobody's stream waits for it.
"""

import asyncio
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from redis.asyncio import Redis

from monitor.bus.calculator_state import CalculatorState
from monitor.bus.history import HistoryReader
from monitor.core.bars import MINUTE_MS
from monitor.core.instant import DAY_MS, MILLISECOND, parse_instant
from monitor.core.metrics.catalogue import parse_metric
from monitor.core.pairs.side import Side
from monitor.core.paths.basket import basket_day
from monitor.core.paths.grid import witnesses
from monitor.core.paths.ledger import Ledger
from monitor.core.paths.pair import BY_MINUTE, PairPaths
from monitor.core.paths.path import BasketDay, PairPath, PathPoint, Span
from monitor.core.paths.recorded import Recorded, Series
from monitor.core.paths.scores import ScoreTable
from monitor.core.paths.spans import start_ns, window_of
from monitor.core.paths.spark import sides_of, spark
from monitor.core.paths.tip import with_basket_tip, with_tip
from monitor.core.snapshot import Snapshot
from monitor.runtime.shared_answers import SharedAnswers
from monitor.wire.keys import Keys
from monitor.workers.paths.closes import LedgerKeeper
from monitor.workers.paths.minutes import MinuteShelf
from monitor.workers.paths.rows import HistoryRows

T = TypeVar("T")

_MOST_PATHS = 256
_MOST_SPARKS = 32


class BoardPast:
    """client: of commands. keeper: of the board's closes. rows: stored history. pace_s: a board whose minutes fly, as a
    simulated one's do, is looked at again no sooner than this."""

    def __init__(
        self, client: Redis, keys: Keys, keeper: LedgerKeeper, rows: HistoryRows, *, pace_s: float = 2.0
    ) -> None:
        self._state = CalculatorState(client, keys)
        self._keeper = keeper
        self._rows = rows
        self._minutes = MinuteShelf(HistoryReader(client, keys))
        self._scores = ScoreTable()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="past")
        self._edition = _Edition(pace_s)
        self._ledgers = SharedAnswers(1)
        self._pairs = SharedAnswers(_MOST_PATHS)
        self._days = SharedAnswers(_MOST_PATHS)
        self._sparks = SharedAnswers(_MOST_SPARKS)
        self._tipped: dict[Hashable, tuple[Any, tuple[str, int], Any]] = {}
        """Of each question the last answer up to the minute, the snapshot that was asked about, and the answer."""

    async def pair(self, pair: str, span: Span, now: Snapshot) -> PairPath:
        """See `Past`."""
        edition = self._edition.of(now)
        made = await self._pairs.of((pair, span), lambda: self._pair(pair, span, now, edition), edition=edition)
        return self._with_tip(("pair", pair, span), made, now, with_tip)

    async def basket(self, basket: str, now: Snapshot) -> BasketDay:
        """See `Past`."""
        edition = self._edition.of(now)
        made = await self._days.of(basket, lambda: self._basket(basket, now, edition), edition=edition)
        return self._with_tip(("basket", basket), made, now, with_basket_tip)

    async def sparks(self, metrics: Sequence[str], now: Snapshot, count: int) -> dict[str, list[PathPoint]]:
        """See `Past`."""
        edition, asked = self._edition.of(now), tuple(metrics)
        return await self._sparks.of((asked, count), lambda: self._lines(asked, now, count, edition), edition=edition)

    async def rows(
        self, metrics: Sequence[str], since_ms: int, until_ms: int, every: str, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """See `Past`."""
        return await self._rows.read(metrics, since_ms, until_ms, every, limit)

    async def _pair(self, pair: str, span: Span, now: Snapshot, edition: Hashable) -> PairPath:
        ledger = await self._ledger(now, edition)
        recorded: Recorded = {}
        if span in BY_MINUTE:
            sides = ledger.sides(pair)
            start = start_ns(sides, window_of(span, now.windows) or "1D", now)
            recorded = await self._recorded(ledger, sides, [pair], now, start)
        return await self._compute(lambda: PairPaths(ledger, pair, now, recorded, self._scores).path(span))

    async def _basket(self, basket: str, now: Snapshot, edition: Hashable) -> BasketDay:
        ledger = await self._ledger(now, edition)
        side = ledger.basket(basket)
        recorded = await self._recorded(ledger, [side], [basket], now, start_ns([side], "1D", now))
        return await self._compute(lambda: basket_day(ledger, basket, now, recorded))

    async def _lines(
        self, metrics: Sequence[str], now: Snapshot, count: int, edition: Hashable
    ) -> dict[str, list[PathPoint]]:
        ledger = await self._ledger(now, edition)
        now_ms = _ms(now)
        starts: dict[str, int] = {}
        for metric in metrics:
            subject = parse_metric(metric).subject if metric.count(".") >= 2 else ""
            sides = sides_of(ledger, subject)
            start = start_ns(sides, "1D", now) if sides else None
            if start is not None:
                starts[subject] = start // MILLISECOND
        recorded: dict[str, dict[str, Series]] = {}
        for subject, start_ms in starts.items():
            recorded |= await self._minutes.recorded([subject], start_ms, now_ms, simulated=now.simulated)
        return {metric: spark(ledger, metric, now, recorded, count) for metric in metrics}

    async def _recorded(
        self, ledger: Ledger, sides: Sequence[Side], subjects: Sequence[str], now: Snapshot, start: int | None
    ) -> Recorded:
        now_ms = _ms(now)
        first_ms = now_ms - DAY_MS if start is None else start // MILLISECOND
        wanted = [*subjects, *witnesses(ledger, sides)]
        return await self._minutes.recorded(wanted, first_ms, now_ms, simulated=now.simulated)

    async def _ledger(self, now: Snapshot, edition: Hashable) -> Ledger:
        async def make() -> Ledger:
            known = await self._keeper.ask(self._state)
            return await self._compute(lambda: self._keeper.ledger(known, simulated=now.simulated))

        return await self._ledgers.of("ledger", make, edition=edition)

    async def _compute(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _with_tip(self, question: Hashable, made: T, now: Snapshot, tip: Callable[[T, Snapshot], T]) -> T:
        """The answer for one snapshot: the same object for all who look at that one."""
        kept = self._tipped.get(question)
        if kept is None or kept[0] is not made or kept[1] != (now.t, now.seq):
            if len(self._tipped) > 2 * _MOST_PATHS:
                self._tipped.clear()
            kept = self._tipped[question] = made, (now.t, now.seq), tip(made, now)
        found: T = kept[2]
        return found


class _Edition:
    """Which minute of the board's time everybody's answers are of."""

    def __init__(self, pace_s: float) -> None:
        self._pace_s = pace_s
        self._minute = -1
        self._since_s = 0.0

    def of(self, now: Snapshot) -> Hashable:
        """Changes with the minute of the snapshots that it is asked about, but no faster than the pace; at once
        when they go back in time or turn from real to simulated prices."""
        minute, at = _ms(now) // MINUTE_MS, time.monotonic()
        if minute < self._minute - 1 or (minute > self._minute and at - self._since_s >= self._pace_s):
            self._minute, self._since_s = minute, at
        return self._minute, now.simulated


def _ms(now: Snapshot) -> int:
    return parse_instant(now.t) // MILLISECOND
