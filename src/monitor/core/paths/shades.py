"""Which market traded when, for the shades of a chart."""

from collections.abc import Mapping
from typing import Literal

import msgspec

from monitor.core.instant import MILLISECOND
from monitor.core.session import Calendar, Phase


class Shade(msgspec.Struct, frozen=True):
    """A stretch [start_ms, end_ms), epoch milliseconds UTC, in which a market trades, or pauses at noon."""

    kind: Literal["hong_kong", "lunch", "new_york"]
    start_ms: int
    end_ms: int


_MARKETS: tuple[tuple[str, Literal["hong_kong", "new_york"]], ...] = (("XHKG", "hong_kong"), ("XNYS", "new_york"))


def shades(calendars: Mapping[str, Calendar], first_ms: int, last_ms: int) -> tuple[Shade, ...]:
    """Regular hours of Hong Kong, its lunch, and regular hours of New York between two times (epoch ms UTC).

    calendars: by name; one that is missing has no shades.
    """
    found = []
    for name, kind in _MARKETS:
        calendar = calendars.get(name)
        at = first_ms * MILLISECOND
        while calendar is not None and at < last_ms * MILLISECOND:
            segment = calendar.segment(at)
            start, end = max(segment.start_ns // MILLISECOND, first_ms), min(segment.end_ns // MILLISECOND, last_ms)
            if segment.phase is Phase.REGULAR:
                found.append(Shade(kind, start, end))
            elif segment.phase is Phase.BREAK:
                found.append(Shade("lunch", start, end))
            at = segment.end_ns
    return tuple(found)
