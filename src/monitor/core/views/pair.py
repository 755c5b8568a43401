"""A pair as a snapshot shows it: its spread under each policy, and how unusual it is."""

import msgspec


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
