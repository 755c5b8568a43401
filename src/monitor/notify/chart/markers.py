"""The signs of a chart: where an alert began, fired, peaked and ended, and the row of words that names them."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from matplotlib.axes import Axes
from matplotlib.patheffects import Normal, Stroke
from matplotlib.transforms import Transform

from monitor.notify.chart import style
from monitor.notify.chart.spec import ChartSpec, Marker

_SIGNS = {
    "start": ("o", style.PAPER),
    "fired": ("^", style.TRIGGER),
    "peak": ("D", style.INK),
    "end": ("s", style.CLEAR),
}
_MOST_NAMED = 4
_ROW = 0.12  # height of one row of words, as a part of the chart's
_SIGN_PX, _SPACE_PX = 21.0, 18.0


def days(t_ms: int) -> float:
    """A time as matplotlib's dates count it: days since 1970."""
    return t_ms / 86_400_000


class Markers:
    """The markers of one drawing in progress. known: time, epoch milliseconds UTC, and value of the line, ascending.
    falling: the interesting values are low ones, so that the words stand below them."""

    def __init__(self, axes: Axes, spec: ChartSpec, known: Sequence[tuple[int, float]], *, falling: bool) -> None:
        self._axes = axes
        self._spec = spec
        self._known = known
        self._falling = falling
        self._zone = ZoneInfo(spec.zone)

    def draw(self) -> None:
        """Each sign where it belongs; with words in a row of their own when they are few."""
        axes, spec = self._axes, self._spec
        shown = [m for m in spec.markers if spec.first_ms <= m.t_ms <= spec.last_ms]
        named = []
        for marker in sorted(shown, key=lambda m: m.t_ms):
            value = marker.value if marker.value is not None else _value_at(self._known, marker.t_ms)
            if value is None:
                continue
            self._sign(marker, days(marker.t_ms), value, axes.transData)
            named.append(marker)
        if len(named) <= _MOST_NAMED:
            self._name(named)

    def _sign(self, marker: Marker, x: float, y: float, transform: Transform) -> None:
        shape, colour = _SIGNS[marker.kind]
        self._axes.plot(
            *([x], [y], shape),
            transform=transform,
            markersize=6.5,
            markerfacecolor=colour,
            markeredgecolor=style.INK,
            markeredgewidth=1.0,
            clip_on=False,
            zorder=8,
        )

    def _name(self, markers: Sequence[Marker]) -> None:
        """The signs with their words and times in a row where no values are; a second row when one does not hold
        them."""
        axes = self._axes
        width = axes.bbox.width
        left, row = _SPACE_PX, 0
        for marker in markers:
            y = 0.07 + row * _ROW if self._falling else 0.935 - row * _ROW
            words = axes.text(
                *(0.0, y, f"{marker.label or marker.kind} {self._moment(marker.t_ms)}"),
                transform=axes.transAxes,
                va="center_baseline",
                fontsize=style.SMALL_PT,
                color=style.INK,
                path_effects=[Stroke(linewidth=3, foreground=style.PAPER), Normal()],
                zorder=9,
            )
            needed = _SIGN_PX + words.get_window_extent().width
            if left + needed > width and left > _SPACE_PX:
                left, row = _SPACE_PX, row + 1
                y = 0.07 + row * _ROW if self._falling else 0.935 - row * _ROW
            self._sign(marker, (left + _SIGN_PX / 3) / width, y, axes.transAxes)
            words.set_position(((left + _SIGN_PX) / width, y))
            left += needed + _SPACE_PX

    def _moment(self, t_ms: int) -> str:
        """A time of the chart's zone, with its date when that is not the day on which the chart ends."""
        moment, end = (datetime.fromtimestamp(t / 1000, UTC).astimezone(self._zone) for t in (t_ms, self._spec.last_ms))
        return f"{moment:%H:%M}" if moment.date() == end.date() else f"{moment:%d %b %H:%M}"


def _value_at(known: Sequence[tuple[int, float]], t_ms: int) -> float | None:
    """The value at the point nearest to a time; None without any."""
    i = bisect_right(known, t_ms, key=lambda point: point[0])
    near = min(known[max(0, i - 1) : i + 1], key=lambda point: abs(point[0] - t_ms), default=None)
    return None if near is None else near[1]
