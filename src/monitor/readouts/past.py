"""Where the faces get the past from: what an adapter behind them has to offer."""

from collections.abc import Sequence
from typing import Any, Protocol

from monitor.core.paths.path import BasketDay, PairPath, PathPoint, Span
from monitor.core.snapshot import Snapshot


class Past(Protocol):
    """The past of one board. Every method may be called for each viewer at each push: answers are kept and shared.

    All raise UsageError for a subject that the board does not have (with the nearest that it has), and the Redis
    client's errors while Redis is away."""

    async def pair(self, pair: str, span: Span, now: Snapshot) -> PairPath:
        """The path of a pair up to `now`, whose numbers are its last points."""
        ...

    async def basket(self, basket: str, now: Snapshot) -> BasketDay:
        """A basket through the day up to `now`."""
        ...

    async def sparks(self, metrics: Sequence[str], now: Snapshot, count: int) -> dict[str, list[PathPoint]]:
        """Of each metric that is kept by the minute at most `count` values of today, evenly spread, the newest last;
        an empty list for one of which nothing is known."""
        ...

    async def rows(
        self, metrics: Sequence[str], since_ms: int, until_ms: int, every: str, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """Stored history, oldest first: rows with the columns of `monitor history`, times as ISO-8601 with `Z`;
        and whether there are more than `limit`. metrics: patterns. every: `1m` or `1d`."""
        ...
