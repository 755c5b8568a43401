"""The simulated market as a feed: a local server in Yahoo's protocol, the real adapter as its client, and the official
closes that a data vendor would deliver."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta

import structlog

from monitor.core.definition import Instrument, Kind
from monitor.core.event import FIXING, SIMULATED, Fx, OfficialClose, Quote
from monitor.core.instant import SECOND, parse_instant, utc_date
from monitor.core.session import Calendar
from monitor.feeds.port import FeedSink
from monitor.feeds.simulated.market import Market
from monitor.feeds.simulated.sim_clock import SimClock
from monitor.feeds.simulated.yahoo_server import YahooServer
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo.streamer import Yahoo
from monitor.runtime.backoff import Backoff

log = structlog.get_logger(__name__)

SOURCE = "sim"
SYMBOLS_OF = "yahoo"
"""The simulator quotes what has a symbol at this source, and nothing else: the rest stays MISSING, as in reality."""

_HISTORY_DAYS = 430
"""14 months: what a one-year window needs, with room for the look-back of ANC-2."""
_ROOM_DAYS = 14


class Simulator:
    """Everything simulated, in one feed.

    instruments: of the board. calendars: by name. clock: shared with the ingest worker, so that quotes are received at
    simulated times too. windows: of the board; `SINCE:` ones lengthen the history. quotes_per_s: per real second.
    port: of the local server, 0 for a free one. resumed: the log holds a part of this market already, so that nothing
    older than its end may follow.
    """

    source = SOURCE

    def __init__(
        self,
        instruments: Iterable[Instrument],
        calendars: Mapping[str, Calendar],
        clock: SimClock,
        *,
        seed: int,
        windows: Iterable[str] = (),
        quotes_per_s: float = 120.0,
        port: int = 0,
        resumed: bool = False,
    ) -> None:
        self._resumed = resumed
        self._instruments = [instrument for instrument in instruments if SYMBOLS_OF in instrument.sources]
        self._calendars = calendars
        self._clock = clock
        self._windows = tuple(windows)
        self._seed = seed
        self._quotes_per_s = quotes_per_s
        self._port = port
        self.market = Market(self._instruments, calendars, seed)

    async def run(self, sink: FeedSink) -> None:
        """Send the past, then serve, read and close day after day, until cancelled."""
        started_ns = self._clock.now_ns()
        quotes = iter(()) if self._resumed else self.quotes_at_closes(started_ns)
        for events in (quotes, self.history(started_ns), self.fixings(started_ns)):
            for event in events:
                sink.event(event)
        by_symbol = {instrument.sources[SYMBOLS_OF]: instrument for instrument in self._instruments}
        server = YahooServer(
            self.market,
            by_symbol,
            self._clock,
            quotes_per_s=self._quotes_per_s,
            seed=self._seed,
            port=self._port,
        )
        async with server, asyncio.TaskGroup() as tasks:
            log.info("simulator.serves", url=server.url, lines=len(by_symbol))
            feed = WebSocketFeed(
                server.url,
                Yahoo(by_symbol, SOURCE, SIMULATED),
                clock=self._clock,
                market_open=lambda _: False,  # a server in the same process is never silent by accident
                backoff=Backoff(0.05, 1.0),
            )
            tasks.create_task(feed.run(sink), name="simulator:feed")
            tasks.create_task(self._close_days(sink, started_ns), name="simulator:closes")
            tasks.create_task(self._fix_days(sink, started_ns), name="simulator:fixings")

    def quotes_at_closes(self, until_ns: int) -> Iterator[Quote]:
        """What each proxy line was worth when the exchanges last closed, before `until_ns`, received at that time: a
        fair value starts from there. Oldest first; only of lines that traded then."""
        lines = [instrument for instrument in self._instruments if instrument.filter.extended]
        names = {instrument.calendar for instrument in self._instruments if not instrument.filter.extended} - {None}
        last = {
            calendar.close_instant(session)
            for name, calendar in self._calendars.items()
            if name in names and (session := calendar.known_close(until_ns)) is not None
        }
        for at_ns in sorted(last):
            for line in lines:
                if self.market.trades(line.symbol, at_ns):
                    price = self.market.price(line.symbol, at_ns)
                    yield Quote(line.symbol, SOURCE, at_ns, at_ns, price, flags=SIMULATED)

    def history(self, until_ns: int) -> Iterator[OfficialClose]:
        """The official closes known at `until_ns`, oldest first, all received then: at least 14 months of them, and
        back to every date that a window starts from."""
        first = self._first_day(until_ns)
        for instrument in self._instruments:
            calendar = self._calendars[instrument.calendar] if instrument.calendar else None
            last = calendar.known_close(until_ns) if calendar else None
            if calendar is not None and last is not None:
                for session in calendar.sessions:
                    if first <= session <= last:
                        yield self._close(instrument, session, until_ns)

    def fixings(self, until_ns: int) -> Iterator[Fx]:
        """The rate of every day before `until_ns`, oldest first, received then: what a return in another currency
        starts from. Of as many days as `history`."""
        first, last = date.fromisoformat(self._first_day(until_ns)), date.fromisoformat(utc_date(until_ns))
        for instrument in self._instruments:
            if instrument.kind is Kind.FX:
                for day in (first + timedelta(days=n) for n in range((last - first).days)):
                    yield self._fixing(instrument, day, until_ns)

    async def _fix_days(self, sink: FeedSink, started_ns: int) -> None:
        """Send each day's fixings as the next day begins."""
        day = date.fromisoformat(utc_date(started_ns))
        while True:
            over_ns = parse_instant(f"{day + timedelta(days=1)}T00:00:00Z")
            await self._clock.sleep((over_ns - self._clock.now_ns()) / SECOND)
            for instrument in self._instruments:
                if instrument.kind is Kind.FX:
                    sink.event(self._fixing(instrument, day, self._clock.now_ns()))
            day += timedelta(days=1)

    def _fixing(self, instrument: Instrument, day: date, recv_ns: int) -> Fx:
        noon_ns = parse_instant(f"{day}T12:00:00Z")
        rate = self.market.price(instrument.symbol, noon_ns)
        return Fx(instrument.symbol, rate, noon_ns, recv_ns, SOURCE, SIMULATED | FIXING)

    async def _close_days(self, sink: FeedSink, started_ns: int) -> None:
        """Send each session's closes at its close instant."""
        done = {name: calendar.known_close(started_ns) for name, calendar in self._calendars.items()}
        while True:
            waits = [
                (calendar.close_instant(session), name, session)
                for name, calendar in self._calendars.items()
                if (session := calendar.next(done[name] or "")) is not None
            ]
            if not waits:
                log.warning("simulator.out_of_sessions")
                return
            at, name, session = min(waits)
            await self._clock.sleep((at - self._clock.now_ns()) / SECOND)
            for instrument in self._instruments:
                if instrument.calendar == name:
                    sink.event(self._close(instrument, session, self._clock.now_ns()))
            done[name] = session

    def _close(self, instrument: Instrument, session: str, recv_ns: int) -> OfficialClose:
        price = self.market.close(instrument.symbol, session)
        return OfficialClose(instrument.symbol, session, price, recv_ns, SOURCE, flags=SIMULATED)

    def _first_day(self, until_ns: int) -> str:
        days = [date.fromisoformat(utc_date(until_ns)) - timedelta(days=_HISTORY_DAYS)]
        for window in self._windows:
            if window.startswith("SINCE:"):
                days.append(date.fromisoformat(window.removeprefix("SINCE:")) - timedelta(days=_ROOM_DAYS))
        return min(days).isoformat()
