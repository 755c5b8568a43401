"""Fewer points that draw the same line."""

from collections.abc import Iterable, Sequence

from monitor.core.paths.path import PathPoint

MOST_POINTS = 800
"""Of a line made of minutes: as many as a chart has pixels to show."""


def thinned(points: Sequence[PathPoint], most: int = MOST_POINTS, keep: Iterable[int] = ()) -> list[PathPoint]:
    """At most about `most` points, spread evenly: of each stretch its lowest and highest value, where the line breaks,
    both ends, and those at the times `keep`, epoch ms UTC."""
    if len(points) <= most:
        return list(points)
    wanted = set(keep)
    breaks = [i for i, (t, value) in enumerate(points) if value is None or t in wanted]
    stretches = max((most - 2 - len(breaks)) // 2, 1)
    kept = {0, len(points) - 1, *breaks}
    for n in range(stretches):
        start, end = n * len(points) // stretches, (n + 1) * len(points) // stretches
        known = [(value, i) for i, (_, value) in enumerate(points[start:end], start) if value is not None]
        if known:
            kept |= {min(known)[1], max(known)[1]}
    return [points[i] for i in sorted(kept)]


def spread_evenly(points: Sequence[PathPoint], count: int) -> list[PathPoint]:
    """At most `count` of the points that have a value, evenly by number, the last one among them."""
    known = [point for point in points if point[1] is not None]
    if len(known) <= count or count < 1:
        return known if count > 0 else []
    if count == 1:
        return known[-1:]
    return [known[round(i * (len(known) - 1) / (count - 1))] for i in range(count)]
