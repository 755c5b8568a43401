"""Lines and bars that fit into a line of text. Pure."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from monitor.core.bars import MINUTE_MS
from monitor.core.paths.path import PathPoint

_LEVELS = "▁▂▃▄▅▆▇█"
_PLAIN_LEVELS = "_.:-=+*#"
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_STILL = 0.005
"""A move that numbers of two decimals do not show; recorded values and the newest one differ by less than this in how
they were rounded."""


def drawable(encoding: str) -> bool:
    """Whether an output has the signs for these; else signs of ASCII take their focus."""
    try:
        (_LEVELS + _EIGHTHS).encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


Axis = tuple[int, int]
"""Beginning and end, epoch milliseconds UTC."""


def axis_of(lines: Iterable[Sequence[PathPoint]]) -> Axis | None:
    """The time that all these lines span together; None without a point."""
    times = [points[at][0] for points in lines if points for at in (0, -1)]
    return (min(times), max(times)) if times else None


def spark(points: Sequence[PathPoint], width: int, axis: Axis | None = None, *, plain: bool = False) -> str:
    """Values from the lowest `▁` to the highest `█`, evenly in time, at most `width` columns and one a minute, the
    newest last. A value holds until the next one: only what moves is recorded. From None on, and before the first
    point, the line is blank. One that does not move, or less than two decimals can show, is drawn in the middle. ""
    without any value. axis: None for from the first point to the last. plain: in ASCII.

    >>> spark([(0, 1.0), (60_000, 3.0), (180_000, None), (240_000, 8.0)], 40)
    '▁▃▃ █'
    """
    columns = _columns(points, width, axis or axis_of([points]))
    known = [value for value in columns if value is not None]
    if not known:
        return ""
    levels = _PLAIN_LEVELS if plain else _LEVELS
    low, high = min(known), max(known)
    top, still = len(levels) - 1, high - low < _STILL
    return "".join(
        " " if value is None else levels[top // 2 if still else round((value - low) / (high - low) * top)]
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


def _columns(points: Sequence[PathPoint], width: int, axis: Axis | None) -> list[float | None]:
    """What held at evenly spaced times along the axis."""
    if axis is None:
        return []
    first_ms, last_ms = axis
    count = min(width, (last_ms - first_ms) // MINUTE_MS + 1)
    times = [ms for ms, _ in points]
    found: list[float | None] = []
    for column in range(count):
        ms = last_ms - (count - 1 - column) * (last_ms - first_ms) // max(count - 1, 1)
        at = bisect_right(times, ms) - 1
        found.append(points[at][1] if at >= 0 else None)
    return found
