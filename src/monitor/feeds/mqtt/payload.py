"""What an MQTT message means: its topic by a template, its payload by a map (FEEDS 7.1 and 7.3). Pure."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from monitor.core.event import RETAINED, SIMULATED
from monitor.core.quotes.raw import RawClose, RawQuote
from monitor.errors import ConfigError
from monitor.feeds.field_spec import QUOTE, Fields, KindSpec
from monitor.feeds.mqtt.payload_reader import SCALAR, payload_reader
from monitor.feeds.mqtt.topic import LEVEL, TopicTemplate
from monitor.feeds.port import FrameError
from monitor.feeds.record_map import DEFAULT_FIELDS, NOT_A_LAST_PRICE, RecordMap
from monitor.wire.mqtt_payloads import ClosePayload
from monitor.wire.mqtt_topics import PREFIX, QUOTE_TOPIC

BAD_PAYLOAD = "BAD_PAYLOAD"
"""Not JSON, not UTF-8, or nothing that the plug-in can read."""
NO_RECORD = "NO_RECORD"
"""It could be read, and there is no record where the configuration looks for some."""
PAYLOAD_TOO_BIG = "PAYLOAD_TOO_BIG"
UNKNOWN_TOPIC = "UNKNOWN_TOPIC"
"""The broker delivered a topic that no template covers."""
RETAINED_IGNORED = "RETAINED_IGNORED"
"""A retained value, which the configuration does not want."""
RETAINED_WITHOUT_TIME = "RETAINED_WITHOUT_TIME"
"""A retained value that does not say when it was true: taking its arrival for its time would make it look live."""

IGNORE = "ignore"
"""The payload of topics that carry no quotes: a broker's own notices."""

_CODES = ("symbol", "code")
"""Levels that tell one instrument from another."""


class MqttDecoder:
    """Turns the messages of the topics under one template into records.

    topic: template. payload: see `payload_reader`; `ignore`: none of these messages is read or counted. records,
    fields, kind, moves_price, require: see RecordMap. symbol_from: `payload`, or a template over the topic's levels
    (`{code}.{market}`); a level called `symbol` is used where the payload has none. retained: `ignore` drops what the
    broker kept. max_payload_bytes: longer ones are rejected. where: file or table, for refusals.
    Raises ConfigError for whatever of these cannot work.
    """

    def __init__(
        self,
        topic: str = f"{PREFIX}/{QUOTE_TOPIC}",
        *,
        payload: str = "json",
        records: str = "[@]",
        fields: Fields | None = None,
        kind: KindSpec = QUOTE,
        moves_price: str = "",
        require: Sequence[str] = (),
        symbol_from: str = "payload",
        retained: Literal["accept", "ignore"] = "accept",
        max_payload_bytes: int = 65_536,
        source: str = "mqtt",
        where: str = "feeds.mqtt",
    ) -> None:
        self.topic = TopicTemplate(topic, where=where)
        self.source = source
        self.ignores = payload == IGNORE
        """Its messages carry no quotes."""
        self._read = None if self.ignores else payload_reader(payload, where=where)
        fields = fields or ({"price": "@"} if payload == SCALAR else DEFAULT_FIELDS)
        self._map = RecordMap(records, fields, kind=kind, moves_price=moves_price, require=require, where=where)
        self._symbol_from = "" if symbol_from == "payload" else symbol_from
        levels = LEVEL.findall(self._symbol_from)
        if (self._symbol_from and not levels) or not set(levels) <= set(self.topic.names):
            allowed = "payload, or a text with " + ", ".join(f"{{{name}}}" for name in self.topic.names)
            raise ConfigError(where, "symbol_from", symbol_from, allowed)
        self.one_instrument = bool(levels) or any(name in _CODES for name in self.topic.names)
        """Each of its topics is about one instrument, so a newer message makes an unread older one superfluous."""
        self._accept_retained = retained == "accept"
        self.max_payload_bytes = max_payload_bytes

    def decode(self, topic: str, payload: bytes, retain: bool, recv_ns: int) -> list[RawQuote | FrameError]:
        """One item a record: the quote, or why it is none. An empty payload is a tombstone: no items.

        Raises FrameError when the message as a whole is of no use.
        """
        if not payload or self._read is None:
            return []
        levels = self.topic.match(topic)
        if levels is None:
            raise FrameError(UNKNOWN_TOPIC, topic)
        if retain and not self._accept_retained:
            raise FrameError(RETAINED_IGNORED)
        if len(payload) > self.max_payload_bytes:
            raise FrameError(PAYLOAD_TOO_BIG, f"{len(payload)} bytes")
        try:
            document = self._read(payload)
        except ValueError as broken:
            raise FrameError(BAD_PAYLOAD, str(broken)) from None
        records = self._map.records(document)
        if not records:
            raise FrameError(NO_RECORD)
        symbol = LEVEL.sub(lambda name: levels[name[1]], self._symbol_from) or levels.get("symbol", "")
        return [self._item(record, symbol, retain, recv_ns) for record in records]

    def _item(self, record: object, symbol: str, retain: bool, recv_ns: int) -> RawQuote | FrameError:
        try:
            kind = self._map.kind(record)
            if not self._map.moves_price(record, kind):
                return FrameError(NOT_A_LAST_PRICE)
            quote = self._map.quote(record, self.source, recv_ns, symbol, RETAINED if retain else 0, kind)
        except FrameError as unusable:
            return unusable
        if retain and quote.event_ns is None:
            return FrameError(RETAINED_WITHOUT_TIME)
        return quote


def read_close(payload: bytes, source: str, recv_ns: int) -> RawClose:
    """An official close by the project's convention. It is a copy: it fills a gap and replaces nothing.

    Raises FrameError when it is none.
    """
    try:
        told = msgspec.json.decode(payload, type=ClosePayload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as broken:
        raise FrameError(BAD_PAYLOAD, type(broken).__name__) from None
    flags = SIMULATED if told.simulated else 0
    return RawClose(source, told.symbol, told.session, told.close, recv_ns, derived=True, flags=flags)
