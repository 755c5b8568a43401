"""What a chart shows, in numbers and words: everything that drawing needs, and nothing about how it is drawn."""

from typing import Literal

import msgspec

from monitor.core.metrics.statuses import OK
from monitor.core.paths.shades import Shade


class ChartPoint(msgspec.Struct, frozen=True, gc=False):
    """One value of the metric. t_ms: epoch milliseconds UTC. value: in the metric's unit, None where it had none: the
    line breaks there. low, high: extremes of the minute (or session) that ends at `t_ms`, None when only the value is
    known. status: what has to be said of it (`monitor.core.metrics.statuses`), OK for nothing. simulated: at least one
    value on the board was invented then."""

    t_ms: int
    value: float | None
    low: float | None = None
    high: float | None = None
    status: str = OK
    simulated: bool = False


class Line(msgspec.Struct, frozen=True):
    """A threshold across the chart. label: short, stands at the right edge (`limit > +1.50`)."""

    kind: Literal["trigger", "clear"]
    value: float
    label: str


class Marker(msgspec.Struct, frozen=True):
    """A moment worth a sign. value: where on the chart, None for the value of the line at that time. label: "" for the
    word of its kind."""

    kind: Literal["start", "fired", "peak", "end"]
    t_ms: int
    value: float | None = None
    label: str = ""


class ChartSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One chart of one metric.

    title, subtitle: plain text, cut when too long. symbol: stands for a title with characters that no installed font
    has. unit: ALERTING section 2; measure: of the metric, for those whose values are words (`regime`). points:
    ascending in time; none gives an empty chart that says so. first_ms, last_ms: ends of the time axis, epoch
    milliseconds UTC. episodes: (start, end) of stretches in which the alert was open. caption: a line below.
    simulated: its numbers are invented, and the picture says so across its whole width. zone: IANA name of the time
    axis.
    """

    title: str
    unit: str
    points: tuple[ChartPoint, ...]
    first_ms: int
    last_ms: int
    subtitle: str = ""
    symbol: str = ""
    measure: str = ""
    lines: tuple[Line, ...] = ()
    markers: tuple[Marker, ...] = ()
    shades: tuple[Shade, ...] = ()
    episodes: tuple[tuple[int, int], ...] = ()
    caption: str = ""
    simulated: bool = False
    zone: str = "Asia/Hong_Kong"
