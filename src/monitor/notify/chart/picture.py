"""From a chart's spec to its PNG, with matplotlib and without a screen.

`png` may be called in any process that can afford the half second and the 60 MB of importing matplotlib: back-tests
(`monitor.notify.chart.picture.png`) call it directly, the alerting service through `monitor.notify.chart.studio`. It
keeps no state between calls.
"""

import io
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from monitor.notify.chart import style
from monitor.notify.chart.fonts import drawable
from monitor.notify.chart.markers import Markers, days
from monitor.notify.chart.spec import ChartSpec
from monitor.notify.wording import SIGNED, measured, one_line, shortened

_LEFT, _RIGHT, _BOTTOM, _TOP = 0.095, 0.775, 0.185, 0.745
_CLOSE_PT = 12.0  # labels at the right edge nearer than this would overlap
_STRIP_PX = 12  # of a letter above the strip of sessions
_TIMES = ["%Y", "%b %Y", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"]
_TEXT_LEFT = 0.018
_LONGEST, _LONGEST_LABEL = 300, 18


def png(spec: ChartSpec) -> bytes:
    """The chart as a PNG of 900 × 420 pixels. The same spec gives the same pixels on the same machine."""
    with mpl.rc_context():
        mpl.rcdefaults()  # whatever style file this machine has
        style.use()
        figure = Figure(figsize=(style.WIDTH_PX / style.DPI, style.HEIGHT_PX / style.DPI), dpi=style.DPI)
        FigureCanvasAgg(figure)
        axes = figure.add_axes((_LEFT, _BOTTOM, _RIGHT - _LEFT, _TOP - _BOTTOM))
        _Picture(spec, figure, axes).draw()
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


class _Picture:
    """One drawing in progress."""

    def __init__(self, spec: ChartSpec, figure: Figure, axes: Axes) -> None:
        self._spec = spec
        self._figure = figure
        self._axes = axes
        self._zone = ZoneInfo(spec.zone)
        self._points = tuple(p for p in spec.points if spec.first_ms <= p.t_ms <= spec.last_ms)
        self._known = [(p.t_ms, p.value) for p in self._points if p.value is not None]
        # Markers stand above what they mark, except where the alert is about a fall.
        self._falling = _is_fall(spec)

    def draw(self) -> None:
        self._frame()
        self._sessions()
        self._episodes()
        self._thresholds()
        self._curve()
        self._head()
        self._edge_labels()
        Markers(self._axes, self._spec, self._known, falling=self._falling).draw()

    def _frame(self) -> None:
        axes, spec = self._axes, self._spec
        axes.set_xlim(days(spec.first_ms), days(max(spec.last_ms, spec.first_ms + 1)))
        axes.set_ylim(*self._heights())
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        axes.grid(axis="y", color=style.GRID, linewidth=0.7)
        axes.set_axisbelow(True)
        times = AutoDateLocator(tz=self._zone, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(times)
        axes.xaxis.set_major_formatter(
            ConciseDateFormatter(  # type: ignore[no-untyped-call]
                times, tz=self._zone, formats=_TIMES, zero_formats=["", *_TIMES[:-1]], show_offset=False
            )
        )
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, min_n_ticks=3))
        if spec.measure == "regime":
            axes.set_yticks([-1, 0, 1])
        axes.yaxis.set_major_formatter(FuncFormatter(self._tick))
        axes.tick_params(length=3, pad=4)

    def _tick(self, value: float, _position: int | None) -> str:
        """A number of the value axis, with as many decimals as the ticks are apart."""
        spec = self._spec
        if spec.measure == "regime":
            return measured(value, spec.unit, spec.measure)
        ticks = self._axes.yaxis.get_majorticklocs()
        apart = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
        decimals = next((digits for digits in range(6) if abs(round(apart, digits) - apart) < apart / 1000), 6)
        sign = "+" if spec.unit in SIGNED and value > 0 else ""
        return f"{sign}{value:,.{decimals}f}"

    def _heights(self) -> tuple[float, float]:
        """Ends of the value axis: all values and thresholds, and a lane for the words of the markers."""
        seen = [v for p in self._points if p.value is not None for v in (p.value, p.low, p.high) if v is not None]
        seen += [line.value for line in self._spec.lines]
        seen += [m.value for m in self._spec.markers if m.value is not None]
        low, high = (min(seen), max(seen)) if seen else (0.0, 1.0)
        room = (high - low) or abs(high) * 0.01 or 1.0
        lane = 0.24 if self._spec.markers else 0.08
        above, below = (0.08, lane) if self._falling else (lane, 0.08)
        return low - below * room, high + above * room

    def _sessions(self) -> None:
        """A strip above the chart that says which market trades, and the same stretches faintly behind the line."""
        axes, spec = self._axes, self._spec
        for shade in spec.shades:
            start, end = max(shade.start_ms, spec.first_ms), min(shade.end_ms, spec.last_ms)
            if start >= end:
                continue
            colour = style.SHADES[shade.kind]
            pause = shade.kind == "lunch"
            axes.axvspan(days(start), days(end), color=colour, alpha=0.10 if pause else 0.045, linewidth=0, zorder=0)
            axes.axvspan(
                *(days(start), days(end), 1.01, 1.035),
                color=colour,
                alpha=0.45 if pause else 0.8,
                linewidth=0,
                clip_on=False,
            )
            width = (end - start) / max(spec.last_ms - spec.first_ms, 1) * (_RIGHT - _LEFT) * style.WIDTH_PX
            words = next((w for w in style.SHADE_WORDS[shade.kind] if width > _STRIP_PX * len(w)), None)
            if words is not None:
                axes.text(
                    *(days((start + end) // 2), 1.05, words),
                    transform=axes.get_xaxis_transform(),
                    ha="center",
                    va="bottom",
                    fontsize=style.SMALL_PT - 1,
                    color=style.QUIET,
                )

    def _episodes(self) -> None:
        for start, end in self._spec.episodes:
            self._axes.axvspan(days(start), days(end), color=style.EPISODE, alpha=0.13, linewidth=0, zorder=1)

    def _thresholds(self) -> None:
        for line in self._spec.lines:
            trigger = line.kind == "trigger"
            self._axes.axhline(
                line.value,
                color=style.TRIGGER if trigger else style.CLEAR,
                linewidth=1.5 if trigger else 1.2,
                linestyle=(0, (6, 2)) if trigger else (0, (1.5, 2)),
                zorder=3,
            )

    def _curve(self) -> None:
        axes = self._axes
        if not self._known:
            axes.text(0.5, 0.5, "no values kept of this time", transform=axes.transAxes, ha="center", color=style.QUIET)
            return
        times = [days(p.t_ms) for p in self._points]
        nothing = float("nan")  # how matplotlib is told to lift the pen
        values = [nothing if p.value is None else p.value for p in self._points]
        lows = [nothing if p.value is None else p.value if p.low is None else p.low for p in self._points]
        highs = [nothing if p.value is None else p.value if p.high is None else p.high for p in self._points]
        drawstyle = "steps-post" if self._spec.unit == "count" else "default"
        axes.fill_between(times, lows, highs, color=style.LINE, alpha=0.28, linewidth=0, zorder=4)
        axes.plot(
            times, values, color=style.LINE, linewidth=1.6, drawstyle=drawstyle, solid_joinstyle="round", zorder=5
        )
        lonely = [i for i in range(len(values)) if _alone(values, i)]
        axes.plot(
            [times[i] for i in lonely], [values[i] for i in lonely], ".", color=style.LINE, markersize=3, zorder=5
        )
        last_t, last = self._known[-1]
        axes.plot([days(last_t)], [last], "o", color=style.LINE, markersize=5, clip_on=False, zorder=8)

    def _head(self) -> None:
        spec, figure = self._spec, self._figure
        room = (0.985 - _TEXT_LEFT) * style.WIDTH_PX
        if spec.simulated:
            badge = figure.text(
                *(0.985, 0.935, "SIMULATED"),
                ha="right",
                va="center",
                fontsize=style.TITLE_PT,
                fontweight="bold",
                color=style.PAPER,
                bbox={"facecolor": style.TRIGGER, "edgecolor": "none", "pad": 4},
            )
            room -= badge.get_window_extent().width + 30
            self._axes.text(
                *(0.5, 0.5, "SIMULATED"),
                transform=self._axes.transAxes,
                ha="center",
                va="center",
                rotation=14,
                fontsize=46,
                fontweight="bold",
                color=style.TRIGGER,
                alpha=0.17,
                zorder=2,
            )
        self._fitted(0.935, self._shown(spec.title), room, fontsize=style.TITLE_PT, fontweight="bold")
        whole = (0.985 - _TEXT_LEFT) * style.WIDTH_PX
        self._fitted(0.855, self._shown(spec.subtitle), whole, fontsize=style.TEXT_PT, color=style.QUIET)
        self._fitted(0.045, self._shown(spec.caption), whole, fontsize=style.SMALL_PT, color=style.QUIET)

    def _shown(self, text: str) -> str:
        """The text when the fonts have all its letters, else the symbol, else what can be drawn of it."""
        text = one_line(text[:_LONGEST])
        if drawable(text):
            return text
        symbol = one_line(self._spec.symbol)
        if text == one_line(self._spec.title) and symbol and drawable(symbol):
            return symbol
        return one_line("".join(letter for letter in text if drawable(letter)))

    def _fitted(self, y: float, text: str, room: float, **looks: Any) -> None:
        """Text at the left, cut so that it is no wider than `room` pixels."""
        shown = self._figure.text(_TEXT_LEFT, y, text, va="center", **looks)
        while (width := shown.get_window_extent().width) > room and len(text) > 1:
            text = shortened(text, max(1, min(len(text) - 1, int(len(text) * room / width))))
            shown.set_text(text)

    def _edge_labels(self) -> None:
        """The newest value and the thresholds, named at the right edge; those too close together are pushed apart."""
        spec = self._spec
        labels = [
            (line.value, line.label, style.TRIGGER if line.kind == "trigger" else style.CLEAR) for line in spec.lines
        ]
        if self._known:
            last = self._known[-1][1]
            labels.append((last, measured(last, spec.unit, spec.measure), style.LINE))
        labels.sort(key=lambda label: label[0])
        place = self._axes.transData.transform
        bottom, top = self._axes.bbox.y0, self._axes.bbox.y1
        wanted = [float(place((0.0, value))[1]) for value, _, _ in labels]
        for (value, text, colour), y in zip(
            labels, _apart(wanted, _CLOSE_PT * style.DPI / 72, bottom, top), strict=True
        ):
            self._axes.annotate(
                shortened(text, _LONGEST_LABEL),
                xy=(1.0, value),
                xycoords=("axes fraction", "data"),
                xytext=(1.03, (y - bottom) / (top - bottom)),
                textcoords="axes fraction",
                va="center",
                fontsize=style.TEXT_PT,
                fontweight="bold" if colour == style.LINE else "normal",
                color=colour,
                arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.7, "shrinkB": 0, "relpos": (0.0, 0.5)},
                annotation_clip=False,
            )


def _is_fall(spec: ChartSpec) -> bool:
    """Whether the trigger lies below the clear, so that the interesting values are low ones."""
    triggers = [line.value for line in spec.lines if line.kind == "trigger"]
    clears = [line.value for line in spec.lines if line.kind == "clear"]
    return bool(triggers and clears) and max(triggers) < min(clears)


def _alone(values: Sequence[float], i: int) -> bool:
    """A value between two holes: no line would show it."""
    return (
        values[i] == values[i]
        and (i == 0 or values[i - 1] != values[i - 1])
        and (i + 1 == len(values) or values[i + 1] != values[i + 1])
    )


def _apart(wanted: Sequence[float], least: float, low: float, high: float) -> list[float]:
    """Ascending places as near as possible to the wanted ones, at least so far from each other, inside [low, high]."""
    places: list[float] = []
    for want in wanted:
        places.append(max(want, places[-1] + least) if places else max(want, low))
    for i in reversed(range(len(places))):
        limit = high if i + 1 == len(places) else places[i + 1] - least
        places[i] = min(places[i], limit)
    return places
