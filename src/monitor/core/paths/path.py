"""A path: what the legs of a pair, their spread and its z-score were from an anchor until now.

Times are epoch milliseconds UTC. A point's value is None where it is not known, and the line is broken there.
"""

from typing import Literal

import msgspec

Span = Literal["today", "1W", "1M", "YTD", "1Y", "since"]
"""How far back a chart looks. `today`: from the earlier of the legs' last closes before the session of now. The others
are the board's window of that name, from its anchor; `since`: the board's first `SINCE:` window."""

SPANS: tuple[Span, ...] = ("today", "1W", "1M", "YTD", "1Y", "since")

Point = tuple[int, float | None]
"""Time and value."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One series. subject: id of the leg, basket or member, or of the pair for its spread. measure, window: of the
    metric that its values are, as the catalogue of metrics has them; window is that of the span. points: ascending."""

    subject: str
    name: str
    measure: str
    window: str
    unit: str
    points: list[Point]


class Shade(msgspec.Struct, frozen=True, kw_only=True):
    """When an exchange trades. kind: hong_kong, lunch (Hong Kong's) or new_york."""

    kind: str
    start_ms: int
    end_ms: int


class PairPath(msgspec.Struct, frozen=True, kw_only=True):
    """The past of one pair over one span.

    window: the board's window that it corresponds to (`1D` for `today`). first_ms, last_ms: ends of the time axis.
    a, b: returns of the legs since their anchors, per cent; spread: a − b, percentage points, at last prices: the last
    point of each equals the snapshot's number of that window (LAST). estimate: the SYNC spread, an ESTIMATE, only
    within the day. z: the daily z-score (LAG); None without enough history. resolution: `1m` (one-minute bars) or `1d`
    (official closes, and the price of now at the end). shades: only where the resolution is `1m`.
    status: OK, or NO_HISTORY when nothing is on file; reason: half a sentence then, else "".
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
    """A basket through the day, minute by minute: its return (per cent), dispersion (percentage points) and breadth
    against its benchmark (share 0 … 1). status, reason: as of `PairPath`."""

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
