"""A basket as a snapshot shows it: over each window, counted each way, against its index, in dollars."""

import msgspec


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
