"""The instruments of a board, as its snapshots show them."""

from collections.abc import Collection, Mapping, Sequence

import msgspec

from monitor.core.definition import BoardDefinition, Instrument
from monitor.core.instant import SECOND, format_instant
from monitor.core.instruments.cut import Cut, Return
from monitor.core.instruments.leg import Leg, Point
from monitor.core.metrics.fragment import Fragments
from monitor.core.moment import Moment
from monitor.core.proxies.estimate import Estimate
from monitor.core.quotes.feed_state import FeedState
from monitor.core.session import Phase
from monitor.core.status import Status
from monitor.core.trends.trend import Trend
from monitor.core.views.instrument import InstrumentView, TrendView


class InstrumentViews:
    """legs: of the board, by symbol. trends_of: those that have a trend, None for all. What is shown of an instrument
    is put together when something of it changed; from one snapshot to the next most of them only grow older."""

    def __init__(
        self, definition: BoardDefinition, legs: Mapping[str, Leg], trends_of: Collection[str] | None = None
    ) -> None:
        self._windows = definition.windows
        self._legs = legs
        self._trends = {
            symbol: Trend(leg, definition.regime)
            for symbol, leg in legs.items()
            if trends_of is None or symbol in trends_of
        }
        self._ageless = Fragments[InstrumentView]()

    def at(
        self, cut: Cut, moment: Moment, feeds: Mapping[str, FeedState], estimates: Mapping[str, Estimate]
    ) -> dict[str, InstrumentView]:
        """By symbol. cut: LAST at that moment, over the windows of the board. feeds: by source. estimates: fair values
        by symbol, one for each instrument that has a proxy."""
        dead = {source for source, feed in feeds.items() if feed.dead}
        views = {}
        for symbol, leg in self._legs.items():
            point, trend = cut.points[symbol], self._trends.get(symbol)
            ageless = self._ageless.of(
                symbol,
                _ageless,
                leg.instrument,
                self._windows,
                cut.returns[symbol],
                point,
                moment.markets[leg.calendar.name].phase,
                point.source in dead,
                leg.delay_s,
                leg.rejected,
                None if trend is None else trend.view(point, moment),
                leg.arbiter.roles(moment.t_ns),
                leg.arbiter.stands_in_for(),
                leg.arbiter.changed_ns,
                leg.arbiter.failovers,
            )
            estimate = estimates.get(symbol)
            views[symbol] = msgspec.structs.replace(
                ageless,
                age_s=None if point.event_ns is None else (moment.t_ns - point.event_ns) / SECOND,
                fair_value=None if estimate is None else estimate.view(moment.t_ns),
            )
        return views


def _ageless(
    instrument: Instrument,
    windows: Sequence[str],
    returns: Sequence[Return],
    point: Point,
    phase: Phase,
    dead: bool,
    delay_s: int,
    rejected: Mapping[str, int],
    trend: TrendView | None,
    sources: dict[str, str],
    stand_in_for: str | None,
    source_since_ns: int | None,
    failovers: int,
) -> InstrumentView:
    """An instrument without what time alone changes. dead: its feed is. source_since_ns: when its source took over."""
    return InstrumentView(
        name=instrument.name,
        kind=instrument.kind,
        currency=instrument.currency,
        calendar=instrument.calendar,
        price=point.price,
        asof_session=point.session,
        status=point.status,
        phase=phase,
        # An official close that is still fresh right after the open is a price, but nobody quotes it.
        live=point.status is Status.LIVE and point.source is not None and not dead,
        event_time=None if point.event_ns is None else format_instant(point.event_ns),
        age_s=None,
        source=point.source,
        delay_s=delay_s,
        simulated=point.simulated,
        confirmed=instrument.confirmed,
        not_accepted=sum(rejected.values()),
        rejected=dict(sorted(rejected.items())),
        returns={window: found.value for window, found in zip(windows, returns, strict=True)},
        return_status={window: found.status for window, found in zip(windows, returns, strict=True)},
        trend=trend,
        sources=sources,
        stand_in_for=stand_in_for,
        source_since=None if source_since_ns is None else format_instant(source_since_ns),
        failovers=failovers,
    )
