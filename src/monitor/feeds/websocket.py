"""A WebSocket client that survives closes, resets, silence and accept-then-close (FEEDS 5.8).

What a vendor says and means is passed in; here is only the loop: connect, hold the conversation, and after every end
decide between coming back and giving up.
"""

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import structlog
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Origin

from monitor.core.loopback import is_loopback
from monitor.feeds.connection_end import describe, is_fatal, retry_after_s, server_of, was_too_big
from monitor.feeds.conversation import Vendor
from monitor.feeds.port import CONNECTING, DOWN, FAILED, FeedSink
from monitor.feeds.vendor_connection import HangUpError, VendorConnection
from monitor.runtime.backoff import Backoff
from monitor.runtime.clock import Clock

log = structlog.get_logger(__name__)

FRAME_TOO_BIG = "FRAME_TOO_BIG"
"""The server sent more in one frame than we accept; the connection ends with it."""

_TROUBLE = (OSError, EOFError, TimeoutError, WebSocketException, HangUpError)


class WebSocketFeed:
    """One connection to one vendor, for ever.

    url: may hold secrets in its query; they appear in no log and no state. market_open: may quotes be expected at this
    instant (ns)? Silence counts only then. idle_s: seconds without a record after which the connection is given up.
    origin: header, "" for none. headers: may hold secrets too. max_size: bytes of a frame. backoff: delays between
    attempts. address: what states show of the url; "": the server alone, as a path may hold a key.
    """

    def __init__(
        self,
        url: str,
        vendor: Vendor,
        *,
        clock: Clock,
        market_open: Callable[[int], bool],
        idle_s: float = 180.0,
        origin: str = "",
        headers: Mapping[str, str] | None = None,
        max_size: int = 1 << 20,
        backoff: Backoff | None = None,
        address: str = "",
    ) -> None:
        self.source = vendor.source
        self._url = url
        self._vendor = vendor
        self._clock = clock
        self._market_open = market_open
        self._idle_s = idle_s
        self._origin = Origin(origin) if origin else None
        self._headers = dict(headers or {})
        self._max_size = max_size
        self._address = address or server_of(url)
        self._backoff = backoff or Backoff(1.0, 30.0, least_s=0.5)

    async def run(self, sink: FeedSink) -> None:
        """Deliver until cancelled; returns after `failed`, when only a person can help."""
        while True:
            sink.state(CONNECTING, self._address)
            fatal, reason, asked_s = await self._once(sink)
            if fatal:
                log.warning("feed.failed", source=self.source, reason=reason)
                sink.state(FAILED, reason)
                return
            delay = max(self._backoff.next(), asked_s)
            log.info("feed.down", source=self.source, reason=reason, retry_s=round(delay, 2))
            sink.state(DOWN, reason)
            await asyncio.sleep(delay)

    async def _once(self, sink: FeedSink) -> tuple[bool, str, float]:
        """One connection to its end: whether coming back is useless, why it ended, how many seconds the server asked us
        to stay away."""
        loop = asyncio.get_running_loop()
        opened_at: float | None = None
        try:
            async with self._connect() as connection:
                opened_at = loop.time()
                talk = VendorConnection(
                    connection,
                    self._vendor,
                    sink,
                    self._clock,
                    market_open=self._market_open,
                    idle_s=self._idle_s,
                    address=self._address,
                )
                try:
                    await talk.run()
                finally:  # with code 1000: left to itself, the library would tell the vendor of an internal error
                    await connection.close()
        except _TROUBLE as error:
            lived_s = 0.0 if opened_at is None else loop.time() - opened_at
            self._backoff.lived(lived_s)
            if was_too_big(error):
                sink.received()
                sink.rejected(FRAME_TOO_BIG)
            if isinstance(error, HangUpError):
                return error.fatal, str(error), 0.0
            if opened_at is not None and isinstance(error, ConnectionClosed):
                useless = self._vendor.closed(error.rcvd.code if error.rcvd else None, lived_s)
                if useless:
                    return True, useless, 0.0
            return is_fatal(error), describe(error), retry_after_s(error)
        raise AssertionError("a connection ends by raising")

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
