"""What is said on the project's MQTT topics (FEEDS 7.1, docs/relay.md): JSON, a missing number is null.

New keys may come; what is there keeps its meaning as long as the version in the topic is the same.
"""

import msgspec

VERSION = 1
"""Of the payloads: the number in the topics' prefix."""


class QuotePayload(msgspec.Struct, frozen=True, omit_defaults=True):
    """The newest price of an instrument, or an exchange rate: units of `currency` for 1 US dollar.

    ts: when it was traded, ms UTC. session: `pre`, `regular`, `post` or `closed` at that time, absent for a rate. src:
    the feed it came from. delay_s: how late that feed is by contract, seconds.
    """

    v: int
    symbol: str
    price: float
    currency: str
    ts: int
    src: str
    delay_s: int
    simulated: bool
    session: str | None = None


class ClosePayload(msgspec.Struct, frozen=True):
    """The official close of one session of an instrument, as the publishing board has it: raw, in `currency`. session:
    ISO date label in the exchange's zone."""

    v: int
    symbol: str
    session: str
    close: float
    currency: str
    simulated: bool


class PairPayload(msgspec.Struct, frozen=True):
    """A pair's headline. spread_pp, status: policy → window → number, why it is null. estimated: policies in which a
    leg is a fair value. z, beta, corr: of the LAG spreads (`StatisticsView`)."""

    v: int
    board: str
    id: str
    name: str
    a: str
    b: str
    simulated: bool
    spread_pp: dict[str, dict[str, float | None]]
    status: dict[str, dict[str, str]]
    estimated: list[str]
    z: float | None = None
    z_status: str | None = None
    beta: float | None = None
    corr: float | None = None
    beta_status: str | None = None


class BasketPayload(msgspec.Struct, frozen=True):
    """A basket's headline. Keys are windows. returns: fractions. coverage_fresh: share of the weight with a fresh
    price."""

    v: int
    board: str
    id: str
    name: str
    simulated: bool
    returns: dict[str, float | None]
    status: dict[str, str]
    coverage_fresh: dict[str, float]
