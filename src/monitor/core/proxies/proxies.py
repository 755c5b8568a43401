"""The proxies of a board at work: which lines they are made from, and what each target would be worth now."""

from collections.abc import Mapping

import msgspec

from monitor.core.definition import BoardDefinition, Proxy, ProxyMethod
from monitor.core.event import OfficialClose, Quote
from monitor.core.instruments.leg import Leg, Point
from monitor.core.moment import Moment
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.rates import Rates
from monitor.core.proxies.beta import ProxyBeta
from monitor.core.proxies.close_reference import CloseReference
from monitor.core.proxies.estimate import Estimate, Now, Start, by_members, by_move, by_parity
from monitor.core.proxies.line import ProxyLine, ProxyLineState, Watch
from monitor.core.status import Status
from monitor.core.views.proxy_line import ProxyLineView


class _Source(msgspec.Struct, frozen=True):
    """One way to value a target. number: of the proxy on the board. beta: None where it is given."""

    number: int
    proxy: Proxy
    beta: ProxyBeta | None


class Proxies:
    """All proxies of a board. legs: its instruments, by symbol. lines: the legs of its proxy lines, by symbol.

    Raises ValueError when a proxy names an instrument or a line that is not there.
    """

    def __init__(self, definition: BoardDefinition, legs: Mapping[str, Leg], lines: Mapping[str, Leg]) -> None:
        self._legs = legs
        self._sources: dict[str, list[_Source]] = {}
        watches: dict[str, dict[int, Watch]] = {symbol: {} for symbol in lines}
        for number, proxy in enumerate(definition.proxies):
            _check(proxy, legs, lines)
            target = legs[proxy.target]
            beta = None
            if proxy.beta is None and proxy.beta_of is not None:
                beta = ProxyBeta(target, legs[proxy.beta_of], definition.statistics)
            self._sources.setdefault(proxy.target, []).append(_Source(number, proxy, beta))
            if proxy.symbol is not None and proxy.method is not ProxyMethod.ADR:
                reference = CloseReference(target.calendar, proxy.reference, proxy.limit_s)
                watches[proxy.symbol][number] = Watch(target.instrument.currency, reference)
        self._lines = {symbol: ProxyLine(leg, watches[symbol]) for symbol, leg in lines.items()}
        self._adrs = {
            underlying: line
            for line in self._lines.values()
            if (underlying := line.leg.instrument.underlying) is not None
        }

    @property
    def targets(self) -> list[str]:
        """Symbols of the instruments that have a proxy, in file order."""
        return list(self._sources)

    def quote(self, quote: Quote, log_ns: int, rates: Rates) -> None:
        """Take a quote; one of a line that is no proxy's changes nothing."""
        line = self._lines.get(quote.symbol)
        if line is not None:
            line.quote(quote, log_ns, rates)

    def close(self, close: OfficialClose) -> None:
        """Take an official close of a proxy line, which its tick filter starts from."""
        line = self._lines.get(close.symbol)
        if line is not None:
            line.leg.close(close)

    def estimate(
        self, target: str, points: Mapping[str, Point], moment: Moment, rates: Rates, ref_date: str | None
    ) -> Estimate:
        """The fair value of a target at an instant: of the first of its proxies, in file order, that has one.

        points: as-of states of the target, and of its members where it has some. ref_date: of the board, for rates
        without a live quote. Where no proxy has a value, the first that has at least a reference price tells why, else
        the first. Raises KeyError for an instrument without a proxy.
        """
        now = Now(moment.t_ns, rates, ref_date)
        start = self._start(target, points, moment)
        why: Estimate | None = None
        for source in self._sources[target]:
            found = self._estimate(source, start, points, moment, now)
            if found.status is Status.OK:
                return found
            if why is None or (why.status is Status.NO_REF and found.status is not Status.NO_REF):
                why = found
        if why is None:
            raise KeyError(target)
        return why

    def _estimate(
        self, source: _Source, start: Start | None, points: Mapping[str, Point], moment: Moment, now: Now
    ) -> Estimate:
        proxy = source.proxy
        if start is None:  # nothing was ever paid for it
            return Estimate(method=proxy.method, proxy=proxy.symbol or proxy.target, status=Status.NO_REF)
        quoted = proxy.symbol is None or self._lines[proxy.symbol].live(now.t_ns) is not None
        beta = proxy.beta
        if source.beta is not None and quoted:  # a regression over sessions, for nothing where nobody quotes the line
            beta = source.beta.at(moment)
        if proxy.symbol is None:
            starts = {member: self._start(member, points, moment) for member in proxy.weights}
            members = {member: own for member, own in starts.items() if own is not None}
            return by_members(proxy, self._adrs, members, beta, start, now)
        line = self._lines[proxy.symbol]
        if proxy.method is ProxyMethod.ADR:
            return by_parity(proxy, line, start, now)
        return by_move(source.number, proxy, line, beta, start, now)

    def _start(self, symbol: str, points: Mapping[str, Point], moment: Moment) -> Start | None:
        leg, point = self._legs[symbol], points[symbol]
        known = moment.markets[leg.calendar.name].known
        session = leg.closes.latest(known)
        close = None if session is None else leg.closes.get(session, known)
        if session is None or close is None or point.session is None:
            return None
        factor = adjustment(leg.actions, session, point.session).price_factor
        return Start(leg.instrument.currency, session, close * factor, point.price)

    def views(self, t_ns: int) -> dict[str, ProxyLineView]:
        """What a snapshot shows of each proxy line at an instant, by symbol."""
        return {symbol: line.view(t_ns) for symbol, line in self._lines.items()}

    def dump(self, log_ns: int) -> dict[str, ProxyLineState]:
        """State of each proxy line, for a checkpoint. log_ns: log time."""
        return {symbol: line.dump(log_ns) for symbol, line in self._lines.items()}

    def load(self, states: Mapping[str, ProxyLineState], log_ns: int) -> None:
        """Go on from dumped states; `self` must be new. log_ns: log time of the dump."""
        for symbol, state in states.items():
            self._lines[symbol].load(state, log_ns)


def _check(proxy: Proxy, legs: Mapping[str, Leg], lines: Mapping[str, Leg]) -> None:
    for name in (proxy.target, proxy.beta_of, *proxy.weights):
        if name is not None and name not in legs:
            raise ValueError(f"proxy of {proxy.target}: {name!r} is no instrument of the board")
    if proxy.symbol is not None and proxy.symbol not in lines:
        raise ValueError(f"proxy of {proxy.target}: {proxy.symbol!r} is no proxy line of the board")
