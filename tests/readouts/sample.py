"""A board as the engine publishes it, with every kind of gap a readout must show: for tests of the readouts.

Numbers are worked out from the names, so that the same call gives the same board and no two cells look alike.
"""

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from monitor.core.snapshot import FeedView, FxView, Snapshot
from monitor.core.views.basket import BasketWindow
from monitor.core.views.instrument import InstrumentView
from monitor.core.views.pair import PairView, PolicyView, Spread
from tests.readouts import sample_views as more

WINDOWS = ["1D", "WTD", "MTD", "QTD", "YTD", "1W", "1M", "3M", "6M", "1Y", "SINCE:2025-01-13"]
T = "2025-02-21T16:20:00.250Z"
T_MS = 1_740_154_800_250
SINCE_MS = T_MS - 754_000

HK_CLOSE = "2025-02-21T08:10:00Z"
_INDICES = {
    "HSTECH": ("Hang Seng TECH", "XHKG", "HKD", 5861.77),
    "IXIC": ("Nasdaq Composite", "XNYS", "USD", 19824.31),
    "NDX": ("Nasdaq-100", "XNYS", "USD", 21902.46),
    "HSI": ("Hang Seng", "XHKG", "HKD", 23477.92),
    "GSPC": ("S&P 500", "XNYS", "USD", 6081.4),
    "SSEC": ("Shanghai Composite", "XSHG", "CNY", 3379.11),
    "CSIAI": ("CSI Artificial Intelligence", "XSHG", "CNY", None),
    "HSBIO": ("Hang Seng Biotechnology", "XHKG", "HKD", None),
}
_STOCKS = {
    "0700.HK": ("Tencent", "XHKG", "HKD", 517.5),
    "9988.HK": ("Alibaba", "XHKG", "HKD", 138.5),
    "1810.HK": ("Xiaomi", "XHKG", "HKD", 51.35),
    "1211.HK": ("BYD", "XHKG", "HKD", 371.2),
    "3690.HK": ("Meituan", "XHKG", "HKD", 174.2),
    "0981.HK": ("SMIC", "XHKG", "HKD", 52.25),
    "0992.HK": ("Lenovo", "XHKG", "HKD", 12.84),
    "9618.HK": ("JD.com", "XHKG", "HKD", 162.5),
    "9999.HK": ("NetEase", "XHKG", "HKD", 168.9),
    "9888.HK": ("Baidu", "XHKG", "HKD", 90.55),
    "688256.SH": ("Cambricon", "XSHG", "CNY", 718.5),
    "AAPL": ("Apple", "XNYS", "USD", 245.55),
    "MSFT": ("Microsoft", "XNYS", "USD", 411.88),
    "GOOGL": ("Alphabet", "XNYS", "USD", 181.3),
    "AMZN": ("Amazon", "XNYS", "USD", 219.14),
    "NVDA": ("Nvidia", "XNYS", "USD", 136.42),
    "META": ("Meta", "XNYS", "USD", 689.07),
    "TSLA": ("Tesla", "XNYS", "USD", 343.86),
    "BABA": ("Alibaba ADR", "XNYS", "USD", 143.75),
    "9868.HK": ("XPeng", "XHKG", "HKD", 71.5),
    "2015.HK": ("Li Auto", "XHKG", "HKD", 115.7),
    "1024.HK": ("Kuaishou", "XHKG", "HKD", 0.485),
    "2382.HK": ("Sunny Optical", "XHKG", "HKD", 8.935),
}
_BASKETS = {
    "china-m7": ("China M7", ["0700.HK", "9988.HK", "1810.HK", "1211.HK", "3690.HK", "0981.HK", "0992.HK"]),
    "titans": ("7 titans", ["9988.HK", "0700.HK", "1810.HK", "1211.HK", "0981.HK", "9618.HK", "9999.HK"]),
    "mag7": ("Magnificent Seven", ["AAPL", "MSFT", "GOOGL", "AMZN", "NVDA", "META", "TSLA"]),
}
_PAIRS = {
    "hstech-ixic": ("HSTECH – Nasdaq Composite", "HSTECH", "IXIC"),
    "hstech-ndx": ("HSTECH – Nasdaq-100", "HSTECH", "NDX"),
    "china-m7_mag7": ("China M7 – Magnificent Seven", "china-m7", "mag7"),
    "titans_mag7": ("7 titans – Magnificent Seven", "titans", "mag7"),
}


def sample(*, simulated: bool = False, t: str = T, seq: int = 48_211, shift: float = 0.0, **changes: Any) -> Snapshot:
    """A board of 33 instruments, 3 baskets and 4 pairs at 16:20 UTC: Hong Kong closed, New York trading.

    Of its members CSIAI is MISSING and unconfirmed, HSBIO too, TSLA is STALE, 3690.HK is HALTED, Hong Kong is delayed
    by 15 minutes, and no 6M baseline is known. shift: added to every return, so that two boards differ. Trends,
    statistics, fair values and basket views come in every state that `sample_views` lists; `data_alerts` are none.
    """
    instruments = {
        symbol: _instrument(symbol, *facts, kind="index", simulated=simulated, shift=shift)
        for symbol, facts in _INDICES.items()
    }
    instruments |= {
        symbol: _instrument(symbol, *facts, kind="stock", simulated=simulated, shift=shift)
        for symbol, facts in _STOCKS.items()
    }
    instruments |= {pair: _fx_line(pair, simulated=simulated) for pair in ("USDHKD", "USDCNY")}
    baskets = {id: _basket(members, instruments) for id, (_, members) in _BASKETS.items()}
    views = {id: _pair(id, name, a, b, instruments, baskets) for id, (name, a, b) in _PAIRS.items()}
    board = Snapshot(
        board="hk-us",
        title="Hong Kong tech vs Nasdaq",
        t=t,
        seq=seq,
        ref_date="2025-02-21",
        policy="LAST",
        simulated=simulated,
        windows=list(WINDOWS),
        instruments=instruments,
        baskets=baskets,
        pairs={id: {w: s.spread_pp for w, s in view.last.spreads.items()} for id, view in views.items()},
        basket_views={
            id: more.basket_view(id, name, {w: v.basket_return for w, v in baskets[id].items()})
            for id, (name, _) in _BASKETS.items()
        },
        pair_views=views,
        fx={
            "USDHKD": FxView(
                rate=7.7702, status="LIVE", event_time=t, age_s=3.2, source="yahoo", simulated=simulated
            ),
            "USDCNY": FxView(
                rate=7.2511, status="FIXING", event_time=None, age_s=None, source="reference", simulated=False
            ),
        },
        feeds={
            "yahoo": FeedView(
                state="up", detail="", since=HK_CLOSE, accepted=184_201, conflated=12,
                rejected={"duplicate": 311, "too_old": 4},
            ),
            "mqtt": FeedView(
                state="down", detail="connection refused, next try in 8 s", since=t, accepted=0, conflated=0,
                rejected={},
            ),
        },
    )  # fmt: skip
    return msgspec.structs.replace(board, **changes)


def aged(snapshot: Snapshot, symbol: str, days: int) -> Snapshot:
    """The same board, on which an instrument's last quote is so old that it is STALE."""
    old = msgspec.structs.replace(snapshot.instruments[symbol], status="STALE", live=False, age_s=days * 86_400.0)
    return msgspec.structs.replace(snapshot, instruments=snapshot.instruments | {symbol: old})


def alert(**changes: Any) -> Mapping[bytes, bytes]:
    """One firing alert as alerting stores it: field and JSON."""
    document = {
        "rule": "spread-1d-wide", "instance": "hstech-ixic", "title": "HSTECH leads the Nasdaq", "phase": "FIRING",
        "level": "warning", "since_ms": SINCE_MS, "value": 6.21, "unit": "pp", "threshold": "above 3 pp",
    } | changes  # fmt: skip
    return {f"{document['rule']}:{document['instance']}".encode(): msgspec.json.encode(document)}


def _return(name: str, window: str, shift: float) -> float | None:
    if window == "6M":
        return None
    scale = {"1D": 0.03, "WTD": 0.05, "1W": 0.05, "MTD": 0.12, "1M": 0.15}.get(window, 0.45)
    return ((zlib.crc32(f"{name}{window}".encode()) % 10_000) / 10_000 - 0.35) * scale + shift


def _instrument(
    symbol: str,
    name: str,
    calendar: str,
    currency: str,
    price: float | None,
    *,
    kind: str,
    simulated: bool,
    shift: float,
) -> InstrumentView:
    trading = calendar == "XNYS"
    status = {"TSLA": "STALE", "3690.HK": "HALTED"}.get(symbol, "LIVE" if trading else "CLOSED")
    if price is None:
        status = "MISSING"
    returns = {w: None if price is None else _return(symbol, w, shift) for w in WINDOWS}
    return InstrumentView(
        name=name,
        kind=kind,
        currency=currency,
        calendar=calendar,
        price=price,
        asof_session=None if price is None else "2025-02-21",
        status=status,
        phase="REGULAR" if trading else "CLOSED",
        live=status == "LIVE",
        event_time=None if price is None else T if trading else HK_CLOSE,
        age_s=None if price is None else 361.0 if symbol == "TSLA" else 1.4 if trading else 29_400.25,
        source=None if price is None else "sim" if simulated else "yahoo",
        delay_s=900 if calendar == "XHKG" and not simulated else 0,
        simulated=simulated and price is not None,
        confirmed=price is not None,
        not_accepted=2 if symbol == "NVDA" else 0,
        rejected={"jump": 2} if symbol == "NVDA" else {},
        returns=returns,
        return_status={
            w: "NO_PRICE" if price is None else "NO_BASELINE" if r is None else "OK" for w, r in returns.items()
        },
        trend=more.TRENDS.get(symbol),
        fair_value=more.FAIR_VALUES.get(symbol),
    )


def _fx_line(pair: str, *, simulated: bool) -> InstrumentView:
    return InstrumentView(
        name=pair, kind="fx", currency=pair[3:], calendar=None, price=None, asof_session=None, status="MISSING",
        phase="CLOSED", live=False, event_time=None, age_s=None, source=None, delay_s=0, simulated=simulated,
        confirmed=True, not_accepted=0, rejected={}, returns=dict.fromkeys(WINDOWS),
        return_status=dict.fromkeys(WINDOWS, "NO_PRICE"),
    )  # fmt: skip


def _basket(members: list[str], instruments: dict[str, InstrumentView]) -> dict[str, BasketWindow]:
    return {window: _basket_window(window, members, instruments) for window in WINDOWS}


def _basket_window(window: str, members: list[str], instruments: dict[str, InstrumentView]) -> BasketWindow:
    returns = {m: r for m in members if (r := instruments[m].returns[window]) is not None}
    statuses = {m: instruments[m].status for m in members}
    carried = {m: s for m, s in statuses.items() if s in ("STALE", "HALTED")}
    if not returns:
        return BasketWindow(
            basket_return=None, status="INSUFFICIENT_COVERAGE", coverage_used=0.0, coverage_fresh=0.0, included=[],
            excluded=dict.fromkeys(members, "NO_BASELINE"), carried={}, dispersion=None, median=None, best=None,
            worst=None, advancers=0, decliners=0, unchanged=0, breadth_vs_bench=None, weights={}, contributions_pp={},
        )  # fmt: skip
    mean = sum(returns.values()) / len(returns)
    return BasketWindow(
        basket_return=mean,
        status="DEGRADED" if carried else "OK",
        coverage_used=1.0,
        coverage_fresh=1 - len(carried) / len(members),
        included=list(returns),
        excluded={},
        carried=carried,
        dispersion=(sum((r - mean) ** 2 for r in returns.values()) / len(returns)) ** 0.5,
        median=sorted(returns.values())[len(returns) // 2],
        best=max(returns, key=lambda m: returns[m]),
        worst=min(returns, key=lambda m: returns[m]),
        advancers=sum(r > 0 for r in returns.values()),
        decliners=sum(r < 0 for r in returns.values()),
        unchanged=0,
        breadth_vs_bench=sum(r > 0.01 for r in returns.values()) / len(returns),
        weights={m: 1 / len(returns) for m in returns},
        contributions_pp={m: 100 * r / len(returns) for m, r in returns.items()},
    )


def _pair(
    id: str,
    name: str,
    a: str,
    b: str,
    instruments: dict[str, InstrumentView],
    baskets: dict[str, dict[str, BasketWindow]],
) -> PairView:
    def value(leg: str, window: str) -> float | None:
        return baskets[leg][window].basket_return if leg in baskets else instruments[leg].returns[window]

    return PairView(
        name=name,
        a=a,
        b=b,
        phase_a="CLOSED",
        phase_b="REGULAR",
        last=PolicyView(
            policy="LAST",
            session_a="2025-02-21",
            session_b="2025-02-21",
            age_a_s=29_400.25,
            age_b_s=1.4,
            async_gap_s=-29_398.85,
            spreads={w: _spread(value(a, w), value(b, w)) for w in WINDOWS},
        ),
        same_date=PolicyView(
            policy="SAME_DATE",
            session_a="2025-02-20",
            session_b="2025-02-20",
            age_a_s=115_800.25,
            age_b_s=69_600.25,
            async_gap_s=-46_200.0,
            spreads={w: _spread(_return(a, w + "same", 0), _return(b, w + "same", 0)) for w in WINDOWS},
        ),
        lag=PolicyView(
            policy="LAG",
            session_a="2025-02-21",
            session_b="2025-02-20",
            age_a_s=29_400.25,
            age_b_s=69_600.25,
            async_gap_s=40_200.0,
            spreads={
                w: _spread(_return(a, w + "lag", 0), _return(b, w + "lag", 0), beta=more.BETAS.get(id)) for w in WINDOWS
            },
        ),
        sync=_sync(id, a, b),
        statistics=more.STATISTICS[id],
        pe=more.PE.get(id),
    )


def _sync(id: str, a: str, b: str) -> PolicyView | None:
    """Estimated for the first pair, without a reference price for the second, not configured for baskets."""
    if id == "hstech-ndx":
        nothing = _spread(None, None, missing="NO_REF")
        return PolicyView(
            policy="SYNC", session_a="2025-02-21", session_b="2025-02-21", age_b_s=1.4, method_b="LIVE",
            spreads=dict.fromkeys(WINDOWS, nothing),
        )  # fmt: skip
    if id != "hstech-ixic":
        return None
    return PolicyView(
        policy="SYNC",
        session_a="2025-02-21",
        session_b="2025-02-21",
        age_a_s=12.25,
        age_b_s=1.4,
        async_gap_s=-10.85,
        method_a="FUTURES",
        method_b="LIVE",
        estimated=True,
        spreads={w: _spread(_return(a, w + "sync", 0), _return(b, w + "sync", 0)) for w in WINDOWS},
    )


def _spread(r_a: float | None, r_b: float | None, *, beta: float | None = None, missing: str = "NO_BASELINE") -> Spread:
    if r_a is None or r_b is None:
        return Spread(
            r_a=r_a, r_b=r_b, spread_pp=None, rel_strength=None, ratio_index=None, log_spread_pp=None,
            return_multiple=None, status=missing,
        )  # fmt: skip
    relative = (1 + r_a) / (1 + r_b)
    return Spread(
        r_a=r_a,
        r_b=r_b,
        spread_pp=100 * (r_a - r_b),
        rel_strength=relative - 1,
        ratio_index=100 * relative,
        log_spread_pp=None,
        return_multiple=None,
        status="OK",
        beta_adj_pp=None if beta is None else 100 * (r_a - beta * r_b),
    )
