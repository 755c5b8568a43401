"""One-minute bars of the headline numbers, made from the frames of a board: its memory for charts and reports."""

from functools import lru_cache

import msgspec

from monitor.core.metrics.frame import Frame

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
    """First, highest, lowest and last value among the boundaries of one minute."""

    open: float
    high: float
    low: float
    close: float


class Minute(msgspec.Struct, frozen=True):
    """A finished minute. ms: its beginning, milliseconds UTC. subjects: subject → `measure.window` → bar; what did not
    move since its last bar is left out."""

    ms: int
    subjects: dict[str, dict[str, Bar]]


class Bars(msgspec.Struct):
    """The bars of the current minute, and the last close of each metric; itself the state to keep in a checkpoint.

    ms: beginning of the current minute, None before the first frame. current, closes: by metric name.
    """

    ms: int | None = None
    current: dict[str, Bar] = {}
    closes: dict[str, float] = {}

    def add(self, frame: Frame) -> Minute | None:
        """Take the next frame; returns the minute that it ends, None while that goes on or when nothing moved in it."""
        ms = frame.t // MINUTE_MS * MINUTE_MS
        finished = self._finish() if self.ms is not None and ms > self.ms else None
        self.ms = ms
        for name, value in frame.metrics.items():
            if value is None or not is_headline(name):
                continue
            bar = self.current.get(name)
            if bar is None:
                self.current[name] = Bar(value, value, value, value)
            else:
                if value > bar.high:
                    bar.high = value
                elif value < bar.low:
                    bar.low = value
                bar.close = value
        return finished

    def _finish(self) -> Minute | None:
        subjects: dict[str, dict[str, Bar]] = {}
        for name, bar in self.current.items():
            if bar.high == bar.low == self.closes.get(name):
                continue
            self.closes[name] = bar.close
            subject, measure, window = name.rsplit(".", 2)
            decimals = PRICE_DECIMALS if measure == "price" else DECIMALS
            rounded = (round(value, decimals) for value in (bar.open, bar.high, bar.low, bar.close))
            subjects.setdefault(subject, {})[f"{measure}.{window}"] = Bar(*rounded)
        self.current = {}
        return Minute(self.ms, subjects) if subjects and self.ms is not None else None
