"""What an instrument would be worth now by something else that trades (DOMAIN FV-1 to FV-4). Always an estimate.

Times are nanoseconds UTC, moves decimal fractions.
"""

from collections.abc import Iterable

import msgspec

from monitor.core.instant import SECOND
from monitor.core.status import Status
from monitor.core.tolerance import below

MIN_ADR_WEIGHT = 0.5
"""Least share of an index, by weight, whose ADRs must have a price (FV-4)."""


class ProxyPrice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One price of a proxy. session: it belongs to. contract: month of a futures contract, None where the source does
    not tell. rate: what one unit of its currency was worth in the target's when the price came; None: unknown."""

    price: float
    event_ns: int
    session: str = ""
    contract: str | None = None
    rate: float | None = None


class FairValue(msgspec.Struct, frozen=True, gc=False):
    """Outcome of FV-1 or FV-3. value, move: None unless status is OK; else NO_REF, STALE or CONTRACT_MISMATCH.

    move: of the proxy since the target's close, in the target's currency, before beta. ref_ns, live_ns: event times of
    the two prices it compares, None where there is none or where it was not looked for.
    """

    status: Status
    value: float | None = None
    move: float | None = None
    ref_ns: int | None = None
    live_ns: int | None = None


def fv_proxy(
    close: float | None,
    ref: ProxyPrice | None,
    live: ProxyPrice | None,
    t_ns: int,
    *,
    beta: float = 1.0,
    max_age_s: float = 120.0,
    factor: float | None = 1.0,
) -> FairValue:
    """FV-1, FV-3: the target's close moved by beta times what its proxy has moved since.

    close: official close of the target. ref, live: the proxy's price at that close and its last one at or before t_ns.
    max_age_s: greatest age of `live`, wall seconds, inclusive. factor: X_live / X_ref, what turns the proxy's currency
    into the target's (and its shares of then into those of now), 1 for futures; None: a rate is missing, which leaves
    nothing to compare with.

    >>> ref, live = ProxyPrice(16_000.0, 0), ProxyPrice(16_500.0, 60 * SECOND)
    >>> fv_proxy(18_000.0, ref, live, 90 * SECOND).value
    18562.5
    """
    if close is None or ref is None or factor is None:
        return FairValue(Status.NO_REF)
    if live is None or t_ns - live.event_ns > round(max_age_s * SECOND):
        return FairValue(Status.STALE, ref_ns=ref.event_ns)
    if ref.contract != live.contract and None not in (ref.contract, live.contract):
        return FairValue(Status.CONTRACT_MISMATCH, ref_ns=ref.event_ns, live_ns=live.event_ns)
    move = (live.price * factor - ref.price) / ref.price
    return FairValue(Status.OK, close * (1.0 + beta * move), move, ref.event_ns, live.event_ns)


class Parity(msgspec.Struct, frozen=True, gc=False):
    """Outcome of FV-2. value: of one ordinary share, in its own currency. move: against its official close."""

    value: float
    move: float


def fv_adr(adr_price: float, rate: float, ratio: float, close: float, premium: float = 0.0) -> Parity:
    """FV-2: what an ordinary share is worth by its ADR.

    rate: units of the share's currency for one of the ADR's. ratio: ordinary shares in one ADR. close: official close
    of the ordinary share. premium: what it usually costs above parity, fraction.
    """
    value = adr_price * rate / ratio * (1.0 + premium)
    return Parity(value, (value - close) / close)


class IndexParity(msgspec.Struct, frozen=True, gc=False):
    """Outcome of FV-4. coverage: share of the index, by weight, that has an ADR price. value, move: None unless status
    is OK; else INSUFFICIENT_COVERAGE."""

    status: Status
    coverage: float
    value: float | None = None
    move: float | None = None


def fv_index_adr(close: float, members: Iterable[tuple[float, Parity | None]], beta: float = 1.0) -> IndexParity:
    """FV-4: what an index is worth by the ADRs of its members.

    close: official close of the index. members: (weight in the index, parity or None without an ADR price), all of
    them: their weights together are the whole index.
    """
    total = covered = weighted = 0.0
    for weight, parity in members:
        total += weight
        if parity is not None:
            covered += weight
            weighted += weight * parity.move
    coverage = covered / total if total else 0.0
    if covered <= 0.0 or below(coverage, MIN_ADR_WEIGHT):
        return IndexParity(Status.INSUFFICIENT_COVERAGE, coverage)
    move = weighted / covered
    return IndexParity(Status.OK, coverage, close * (1.0 + beta * move), move)
