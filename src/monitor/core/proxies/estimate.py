"""A fair value of one target at one instant, from the state of its proxies (DOMAIN section 9, FV-1 to FV-4)."""

from collections.abc import Mapping

import msgspec

from monitor.core.definition import Proxy, ProxyMethod
from monitor.core.instant import SECOND, format_instant
from monitor.core.prices.rates import Rates
from monitor.core.proxies.fair_value import Parity, ProxyPrice, fv_adr, fv_index_adr, fv_proxy
from monitor.core.proxies.line import ProxyLine
from monitor.core.status import Status
from monitor.core.views.instrument import FairValueView


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A fair value: what `FairValueView` says, with instants as nanoseconds UTC.

    inputs: what the value was computed from, for whoever asks why. FV-1 and FV-3: close, beta, live, k, ref. FV-2:
    close, adr, rate, ratio, usual. FV-4: close, beta, m, coverage. Empty without a value.
    """

    method: ProxyMethod
    proxy: str
    status: Status
    value: float | None = None
    implied_move: float | None = None
    ref_ns: int | None = None
    live_ns: int | None = None
    beta: float | None = None
    premium: float | None = None
    inputs: dict[str, float] = {}

    def view(self, t_ns: int) -> FairValueView:
        """The estimate for the snapshot at an instant."""
        return FairValueView(
            method=self.method,
            proxy=self.proxy,
            status=self.status,
            value=self.value,
            implied_move=self.implied_move,
            ref_time=None if self.ref_ns is None else format_instant(self.ref_ns),
            live_time=None if self.live_ns is None else format_instant(self.live_ns),
            age_s=None if self.live_ns is None else (t_ns - self.live_ns) / SECOND,
            beta=self.beta,
            premium=self.premium,
        )


class Start(msgspec.Struct, frozen=True):
    """What a target is estimated from: its official close of a session, in its currency, on the share basis of its
    as-of session, and its price of now, None without one."""

    currency: str
    session: str
    close: float
    price: float | None


class Now(msgspec.Struct, frozen=True):
    """An instant with the exchange rates known then. ref_date: of the board, for rates without a live quote."""

    t_ns: int
    rates: Rates
    ref_date: str | None

    def rate(self, line: ProxyLine, currency: str) -> float | None:
        """What one unit of a line's currency is worth in another one; None when a rate is missing."""
        return self.rates.now(line.leg.instrument.currency, currency, self.ref_date)

    def fresh(self, line: ProxyLine, max_age_s: float) -> ProxyPrice | None:
        """The last price of a line unless it is too old; a source that is late by contract may be that much older."""
        live = line.live(self.t_ns)
        too_old = live is None or self.t_ns - live.event_ns > round(_patience_s(line, max_age_s) * SECOND)
        return None if too_old else live


def by_move(number: int, proxy: Proxy, line: ProxyLine, beta: float | None, start: Start, now: Now) -> Estimate:
    """FV-1, FV-3: the target's close moved by what its proxy did since. number: of the proxy on its board. beta: None
    while it cannot be estimated: then WARMUP."""
    ref, live = line.reference(number, start.session, now.t_ns), line.live(now.t_ns)
    factor: float | None = 1.0
    if ref is not None and live is not None:
        factor = line.shares_since(ref, live)
        if proxy.method is not ProxyMethod.FUTURES:  # a future is a contract on the index itself, in points
            factor = _times(factor, _rate_move(line, ref, start, now))
    found = fv_proxy(
        start.close,
        ref,
        live,
        now.t_ns,
        beta=0.0 if beta is None else beta,
        max_age_s=_patience_s(line, proxy.max_age_s),
        factor=factor,
    )
    usable = found.value is not None and beta is not None
    return Estimate(
        method=proxy.method,
        proxy=line.leg.instrument.symbol,
        status=found.status if usable or found.value is None else Status.WARMUP,
        value=found.value if usable else None,
        implied_move=(found.value - start.close) / start.close if usable and found.value is not None else None,
        ref_ns=found.ref_ns,
        live_ns=found.live_ns,
        beta=beta,
        inputs=_move_inputs(start, beta, ref, live, factor) if usable else {},
    )


def _move_inputs(
    start: Start, beta: float | None, ref: ProxyPrice | None, live: ProxyPrice | None, factor: float | None
) -> dict[str, float]:
    if beta is None or ref is None or live is None or factor is None:
        return {}
    return {"close": start.close, "beta": beta, "live": live.price, "k": factor, "ref": ref.price}


def by_parity(proxy: Proxy, line: ProxyLine, start: Start, now: Now) -> Estimate:
    """FV-2: an ordinary share by its own ADR. NO_REF without an exchange rate or a ratio."""
    usual = proxy.premium.get(proxy.target, 0.0)
    nothing = Estimate(method=proxy.method, proxy=line.leg.instrument.symbol, status=Status.NO_REF)
    live = now.fresh(line, proxy.max_age_s)
    if live is None:
        return msgspec.structs.replace(nothing, status=Status.STALE)
    parity = _parity(line, live, start.currency, start.close, usual, now)
    if parity is None:
        return msgspec.structs.replace(nothing, live_ns=live.event_ns)
    flat = parity.value / (1.0 + usual)
    return Estimate(
        method=proxy.method,
        proxy=line.leg.instrument.symbol,
        status=Status.OK,
        value=parity.value,
        implied_move=parity.move,
        live_ns=live.event_ns,
        premium=None if start.price is None else (start.price - flat) / flat,
        inputs=_parity_inputs(line, live, start, usual, now),
    )


def _parity_inputs(line: ProxyLine, live: ProxyPrice, start: Start, usual: float, now: Now) -> dict[str, float]:
    rate, ratio = now.rate(line, start.currency), _ratio(line, live.session)
    if rate is None or ratio is None:
        return {}
    return {"close": start.close, "adr": live.price, "rate": rate, "ratio": ratio, "usual": usual}


def by_members(
    proxy: Proxy,
    lines: Mapping[str, ProxyLine],
    members: Mapping[str, Start],
    beta: float | None,
    start: Start,
    now: Now,
) -> Estimate:
    """FV-4: an index by the ADRs of its members. lines: ADR by the symbol of its ordinary share. members: those that
    have an official close. beta: as in `by_move`."""
    priced: list[tuple[float, Parity | None]] = []
    oldest_ns: int | None = None
    for member, weight in proxy.weights.items():
        line, own = lines.get(member), members.get(member)
        live = None if line is None else now.fresh(line, proxy.max_age_s)
        parity = None
        if line is not None and live is not None and own is not None:
            parity = _parity(line, live, own.currency, own.close, proxy.premium.get(member, 0.0), now)
        if parity is not None and live is not None:
            oldest_ns = live.event_ns if oldest_ns is None else min(oldest_ns, live.event_ns)
        priced.append((weight, parity))
    found = fv_index_adr(start.close, priced, 0.0 if beta is None else beta)
    warm = found.value is not None and beta is None
    value = None if warm else found.value
    inputs = {}
    if value is not None and beta is not None and found.move is not None:
        inputs = {"close": start.close, "beta": beta, "m": found.move, "coverage": found.coverage}
    return Estimate(
        method=proxy.method,
        proxy=proxy.target,
        status=Status.WARMUP if warm else found.status,
        value=value,
        implied_move=None if value is None else (value - start.close) / start.close,
        live_ns=oldest_ns,
        beta=beta,
        inputs=inputs,
    )


def _parity(line: ProxyLine, live: ProxyPrice, currency: str, close: float, premium: float, now: Now) -> Parity | None:
    rate, ratio = now.rate(line, currency), _ratio(line, live.session)
    return None if rate is None or ratio is None else fv_adr(live.price, rate, ratio, close, premium)


def _ratio(line: ProxyLine, session: str) -> float | None:
    """Ordinary shares for one ADR in a session; None before the first record."""
    return next((ratio for since, ratio in reversed(line.leg.instrument.adr_ratios) if since <= session), None)


def _rate_move(line: ProxyLine, ref: ProxyPrice, start: Start, now: Now) -> float | None:
    """X_live / X_ref: the rate of now over the one that was live with the reference price, else the fixing of that
    session."""
    live = now.rate(line, start.currency)
    then = ref.rate
    if then is None:
        then = now.rates.on(line.leg.instrument.currency, start.currency, start.session)
    return None if live is None or then is None else live / then


def _times(factor: float, rate: float | None) -> float | None:
    return None if rate is None else factor * rate


def _patience_s(line: ProxyLine, max_age_s: float) -> float:
    return max_age_s + line.leg.delay_s
