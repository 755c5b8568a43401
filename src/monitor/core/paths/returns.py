"""What a side of a pair had returned since the start of a window, at any time on the way.

Anchors and baselines are those that the board uses now, so the line leads to the board's own number. Each price is
taken against the baseline on the share basis of the session that it belongs to. Where minutes are recorded they are
followed; the official close takes over from its close instant on, and stands for a whole session without minutes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from monitor.core.baskets.composite import Composite
from monitor.core.instruments.cut import Cut
from monitor.core.instruments.leg import Leg
from monitor.core.metrics.statuses import FIXING, OK, either
from monitor.core.moment import Moment
from monitor.core.pairs.side import Side
from monitor.core.paths.held import Held, held
from monitor.core.paths.recorded import Gap, Recorded, Series, series_of, session_ms
from monitor.core.prices.rates import Rates
from monitor.core.snapshot import Snapshot

PRICE = "price.now"


class SideReturns:
    """Sides over one window, as of a snapshot.

    now: its reference date, as-of sessions and baskets' weights count. moment: of the same instant. recorded: minutes
    by symbol, none for paths of official closes. gaps: by exchange, where recording has holes. date_at: the board's
    reference date at a time (epoch ms UTC), whose fixing counts for baskets in another currency.
    """

    def __init__(
        self,
        window: str,
        now: Snapshot,
        moment: Moment,
        rates: Rates,
        recorded: Recorded,
        gaps: Mapping[str, Sequence[Gap]],
        date_at: Callable[[int], str],
    ) -> None:
        self._window = window
        self._now = now
        self._moment = moment
        self._rates = rates
        self._recorded = recorded
        self._gaps = gaps
        self._date_at = date_at

    def at(self, side: Side, grid: Sequence[int]) -> list[float | None]:
        """Return of a side at each time of an ascending grid (epoch ms UTC), decimal fractions; None in holes, before
        the start, and where nothing is on file.

        A basket is the members that it is made of now (by its last closes, where too few of them are fresh now), bought
        at the start of the window in the weights of then, and held; in another currency by the fixing of each date.
        """
        return self._held(side).at(grid) if isinstance(side, Leg) else self._basket(side, grid)

    def status(self, side: Side) -> str:
        """What has to be said of a side's line: of the minutes of what it is made of, and FIXING for a basket in
        another currency, whose live rates of the past nobody keeps."""
        if isinstance(side, Leg):
            return self._said(side)
        members = [side.legs[symbol] for symbol in self._weights(side)]
        target = side.basket.currency
        converted = target != "LOCAL" and any(leg.instrument.currency != target for leg in members)
        return reduce(either, map(self._said, members), FIXING if converted else OK)

    def _said(self, leg: Leg) -> str:
        return series_of(self._recorded, leg.instrument.symbol, PRICE).status

    def _basket(self, side: Composite, grid: Sequence[int]) -> list[float | None]:
        weights = self._weights(side)
        if not weights:
            return [None] * len(grid)
        total: list[float | None] = [0.0] * len(grid)
        for symbol, weight in weights.items():
            for i, value in enumerate(self._member(side.legs[symbol], side.basket.currency, grid)):
                so_far = total[i]
                total[i] = None if value is None or so_far is None else so_far + weight * value
        return total

    def _weights(self, side: Composite) -> Mapping[str, float]:
        """At the start of the window, by member; empty where too few of them have a close there."""
        view = self._now.baskets.get(side.basket.id, {}).get(self._window)
        if view is not None and view.weights:
            return view.weights
        points, baselines = {}, {}
        for symbol, leg in side.legs.items():
            known = self._moment.markets[leg.calendar.name].known
            session = leg.closes.latest(known) or ""
            points[symbol] = leg.point_on(session, known)
            baselines[symbol] = leg.baselines.at([self._start(leg)], session, known)
        cut = Cut(points, baselines, self._rates, self._now.ref_date, fixed=True, policy="CLOSES")
        return side.windows(cut, self._moment)[0].weights

    def _member(self, leg: Leg, target: str, grid: Sequence[int]) -> list[float | None]:
        """Returns of a member in the currency of its basket."""
        returns, own = self._held(leg).at(grid), leg.instrument.currency
        if target in ("LOCAL", own):
            return returns
        bought_at = self._rates.on(own, target, self._start(leg))
        found: list[float | None] = []
        for t, value in zip(grid, returns, strict=True):
            rate = self._rates.on(own, target, self._date_at(t))
            if value is None or rate is None or bought_at is None:
                found.append(None)
            else:
                found.append(((1 + value) * rate - bought_at) / bought_at)
        return found

    def _start(self, leg: Leg) -> str | None:
        """The session whose close the window starts from; None without one."""
        view, known = self._now.instruments.get(leg.instrument.symbol), self._moment.markets[leg.calendar.name].known
        if self._now.ref_date is None or view is None or view.asof_session is None:
            return None
        return leg.baselines.over((self._window,), self._now.ref_date, view.asof_session, known)[0].session

    def _held(self, leg: Leg) -> Held:
        """Returns of one instrument, in its own currency, from the close that its window starts at."""
        symbol, known, start = leg.instrument.symbol, self._moment.markets[leg.calendar.name].known, self._start(leg)
        asof = self._now.instruments[symbol].asof_session if start is not None else None
        if start is None or asof is None:
            return held([])
        recorded = series_of(self._recorded, symbol, PRICE)
        events: list[tuple[int, float]] = []
        for session in [start, *leg.calendar.between(start, asof)]:
            prices = self._prices(leg, session, recorded, known)
            paid = leg.baselines.at([start], session, known)[0].adjusted if prices else None
            if paid is not None:
                events += [(t, (price - paid) / paid) for t, price in prices]
        return held(events, self._gaps.get(leg.calendar.name, ()))

    @staticmethod
    def _prices(leg: Leg, session: str, recorded: Series, known: str | None) -> list[tuple[int, float]]:
        """Recorded prices of one session, then its official close."""
        open_ms, close_ms = session_ms(leg.calendar, session)
        close = leg.closes.get(session, known)
        return recorded.between(open_ms, close_ms) + ([] if close is None else [(close_ms, close)])
