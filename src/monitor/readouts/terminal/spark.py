"""Lines and bars that fit into a line of text. Pure."""

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

from monitor.core.paths.path import Point

_LEVELS = "▁▂▃▄▅▆▇█"
_PLAIN_LEVELS = "_.:-=+*#"
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def drawable(encoding: str) -> bool:
    """Whether an output has the signs for these; else signs of ASCII take their place."""
    try:
        (_LEVELS + _EIGHTHS).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def spark(points: Sequence[Point], width: int, *, plain: bool = False) -> str:
    """Values from the lowest `▁` to the highest `█`, evenly in time, at most `width` columns, the newest last; a blank
    where there is none. A line that does not move is drawn in the middle. "" without any value. plain: in ASCII.

    >>> spark([(0, 1.0), (60, 3.0), (120, None), (180, 8.0)], 40)
    '▁▃ █'
    """
    columns = _columns(points, width)
    known = [value for value in columns if value is not None]
    if not known:
        return ""
    levels = _PLAIN_LEVELS if plain else _LEVELS
    low, high = min(known), max(known)
    top = len(levels) - 1
    return "".join(
        " " if value is None else levels[round((value - low) / (high - low) * top) if high > low else top // 2]
        for value in columns
    )


def bar(value: float, largest: float, width: int, *, plain: bool = False) -> str:
    """How large `value` is beside the `largest` one, whatever their signs, in at most `width` columns; in ASCII whole
    columns only.

    >>> bar(-1.5, 3.0, 4)
    '██'
    """
    if largest == 0:
        return ""
    eighths = round(min(abs(value / largest), 1.0) * width * 8)
    if plain:
        return "#" * round(eighths / 8)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _columns(points: Sequence[Point], width: int) -> list[float | None]:
    """The newest value at evenly spaced times, None where the newest is older than it should be."""
    times = [ms for ms, _ in points]
    if len(times) < 2 or times[-1] <= times[0]:
        return [value for _, value in points[-1:]]
    span = times[-1] - times[0]
    usual = max(median(after - before for before, after in pairwise(times)), 1)
    count = max(min(width, round(span / usual) + 1), 2)
    apart = span / (count - 1)
    found: list[float | None] = []
    for column in range(count):
        ms = times[0] + column * apart
        at = bisect_right(times, math.ceil(ms)) - 1
        found.append(points[at][1] if ms - times[at] < max(1.5 * usual, apart) else None)
    return found
