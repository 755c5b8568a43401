"""Which market traded when, for the shades of a chart."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
from msgspec.structs import replace

from monitor.core.instant import MILLISECOND
from monitor.core.session import Calendar, Phase


class Shade(msgspec.Struct, frozen=True):
    """A stretch [start_ms, end_ms), epoch milliseconds UTC, in which a market trades, or pauses at noon."""

    kind: Literal["hong_kong", "lunch", "new_york"]
    start_ms: int
    end_ms: int


AHEAD_MS = 3_600_000
"""A path that is made once a minute knows the hours of so much time to come, so that its tip can follow an opening and
a close within that minute. Longer than the fastest board's time runs on between two makings."""

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


def up_to(found: Iterable[Shade], last_ms: int) -> list[Shade]:
    """What of some shades has begun before a time (epoch ms UTC), ended there at the latest."""
    return [replace(shade, end_ms=min(shade.end_ms, last_ms)) for shade in found if shade.start_ms < last_ms]
