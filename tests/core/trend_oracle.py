"""Regimes, extremes and whole trends, everything searched for again in the whole series."""

import pandas as pd

from monitor.core.definition import RegimeParams
from monitor.core.trends.extremes import Extremes
from monitor.core.views.instrument import TrendView

EPS = 1e-12


def searched_regimes(closes: list[tuple[str, float]], params: RegimeParams) -> list[tuple[str, str, str]]:
    """State, peak session and trough session after each close: each looked for again in the whole series, given only
    the session that the present leg of the market began with."""
    prices = [close for _, close in closes]
    state, top, bottom = "UNDEFINED", 0, 0
    answers = []
    for now, price in enumerate(prices):
        if state in ("UNDEFINED", "BULL", "CORRECTION"):
            top = max(range(top, now + 1), key=lambda i: (prices[i], i))
        if state in ("UNDEFINED", "BEAR"):
            bottom = min(range(bottom, now + 1), key=lambda i: (prices[i], -i))
        rise, fall = price / prices[bottom] - 1, price / prices[top] - 1
        if state in ("UNDEFINED", "BEAR") and rise >= params.up - EPS:
            state, top = "BULL", now
        elif state in ("UNDEFINED", "BULL", "CORRECTION") and fall <= -params.down + EPS:
            state, bottom = "BEAR", now
        elif state == "CORRECTION" and top == now:
            state = "BULL"
        elif state == "BULL" and fall <= -params.correction + EPS:
            state = "CORRECTION"
        answers.append((state, closes[top][0], closes[bottom][0]))
    return answers


def searched_extremes(closes: list[tuple[str, float]], session: str, price: float, since: str | None) -> Extremes:
    """The definitions, searched for in the whole series."""
    before = pd.Series(dict(closes), dtype=float, index=[day for day, _ in closes] or pd.Index([], dtype=object))
    as_high, as_low = before[before >= price], before[before <= price]
    year_ago = (pd.Timestamp(session) - pd.DateOffset(months=12)).date().isoformat()
    year = pd.concat([before[before.index > year_ago], pd.Series({session: price})])
    chosen = pd.concat([before[before.index >= (since or "")], pd.Series({session: price})])
    trough, peak = float(chosen.min()), float(chosen.max())
    high, low = float(year.max()), float(year.min())
    return Extremes(
        highest_since=as_high.index[-1] if len(as_high) else None,
        lowest_since=as_low.index[-1] if len(as_low) else None,
        sessions_since_high=len(before) - before.index.get_loc(as_high.index[-1]) if len(as_high) else None,
        sessions_since_low=len(before) - before.index.get_loc(as_low.index[-1]) if len(as_low) else None,
        history_start=before.index[0] if len(before) else None,
        high_52w=high,
        low_52w=low,
        from_52w_high=(price - high) / high,
        from_52w_low=(price - low) / low,
        trough=trough,
        trough_session=chosen[chosen == trough].index[-1],
        peak=peak,
        peak_session=chosen[chosen == peak].index[-1],
        since_low=(price - trough) / trough,
        drawdown=(price - peak) / peak,
    )


def searched_trend(closes: pd.Series, sessions: list[str], asof: str, price: float, params: RegimeParams) -> TrendView:
    """closes: known ones on the share basis of `asof`. sessions: of the calendar, up to `asof`."""
    known = closes.reindex(pd.Index(sessions))
    known = known if pd.notna(known.iloc[-1]) else known.iloc[:-1]
    hole = known.isna().rolling(6).sum() == 6
    known = known.loc[hole[hole].index[-1] :] if hole.any() else known
    known = known.dropna()
    start = known.index[0] if len(known) else None
    if len(known) < params.min_closes:
        return TrendView(status="WARMUP", history_start=start)
    before = [(str(session), float(close)) for session, close in known.items() if session < asof]
    found_regimes = searched_regimes([*before, (asof, price)], params)
    state, top, bottom = found_regimes[-1]
    states = [found[0] for found in found_regimes[: len(known)]]
    cycles = ["BULL" if state == "CORRECTION" else state for state in states]
    changes, turns = ([i for i in range(1, len(found)) if found[i] != found[i - 1]] for found in (states, cycles))
    prices = {**dict(before), asof: price}
    found = searched_extremes(before, asof, price, None)
    return TrendView(
        status="OK",
        state=states[-1],
        provisional_state=state,
        since=known.index[changes[-1]] if changes else start,
        cycle_since=known.index[turns[-1]] if turns else start,
        peak=prices[top],
        peak_session=top,
        trough=prices[bottom],
        trough_session=bottom,
        drawdown=(price - prices[top]) / prices[top],
        run_up=(price - prices[bottom]) / prices[bottom],
        highest_since=found.highest_since,
        sessions_since_high=sessions[::-1].index(found.highest_since) if found.highest_since else None,
        lowest_since=found.lowest_since,
        sessions_since_low=sessions[::-1].index(found.lowest_since) if found.lowest_since else None,
        history_start=start,
        high_52w=found.high_52w,
        low_52w=found.low_52w,
        from_52w_high=found.from_52w_high,
        from_52w_low=found.from_52w_low,
    )
