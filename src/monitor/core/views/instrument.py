"""An instrument as a snapshot shows it: price, returns, trend, fair value."""

import msgspec


class TrendView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where an instrument stands in its own history (DOMAIN REG-1 to 3, ANC-3), on the share basis of today.

    status: OK, WARMUP (fewer closes in a row than it needs; everything else but `history_start` is None) or NO_PRICE.
    state: UNDEFINED, BULL, CORRECTION or BEAR by official closes, since session `since`; cycle_since: session that
    began the bull or bear market it is part of. provisional_state: what the price of now would make of it. drawdown
    from `peak`, run_up from `trough`, both of REG-1 with the price of now, decimal fractions with the signs of
    `RegimeStep`. highest_since: latest earlier session that closed as high, None for a record since history_start;
    sessions_since_high: how many sessions back that is. from_52w_…: fractions of the 52-week extremes.
    """

    status: str
    state: str | None = None
    provisional_state: str | None = None
    since: str | None = None
    cycle_since: str | None = None
    peak: float | None = None
    peak_session: str | None = None
    trough: float | None = None
    trough_session: str | None = None
    drawdown: float | None = None
    run_up: float | None = None
    highest_since: str | None = None
    sessions_since_high: int | None = None
    lowest_since: str | None = None
    sessions_since_low: int | None = None
    history_start: str | None = None
    high_52w: float | None = None
    low_52w: float | None = None
    from_52w_high: float | None = None
    from_52w_low: float | None = None


class FairValueView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an instrument would be worth now by something else that trades: always an estimate (DOMAIN FV-1 to 4).

    method: FUTURES, ETF or ADR. proxy: symbol it comes from (of the index for an index from its ADRs). value: None
    unless status is OK; else NO_REF, STALE, CONTRACT_MISMATCH or INSUFFICIENT_COVERAGE. implied_move: fraction of the
    last official close. ref_time, live_time: of the proxy's two prices; age_s: wall seconds since live_time. beta: used
    for it. premium: of an ADR pair, what the Hong Kong line costs above its parity, fraction.
    """

    method: str
    proxy: str
    status: str
    value: float | None = None
    implied_move: float | None = None
    ref_time: str | None = None
    live_time: str | None = None
    age_s: float | None = None
    beta: float | None = None
    premium: float | None = None


class InstrumentView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """status: COV-1 (LIVE, CLOSED, STALE, HALTED, MISSING). live: its market trades now, the last quote is fresh and
    its feed is up. age_s: wall seconds since event_time. rejected: quotes not accepted, by reason of the tick filter.
    return_status: ANC-2 status per window (OK, OK_FALLBACK, NO_BASELINE, NO_PRICE). fair_value: None where no proxy is
    configured; never part of price or returns. sources: where more than one source quotes it, the best first, source →
    LIVE (the price is its), STANDBY (fresh, could take over) or STALE; empty otherwise. stand_in_for: the best source,
    while another one is in charge. source_since: when the source in charge took over from another. failovers: how often
    a stand-in had to take over."""

    name: str
    kind: str
    currency: str
    calendar: str | None
    price: float | None
    asof_session: str | None
    status: str
    phase: str
    live: bool
    event_time: str | None
    age_s: float | None
    source: str | None
    delay_s: int
    simulated: bool
    confirmed: bool
    not_accepted: int
    rejected: dict[str, int]
    returns: dict[str, float | None]
    return_status: dict[str, str]
    trend: TrendView | None = None
    fair_value: FairValueView | None = None
    sources: dict[str, str] = {}
    stand_in_for: str | None = None
    source_since: str | None = None
    failovers: int = 0
