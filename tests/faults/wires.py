"""The feeds that speak over a WebSocket, each with the frames that its server sends for the same things."""

from collections.abc import Callable
from typing import Any

import msgspec

from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.yahoo import Yahoo
from monitor.runtime.clock import SystemClock
from tests.faults.lab import MS, SYMBOLS, short_backoff, yahoo_frame


class Wire(msgspec.Struct, frozen=True):
    """One protocol. vendor: makes the client's side. frame: a price of a symbol at a time (ms). rubbish: text that is
    no frame at all → the reason it is counted under. unheard_of: a frame of a kind that nobody knows; reason "" where
    such frames are passed over. torn: a frame of the right kind whose content is damaged. nameless: a quote that does
    not say of what."""

    name: str
    vendor: Callable[[], Any]
    frame: Callable[[float, str, int], str]
    rubbish: str
    unheard_of: tuple[str, str]
    torn: tuple[str, str]
    nameless: str

    def feed(self, url: str, **options: Any) -> WebSocketFeed:
        """A client of the server at `url`, with short waits."""
        usual: dict[str, Any] = {
            "clock": SystemClock(),
            "market_open": lambda _: True,
            "backoff": short_backoff(),
        }
        return WebSocketFeed(url, self.vendor(), **usual | options)

    def price(self, price: float, symbol: str = SYMBOLS[0], ms: int = MS) -> str:
        """The frame with a price."""
        return self.frame(price, symbol, ms)


YAHOO = Wire(
    name="yahoo",
    vendor=lambda: Yahoo(SYMBOLS),
    frame=yahoo_frame,
    rubbish="UNKNOWN_FRAME",
    unheard_of=('{"type":"news"}', ""),
    torn=(yahoo_frame(1.0)[:-9] + '"}', "BAD_FRAME"),
    nameless=yahoo_frame(1.0, ""),
)

WIRES = (YAHOO,)
