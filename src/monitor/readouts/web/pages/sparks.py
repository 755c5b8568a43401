"""Small lines of the day beside names: what a leg, a basket or a pair did since the day began."""

from collections.abc import Callable

from markupsafe import Markup

from monitor.core.paths.path import PathPoint
from monitor.core.snapshot import Snapshot
from monitor.readouts.past import Past
from monitor.readouts.web.pages.picture import Chart

_POINTS = 60
_MINUTE = len("2025-02-21T16:20")

Sparks = dict[str, list[PathPoint]]
"""Minutes of today by id of a leg or a basket (returns in per cent) or of a pair (its spread in percentage points)."""


class SparkReader:
    """Asks for the lines of a whole board, once in a minute of the board's time: they are made of minutes."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._minute = ""
        self._sparks: Sparks = {}

    async def of(self, snapshot: Snapshot) -> Sparks:
        """Raises the Redis client's errors."""
        minute = snapshot.t[:_MINUTE]
        if minute != self._minute:
            metrics = {f"{id}.spread_pp.1d": id for id in snapshot.pair_views}
            legs = {leg for view in snapshot.pair_views.values() for leg in (view.a, view.b)}
            metrics |= {f"{id}.return_pct.1d": id for id in sorted(legs | set(snapshot.baskets))}
            found = await self._past.sparks(list(metrics), snapshot, _POINTS)
            self._sparks = {metrics[name]: points for name, points in found.items() if name in metrics}
            self._minute = minute
        return self._sparks


def spark(sparks: Sparks) -> Callable[[Callable[[str, Chart, str, str], Markup], str, str], Markup]:
    """For templates: the place of a line by id and name; nothing where less than two of its points are known."""

    def place(chart: Callable[[str, Chart, str, str], Markup], id: str, name: str) -> Markup:
        points = [[t, round(value, 3)] for t, value in sparks.get(id, []) if value is not None]
        if len(points) < 2:
            return Markup("")
        return chart(f"spark.{id}", Chart("spark", {"points": points}), f"{name} today, minute by minute", "spark")

    return place
