"""A WebSocket client that survives closes, resets, silence and accept-then-close (FEEDS 5.8).

What a vendor says and means is passed in; here is only the loop: connect, greet, read, and after every end decide
between coming back and giving up.
"""

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import Protocol
from urllib.parse import urlsplit

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, InvalidURI, WebSocketException
from websockets.frames import CloseCode
from websockets.typing import Origin

from monitor.core.loopback import is_loopback
from monitor.core.quotes.intake import RawQuote
from monitor.feeds.port import CONNECTING, DOWN, FAILED, UP, FeedSink, FrameError
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock

log = structlog.get_logger(__name__)

FRAME_TOO_BIG = "FRAME_TOO_BIG"
"""The server sent more in one frame than we accept; the connection ends with it."""

_TROUBLE = (OSError, EOFError, TimeoutError, WebSocketException)
_MAX_RETRY_AFTER_S = 300.0
_TURN = 32
"""Frames after which others get their turn. Frames that have already arrived (one read of the socket brings a thousand)
are received without waiting, and in a burst the log's writer would starve behind them until quotes are conflated."""


class Vendor(Protocol):
    """What a WebSocket feed must know about its server."""

    @property
    def source(self) -> str:
        """Name of the source."""
        ...

    def greeting(self) -> list[str]:
        """Text messages to send after connecting, and again as heartbeat."""
        ...

    def records(self, frame: bytes, recv_ns: int) -> list[RawQuote]:
        """The records of one frame. Raises FrameError for one that cannot be read."""
        ...


class WebSocketFeed:
    """One connection to one vendor, for ever.

    url: may hold secrets in its query; they appear in no log and no state. market_open: may quotes be expected at this
    instant (ns)? Silence counts only then. idle_s: seconds of silence after which the connection is given up.
    heartbeat_s: seconds between repetitions of the greeting. origin: header, "" for none. fatal_closes: close codes
    after which coming back is useless. max_size: bytes of a frame. backoff: delays between attempts.
    """

    def __init__(
        self,
        url: str,
        vendor: Vendor,
        *,
        clock: Clock,
        market_open: Callable[[int], bool],
        idle_s: float = 180.0,
        heartbeat_s: float = 15.0,
        origin: str = "",
        headers: Mapping[str, str] | None = None,
        fatal_closes: Collection[int] = (),
        max_size: int = 1 << 20,
        backoff: Backoff | None = None,
    ) -> None:
        self.source = vendor.source
        self._url = url
        self._vendor = vendor
        self._clock = clock
        self._market_open = market_open
        self._idle_s = idle_s
        self._heartbeat_s = heartbeat_s
        self._origin = Origin(origin) if origin else None
        self._headers = dict(headers or {})
        self._fatal_closes = frozenset(fatal_closes)
        self._max_size = max_size
        self._backoff = backoff or Backoff(1.0, 30.0, least_s=0.5)
        self._frames = 0
        self._silent = False

    async def run(self, sink: FeedSink) -> None:
        """Deliver until cancelled; returns after `failed`, when only a person can help."""
        loop = asyncio.get_running_loop()
        while True:
            sink.state(CONNECTING, public_url(self._url))
            self._silent = False
            opened_at: float | None = None
            try:
                async with self._connect() as connection:
                    opened_at = loop.time()
                    await self._read(connection, sink)
            except _TROUBLE as error:
                if _too_big(error):
                    sink.rejected(FRAME_TOO_BIG)
                reason = f"nothing for {self._idle_s:g} s" if self._silent else describe(error)
                if is_fatal(error, self._fatal_closes):
                    log.warning("feed.failed", source=self.source, reason=reason)
                    sink.state(FAILED, reason)
                    return
                if opened_at is not None:
                    self._backoff.lived(loop.time() - opened_at)
                delay = max(self._backoff.next(), retry_after_s(error))
                log.info("feed.down", source=self.source, reason=reason, retry_s=round(delay, 2))
                sink.state(DOWN, reason)
                await asyncio.sleep(delay)

    def _connect(self) -> connect:
        # websockets takes proxies from the environment; what listens on this machine is never behind one.
        return connect(
            self._url,
            origin=self._origin,
            additional_headers=self._headers,
            compression=None,
            proxy=None if is_loopback(urlsplit(self._url).hostname or "") else True,
            open_timeout=10,
            close_timeout=2,
            max_size=self._max_size,
            max_queue=64,
        )

    async def _read(self, connection: ClientConnection, sink: FeedSink) -> None:
        """Hand over what arrives until the connection ends, which always raises."""
        for message in self._vendor.greeting():
            await connection.send(message)
        sink.state(UP, public_url(self._url))
        keepers = [
            asyncio.create_task(self._heartbeat(connection), name=f"{self.source}:heartbeat"),
            asyncio.create_task(self._watch(connection), name=f"{self.source}:watchdog"),
        ]
        try:
            while True:
                frame = await connection.recv(decode=False)
                self._frames += 1
                try:
                    records = self._vendor.records(frame, self._clock.now_ns())
                except FrameError as damaged:
                    sink.rejected(damaged.reason)
                    records = []
                for raw in records:
                    sink.quote(raw)
                if self._frames % _TURN == 0:
                    await asyncio.sleep(0)
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)

    async def _heartbeat(self, connection: ClientConnection) -> None:
        with contextlib.suppress(ConnectionClosed):  # the reader sees it too, and decides
            while True:
                await asyncio.sleep(self._heartbeat_s)
                for message in self._vendor.greeting():
                    await connection.send(message)

    async def _watch(self, connection: ClientConnection) -> None:
        """End the connection when nothing came for `idle_s` during which a market was open."""
        while True:
            frames, began_ns = self._frames, self._clock.now_ns()
            await asyncio.sleep(self._idle_s)
            if frames == self._frames and self._market_open(began_ns) and self._market_open(self._clock.now_ns()):
                self._silent = True
                connection.transport.abort()
                return


def is_fatal(error: BaseException, fatal_closes: Collection[int] = ()) -> bool:
    """Is coming back useless until a person has changed something?

    Fatal: an address that is none; HTTP 401, 403 and 404 to the handshake (key, permission, path); a close code that
    the vendor uses to say so. Everything else passes by itself: refused and reset connections, name resolution,
    time-outs, TLS trouble on the way, HTTP 429 and 5xx, frames that are too big, every other close, 1000 included.
    """
    if isinstance(error, InvalidURI):
        return True
    if isinstance(error, InvalidStatus):
        return error.response.status_code in (401, 403, 404)
    return isinstance(error, ConnectionClosed) and error.rcvd is not None and error.rcvd.code in fatal_closes


def retry_after_s(error: BaseException) -> float:
    """Seconds that a refusing server asked us to wait, at most five minutes; 0 when it named no number."""
    if not isinstance(error, InvalidStatus):
        return 0.0
    wanted = error.response.headers.get("Retry-After", "")
    return min(float(wanted), _MAX_RETRY_AFTER_S) if wanted.isascii() and wanted.isdecimal() else 0.0


def describe(error: BaseException) -> str:
    """Why a connection ended, in a few words without secrets: the texts of some exceptions contain the address."""
    if isinstance(error, InvalidStatus):
        return f"the server answered HTTP {error.response.status_code}"
    if isinstance(error, InvalidURI):
        return "the address is no ws:// or wss:// URL"
    if isinstance(error, ConnectionClosed):
        close = error.rcvd or error.sent
        return f"closed with code {close.code}" if close else "the connection broke off"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return type(error).__name__


def public_url(url: str) -> str:
    """The address without user, password, query and fragment: what may be shown."""
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        port = ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"


def _too_big(error: BaseException) -> bool:
    return (
        isinstance(error, ConnectionClosed)
        and error.sent is not None
        and error.sent.code == CloseCode.MESSAGE_TOO_BIG
        and error.rcvd_then_sent is not True
    )
