"""A value that holds from one time to the next, and is unknown in holes."""

from bisect import bisect_right
from collections.abc import Sequence

import msgspec

from monitor.core.paths.path import PathPoint
from monitor.core.paths.recorded import Gap


class Held(msgspec.Struct, frozen=True):
    """times: epoch ms UTC, ascending, from which each of `values` holds until the next. gaps: stretches strictly within
    which nothing is known, ascending."""

    times: Sequence[int]
    values: Sequence[float]
    gaps: Sequence[Gap] = ()

    def at(self, grid: Sequence[int]) -> list[float | None]:
        """The value at each time of an ascending grid; None before the first, and in holes."""
        found: list[float | None] = []
        gap = 0
        for t in grid:
            while gap < len(self.gaps) and self.gaps[gap][1] <= t:
                gap += 1
            i = bisect_right(self.times, t)
            hidden = gap < len(self.gaps) and self.gaps[gap][0] < t
            found.append(None if hidden or not i else self.values[i - 1])
        return found


def held(events: Sequence[tuple[int, float]], gaps: Sequence[Gap] = ()) -> Held:
    """Of events in any order; of several at one time the last one given counts."""
    ordered = sorted(dict(events).items())
    return Held([t for t, _ in ordered], [value for _, value in ordered], gaps)


def points_of(grid: Sequence[int], values: Sequence[float | None]) -> list[PathPoint]:
    """The points of a line without those that say nothing: none before the first value, and one None for a hole, also
    for one that lasts until now."""
    points: list[PathPoint] = []
    for point in zip(grid, values, strict=True):
        if point[1] is not None or (points and points[-1][1] is not None):
            points.append(point)
    return points


def to_last_value(points: list[PathPoint]) -> list[PathPoint]:
    """A line without a hole at its end: closes that are known an hour after the market has shut are not missing."""
    return points[:-1] if points and points[-1][1] is None else points
