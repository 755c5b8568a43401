"""Yahoo's feed as the settings want it: the streamer's sockets, and the chart service beside them."""

from collections.abc import Mapping, Sequence

from monitor.core.definition import Instrument, Kind
from monitor.core.session import Calendar
from monitor.feeds.market_hours import market_hours
from monitor.feeds.port import Feed
from monitor.feeds.request_budget import RequestBudget
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo import Yahoo
from monitor.feeds.yahoo_feed import SYMBOLS_PER_SOCKET, YahooFeed
from monitor.feeds.yahoo_plan import PolledLine, YahooPlan
from monitor.feeds.yahoo_poll import YahooPoller
from monitor.runtime.clock import Clock
from monitor.settings.tree import YahooSettings

YAHOO = "yahoo"


def make_yahoo(
    settings: YahooSettings, quoted: Sequence[Instrument], calendars: Mapping[str, Calendar], clock: Clock
) -> YahooFeed:
    """quoted: the instruments that have a symbol of Yahoo's, in the board's order. calendars: by name."""
    lines = [
        PolledLine(
            instrument.sources[YAHOO],
            calendars[instrument.calendar] if instrument.calendar else None,
            instrument.delays.get(YAHOO, 0),
            closes=instrument.kind is not Kind.FUTURE,
        )
        for instrument in quoted
    ]
    plan = YahooPlan(lines, clock.now_ns(), silent_after_s=settings.silent_after_s)
    budget = RequestBudget(settings.chart_per_hour)
    poller = YahooPoller(settings.chart_url, plan, budget, clock=clock) if settings.chart else None
    shares = [quoted[first : first + SYMBOLS_PER_SOCKET] for first in range(0, len(quoted), SYMBOLS_PER_SOCKET)]
    streams = [_stream(settings, share, calendars, clock) for share in shares or [quoted]]
    return YahooFeed(streams, plan, poller, clock=clock)


def _stream(
    settings: YahooSettings, quoted: Sequence[Instrument], calendars: Mapping[str, Calendar], clock: Clock
) -> Feed:
    return WebSocketFeed(
        settings.url,
        Yahoo((instrument.sources[YAHOO] for instrument in quoted), heartbeat_s=settings.resubscribe_s),
        clock=clock,
        market_open=market_hours(quoted, calendars),
        idle_s=settings.idle_s,
        origin=settings.origin,
    )
