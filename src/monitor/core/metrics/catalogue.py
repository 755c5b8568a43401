"""The metric catalogue: what can be measured, in which unit, and which thresholds are plausible (ALERTING section 2).

A metric is named `<subject>.<measure>.<window>`. Names are read from the right because subjects may hold dots:
`0700.HK.return_pct.1d` is the measure `return_pct` of `0700.HK` over the window `1d`.
"""

from typing import NamedTuple

import msgspec

NOW = "now"
"""The window of measures that have none: a price, an age."""


class MetricName(NamedTuple):
    """The three parts of a metric's name. subject: an instrument, basket or pair, or `*` in a rule with `each`."""

    subject: str
    measure: str
    window: str

    def __str__(self) -> str:
        return f"{self.subject}.{self.measure}.{self.window}"


class Measure(msgspec.Struct, frozen=True):
    """One kind of number.

    unit: pct, pp, z, ratio, price, usd_bn, seconds or count. kinds: of subjects that it can be asked of: "instrument",
    "basket", "pair". low, high: plausible range of thresholds, both inclusive; daily_limit: the tighter plus-minus
    limit for the window `1d`, None where it is the same.
    """

    name: str
    unit: str
    kinds: tuple[str, ...]
    low: float
    high: float
    daily_limit: float | None = None

    def plausible(self, window: str) -> tuple[float, float]:
        """Lowest and highest threshold that make sense over `window`."""
        if self.daily_limit is not None and window == "1d":
            return -self.daily_limit, self.daily_limit
        return self.low, self.high


_INSTRUMENT, _BASKET, _PAIR = ("instrument",), ("basket",), ("pair",)
_LINE_OR_BASKET = ("instrument", "basket")


def _measures(
    unit: str, kinds: tuple[str, ...], low: float, high: float, names: str, daily_limit: float | None = None
) -> dict[str, Measure]:
    return {name: Measure(name, unit, kinds, low, high, daily_limit) for name in names.split()}


MEASURES: dict[str, Measure] = {
    **_measures("pct", _LINE_OR_BASKET, -1000, 1000, "return_pct", daily_limit=50),
    **_measures("pct", _INSTRUMENT, -1000, 1000, "drawdown_pct run_up_pct premium_pct", daily_limit=50),
    **_measures(
        "pct",
        _BASKET,
        -1000,
        1000,
        "usd_return_pct hkd_return_pct quarterly_return_pct cap_return_pct",
        daily_limit=50,
    ),
    **_measures("pct", _INSTRUMENT, -1000, 1000, "fair_move_pct from_52w_high_pct from_52w_low_pct"),
    **_measures("pct", _BASKET, -1000, 1000, "tracking_error_pct"),
    **_measures("pp", _PAIR, -1000, 1000, "spread_pp log_spread_pp beta_adj_pp", daily_limit=50),
    **_measures("pp", _LINE_OR_BASKET, -1000, 1000, "contribution_pp", daily_limit=50),
    **_measures("pp", _BASKET, -1000, 1000, "dispersion_pp tracking_pp", daily_limit=50),
    **_measures("pp", _PAIR, -1000, 1000, "same_date_spread_pp lag_spread_pp sync_spread_pp", daily_limit=50),
    **_measures("z", _PAIR, -20, 20, "z robust_z ewma_z"),
    **_measures("ratio", _PAIR, -100, 100, "beta return_multiple"),
    **_measures("ratio", _PAIR, -1, 1, "corr"),
    **_measures("ratio", _BASKET, 0, 1, "breadth coverage_fresh"),
    **_measures("ratio", _BASKET, 0, 10_000, "pe"),
    **_measures("ratio", _PAIR, -100, 1, "pe_discount"),
    **_measures("price", _INSTRUMENT, 0, 1e7, "price fair_value"),
    **_measures("count", _INSTRUMENT, -1, 1, "regime"),
    **_measures("count", _INSTRUMENT, 0, 100_000, "sessions_since_high sessions_since_low data_alerts"),
    **_measures("usd_bn", _BASKET, -1e5, 1e5, "value_added_usd_bn"),
    **_measures("seconds", _INSTRUMENT, 0, 604_800, "age_seconds"),
}
"""Every measure by name. The calculator fills those that `monitor.core.metrics.measuring` names; others are reserved.

A spread without a policy in its name is LAST; `z`, `robust_z`, `beta`, `corr` and `beta_adj_pp` are LAG, `ewma_z` is
SYNC (DOMAIN 0.1). `regime`: 1 bull, 0 correction, −1 bear, by the price of now."""

# fmt: off
TIMELESS = frozenset((
    "price", "age_seconds", "data_alerts", "regime", "drawdown_pct", "run_up_pct", "from_52w_high_pct",
    "from_52w_low_pct", "sessions_since_high", "sessions_since_low", "fair_value", "fair_move_pct", "premium_pct",
    "pe", "pe_discount",
))
# fmt: on
"""Measures that speak of now and not of a stretch of time: their window is `now`."""


def parse_metric(name: str) -> MetricName:
    """The parts of a metric's name, read from the right.

    >>> parse_metric("0700.HK.return_pct.1d")
    MetricName(subject='0700.HK', measure='return_pct', window='1d')

    Raises ValueError when the name has fewer than three parts or an empty one.
    """
    parts = name.rsplit(".", 2)
    if len(parts) != 3 or not all(parts):
        raise ValueError(f"{name!r} is not <subject>.<measure>.<window>")
    return MetricName(*parts)
