"""From a snapshot to its metrics: which numbers have a name that alert rules, readouts and history may use."""

from functools import lru_cache

from monitor.core.catalogue import NOW, MetricName
from monitor.core.instant import parse_instant, to_milliseconds
from monitor.core.metric import Frame, FrameBasket, FrameLeg
from monitor.core.snapshot import (
    BasketView,
    BasketWindow,
    FairValueView,
    InstrumentView,
    PairView,
    PolicyView,
    Snapshot,
    StatisticsView,
    TrendView,
)

_TOP = 3
_DAY = "1D"
"""Window of the statistics: they are about one session's spread."""

_REGIMES = {"BULL": 1.0, "CORRECTION": 0.0, "BEAR": -1.0}
_VARIANTS = {
    ("EW", "USD"): "usd_return_pct",
    ("EW", "HKD"): "hkd_return_pct",
    ("QUARTERLY", "LOCAL"): "quarterly_return_pct",
    ("CAP", "LOCAL"): "cap_return_pct",
}
"""Ways to count a basket that have a name of their own, beside `return_pct`, which counts it as its file says."""

Metrics = dict[str, float | None]


def frame_of(snapshot: Snapshot) -> Frame:
    """The frame of a snapshot. Fractions become per cent where the measure's name says so."""
    metrics: Metrics = {}
    for symbol, instrument in snapshot.instruments.items():
        _add_instrument(metrics, symbol, instrument, snapshot)
    for basket, windows in snapshot.baskets.items():
        for window, view in windows.items():
            metrics[_name(basket, "return_pct", window)] = _times_100(view.basket_return)
            metrics[_name(basket, "dispersion_pp", window)] = _times_100(view.dispersion)
            metrics[_name(basket, "breadth", window)] = view.breadth_vs_bench
            metrics[_name(basket, "coverage_fresh", window)] = view.coverage_fresh
    for basket, basket_view in snapshot.basket_views.items():
        _add_basket(metrics, basket, basket_view)
    for pair, pair_view in snapshot.pair_views.items():
        _add_pair(metrics, pair, pair_view)
    return Frame(
        t=to_milliseconds(parse_instant(snapshot.t)),
        seq=snapshot.seq,
        board=snapshot.board,
        simulated=snapshot.simulated,
        metrics=metrics,
        legs={symbol: _leg(instrument) for symbol, instrument in snapshot.instruments.items()},
        baskets={
            basket: {window.lower(): _basket(view) for window, view in windows.items()}
            for basket, windows in snapshot.baskets.items()
        },
    )


def _add_instrument(metrics: Metrics, symbol: str, instrument: InstrumentView, snapshot: Snapshot) -> None:
    for window, value in instrument.returns.items():
        metrics[_name(symbol, "return_pct", window)] = _times_100(value)
    metrics[_name(symbol, "price", NOW)] = instrument.price
    metrics[_name(symbol, "age_seconds", NOW)] = instrument.age_s
    concerning = (symbol, instrument.calendar)
    metrics[_name(symbol, "data_alerts", NOW)] = float(sum(a.subject in concerning for a in snapshot.data_alerts))
    if instrument.trend is not None:
        _add_trend(metrics, symbol, instrument.trend)
    if instrument.fair_value is not None:
        _add_fair_value(metrics, symbol, instrument.fair_value)


def _add_trend(metrics: Metrics, symbol: str, trend: TrendView) -> None:
    metrics[_name(symbol, "regime", NOW)] = _REGIMES.get(trend.provisional_state or "")
    metrics[_name(symbol, "drawdown_pct", NOW)] = _times_100(trend.drawdown)
    metrics[_name(symbol, "run_up_pct", NOW)] = _times_100(trend.run_up)
    metrics[_name(symbol, "from_52w_high_pct", NOW)] = _times_100(trend.from_52w_high)
    metrics[_name(symbol, "from_52w_low_pct", NOW)] = _times_100(trend.from_52w_low)
    metrics[_name(symbol, "sessions_since_high", NOW)] = _whole(trend.sessions_since_high)
    metrics[_name(symbol, "sessions_since_low", NOW)] = _whole(trend.sessions_since_low)


def _add_fair_value(metrics: Metrics, symbol: str, fair_value: FairValueView) -> None:
    metrics[_name(symbol, "fair_value", NOW)] = fair_value.value
    metrics[_name(symbol, "fair_move_pct", NOW)] = _times_100(fair_value.implied_move)
    metrics[_name(symbol, "premium_pct", NOW)] = _times_100(fair_value.premium)


def _add_basket(metrics: Metrics, basket: str, view: BasketView) -> None:
    for window, variants in view.variants.items():
        for variant in variants:
            measure = _VARIANTS.get((variant.scheme, variant.currency))
            if measure is not None:
                metrics[_name(basket, measure, window)] = _times_100(variant.value)
    for window, tracking in view.tracking.items():
        metrics[_name(basket, "tracking_pp", window)] = tracking.difference_pp
        metrics[_name(basket, "tracking_error_pct", window)] = _times_100(tracking.error_ann)
    for window, value in view.value.items():
        metrics[_name(basket, "value_added_usd_bn", window)] = (
            None if value.added_usd is None else value.added_usd / 1e9
        )
    if view.valuation is not None:
        metrics[_name(basket, "pe", NOW)] = view.valuation.pe_equal_weight


def _add_pair(metrics: Metrics, pair: str, view: PairView) -> None:
    for window, spread in view.last.spreads.items():
        metrics[_name(pair, "spread_pp", window)] = spread.spread_pp
        metrics[_name(pair, "log_spread_pp", window)] = spread.log_spread_pp
        metrics[_name(pair, "return_multiple", window)] = spread.return_multiple
    _add_spreads(metrics, pair, "same_date_spread_pp", view.same_date)
    if view.lag is not None:
        _add_spreads(metrics, pair, "lag_spread_pp", view.lag)
        for window, spread in view.lag.spreads.items():
            metrics[_name(pair, "beta_adj_pp", window)] = spread.beta_adj_pp
    if view.sync is not None:
        _add_spreads(metrics, pair, "sync_spread_pp", view.sync)
    if view.statistics is not None:
        _add_statistics(metrics, pair, view.statistics)
    if view.pe is not None:
        metrics[_name(pair, "pe_discount", NOW)] = view.pe.discount


def _add_spreads(metrics: Metrics, pair: str, measure: str, view: PolicyView) -> None:
    for window, spread in view.spreads.items():
        metrics[_name(pair, measure, window)] = spread.spread_pp


def _add_statistics(metrics: Metrics, pair: str, statistics: StatisticsView) -> None:
    metrics[_name(pair, "z", _DAY)] = statistics.z
    metrics[_name(pair, "robust_z", _DAY)] = statistics.robust_z
    metrics[_name(pair, "ewma_z", _DAY)] = statistics.ewma_z
    metrics[_name(pair, "beta", _DAY)] = statistics.beta
    metrics[_name(pair, "corr", _DAY)] = statistics.corr


@lru_cache(maxsize=65_536)
def _name(subject: str, measure: str, window: str) -> str:
    return str(MetricName(subject, measure, window.lower()))


def _times_100(fraction: float | None) -> float | None:
    return None if fraction is None else 100.0 * fraction


def _whole(count: int | None) -> float | None:
    return None if count is None else float(count)


def _leg(instrument: InstrumentView) -> FrameLeg:
    return FrameLeg(
        phase=instrument.phase,
        live=instrument.live,
        age_s=instrument.age_s,
        price=instrument.price,
        return_1d_pct=_times_100(instrument.returns.get("1D")),
        source=instrument.source,
        status=instrument.status,
        event_ms=None if instrument.event_time is None else to_milliseconds(parse_instant(instrument.event_time)),
        delay_s=instrument.delay_s,
        currency=instrument.currency,
        name=instrument.name,
    )


def _basket(view: BasketWindow) -> FrameBasket:
    ranked = sorted(view.contributions_pp.items(), key=lambda item: (-item[1], item[0]))
    return FrameBasket(
        status=view.status,
        coverage_fresh=view.coverage_fresh,
        excluded=view.excluded,
        top=[item for item in ranked[:_TOP] if item[1] > 0],
        bottom=[item for item in reversed(ranked[-_TOP:]) if item[1] < 0],
        carried=view.carried,
    )
