"""What the board looks like at one boundary: the document that every readout, the API and the alert rules are made of.

The part `ref_date, instruments, baskets, pairs` has the shape of DOMAIN section 13, E2E-1, with more keys beside it.
Returns and weights are decimal fractions; fields ending in `_pp` are percentage points. A missing value is None and
the status beside it says why. Times are ISO-8601 UTC with `Z`; sessions are ISO dates in the exchange's own zone.

A board of a thousand instruments is a few thousand of these objects, made several times a second: they are trees and
never refer back, so the garbage collector is told to leave them alone (`gc=False`).
"""

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
    configured; never part of price or returns."""

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


class BasketWindow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One basket over one window (DOMAIN COV-2, XSC-1 to 3). excluded: symbol → status of the members left out;
    carried: symbol → status of those included although not fresh."""

    basket_return: float | None
    status: str
    coverage_used: float
    coverage_fresh: float
    included: list[str]
    excluded: dict[str, str]
    carried: dict[str, str]
    dispersion: float | None
    median: float | None
    best: str | None
    worst: str | None
    advancers: int
    decliners: int
    unchanged: int
    breadth_vs_bench: float | None
    weights: dict[str, float]
    contributions_pp: dict[str, float]


class Spread(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Both legs over one window under one policy (DOMAIN SPR-1, 2, 3, 5). status OK or why it is null."""

    r_a: float | None
    r_b: float | None
    spread_pp: float | None
    rel_strength: float | None
    ratio_index: float | None
    log_spread_pp: float | None
    return_multiple: float | None
    status: str
    beta_adj_pp: float | None = None


class PolicyView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pair under one policy of DOMAIN section 9, per window. Policies are never mixed in one number.

    policy: LAST, SAME_DATE, LAG or SYNC. session_a, session_b: as-of sessions of the legs (d* for both under SAME_DATE;
    D and the US session before it under LAG); None without a price. age_…_s: wall seconds since each leg's event time
    (for a basket: of its oldest included member; for a fair value: of the proxy's price). async_gap_s: event time of a
    − event time of b. method_…: under SYNC, where each leg's value comes from: LIVE, FUTURES, ETF or ADR; None when it
    has none. estimated: at least one leg is a fair value.
    """

    policy: str
    spreads: dict[str, Spread]
    session_a: str | None = None
    session_b: str | None = None
    age_a_s: float | None = None
    age_b_s: float | None = None
    async_gap_s: float | None = None
    method_a: str | None = None
    method_b: str | None = None
    estimated: bool = False


class StatisticsView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How unusual a pair's spread is (DOMAIN section 8). Every None has its status: WARMUP, ZERO_VARIANCE, NO_PRICE.

    z, robust_z: of today's 1D spread under LAG against the LAG spreads of up to `lookback` sessions before it (STA-1,
    STA-4); mean and std of those in percentage points; n: how many there were. ewma_z: of the SYNC 1D spread against
    its samples of every minute (STA-2); ewma_n: samples absorbed, ewma_mean and ewma_std: what they left behind,
    percentage points. beta, alpha (fraction a session), corr: of the LAG returns of a on b over the same sessions
    (STA-5); overlap_…: of two-day overlapping SAME_DATE returns (STA-6). first_session, last_session: of the
    LAG history that was used.
    """

    lookback: int
    n: int = 0
    first_session: str | None = None
    last_session: str | None = None
    z: float | None = None
    z_status: str
    mean: float | None = None
    std: float | None = None
    robust_z: float | None = None
    robust_status: str
    ewma_z: float | None = None
    ewma_status: str
    ewma_n: int = 0
    ewma_mean: float | None = None
    ewma_std: float | None = None
    beta: float | None = None
    alpha: float | None = None
    corr: float | None = None
    beta_status: str
    overlap_n: int = 0
    overlap_beta: float | None = None
    overlap_corr: float | None = None
    overlap_status: str


class PeComparison(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Price/earnings of both baskets of a pair, equal-weighted, and what a's is below b's, fraction (DOMAIN MV-3)."""

    pe_a: float | None
    pe_b: float | None
    discount: float | None


class PairView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A pair under each policy. sync: None where no proxy is configured. statistics: None until the pair has been
    looked at (never in a published snapshot). pe: None unless both legs are baskets with earnings on file."""

    name: str
    a: str
    b: str
    phase_a: str
    phase_b: str
    last: PolicyView
    same_date: PolicyView
    lag: PolicyView | None = None
    sync: PolicyView | None = None
    statistics: StatisticsView | None = None
    pe: PeComparison | None = None

    @property
    def policies(self) -> list[PolicyView]:
        """All policies that the pair has, the headline's first."""
        return [view for view in (self.last, self.same_date, self.lag, self.sync) if view is not None]


class Variant(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One way to count a basket over one window. scheme: EW (bought at the anchor and held, BSK-1), QUARTERLY (reset to
    equal weights each quarter, BSK-2) or CAP (chain-linked market value, BSK-4). currency: LOCAL, USD or HKD. value:
    fraction, None unless status is OK or DEGRADED (else INSUFFICIENT_COVERAGE, NO_SHARES, or NO_BASELINE where market
    values cannot be compared for want of a rate)."""

    scheme: str
    currency: str
    value: float | None
    status: str


class TrackingView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A basket against its index over one window (DOMAIN XSC-4), on daily closes since the anchor and the price of now.

    sessions: daily differences that went into error_ann: of days on which basket and index have every close of the day
    and of the session before. error_ann: fraction a year, None with fewer than two. status: OK, NO_BASELINE (also where
    members and index do not trade on the same calendar) or INSUFFICIENT_COVERAGE."""

    difference_pp: float | None
    error_ann: float | None
    sessions: int
    status: str


class ValueView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a basket's companies gained in market value over one window, US dollars (DOMAIN MV-1).

    added_usd: at constant shares, the headline. actual_usd: with issuance. status: COV-2 over the members that have
    a share count: OK, DEGRADED (not all fresh, or only over the members not in `missing`) or INSUFFICIENT_COVERAGE.
    missing: symbol → NO_SHARES, MISSING, NO_BASELINE, or why it is not carried."""

    added_usd: float | None
    actual_usd: float | None
    status: str
    missing: dict[str, str] = {}


class ValuationView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Forward price/earnings of a basket (DOMAIN MV-2). excluded: members without an estimate. as_of: oldest one."""

    pe_aggregate: float | None
    pe_equal_weight: float | None
    excluded: list[str]
    as_of: str | None


class BasketView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A basket beyond its headline return. index: what it is measured against, None without. Keys of the dictionaries
    are windows. valuation: None without any earnings on file."""

    name: str
    index: str | None
    scheme: str
    currency: str
    variants: dict[str, list[Variant]] = {}
    tracking: dict[str, TrackingView] = {}
    value: dict[str, ValueView] = {}
    valuation: ValuationView | None = None


class FlowsView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Southbound Stock Connect (DOMAIN FLW-1): mainland money in Hong Kong shares, Hong Kong dollars, per day.

    as_of: last day on file whose session is over. net: bought − sold on it; turnover: bought + sold. net_5d, net_20d:
    of the last days on file together, None where there are fewer. streak: days in a row up to as_of with net of its
    sign, negative for net selling, 0 when it is 0."""

    as_of: str
    net: float
    turnover: float
    net_5d: float | None
    net_20d: float | None
    streak: int


class DataAlert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something is wrong with the data and a person should look. kind: CALENDAR_SURPRISE (prices arrive while the
    calendar says closed; subject is the calendar), SCALE_SUSPECT (prices look off by a split's factor for a minute;
    subject is the instrument). since: ISO-8601 UTC. count: quotes that say so. detail: one sentence."""

    kind: str
    subject: str
    since: str
    count: int
    detail: str


class FxView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """status: LIVE (from a quote), FIXING (from the table) or MISSING."""

    rate: float | None
    status: str
    event_time: str | None
    age_s: float | None
    source: str | None
    simulated: bool


class FeedView(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The last FeedHealth of a source. since: when it entered this state."""

    state: str
    detail: str
    since: str
    accepted: int
    conflated: int
    rejected: dict[str, int]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The whole board at `t`. seq: events applied so far. policy: of `pairs` and of the headline (LAST).
    simulated: at least one value on the board comes from the simulator. pairs: SPR-1 under LAST, per window.
    flows: None without any on file."""

    board: str
    title: str
    t: str
    seq: int
    ref_date: str | None
    policy: str
    simulated: bool
    windows: list[str]
    instruments: dict[str, InstrumentView]
    baskets: dict[str, dict[str, BasketWindow]]
    pairs: dict[str, dict[str, float | None]]
    pair_views: dict[str, PairView]
    fx: dict[str, FxView]
    feeds: dict[str, FeedView]
    basket_views: dict[str, BasketView] = {}
    data_alerts: list[DataAlert] = []
    flows: FlowsView | None = None

    def basket_name(self, basket: str) -> str:
        """What people call a basket; its id where the board has no such basket."""
        view = self.basket_views.get(basket)
        return basket if view is None else view.name

    def to_json(self) -> bytes:
        """Compact JSON, keys in declaration order, shortest round-trip numbers: the same board, the same bytes."""
        return msgspec.json.encode(self)
