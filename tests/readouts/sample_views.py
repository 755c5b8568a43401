"""Trends, statistics, fair values and baskets in every state that a readout must show: for `sample`."""

from collections.abc import Mapping

from monitor.core.snapshot import DataAlert
from monitor.core.views.basket import BasketView, TrackingView, ValuationView, ValueView, Variant
from monitor.core.views.instrument import FairValueView, TrendView
from monitor.core.views.pair import PeComparison, StatisticsView

TRENDS: Mapping[str, TrendView] = {
    "HSTECH": TrendView(
        status="OK", state="BULL", provisional_state="CORRECTION", since="2025-02-06", peak=6513.2,
        peak_session="2025-02-20", trough=4221.5, trough_session="2025-01-13", drawdown=-0.10002, run_up=0.38855,
        highest_since="2022-02-16", sessions_since_high=742, lowest_since="2025-02-14", sessions_since_low=5,
        history_start="2020-07-27", high_52w=6513.2, low_52w=3016.4, from_52w_high=-0.10002, from_52w_low=0.94330,
    ),
    "IXIC": TrendView(
        status="OK", state="CORRECTION", provisional_state="CORRECTION", since="2025-02-03",
        cycle_since="2023-02-02", peak=20173.9,
        peak_session="2024-12-16", trough=12543.86, trough_session="2023-10-26", drawdown=-0.01733, run_up=0.58040,
        highest_since="2025-02-20", sessions_since_high=1, lowest_since="2025-01-31", sessions_since_low=14,
        history_start="2015-01-02", high_52w=20173.9, low_52w=15222.78, from_52w_high=-0.01733, from_52w_low=0.30228,
    ),
    "NDX": TrendView(
        status="OK", state="BULL", provisional_state="BULL", since="2023-02-02", peak=21902.46,
        peak_session="2025-02-21", trough=10679.34, trough_session="2022-12-28", drawdown=0.0, run_up=1.05092,
        history_start="2015-01-02", lowest_since="2025-02-20", sessions_since_low=1, high_52w=21902.46,
        low_52w=17003.1, from_52w_high=0.0, from_52w_low=0.28815,
    ),
    "HSI": TrendView(
        status="OK", state="BEAR", provisional_state="BULL", since="2023-05-25", peak=28_987.2,
        peak_session="2023-01-27", trough=19_564.9, trough_session="2025-01-13", drawdown=-0.19006, run_up=0.2,
        highest_since="2024-10-07", sessions_since_high=94, history_start="2023-01-03", high_52w=23_477.92,
        low_52w=16_044.45, from_52w_high=0.0, from_52w_low=0.46330,
    ),
    "GSPC": TrendView(
        status="OK", state="UNDEFINED", provisional_state="UNDEFINED", peak=6144.15, peak_session="2025-02-19",
        trough=5782.76, trough_session="2024-11-05", drawdown=-0.01021, run_up=0.05164, highest_since="2025-02-20",
        sessions_since_high=1, lowest_since="2025-02-18", sessions_since_low=3, history_start="2024-11-01",
        high_52w=6144.15, low_52w=5782.76, from_52w_high=-0.01021, from_52w_low=0.05164,
    ),
    "SSEC": TrendView(status="WARMUP", history_start="2025-01-02"),
    "CSIAI": TrendView(status="NO_PRICE"),
}  # fmt: skip

FAIR_VALUES: Mapping[str, FairValueView] = {
    "HSTECH": FairValueView(
        method="FUTURES", proxy="HTI", status="OK", value=5902.41, implied_move=0.00693,
        ref_time="2025-02-21T08:09:59Z", live_time="2025-02-21T16:19:48Z", age_s=12.25, beta=1.0,
    ),
    "NDX": FairValueView(method="FUTURES", proxy="NQ", status="NO_REF"),
    "9988.HK": FairValueView(
        method="ADR", proxy="BABA", status="OK", value=139.62, implied_move=0.00809,
        live_time="2025-02-21T16:20:00Z", age_s=0.25, premium=-0.00803,
    ),
}  # fmt: skip

BETAS = {"hstech-ixic": 0.83, "china-m7_mag7": 0.61}

STATISTICS: Mapping[str, StatisticsView] = {
    "hstech-ixic": StatisticsView(
        lookback=60, n=60, first_session="2024-11-22", last_session="2025-02-20", z=2.1347, z_status="OK",
        mean=0.1212, std=1.6431, robust_z=2.4011, robust_status="OK", ewma_z=-0.8712, ewma_status="OK", ewma_n=1_803,
        ewma_mean=0.3104, ewma_std=0.1217,
        beta=0.83, alpha=0.0012, corr=0.4127, beta_status="OK", overlap_n=59, overlap_beta=0.91, overlap_corr=0.5214,
        overlap_status="OK",
    ),
    "hstech-ndx": StatisticsView(
        lookback=60, n=41, first_session="2024-12-12", last_session="2025-02-20", z=-0.3002, z_status="OK",
        mean=-0.0417, std=1.9021, robust_status="ZERO_VARIANCE", ewma_status="WARMUP", ewma_n=7, beta_status="WARMUP",
        overlap_status="WARMUP",
    ),
    "china-m7_mag7": StatisticsView(
        lookback=60, n=60, first_session="2024-11-22", last_session="2025-02-20", z=0.0021, z_status="OK",
        mean=0.2101, std=2.2207, robust_z=-0.0004, robust_status="OK", ewma_status="NO_PRICE", beta=0.61,
        alpha=0.0021, corr=0.2931, beta_status="OK", overlap_status="WARMUP",
    ),
    "titans_mag7": StatisticsView(
        lookback=60, n=3, first_session="2025-02-18", last_session="2025-02-20", z_status="WARMUP",
        robust_status="WARMUP", ewma_status="WARMUP", beta_status="WARMUP", overlap_status="WARMUP",
    ),
}  # fmt: skip

PE = {"china-m7_mag7": PeComparison(pe_a=18.04, pe_b=31.52, discount=0.42766)}

DATA_ALERTS = [
    DataAlert(
        kind="CALENDAR_SURPRISE", subject="XHKG", since="2025-02-21T16:05:00Z", count=31,
        detail="31 quotes arrived while the calendar of XHKG says closed",
    ),
    DataAlert(
        kind="SCALE_SUSPECT", subject="1211.HK", since="2025-02-21T07:30:00Z", count=112,
        detail="prices are off by a factor of 3, as after a split that is not on file",
    ),
]  # fmt: skip


def basket_view(id: str, name: str, returns: Mapping[str, float | None]) -> BasketView:
    """Returns of the seven, known in every way for China M7, without share counts for the titans, and with nothing
    but its returns for the Magnificent Seven."""
    index = "NDX" if id == "mag7" else "HSTECH"
    if id == "mag7":
        return BasketView(
            name=name, index=index, scheme="EW", currency="LOCAL", variants=_variants(returns, "WARMUP"),
            tracking=dict.fromkeys(
                returns, TrackingView(difference_pp=None, error_ann=None, sessions=0, status="NO_BASELINE")
            ),
        )  # fmt: skip
    whole = id == "china-m7"
    return BasketView(
        name=name,
        index=index,
        scheme="EW",
        currency="LOCAL",
        variants=_variants(returns, None if whole else "NO_SHARES"),
        tracking={w: _tracking(w, r) for w, r in returns.items()},
        value={w: _value(r, whole=whole) for w, r in returns.items()},
        valuation=ValuationView(pe_aggregate=20.41, pe_equal_weight=18.04, excluded=["0981.HK"], as_of="2025-02-14")
        if whole
        else None,
    )


def _variants(returns: Mapping[str, float | None], without_cap: str | None) -> dict[str, list[Variant]]:
    """Each way of counting moves the return a little. without_cap: why the market values are not known."""
    found: dict[str, list[Variant]] = {}
    for window, value in returns.items():
        ways = []
        for by_scheme, scheme in enumerate(("EW", "QUARTERLY", "CAP")):
            for by_currency, currency in enumerate(("LOCAL", "USD", "HKD")):
                moved = None if value is None else value + 0.011 * by_scheme + 0.0013 * by_currency
                status = "OK" if value is not None else "NO_BASELINE"
                if scheme == "CAP" and without_cap is not None:
                    moved, status = None, without_cap
                ways.append(Variant(scheme=scheme, currency=currency, value=moved, status=status))
        found[window] = ways
    return found


def _tracking(window: str, value: float | None) -> TrackingView:
    if value is None:
        return TrackingView(difference_pp=None, error_ann=None, sessions=0, status="NO_BASELINE")
    short = window == "1D"
    return TrackingView(
        difference_pp=41.7 * value, error_ann=None if short else 0.1231, sessions=1 if short else 33, status="OK"
    )


def _value(value: float | None, *, whole: bool) -> ValueView:
    if value is None:
        return ValueView(added_usd=None, actual_usd=None, status="INSUFFICIENT_COVERAGE", missing={})
    if not whole:
        return ValueView(
            added_usd=None, actual_usd=None, status="INSUFFICIENT_COVERAGE", missing={"9618.HK": "NO_SHARES"}
        )
    return ValueView(
        added_usd=1.43e12 * value, actual_usd=1.44e12 * value, status="DEGRADED", missing={"0981.HK": "NO_SHARES"}
    )
