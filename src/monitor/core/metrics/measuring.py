"""From a snapshot to its metrics: which numbers have a name that alert rules, readouts and history may use."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache

from monitor.core.instant import parse_instant, to_milliseconds
from monitor.core.metrics.catalogue import NOW, MetricName
from monitor.core.metrics.fragment import Fragments
from monitor.core.metrics.frame import Frame, FrameBasket, FrameLeg
from monitor.core.snapshot import Snapshot
from monitor.core.views.basket import BasketView, BasketWindow
from monitor.core.views.instrument import FairValueView, InstrumentView, TrendView
from monitor.core.views.pair import PairView, PeComparison, Spread, StatisticsView

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
Spreads = Mapping[str, Spread]


class Frames:
    """Frames of one snapshot of a board after the other: what a snapshot shares with the one before is measured once.

    Values that did not change are the same objects in both frames."""

    def __init__(self) -> None:
        self._metrics = Fragments[Metrics]()
        self._instants = Fragments[int | None]()
        self._baskets = Fragments[FrameBasket]()
        self._last_pieces: list[Metrics] = []
        self._last_metrics: Metrics = {}

    def of(self, snapshot: Snapshot) -> Frame:
        """The frame of a snapshot. Fractions become per cent where the measure's name says so."""
        metrics = self._merged(list(self._pieces(snapshot)))
        for symbol, line in snapshot.instruments.items():
            metrics[_name(symbol, "age_seconds", NOW)] = line.age_s
        return Frame(
            t=to_milliseconds(parse_instant(snapshot.t)),
            seq=snapshot.seq,
            board=snapshot.board,
            simulated=snapshot.simulated,
            metrics=metrics,
            legs={symbol: self._leg(symbol, line) for symbol, line in snapshot.instruments.items()},
            baskets={
                basket: {
                    window.lower(): self._baskets.of(f"{basket} {window}", _basket, view)
                    for window, view in windows.items()
                }
                for basket, windows in snapshot.baskets.items()
            },
        )

    def _merged(self, pieces: list[Metrics]) -> Metrics:
        """All metrics, in the order of the pieces; as long as their names stay, only new pieces are gone through."""
        before, self._last_pieces = self._last_pieces, pieces
        new = [(piece, old) for piece, old in zip(pieces, before, strict=False) if piece is not old]
        if len(pieces) == len(before) and all(list(piece) == list(old) for piece, old in new):
            metrics = self._last_metrics.copy()
            for piece, _ in new:
                metrics.update(piece)
        else:
            metrics = {name: value for piece in pieces for name, value in piece.items()}
        self._last_metrics = metrics
        return metrics

    def _pieces(self, snapshot: Snapshot) -> Iterator[Metrics]:
        alerts = Counter(alert.subject for alert in snapshot.data_alerts)
        for symbol, line in snapshot.instruments.items():
            count = alerts[symbol] + (alerts[line.calendar] if line.calendar else 0) if alerts else 0
            yield self._metrics.of(
                symbol, _instrument_metrics, symbol, line.returns, line.price, count, line.trend, line.fair_value
            )
        for basket, windows in snapshot.baskets.items():
            for window, result in windows.items():
                yield self._metrics.of(f"{basket} {window}", _window_metrics, basket, window, result)
        for basket, basket_view in snapshot.basket_views.items():
            yield self._metrics.of(basket, _basket_metrics, basket, basket_view)
        for pair, view in snapshot.pair_views.items():
            yield self._pair(pair, view)

    def _pair(self, pair: str, view: PairView) -> Metrics:
        return self._metrics.of(
            pair,
            _pair_metrics,
            pair,
            view.last.spreads,
            view.same_date.spreads,
            None if view.lag is None else view.lag.spreads,
            None if view.sync is None else view.sync.spreads,
            view.statistics,
            view.pe,
        )

    def _leg(self, symbol: str, view: InstrumentView) -> FrameLeg:
        return FrameLeg(
            phase=view.phase,
            live=view.live,
            age_s=view.age_s,
            price=view.price,
            return_1d_pct=_times_100(view.returns.get(_DAY)),
            source=view.source,
            status=view.status,
            event_ms=self._instants.of(symbol, _milliseconds, view.event_time),
            delay_s=view.delay_s,
            currency=view.currency,
            name=view.name,
        )


def frame_of(snapshot: Snapshot) -> Frame:
    """The frame of one snapshot; of one after the other `Frames` makes the same at less cost."""
    return Frames().of(snapshot)


def _instrument_metrics(
    symbol: str,
    returns: Mapping[str, float | None],
    price: float | None,
    data_alerts: int,
    trend: TrendView | None,
    fair_value: FairValueView | None,
) -> Metrics:
    metrics = {_name(symbol, "return_pct", window): _times_100(value) for window, value in returns.items()}
    metrics[_name(symbol, "price", NOW)] = price
    metrics[_name(symbol, "age_seconds", NOW)] = None  # for its place: it changes with every frame
    metrics[_name(symbol, "data_alerts", NOW)] = float(data_alerts)
    if trend is not None:
        _add_trend(metrics, symbol, trend)
    if fair_value is not None:
        _add_fair_value(metrics, symbol, fair_value)
    return metrics


def _window_metrics(basket: str, window: str, view: BasketWindow) -> Metrics:
    return {
        _name(basket, "return_pct", window): _times_100(view.basket_return),
        _name(basket, "dispersion_pp", window): _times_100(view.dispersion),
        _name(basket, "breadth", window): view.breadth_vs_bench,
        _name(basket, "coverage_fresh", window): view.coverage_fresh,
    }


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


def _basket_metrics(basket: str, view: BasketView) -> Metrics:
    metrics: Metrics = {}
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
    return metrics


def _pair_metrics(
    pair: str,
    last: Spreads,
    same_date: Spreads,
    lag: Spreads | None,
    sync: Spreads | None,
    statistics: StatisticsView | None,
    pe: PeComparison | None,
) -> Metrics:
    metrics: Metrics = {}
    for window, spread in last.items():
        metrics[_name(pair, "spread_pp", window)] = spread.spread_pp
        metrics[_name(pair, "log_spread_pp", window)] = spread.log_spread_pp
        metrics[_name(pair, "return_multiple", window)] = spread.return_multiple
    _add_spreads(metrics, pair, "same_date_spread_pp", same_date)
    if lag is not None:
        _add_spreads(metrics, pair, "lag_spread_pp", lag)
        for window, spread in lag.items():
            metrics[_name(pair, "beta_adj_pp", window)] = spread.beta_adj_pp
    if sync is not None:
        _add_spreads(metrics, pair, "sync_spread_pp", sync)
    if statistics is not None:
        _add_statistics(metrics, pair, statistics)
    if pe is not None:
        metrics[_name(pair, "pe_discount", NOW)] = pe.discount
    return metrics


def _add_spreads(metrics: Metrics, pair: str, measure: str, spreads: Spreads) -> None:
    for window, spread in spreads.items():
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


def _milliseconds(instant: str | None) -> int | None:
    return None if instant is None else to_milliseconds(parse_instant(instant))


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
