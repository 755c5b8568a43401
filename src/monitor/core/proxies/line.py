"""A line that is quoted for fair values only: its latest price, and those near the closes of its targets."""

from collections.abc import Mapping

import msgspec

from monitor.core.coverage import member_status
from monitor.core.definition import Instrument
from monitor.core.event import SIMULATED, Quote
from monitor.core.instant import format_instant
from monitor.core.instruments.leg import Leg, LegState, Tick
from monitor.core.metrics.fragment import Fragments
from monitor.core.prices.corporate_action import adjustment
from monitor.core.prices.rates import Rates
from monitor.core.proxies.close_reference import CloseReference
from monitor.core.proxies.fair_value import ProxyPrice
from monitor.core.status import Status
from monitor.core.views.proxy_line import ProxyLineView


class ProxyLineState(msgspec.Struct, array_like=True):
    """All that a proxy line remembers, for a checkpoint. references: by number of the proxy."""

    leg: LegState
    references: dict[int, dict[str, ProxyPrice]]


class Watch(msgspec.Struct, frozen=True):
    """Where a proxy is compared with its target: at the target's closes, in the target's currency."""

    currency: str
    reference: CloseReference


class ProxyLine:
    """State of one proxy line. watches: by number of the proxy on the board, for those that need a reference price.

    A quote costs its tick filter and two comparisons for each watch; memory stays the same.
    """

    def __init__(self, leg: Leg, watches: Mapping[int, Watch]) -> None:
        self.leg = leg
        self._watches = watches
        self._views = Fragments[ProxyLineView]()

    def quote(self, quote: Quote, log_ns: int, rates: Rates) -> None:
        """Put a quote through the tick filter and remember it where it is near a target's close."""
        currency = self.leg.instrument.currency
        if not self.leg.quote(quote, log_ns, rates.cross(currency)):
            return
        for watch in self._watches.values():
            if watch.reference.wants(quote.event_ns) and (price := self.live(quote.event_ns)) is not None:
                rate = rates.now(currency, watch.currency, None)
                watch.reference.take(msgspec.structs.replace(price, rate=rate))

    def live(self, t_ns: int) -> ProxyPrice | None:
        """Its last price at or before an instant; None without one."""
        tick = self.leg.tick_at(t_ns)
        return None if tick is None else ProxyPrice(tick.price, tick.event_ns, tick.session)

    def view(self, t_ns: int) -> ProxyLineView:
        """What a snapshot shows of it at an instant: the same object as before while nothing of it changed."""
        tick = self.leg.tick_at(t_ns)
        return self._views.of("line", _view, self.leg.instrument, tick, self._status(tick, t_ns))

    def _status(self, tick: Tick | None, t_ns: int) -> Status:
        calendar, delay_s = self.leg.calendar, 0 if tick is None else tick.delay_s
        return member_status(
            has_price=tick is not None,
            has_baseline=True,
            halted=self.leg.halted,
            active_age_s=0.0 if tick is None else calendar.active_seconds(tick.event_ns, t_ns),
            stale_after_s=self.leg.instrument.stale_after_s + delay_s,
            phase=calendar.phase(t_ns),
        )

    def reference(self, number: int, session: str, t_ns: int) -> ProxyPrice | None:
        """Its price at the close of a session of a proxy's target, as known at an instant; None without one."""
        price = self._watches[number].reference.at(session)
        return None if price is None or price.event_ns > t_ns else price

    def shares_since(self, ref: ProxyPrice, live: ProxyPrice) -> float:
        """What turns the price `live` into one on the share basis of `ref`: 1 without a split in between."""
        return 1.0 / adjustment(self.leg.actions, ref.session, live.session).price_factor

    def dump(self, log_ns: int) -> ProxyLineState:
        """Everything later fair values depend on. log_ns: log time."""
        found = {number: watch.reference.dump() for number, watch in self._watches.items()}
        return ProxyLineState(self.leg.dump(log_ns), found)

    def load(self, state: ProxyLineState, log_ns: int) -> None:
        """Go on from a dumped state; `self` must be new. log_ns: log time of the dump."""
        self.leg.load(state.leg, log_ns)
        for number, found in state.references.items():
            self._watches[number].reference.load(found)


def _view(line: Instrument, tick: Tick | None, status: Status) -> ProxyLineView:
    return ProxyLineView(
        currency=line.currency,
        calendar=line.calendar or "",
        price=None if tick is None else tick.price,
        status=status,
        event_time=None if tick is None else format_instant(tick.event_ns),
        source=None if tick is None else tick.source,
        delay_s=0 if tick is None else tick.delay_s,
        simulated=tick is not None and bool(tick.flags & SIMULATED),
    )
