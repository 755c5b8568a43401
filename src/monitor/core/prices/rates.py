"""The exchange rates of a board: live quotes over tables of fixings, on file and from the log (DOMAIN FX-2)."""

from collections.abc import Mapping
from math import isfinite

from monitor.core.event import FIXING, SIMULATED, Fx
from monitor.core.instant import SECOND, format_instant
from monitor.core.prices.fx import fixing, multiplier
from monitor.core.snapshot import FxView


class Rates:
    """fixings: pair `USDccc` → date → units of ccc per 1 USD, as on file. live: pair → the last quote of it."""

    def __init__(self, fixings: Mapping[str, Mapping[str, float | None]]) -> None:
        self._fixings = {pair: dict(table) for pair, table in fixings.items()}
        self._received: dict[tuple[str, str], Fx] = {}
        self._found: dict[tuple[str, str], float | None] = {}
        self.live: dict[str, Fx] = {}
        self.version = 0
        """Changes with every fixing that changes anything."""

    def put(self, quote: Fx) -> bool:
        """Take a rate from the log; True when it changed a fixing. One that is not positive changes nothing, nor does
        a live one older than the one we have. A fixing counts from its arrival on: no replay looks ahead."""
        if not isfinite(quote.rate) or quote.rate <= 0:
            return False
        if quote.flags & FIXING:
            return self._fix(quote)
        known = self.live.get(quote.pair)
        if known is None or quote.event_ns >= known.event_ns:
            self.live[quote.pair] = quote
        return False

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
        """The rates in force that came through the log, for a checkpoint: `put` each into new `Rates`."""
        return [*self._received.values(), *self.live.values()]

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
