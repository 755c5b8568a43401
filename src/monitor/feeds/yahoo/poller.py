"""Asks Yahoo's chart service for what its streamer does not say (FEEDS 5.7): prices and closes at the start, closes
when a session is over, prices of lines that stay silent while they trade.

Everything that goes wrong here is soft: it is counted by reason, named in `trouble`, met with growing pauses, and never
reaches the stream. One request at a time, none beyond the budget, no redirect followed.
"""

import asyncio
import email.utils
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
import structlog
from yarl import URL

from monitor.core.instant import SECOND, format_instant
from monitor.core.loopback import is_loopback
from monitor.core.quotes.raw import RawClose, RawQuote
from monitor.feeds.port import FeedSink, FrameError
from monitor.feeds.yahoo.chart import Chart, chart_address, finished_closes, parse_chart, previous_close
from monitor.feeds.yahoo.plan import PolledLine, YahooPlan
from monitor.feeds.yahoo.request_budget import RequestBudget
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock

log = structlog.get_logger(__name__)

LIMITED = "CHART_LIMITED"
"""HTTP 429: fewer requests, please."""
REFUSED = "CHART_REFUSED"
"""Any other answer that is no success, a redirect (to a page of consent) among them."""
UNREACHABLE = "CHART_UNREACHABLE"
"""No answer: no name, no connection, none in time, or one that broke off."""
TOO_BIG = "CHART_TOO_BIG"
"""An answer of more bytes than five days can have."""

HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; market-divergence-monitor)", "Accept": "application/json"}
"""Without a User-Agent the service refuses every request."""

_LARGEST_BODY = 1 << 20
_LONGEST_PAUSE_S = 3600.0
_NOT_THIS_LINE = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})
"""What the service answers, with a document that says why, to a symbol or range that it does not have."""


class _PauseError(Exception):
    """The service as a whole has to be left alone for a while. reason: counted. words: for people, without secrets."""

    def __init__(self, reason: str, words: str, pauses: Backoff, asked_s: float = 0.0) -> None:
        self.reason = reason
        self.words = words
        self.pauses = pauses
        self.asked_s = asked_s
        super().__init__(words)


class YahooPoller:
    """Works through a plan, politely.

    chart_url: scheme and host of the service. limited, away: pauses after HTTP 429, and after any other trouble with
    the service as a whole. timeout_s: of one request. look_s: between two looks at what is due. Proxies are taken from
    the environment, except for a service on this machine.
    """

    def __init__(
        self,
        chart_url: str,
        plan: YahooPlan,
        budget: RequestBudget,
        *,
        clock: Clock,
        source: str = "yahoo",
        timeout_s: float = 10.0,
        look_s: float = 1.0,
        limited: Backoff | None = None,
        away: Backoff | None = None,
    ) -> None:
        self.trouble = ""
        """Why nothing is asked at the moment, for people; empty while all is well."""
        self._chart_url = chart_url
        self._plan = plan
        self._budget = budget
        self._clock = clock
        self._source = source
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._look_s = look_s
        self._limited = limited or Backoff(60.0, _LONGEST_PAUSE_S, least_s=30.0)
        self._away = away or Backoff(5.0, 300.0, least_s=2.0)
        self._paused_until = 0.0

    async def run(self, sink: FeedSink) -> None:
        """Ask until cancelled."""
        loop = asyncio.get_running_loop()
        async with self._open() as session:
            while True:
                wait_s = max(self._paused_until - loop.time(), self._budget.wait_s(loop.time()))
                line = self._plan.due(self._clock.now_ns()) if wait_s <= 0 else None
                if line is None:
                    if wait_s <= 0:  # whatever it was, nothing is waiting for it any more
                        self.trouble = ""
                    await asyncio.sleep(min(wait_s, self._look_s) if wait_s > 0 else self._look_s)
                    continue
                self._budget.spend(loop.time())
                self._plan.asked(line, self._clock.now_ns())
                await self._ask(session, line, sink)

    def _open(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            headers=HEADERS,
            timeout=self._timeout,
            trust_env=not is_loopback(urlsplit(self._chart_url).hostname or ""),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def _ask(self, session: aiohttp.ClientSession, line: PolledLine, sink: FeedSink) -> None:
        """One request, which counts as one record: it arrives, or is rejected for the reason why it did not."""
        try:
            body = await self._fetch(session, line.symbol)
            chart = parse_chart(body, line.symbol)
        except FrameError as useless:
            log.info("chart.useless", symbol=line.symbol, reason=str(useless))
            sink.received()
            sink.rejected(useless.reason)
            self._plan.refused(line, self._clock.now_ns())
        except _PauseError as trouble:
            sink.received()
            sink.rejected(trouble.reason)
            self._pause(trouble)
            return
        else:
            self._deliver(chart, line, sink)
        self.trouble = ""
        self._limited.reset()
        self._away.reset()

    def _deliver(self, chart: Chart, line: PolledLine, sink: FeedSink) -> None:
        """Closes first: what the price is compared with has to be known before it."""
        now_ns = self._clock.now_ns()
        finished = self._plan.finished(line, now_ns)
        closes = finished_closes(chart, line.calendar, finished) if line.calendar else []
        for close in closes:
            sink.close(RawClose(self._source, line.symbol, close.session, close.price, now_ns))
        self._plan.answered(line, closes[-1].session if closes else None, now_ns)
        if line.calendar is not None and not _still_trading(chart, line, now_ns):
            return
        sink.received()
        sink.quote(
            RawQuote(
                self._source,
                line.symbol,
                now_ns,
                chart.event_ns,
                chart.price,
                currency=chart.currency,
                session="regular",
                prev_close=_close_before(chart, line),
            )
        )

    async def _fetch(self, session: aiohttp.ClientSession, symbol: str) -> bytes:
        """The body of an answer that may hold a chart or say why there is none. Raises _PauseError, FrameError."""
        address = URL(chart_address(self._chart_url, symbol), encoded=True)
        try:
            async with session.get(address, allow_redirects=False) as response:
                if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                    asked_s = retry_after_s(response.headers, self._clock.now_ns())
                    raise _PauseError(LIMITED, "asks for fewer requests", self._limited, asked_s)
                if response.status != HTTPStatus.OK and response.status not in _NOT_THIS_LINE:
                    asked_s = retry_after_s(response.headers, self._clock.now_ns())
                    raise _PauseError(REFUSED, f"answers HTTP {response.status}", self._away, asked_s)
                return await _body(response)
        except TimeoutError:
            raise _PauseError(UNREACHABLE, "does not answer in time", self._away) from None
        except aiohttp.ClientConnectorDNSError:
            raise _PauseError(UNREACHABLE, "is not found by its name", self._away) from None
        except (aiohttp.ClientError, OSError) as error:
            raise _PauseError(UNREACHABLE, f"cannot be reached ({type(error).__name__})", self._away) from None

    def _pause(self, trouble: _PauseError) -> None:
        pause_s = max(trouble.pauses.next(), trouble.asked_s)
        self._paused_until = asyncio.get_running_loop().time() + pause_s
        again = format_instant(self._clock.now_ns() + round(pause_s * SECOND))[11:19]
        self.trouble = f"the chart service {trouble.words}, asked again at {again} UTC"
        log.info("chart.pauses", source=self._source, reason=trouble.words, pause_s=round(pause_s, 1))


def retry_after_s(headers: Mapping[str, str], now_ns: int) -> float:
    """Seconds that a server asks us to wait (RFC 9110, 10.2.3: a number, or a date), at most an hour; 0 for none."""
    wanted = headers.get("Retry-After", "")
    if wanted.isascii() and wanted.isdecimal():
        return min(float(wanted), _LONGEST_PAUSE_S)
    try:
        until: datetime = email.utils.parsedate_to_datetime(wanted)
        return max(0.0, min(until.timestamp() - now_ns / SECOND, _LONGEST_PAUSE_S))
    except (ValueError, OverflowError, OSError):
        return 0.0


def _still_trading(chart: Chart, line: PolledLine, now_ns: int) -> bool:
    """Is the price of the session that the exchange is in, or has just ended? An older one would be refused for its
    age; its session's close, which came before it, says the same."""
    calendar = line.calendar
    if calendar is None:
        return True
    session = calendar.current_session(chart.event_ns)
    over = calendar.known_close(now_ns - line.delay_s * SECOND)
    return session is not None and (over is None or session > over)


def _close_before(chart: Chart, line: PolledLine) -> float | None:
    """The previous session's close, when the last row before the price is of that very session."""
    before = previous_close(chart)
    if before is None or line.calendar is None or not line.closes:
        return None
    return before.price if line.calendar.previous(chart.day) == before.session else None


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > _LARGEST_BODY:
            raise FrameError(TOO_BIG)
    return bytes(body)
