"""The exchange rates of a board: live quotes over tables of fixings, on file and from the log (DOMAIN FX-2)."""

from collections.abc import Collection, Iterable, Mapping
from math import isfinite

from monitor.core.definition import Instrument, Kind
from monitor.core.event import FIXING, SIMULATED, Fx
from monitor.core.instant import SECOND, format_instant
from monitor.core.prices.fx import fixing, multiplier
from monitor.core.prices.fx_week import fx_clock, fx_session
from monitor.core.quotes.arbiter import Arbiter
from monitor.core.quotes.source_state import ArbiterState, Price, Told
from monitor.core.snapshot import FxView

_STALE_AFTER_S = 60.0
"""Of a pair that is no instrument of the board."""


class Rates:
    """fixings: pair `USDccc` → date → units of ccc per 1 USD, as on file. instruments: of the board; those that are
    rates say which source is preferred. failed: sources whose feeds have given up, kept up to date by the owner. live:
    pair → the last quote of it."""

    def __init__(
        self,
        fixings: Mapping[str, Mapping[str, float | None]],
        instruments: Iterable[Instrument] = (),
        failed: Collection[str] = (),
    ) -> None:
        self._fixings = {pair: dict(table) for pair, table in fixings.items()}
        self._received: dict[tuple[str, str], Fx] = {}
        self._found: dict[tuple[str, str], float | None] = {}
        self._lines = {line.symbol: line for line in instruments if line.kind is Kind.FX}
        self._failed = failed
        self._arbiters: dict[str, Arbiter] = {}
        self.live: dict[str, Fx] = {}
        self.version = 0
        """Changes with every fixing that changes anything."""

    def put(self, quote: Fx, log_ns: int) -> bool:
        """Take a rate from the log; True when it changed a fixing. One that is not positive changes nothing, nor does
        a live one older than the one we have, or of a source that is not in charge. A fixing counts from its arrival
        on: no replay looks ahead. log_ns: log time."""
        if not isfinite(quote.rate) or quote.rate <= 0:
            return False
        if quote.flags & FIXING:
            return self._fix(quote)
        arbiter = self._arbiter(quote.pair)
        known = self.live.get(quote.pair)
        newest = known is None or quote.event_ns >= known.event_ns
        if quote.source != arbiter.sole:
            told = Told(
                quote.source,
                quote.event_ns,
                self._delay_s(quote.pair, quote.source),
                fx_session(quote.event_ns),
                log_ns,
                quote.flags,
            )
            price = None
            if known is not None:
                price = Price(known.event_ns, fx_session(known.event_ns), self._delay_s(known.pair, known.source))
            admitted = arbiter.admits(told, price)
            arbiter.heard(told, took=admitted)
            newest = newest and admitted
        if newest:
            self.live[quote.pair] = quote
        return False

    def _arbiter(self, pair: str) -> Arbiter:
        arbiter = self._arbiters.get(pair)
        if arbiter is None:
            line = self._lines.get(pair)
            priority, stale_after_s = (line.priority, line.stale_after_s) if line else ((), _STALE_AFTER_S)
            arbiter = self._arbiters[pair] = Arbiter(priority, stale_after_s, fx_clock, self._failed)
        return arbiter

    def _delay_s(self, pair: str, source: str) -> int:
        line = self._lines.get(pair)
        return line.delays.get(source, 0) if line else 0

    def _fix(self, quote: Fx) -> bool:
        day = format_instant(quote.event_ns)[:10]
        table = self._fixings.setdefault(quote.pair, {})
        changed = table.get(day) != quote.rate
        table[day] = quote.rate
        self._received[quote.pair, day] = quote
        if changed:
            self._found.clear()
            self.version += 1
        return changed

    def received(self) -> list[Fx]:
        """The rates in force that came through the log, for a checkpoint."""
        return [*self._received.values(), *self.live.values()]

    def arbiters(self) -> dict[str, ArbiterState]:
        """What is remembered of the sources of each pair, for a checkpoint."""
        return {pair: arbiter.dump() for pair, arbiter in self._arbiters.items()}

    def load(self, received: Iterable[Fx], arbiters: Mapping[str, ArbiterState]) -> None:
        """Go on from what `received` and `arbiters` gave; `self` must be new."""
        for quote in received:
            if quote.flags & FIXING:
                self._fix(quote)
            else:
                self.live[quote.pair] = quote
        for pair, state in arbiters.items():
            self._arbiter(pair).load(state)

    def fixed(self, pair: str, day: str | None) -> float | None:
        """FX-2 for an ISO date; None without a fixing or without a date."""
        if day is None or pair not in self._fixings:
            return None
        key = (pair, day)
        if key not in self._found:
            self._found[key] = fixing(day, self._fixings[pair])[1]
        return self._found[key]

    def fixing_date(self, pair: str, day: str) -> str | None:
        """The date of the fixing that stands for an ISO date (FX-2); None without one."""
        return fixing(day, self._fixings[pair])[0] if pair in self._fixings else None

    def cross(self, currency: str) -> float | None:
        """Live units of a currency per 1 USD; None for USD itself and where there is no live quote."""
        quote = self.live.get(f"USD{currency}")
        return None if quote is None else quote.rate

    def now(self, currency: str, target: str, ref_date: str | None) -> float | None:
        """Multiplier for a price of now: live quotes, else the fixings for `ref_date`. None when a rate is missing.

        target: currency code, or LOCAL for no conversion."""
        if target in ("LOCAL", currency):
            return 1.0
        return multiplier(currency, target, {pair: self._now(pair, ref_date) for pair in _pairs(currency, target)})

    def on(self, currency: str, target: str, day: str | None) -> float | None:
        """Multiplier from the fixings of an ISO date; as `now` otherwise."""
        if target in ("LOCAL", currency):
            return 1.0
        return multiplier(currency, target, {pair: self.fixed(pair, day) for pair in _pairs(currency, target)})

    def _now(self, pair: str, ref_date: str | None) -> float | None:
        quote = self.live.get(pair)
        return self.fixed(pair, ref_date) if quote is None else quote.rate

    def pairs(self) -> set[str]:
        """All pairs that have a live quote or a table."""
        return set(self.live) | set(self._fixings)

    def view(self, pair: str, ref_date: str | None, t_ns: int) -> FxView:
        """A pair for the snapshot at `t_ns`: its live quote, else the fixing for `ref_date`."""
        quote = self.live.get(pair)
        if quote is not None:
            return FxView(
                rate=quote.rate,
                status="LIVE",
                event_time=format_instant(quote.event_ns),
                age_s=(t_ns - quote.event_ns) / SECOND,
                source=quote.source,
                simulated=bool(quote.flags & SIMULATED),
                sources=self._arbiter(pair).roles(t_ns),
            )
        rate = self.fixed(pair, ref_date)
        day = None if ref_date is None else self.fixing_date(pair, ref_date)
        received = None if day is None else self._received.get((pair, day))
        return FxView(
            rate=rate,
            status="MISSING" if rate is None else "FIXING",
            event_time=None,
            age_s=None,
            source=None if received is None else received.source,
            simulated=received is not None and bool(received.flags & SIMULATED),
        )


def _pairs(currency: str, target: str) -> list[str]:
    return [f"USD{code}" for code in (currency, target) if code != "USD"]
