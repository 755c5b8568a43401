"""A pair under LAG (DOMAIN ALN-3): the newest price of a against the last close of b that was known at a's close.

It is the policy for statistics: what the second market already knew is not counted as divergence of the first. Windows
start exactly at the sessions that belong together; a close that is missing there is not replaced by an earlier one.
"""

from collections.abc import Mapping, Sequence

import msgspec

from monitor.core.anchor import NO_BASELINE, Baseline, has_begun
from monitor.core.instruments.cut import Cut, Return
from monitor.core.moment import Moment
from monitor.core.pairs.alignment import lag_anchors, lag_session
from monitor.core.pairs.policy import SpreadTable, Standing, spread_view, standing
from monitor.core.pairs.side import (
    Side,
    calendar_of,
    closes_version,
    event_of,
    latest_close,
    legs_of,
    returns_of,
    session_of,
)
from monitor.core.prices.rates import Rates
from monitor.core.status import Status

DAY = "1D"
"""The window of the statistics: one session of a."""

_NO_PRICE = Return(None, Status.NO_PRICE)


class LagReading(msgspec.Struct, frozen=True):
    """LAG at an instant. sessions, events: as-of session and event time of a and b, None without a price. returns_a,
    returns_b: one a window of the `Lag`."""

    sessions: tuple[str | None, str | None]
    events: tuple[int | None, int | None]
    returns_a: Sequence[Return]
    returns_b: Sequence[Return]


class _Daily(msgspec.Struct, frozen=True):
    """What only changes with a close or a session. baselines: of a's legs, by symbol, one a window. session_b: of the
    close that b is taken at, None without one."""

    baselines: Mapping[str, Sequence[Baseline]]
    session_b: str | None
    returns_b: Sequence[Return]


class Lag:
    """Two sides under LAG. windows: of the board; `DAY` is computed whether or not it is one of them."""

    def __init__(self, a: Side, b: Side, windows: Sequence[str]) -> None:
        self._a = a
        self._b = b
        self._spreads = SpreadTable(windows)
        self._windows = windows if DAY in windows else (*windows, DAY)
        self._daily: tuple[object, _Daily] | None = None
        self._live: Cut | None = None

    def at(self, cut: Cut, moment: Moment, rates: Rates) -> LagReading:
        """The pair at an instant. cut: LAST, of which the newest prices of a are taken."""
        newest = session_of(self._a, cut)
        # A basket whose members trade in several markets is counted in the sessions of its first one.
        session = None if newest is None else calendar_of(self._a).on_or_before(newest)
        if session is None:
            nothing = [_NO_PRICE] * len(self._windows)
            return LagReading((None, None), (None, None), nothing, nothing)
        daily = self._remembered(session, cut, moment, rates)
        points = {symbol: cut.points[symbol] for symbol in daily.baselines}
        before = self._live
        live = self._live = Cut(points, daily.baselines, rates, session, fixed=False, policy="LAG", before=before)
        closed = None if daily.session_b is None else calendar_of(self._b).close_instant(daily.session_b)
        return LagReading(
            (session, daily.session_b),
            (event_of(self._a, cut), closed),
            returns_of(self._a, live, moment),
            daily.returns_b,
        )

    def _remembered(self, session: str, cut: Cut, moment: Moment, rates: Rates) -> _Daily:
        """Baselines and the whole of b: they change when a session opens, becomes known, or has its close changed."""
        asof = [cut.points[leg.instrument.symbol].session for leg in legs_of(self._a)]
        key = (session, asof, moment.known, closes_version(self._a), closes_version(self._b), rates.version)
        if self._daily is None or self._daily[0] != key:
            self._daily = (key, self._daily_at(session, cut, moment, rates))
        return self._daily[1]

    def _daily_at(self, session: str, cut: Cut, moment: Moment, rates: Rates) -> _Daily:
        anchors = [anchors_of(self._a, self._b, window, session, moment) for window in self._windows]
        baselines = baselines_of(self._a, [anchor for anchor, _ in anchors], cut, moment)
        mapped = lag_session(calendar_of(self._a), calendar_of(self._b), session, moment.t_ns)
        session_b = None if mapped is None else latest_close(self._b, mapped, moment)
        if session_b is None:
            return _Daily(baselines, None, [_NO_PRICE] * len(anchors))
        closing = Cut.closing(legs_of(self._b), session_b, [anchor for _, anchor in anchors], moment, rates)
        return _Daily(baselines, session_b, returns_of(self._b, closing, moment))

    def spread_pp(self, reading: LagReading) -> float | None:
        """The spread over one session of a, percentage points; None where a leg has none."""
        i = self._windows.index(DAY)
        return spread_view(reading.returns_a[i], reading.returns_b[i], None).spread_pp

    def standing(self, reading: LagReading, beta: float | None) -> Standing:
        """For the snapshot. beta: of a on b, None if unknown."""
        spreads = self._spreads.of(reading.returns_a, reading.returns_b, beta)
        return standing("LAG", spreads, reading.sessions, reading.events)


def anchors_of(a: Side, b: Side, window: str, session: str, moment: Moment) -> tuple[str | None, str | None]:
    """The sessions whose closes a window of both sides starts from (`lag_anchors`). session: the as-of one of a. None
    for both while the window has not begun."""
    if not has_begun(window, session):
        return None, None
    return lag_anchors(calendar_of(a), calendar_of(b), window, session, moment.t_ns)


def baselines_of(a: Side, anchors: Sequence[str | None], cut: Cut, moment: Moment) -> dict[str, Sequence[Baseline]]:
    """The closes of a's legs on exactly these sessions, by symbol, on the share basis of their prices in the cut."""
    found: dict[str, Sequence[Baseline]] = {}
    for leg in legs_of(a):
        asof, known = cut.points[leg.instrument.symbol].session, moment.markets[leg.calendar.name].known
        nothing = [NO_BASELINE] * len(anchors)
        found[leg.instrument.symbol] = nothing if asof is None else leg.baselines.at(anchors, asof, known)
    return found
