"""What the board looks like at one boundary: the document that every readout, the API and the alert rules are made of.

The part `ref_date, instruments, baskets, pairs` has the shape of DOMAIN section 13, E2E-1, with more keys beside it.
Returns and weights are decimal fractions; fields ending in `_pp` are percentage points. A missing value is None and
the status beside it says why. Times are ISO-8601 UTC with `Z`; sessions are ISO dates in the exchange's own zone.
"""

import msgspec


class InstrumentView(msgspec.Struct, frozen=True, kw_only=True):
    """status: COV-1 (LIVE, CLOSED, STALE, HALTED, MISSING). live: its market trades now, the last quote is fresh and
    its feed is up. age_s: wall seconds since event_time. rejected: quotes not accepted, by reason of the tick filter.
    return_status: ANC-2 status per window (OK, OK_FALLBACK, NO_BASELINE, NO_PRICE)."""

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


class BasketWindow(msgspec.Struct, frozen=True, kw_only=True):
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


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Both legs over one window under one policy (DOMAIN SPR-1, 2, 3, 5). status OK or why it is null."""

    r_a: float | None
    r_b: float | None
    spread_pp: float | None
    rel_strength: float | None
    ratio_index: float | None
    log_spread_pp: float | None
    return_multiple: float | None
    status: str


class PairView(msgspec.Struct, frozen=True, kw_only=True):
    """A pair under each policy, never mixed. Ages are wall seconds since each leg's event time (for a basket: of its
    oldest included member); async_gap_s = event time of a − event time of b. same_date_session: d* of ALN-2."""

    name: str
    a: str
    b: str
    phase_a: str
    phase_b: str
    age_a_s: float | None
    age_b_s: float | None
    async_gap_s: float | None
    last: dict[str, Spread]
    same_date_session: str | None
    same_date: dict[str, Spread]


class FxView(msgspec.Struct, frozen=True, kw_only=True):
    """status: LIVE (from a quote), FIXING (from the table) or MISSING."""

    rate: float | None
    status: str
    event_time: str | None
    age_s: float | None
    source: str | None
    simulated: bool


class FeedView(msgspec.Struct, frozen=True, kw_only=True):
    """The last FeedHealth of a source. since: when it entered this state."""

    state: str
    detail: str
    since: str
    accepted: int
    conflated: int
    rejected: dict[str, int]


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The whole board at `t`. seq: events applied so far. policy: of `pairs` and of the headline (LAST).
    simulated: at least one value on the board comes from the simulator. pairs: SPR-1 under LAST, per window."""

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
    basket_names: dict[str, str]
    pair_views: dict[str, PairView]
    fx: dict[str, FxView]
    feeds: dict[str, FeedView]

    def to_json(self) -> bytes:
        """Compact JSON, keys in declaration order, shortest round-trip numbers: the same board, the same bytes."""
        return msgspec.json.encode(self)
