"""Yahoo's feed as the settings want it: the streamer's sockets, and the chart service beside them."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from monitor.core.definition import Instrument, Kind
from monitor.core.loopback import is_loopback
from monitor.core.session import Calendar
from monitor.feeds.market_hours import market_hours
from monitor.feeds.port import Feed
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo.feed import SYMBOLS_PER_SOCKET, YahooFeed
from monitor.feeds.yahoo.plan import PolledLine, YahooPlan
from monitor.feeds.yahoo.poller import YahooPoller
from monitor.feeds.yahoo.request_budget import RequestBudget
from monitor.feeds.yahoo.streamer import Yahoo
from monitor.runtime.clock import Clock
from monitor.settings.tree import YahooSettings

YAHOO = "yahoo"


def make_yahoo(
    settings: YahooSettings, quoted: Sequence[Instrument], calendars: Mapping[str, Calendar], clock: Clock
) -> YahooFeed:
    """quoted: the instruments that have a symbol of Yahoo's, in the board's order. calendars: by name.

    A streamer on this machine is somebody's own, and its prices are invented or replayed: beside it the chart service
    is asked only when that is on this machine too, for a real close beside an invented price would look like a return.
    """
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
    asked = settings.chart and (_is_here(settings.chart_url) or not _is_here(settings.url))
    poller = YahooPoller(settings.chart_url, plan, budget, clock=clock) if asked else None
    shares = [quoted[first : first + SYMBOLS_PER_SOCKET] for first in range(0, len(quoted), SYMBOLS_PER_SOCKET)]
    streams = [_stream(settings, share, calendars, clock) for share in shares or [quoted]]
    return YahooFeed(streams, plan, poller, clock=clock)


def _is_here(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


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
