"""Whose frames a fixture file holds: the file's name says so, else its rows do."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from monitor.feeds.port import FrameError
from monitor.feeds.ws_json.decode import Decoder, Meaning
from monitor.settings.feed_file import FeedFile
from monitor.settings.feed_folder import load_feed_files
from tests.vectors import json_feeds

_NAMES = {"yahoo": "yahoo", "webull": "webull", "longbridge": "longbridge", "longport": "longbridge", "futu": "futu"}
"""A part of a file's name → the protocol; names of feed files stand for themselves."""
_FUTU_HEAD = "4654"
"""`FT`, with which each packet of OpenD begins."""

Row = Mapping[str, Any]


def protocol_of(suite: str, rows: Sequence[Row]) -> str:
    """`yahoo`, `webull`, `longbridge`, `futu`, the name of a shipped feed file, or "" when neither the name nor a row
    says. suite: the file's stem."""
    for part, protocol in _NAMES.items():
        if part in suite:
            return protocol
    named = json_feeds.shipped(suite)
    return named.name if named is not None else _by_rows(rows)


def _by_rows(rows: Sequence[Row]) -> str:
    if any("wire_fields" in row or "decoded_yfinance" in row or _is_pricing(row) for row in rows):
        return "yahoo"
    packets = [str(row["frame_hex"]) for row in rows if "frame_hex" in row]
    if packets:
        return "futu" if any(packet.startswith(_FUTU_HEAD) for packet in packets) else "longbridge"
    if any("payload_b64" in row for row in rows):
        return "webull"
    feeds = load_feed_files(json_feeds.CONFIG).values()
    understood = {feed.name: _understood(rows, feed) for feed in feeds}
    best = max(understood, key=lambda name: understood[name])
    return best if understood[best] else ""


def _is_pricing(row: Row) -> bool:
    frame = row.get("frame")
    return isinstance(frame, str) and frame.startswith("{") and '"pricing"' in frame and '"message"' in frame


def _understood(rows: Sequence[Row], feed: FeedFile) -> int:
    """How many of the rows are what this vendor says, hears or is reached by."""
    decoder = Decoder(feed.spec.decode)
    return sum(_is_of(row, feed, decoder) for row in rows if isinstance(row.get("frame"), str))


def _is_of(row: Row, feed: FeedFile, decoder: Decoder) -> bool:
    frame = row["frame"]
    if row.get("dir") == "url":
        return not json_feeds.address_problems(frame, feed.spec.connection.url)
    if row.get("dir") == "c2s":
        try:
            return not json_feeds.saying_problems(json.loads(frame), feed)
        except ValueError:
            return False
    try:
        messages = decoder.messages(frame.encode())
    except FrameError:
        return False
    return all(decoder.meaning(message) is not Meaning.UNKNOWN for message in messages)
