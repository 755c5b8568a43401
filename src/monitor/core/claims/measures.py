"""What a claim may be about: which measures each kind of subject has, over which windows and on which bases."""

from collections.abc import Iterable

import msgspec

from monitor.core.claims.claim import Claim
from monitor.core.definition import Basket, BoardDefinition, Kind
from monitor.core.metrics.catalogue import NOW, MetricName
from monitor.core.trends.regime import Regime

HIGHEST_SINCE, LOWEST_SINCE, REGIME = "highest_since", "lowest_since", "regime"

DATED = (HIGHEST_SINCE, LOWEST_SINCE)
"""Measures whose value is a session."""

REGIMES = tuple(regime.value for regime in Regime)

_DAY = "1D"
_OVER_WINDOWS = {
    "instrument": ("return_pct", "value_added_usd_bn"),
    "basket": ("return_pct", "dispersion_pp", "breadth", "tracking_pp", "value_added_usd_bn"),
    "pair": ("spread_pp", "log_spread_pp", "return_multiple", "beta_adj_pp"),
}
_NOW = {
    "instrument": (
        "price",
        "drawdown_pct",
        "run_up_pct",
        "from_52w_high_pct",
        "from_52w_low_pct",
        "sessions_since_high",
        "sessions_since_low",
        HIGHEST_SINCE,
        LOWEST_SINCE,
        REGIME,
        "pe",
    ),
    "basket": ("pe",),
    "pair": ("pe_discount",),
}
_OF_A_DAY = {"pair": ("z", "robust_z", "beta", "corr")}

_BASES = {
    ("instrument", "return_pct"): {"USD": "usd_return_pct", "HKD": "hkd_return_pct"},
    ("basket", "return_pct"): {
        "USD": "usd_return_pct",
        "HKD": "hkd_return_pct",
        "QUARTERLY": "quarterly_return_pct",
        "CAP": "cap_return_pct",
    },
    ("pair", "spread_pp"): {
        "LAST": "spread_pp",
        "SAME_DATE": "same_date_spread_pp",
        "LAG": "lag_spread_pp",
        "SYNC": "sync_spread_pp",
    },
}
"""Bases that a claim may ask for, and the metric that has them. Without one it is the board's own way to count."""

_BY_ONE_MEMBER = ("value_added_usd_bn", "pe", "usd_return_pct", "hkd_return_pct")
"""Measures that the board has of baskets only: a claim about one company takes a basket of one."""


def kind_of(definition: BoardDefinition, subject: str) -> str | None:
    """`instrument`, `basket` or `pair`; None for what is none of them (exchange rates are none)."""
    if any(line.symbol == subject and line.kind is not Kind.FX for line in definition.instruments):
        return "instrument"
    if any(basket.id == subject for basket in definition.baskets):
        return "basket"
    return "pair" if any(pair.id == subject for pair in definition.pairs) else None


def measures(kind: str) -> tuple[str, ...]:
    """All measures of a kind of subject."""
    return (*_OVER_WINDOWS[kind], *_NOW[kind], *_OF_A_DAY.get(kind, ()))


def bases(kind: str, measure: str) -> tuple[str, ...]:
    """Bases that this measure may be asked for on; empty: only the board's own."""
    return tuple(_BASES.get((kind, measure), ()))


def only_window(kind: str, measure: str) -> str | None:
    """The one window of a measure that has no choice: NOW, or 1D for the statistics of a session; None: any."""
    if measure in _NOW[kind]:
        return NOW
    return _DAY if measure in _OF_A_DAY.get(kind, ()) else None


def metric_of(claim: Claim, kind: str) -> MetricName:
    """The metric that holds the number of a claim, on the board of `board_for`."""
    measure = _BASES.get((kind, claim.measure), {}).get(claim.basis or "", claim.measure)
    alone = kind == "instrument" and measure in _BY_ONE_MEMBER
    return MetricName(_alone(claim.subject) if alone else claim.subject, measure, claim.window.lower())


def board_for(definition: BoardDefinition, claims: Iterable[Claim]) -> BoardDefinition:
    """The board with what these claims need beside it: their windows, and a basket of one where a measure of baskets
    is asked of a company."""
    windows, baskets = list(definition.windows), list(definition.baskets)
    for claim in claims:
        if claim.window != NOW and claim.window not in windows:
            windows.append(claim.window)
        subject = metric_of(claim, kind_of(definition, claim.subject) or "").subject
        if subject != claim.subject and all(basket.id != subject for basket in baskets):
            baskets.append(Basket(id=subject, name=claim.subject, members=(claim.subject,)))
    return msgspec.structs.replace(definition, windows=tuple(windows), baskets=tuple(baskets))


def _alone(symbol: str) -> str:
    return f"{symbol}:alone"
