"""A path: what the legs of a pair, their spread and its z-score were from an anchor until now.

Times are epoch milliseconds UTC. A point's value is None where it is not known, and the line is broken there.
"""

from typing import Literal

import msgspec

from monitor.core.metrics.statuses import OK
from monitor.core.paths.shades import Shade

Span = Literal["today", "1W", "1M", "YTD", "1Y", "since"]
"""How far back a chart looks. `today`: the board's window `1D`, from the later of the closes that the legs' returns of
the day start from: holidays apart, both lines begin at nought there and the sessions of both are on the chart. The rest
are the board's window of that name, from the later of the legs' anchors; `since`: the board's first `SINCE:`."""

SPANS: tuple[Span, ...] = ("today", "1W", "1M", "YTD", "1Y", "since")

PathPoint = tuple[int, float | None]
"""Time and value."""

Stretch = tuple[int, int]
"""From one time to another, epoch ms UTC."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One series. subject: id of the leg, basket or member, or of the pair for its spread. measure, window: of the
    metric that its values are, as the catalogue of metrics has them; window is that of the span. points: ascending.
    status: OK, or what has to be said of any of its minutes or of its value of now (`monitor.core.metrics.statuses`):
    `STALE DELAYED`; nothing is said of official closes. unrecorded: sessions that are over and of which nothing was
    recorded, within a line of minutes, ascending and apart: there it leads straight from the opening to the official
    close, and nobody knows which way the market went."""

    subject: str
    name: str
    measure: str
    window: str
    unit: str
    points: list[PathPoint]
    status: str = OK
    unrecorded: list[Stretch] = []


class PairPath(msgspec.Struct, frozen=True, kw_only=True):
    """The past of one pair over one span.

    window: the board's window that it corresponds to (`1D` for `today`; "" where the board has none of that span).
    first_ms, last_ms: ends of the time axis; the last is the snapshot's time. a, b: returns of the legs since their
    anchors, per cent; spread: a − b, percentage points, at last prices: the last point of each equals the snapshot's
    number of that window (LAST), and is the only one that changes within a minute. estimate: the SYNC spread, an
    ESTIMATE, only within the day. z: the z-score of each session's own day (LAG), whatever the span; None without
    enough history. resolution: `1m` (one-minute bars; official closes where nothing was recorded) or `1d` (official
    closes, and the price of now at the end). shades: only where the resolution is `1m`, up to last_ms;
    of a path without its numbers of now also those of the hour to come.

    Points of one line may stand at other times than those of another. A leg holds its value while its market is shut;
    where the monitor did not run while it was open, or where a close is missing on file, the value is None; a session
    in which it never ran is among the line's `unrecorded`.
    status: OK, or NO_HISTORY when no line has a point before the one of now; reason: half a sentence then, else "".
    """

    pair: str
    span: Span
    window: str
    first_ms: int
    last_ms: int
    resolution: Literal["1m", "1d"]
    a: Line
    b: Line
    spread: Line
    estimate: Line | None = None
    z: Line | None = None
    shades: list[Shade] = []
    simulated: bool = False
    status: str = "OK"
    reason: str = ""


class BasketDay(msgspec.Struct, frozen=True, kw_only=True):
    """A basket through its session of now, or its last one, minute by minute: its return (per cent), dispersion
    (percentage points) and breadth against its benchmark (share 0 … 1; None without one). first_ms: its opening;
    last_ms: the snapshot's time. The last point of each line is the snapshot's. status, reason: as of `PairPath`."""

    basket: str
    first_ms: int
    last_ms: int
    total: Line
    dispersion: Line
    breadth: Line
    shades: list[Shade] = []
    simulated: bool = False
    status: str = "OK"
    reason: str = ""
