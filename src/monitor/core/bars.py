"""One-minute bars of the headline numbers, made from the frames of a board: its memory for charts and reports."""

from collections.abc import Callable
from functools import lru_cache

import msgspec

from monitor.core.metrics.frame import Frame
from monitor.core.metrics.statuses import either

MINUTE_MS = 60_000
HEADLINES = (
    ".price.now",
    ".return_pct.1d",
    ".return_pct.ytd",
    ".spread_pp.1d",
    ".spread_pp.ytd",
    ".lag_spread_pp.1d",
    ".sync_spread_pp.1d",
    ".z.1d",
    ".ewma_z.1d",
    ".dispersion_pp.1d",
    ".breadth.1d",
)
"""Ends of the names of the metrics that are kept. Each costs Redis memory for every minute of every subject that has
it (docs/history.md counts it), so a metric is here only when its path within the day is worth looking at; all others
are kept once a day."""

PRICE_DECIMALS, DECIMALS = 6, 4
"""Of prices and of all other values in a finished bar: more would only fill memory. 0.0001 pp is a hundredth of a
basis point."""


@lru_cache(maxsize=65_536)
def is_headline(name: str) -> bool:
    """Is a metric kept by the minute?"""
    return name.endswith(HEADLINES)


class Bar(msgspec.Struct, array_like=True):
    """First, highest, lowest and last value among the boundaries of one minute. status: what had to be said of any of
    them (`monitor.core.metrics.statuses`), OK for nothing."""

    open: float
    high: float
    low: float
    close: float
    status: str


class Minute(msgspec.Struct, frozen=True):
    """A finished minute. ms: its beginning, milliseconds UTC. simulated: at least one value on the board was invented.
    subjects: subject → `measure.window` → bar; what neither moved since its last bar nor has another status is left
    out."""

    ms: int
    simulated: bool
    subjects: dict[str, dict[str, Bar]]


class Bars(msgspec.Struct):
    """The bars of the current minute, and the last close of each metric with its status; itself the state to keep in a
    checkpoint.

    ms: beginning of the current minute, None before the first frame. simulated: of the current minute. current, closes:
    by metric name.
    """

    ms: int | None = None
    simulated: bool = False
    current: dict[str, Bar] = {}
    closes: dict[str, tuple[float, str]] = {}

    def add(self, frame: Frame, status_of: Callable[[str], str]) -> Minute | None:
        """Take the next frame; returns the minute that it ends, None while that goes on or when nothing moved in it.

        status_of: the status of a metric of this frame, by its name."""
        ms = frame.t // MINUTE_MS * MINUTE_MS
        finished = self._finish() if self.ms is not None and ms > self.ms else None
        self.ms = ms
        self.simulated = self.simulated or frame.simulated
        for name, value in frame.metrics.items():
            if value is None or not is_headline(name):
                continue
            bar, status = self.current.get(name), status_of(name)
            if bar is None:
                self.current[name] = Bar(value, value, value, value, status)
            else:
                if value > bar.high:
                    bar.high = value
                elif value < bar.low:
                    bar.low = value
                bar.close = value
                bar.status = either(bar.status, status)
        return finished

    def _finish(self) -> Minute | None:
        subjects: dict[str, dict[str, Bar]] = {}
        for name, bar in self.current.items():
            if bar.high == bar.low and self.closes.get(name) == (bar.close, bar.status):
                continue  # a value that goes stale does not move, and has to say so
            self.closes[name] = bar.close, bar.status
            subject, measure, window = name.rsplit(".", 2)
            decimals = PRICE_DECIMALS if measure == "price" else DECIMALS
            open_, high, low, close = (round(value, decimals) for value in (bar.open, bar.high, bar.low, bar.close))
            subjects.setdefault(subject, {})[f"{measure}.{window}"] = Bar(open_, high, low, close, bar.status)
        simulated, self.simulated, self.current = self.simulated, False, {}
        return Minute(self.ms, simulated, subjects) if subjects and self.ms is not None else None
