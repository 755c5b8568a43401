"""The feeds that speak over a WebSocket, each with the frames that its server sends for the same things."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from websockets.asyncio.server import ServerConnection

from monitor.feeds.conversation import Vendor
from monitor.feeds.field_spec import FieldSpec
from monitor.feeds.port import Feed
from monitor.feeds.websocket import WebSocketFeed
from monitor.feeds.ws_json.conversation import JsonVendor
from monitor.feeds.ws_json.spec import Ack, Auth, Connection, Decode, ErrorRule, FeedSpec, Limits, Subscription
from monitor.feeds.yahoo.feed import YahooFeed
from monitor.feeds.yahoo.plan import PolledLine, YahooPlan
from monitor.feeds.yahoo.streamer import Yahoo
from monitor.runtime.clock import SystemClock
from tests.faults.lab import MS, SECRET, SYMBOLS, short_backoff, yahoo_frame


class Wire(msgspec.Struct, frozen=True):
    """One protocol.

    vendor: makes the client's side. greet: the server's side of a good beginning. frame: a price of a symbol at a time
    (ms). rubbish: the reason under which text that is no frame at all is counted. unheard_of: a frame of a kind that
    nobody knows, and its reason; "" where such frames are passed over. torn: a frame of the right kind whose content is
    damaged, and its reason. nameless: a quote that does not say of what. whole: what the connection is a part of.
    """

    name: str
    vendor: Callable[[], Vendor]
    greet: Callable[[ServerConnection], Awaitable[None]]
    frame: Callable[[float, str, int], str]
    rubbish: str
    unheard_of: tuple[str, str]
    torn: tuple[str, str]
    nameless: str
    whole: Callable[[WebSocketFeed], Feed] = lambda connection: connection

    def feed(self, url: str, **options: Any) -> Feed:
        """A client of the server at `url`, with short waits."""
        usual: dict[str, Any] = {
            "clock": SystemClock(),
            "market_open": lambda _: True,
            "backoff": short_backoff(),
            "headers": {"x-token": SECRET},
        }
        return self.whole(WebSocketFeed(url, self.vendor(), **usual | options))

    def price(self, price: float, symbol: str = SYMBOLS[0], ms: int = MS) -> str:
        """The frame with a price."""
        return self.frame(price, symbol, ms)


async def _take_subscription(client: ServerConnection) -> None:
    await client.recv()


async def _let_in(client: ServerConnection) -> None:
    """A login by message, which is granted, and then the subscription."""
    login = json.loads(await client.recv())
    assert login == {"key": SECRET}
    await client.send('{"status":"ok"}')
    await client.recv()


def _with_nothing_polled(connection: WebSocketFeed) -> Feed:
    """Yahoo's feed as it is shipped, but for the chart service."""
    plan = YahooPlan([PolledLine(symbol, None) for symbol in SYMBOLS], SystemClock().now_ns())
    return YahooFeed([connection], plan, None, clock=SystemClock())


def _json_frame(price: float, symbol: str = SYMBOLS[0], ms: int = MS) -> str:
    return json.dumps({"type": "quote", "data": [{"s": symbol, "p": price, "t": ms}]})


JSON_SPEC = FeedSpec(
    Connection(
        "",
        Subscription({"subscribe": "{symbols}"}, mode="batch_list"),
        auth=Auth(send={"key": "{key}"}, wait_for="status=='ok'", fail_when="status=='denied'"),
        limits=Limits(connections=1),
    ),
    Decode(
        data="type=='quote'",
        ack=Ack("type=='ack'", ok="ok", fails="fails"),
        error=ErrorRule("type=='error'", code="code", message="said", fatal_codes=(402,), fatal_messages=("expired",)),
        records="data",
        fields={"symbol": FieldSpec("s"), "price": FieldSpec("p"), "ts": FieldSpec("t", unit="ms")},
    ),
)
"""A made-up vendor that has everything: a login, answers, errors, one connection a key."""

YAHOO = Wire(
    name="yahoo",
    vendor=lambda: Yahoo(SYMBOLS),
    greet=_take_subscription,
    frame=yahoo_frame,
    rubbish="UNKNOWN_FRAME",
    unheard_of=('{"type":"news"}', ""),
    torn=(yahoo_frame(1.0)[:-9] + '"}', "BAD_FRAME"),
    nameless=yahoo_frame(1.0, ""),
    whole=_with_nothing_polled,
)
JSON = Wire(
    name="ws_json",
    vendor=lambda: JsonVendor(JSON_SPEC, SYMBOLS, {"key": SECRET}, source="ws_json"),
    greet=_let_in,
    frame=_json_frame,
    rubbish="BAD_JSON",
    unheard_of=('{"type":"news"}', "UNKNOWN_MESSAGE"),
    torn=('{"type":"quote","data":[{"s":"NVDA","p":"1.2.3"}]}', "BAD_FIELD"),
    nameless=_json_frame(1.0, ""),
)
WIRES = (YAHOO, JSON)
