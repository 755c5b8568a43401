"""What a board consists of: instruments, baskets, pairs, windows and the rules they are computed by.

Frozen values without behaviour. `monitor.settings` reads them from TOML; the engine (`monitor.core.board`) and the
alert rules take them as arguments.
"""

from enum import StrEnum

import msgspec


class Kind(StrEnum):
    INDEX = "index"
    STOCK = "stock"
    ETF = "etf"
    ADR = "adr"
    FUTURE = "future"
    FX = "fx"


class Scheme(StrEnum):
    """How the weights of a basket come about (DOMAIN BSK-1, 3, 4, 5)."""

    EW = "EW"
    CUSTOM = "CUSTOM"
    CAP = "CAP"
    PRICE = "PRICE"


class FilterParams(msgspec.Struct, frozen=True):
    """Parameters of the tick filter (DOMAIN 11.1). sigma_daily and floor are decimal fractions; n_confirm: ticks that
    confirm a jump when all come from one source. extended: prices of PRE and POST count too, those of PRE as part of
    the session they lead to; for proxies, whose worth is that they trade while others do not."""

    k: float = 6.0
    sigma_daily: float = 0.03
    floor: float = 0.02
    confirm_band: float = 0.005
    max_future_s: float = 2.0
    max_age_s: float = 900.0
    pending_s: float = 30.0
    n_confirm: int = 3
    extended: bool = False


class CoveragePolicy(msgspec.Struct, frozen=True):
    """What a basket does with members that are not fresh (DOMAIN COV-2). stale, halted: CARRY or EXCLUDE;
    missing: EXCLUDE or REFUSE; the minima are shares of the reference weight, 0 … 1."""

    stale: str = "CARRY"
    halted: str = "CARRY"
    missing: str = "EXCLUDE"
    min_coverage_used: float = 0.8
    min_coverage_fresh: float = 0.5


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One line that is quoted.

    symbol: canonical. calendar: name of the session table; None for FX. sources: source name → the source's own
    symbol. confirmed: False when no public source has shown that symbol to work; the board says so.
    delays: source name → seconds by contract. priority: sources from the most to the least wanted one; those that are
    not named come after them (`monitor.core.quotes.arbiter`). underlying: of an ADR, the line whose shares it stands
    for; adr_ratios: (from date, ordinary shares for one), ascending.
    """

    symbol: str
    name: str
    kind: Kind
    calendar: str | None
    currency: str
    sources: dict[str, str] = {}
    confirmed: bool = True
    note: str = ""
    underlying: str | None = None
    adr_ratios: tuple[tuple[str, float], ...] = ()
    stale_after_s: float = 60.0
    filter: FilterParams = FilterParams()
    delays: dict[str, int] = {}
    priority: tuple[str, ...] = ()


class Basket(msgspec.Struct, frozen=True, kw_only=True):
    """A set of instruments held from the anchor of each window.

    currency: LOCAL (each member in its own) or a currency code. weights: by symbol, for CUSTOM. shares: by symbol,
    for CAP. cap: largest weight (BSK-6) or None. benchmark: symbol that breadth is measured against, or None.
    """

    id: str
    name: str
    members: tuple[str, ...]
    scheme: Scheme = Scheme.EW
    currency: str = "LOCAL"
    weights: dict[str, float] = {}
    shares: dict[str, float] = {}
    cap: float | None = None
    benchmark: str | None = None
    coverage: CoveragePolicy = CoveragePolicy()


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two legs, each an instrument or a basket: A (China) against B (United States)."""

    id: str
    name: str
    a: str
    b: str


class ProxyMethod(StrEnum):
    """What a fair value is made from (DOMAIN FV-1, 3, 4)."""

    FUTURES = "FUTURES"
    ETF = "ETF"
    ADR = "ADR"


class ProxyReference(StrEnum):
    """Which of its prices a proxy is compared with (DOMAIN FV-1): the last one before the target's close, or the first
    one after it."""

    AT_OR_BEFORE = "AT_OR_BEFORE"
    FIRST_AFTER = "FIRST_AFTER"


class Proxy(msgspec.Struct, frozen=True, kw_only=True):
    """One way to estimate `target` while its own market is shut. Several of one target are tried in their order.

    symbol: of a proxy line; None for an index valued by the ADRs of its members. beta: how far the target moves with
    it; None: estimated from daily closes of target on `beta_of`. reference: which price counts as the one at the
    target's close; limit_s: how far from that instant it may lie; max_age_s: how old the price of now may be. weights:
    for an index from its ADRs, member → weight in the index; those without an ADR among the proxy lines count as not
    covered. premium: for ADR, member → what its Hong Kong line usually costs above parity, fraction.
    """

    target: str
    method: ProxyMethod
    symbol: str | None = None
    beta: float | None = 1.0
    beta_of: str | None = None
    reference: ProxyReference = ProxyReference.AT_OR_BEFORE
    limit_s: float = 300.0
    max_age_s: float = 120.0
    weights: dict[str, float] = {}
    premium: dict[str, float] = {}


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """Parameters of DOMAIN section 8. lookback: sessions; min_obs: fewest observations; halflife: of the intraday
    z-score, in samples; sample_s: log seconds between samples."""

    lookback: int = 60
    min_obs: int = 20
    halflife: float = 30.0
    sample_s: int = 60


class RegimeParams(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds of DOMAIN REG-1, decimal fractions. min_closes: fewest closes in a row for a regime to mean
    anything."""

    up: float = 0.2
    down: float = 0.2
    correction: float = 0.1
    min_closes: int = 60


class BoardDefinition(msgspec.Struct, frozen=True, kw_only=True):
    """All that one calculator computes together. Order is display order. windows: DOMAIN ANC-1 names (`YTD`).

    proxy_lines: instruments that are quoted for fair values only: they have no returns and do not count for the
    board's reference date.
    """

    id: str
    title: str
    instruments: tuple[Instrument, ...]
    baskets: tuple[Basket, ...]
    pairs: tuple[Pair, ...]
    windows: tuple[str, ...]
    proxy_lines: tuple[Instrument, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    statistics: Statistics = Statistics()
    regime: RegimeParams = RegimeParams()

    @property
    def lines(self) -> tuple[Instrument, ...]:
        """Everything that feeds are asked for: the instruments, then the proxy lines."""
        return self.instruments + self.proxy_lines
