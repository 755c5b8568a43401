"""An invented vendor for tests, made from a feed file's own keys."""

from pathlib import Path
from typing import Any

from monitor.core.quotes.raw import RawQuote
from monitor.feeds.conversation import Turn
from monitor.feeds.port import FrameError
from monitor.feeds.ws_json.conversation import JsonVendor
from monitor.feeds.ws_json.spec import FeedSpec
from monitor.settings.feed_file import read_feed
from monitor.settings.toml_file import TomlFile

SECRET = "s3cret-token"


def spec_of(
    *, reconnect: dict[str, Any] | None = None, decode: dict[str, Any] | None = None, **connection: Any
) -> FeedSpec:
    """A vendor that takes subscriptions one by one and sends `{"type": "trade", "data": [{s, p, t}]}`, with the given
    keys of its three tables in place of the usual ones."""
    usual = {
        "url": "wss://feed.test/ws?token={token}",
        "subscribe": {"mode": "per_symbol", "template": {"subscribe": "{symbol}"}},
    }
    reading = {
        "data": "type=='trade'",
        "records": "data[]",
        "kind": "trade",
        "error": {"when": "type=='error'", "code": "code", "message": "msg"},
        "fields": {"symbol": "s", "price": "p", "ts": {"path": "t", "unit": "ms"}},
    }
    document = {"connection": usual | connection, "decode": reading | (decode or {}), "reconnect": reconnect or {}}
    return read_feed(document, TomlFile(Path("invented.toml"), "")).spec


def vendor_of(spec: FeedSpec, *symbols: str) -> JsonVendor:
    """The vendor with a secret for its placeholder."""
    return JsonVendor(spec, symbols or ("AAA", "BBB"), {"token": SECRET}, source="invented", uuid=lambda: "id-1")


def prices(turn: Turn) -> list[tuple[str, float | None]]:
    """Symbol and price of each quote of a turn."""
    return [(quote.source_symbol, quote.price) for quote in turn.records if isinstance(quote, RawQuote)]


def reasons(turn: Turn) -> list[str]:
    """Why the other records of a turn are none."""
    return [record.reason for record in turn.records if isinstance(record, FrameError)]
