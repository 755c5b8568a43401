"""Bull market, correction, bear market (DOMAIN REG-1): the Lunde & Timmermann (2004) filter with a correction state."""

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from monitor.core.definition import RegimeParams
from monitor.core.tolerance import at_least, at_most


class Regime(StrEnum):
    """UNDEFINED until the first move of the full size from a peak or a trough."""

    UNDEFINED = "UNDEFINED"
    BULL = "BULL"
    CORRECTION = "CORRECTION"
    BEAR = "BEAR"


class RegimeStep(msgspec.Struct, frozen=True, gc=False):
    """Where one close leaves the filter.

    session: of that close. since: session that entered `state`. cycle_since: session that began the bull or bear market
    it is part of (a correction belongs to its bull market); the first one before there was any. event: ENTER_BULL,
    EXIT_CORRECTION, ENTER_CORRECTION or ENTER_BEAR on the close that did it, else None. peak, trough: what the
    thresholds are measured from, the latest session of equal ones. drawdown, run_up: the close against them, decimal
    fractions; a run-up is negative while a bull market has fallen below the trough it came from but not yet far enough
    from its peak, a drawdown positive while a bear market has risen above its peak but not yet far enough from its
    trough (never where (1 + up)(1 − down) ≤ 1, as by default).
    """

    session: str
    close: float
    state: Regime
    since: str
    cycle_since: str
    event: str | None
    peak: float
    peak_session: str
    trough: float
    trough_session: str

    @property
    def drawdown(self) -> float:
        """r(peak)."""
        return _change(self.close, self.peak)

    @property
    def run_up(self) -> float:
        """r(trough)."""
        return _change(self.close, self.trough)


class RegimeFilter:
    """The state machine of REG-1. last: the step of the latest close; None before the first.

    >>> bull = RegimeFilter(RegimeParams(), [("2025-01-13", 79.0), ("2025-02-10", 94.8)])
    >>> bull.last.state, bull.last.since, bull.provisional("2025-02-11", 85.0).state
    (<Regime.BULL: 'BULL'>, '2025-02-10', <Regime.CORRECTION: 'CORRECTION'>)
    >>> bull.last.state
    <Regime.BULL: 'BULL'>
    """

    def __init__(self, params: RegimeParams, closes: Iterable[tuple[str, float]] = ()) -> None:
        self._params = params
        self.last: RegimeStep | None = None
        for session, close in closes:
            self.step(session, close)

    def step(self, session: str, close: float) -> RegimeStep:
        """Take the next official close, positive and on the same share basis as those before it."""
        self.last = self.provisional(session, close)
        return self.last

    def provisional(self, session: str, price: float) -> RegimeStep:
        """What `step` would answer; the filter stays as it is."""
        last = self.last
        if last is None:
            return RegimeStep(session, price, Regime.UNDEFINED, session, session, None, price, session, price, session)
        state = last.state
        peak, trough = price >= last.peak, price <= last.trough
        up = at_least(_change(price, last.trough), self._params.up)
        down = at_most(_change(price, last.peak), -self._params.down)
        match state:
            case Regime.UNDEFINED:
                state = Regime.BULL if up else Regime.BEAR if down else state
                peak, trough = peak or up, trough or down
            case Regime.BEAR:
                state = Regime.BULL if up else state
                peak = up
            case _:
                falling = at_most(_change(price, last.peak), -self._params.correction)
                state = Regime.BULL if peak else Regime.BEAR if down else Regime.CORRECTION if falling else state
                trough = down
        event = _event(last.state, state)
        return RegimeStep(
            session=session,
            close=price,
            state=state,
            since=last.since if state is last.state else session,
            cycle_since=session if event in ("ENTER_BULL", "ENTER_BEAR") else last.cycle_since,
            event=event,
            peak=price if peak else last.peak,
            peak_session=session if peak else last.peak_session,
            trough=price if trough else last.trough,
            trough_session=session if trough else last.trough_session,
        )


def _event(before: Regime, after: Regime) -> str | None:
    if after is before:
        return None
    return "EXIT_CORRECTION" if before is Regime.CORRECTION and after is Regime.BULL else f"ENTER_{after}"


def _change(price: float, start: float) -> float:
    return (price - start) / start
