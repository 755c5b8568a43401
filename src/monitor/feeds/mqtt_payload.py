"""What an MQTT message means: its topic by a template, its payload by a map (FEEDS 7.1 and 7.3). Pure."""

import re
from typing import Literal

from monitor.core.event import RETAINED
from monitor.core.quotes.intake import RawQuote
from monitor.errors import ConfigError
from monitor.feeds.lenient_json import read_json
from monitor.feeds.port import FrameError
from monitor.feeds.record_map import DEFAULT_FIELDS, Fields, RecordMap

BAD_PAYLOAD = "BAD_PAYLOAD"
"""Not JSON, or not UTF-8."""
PAYLOAD_TOO_BIG = "PAYLOAD_TOO_BIG"
UNKNOWN_TOPIC = "UNKNOWN_TOPIC"
"""The broker delivered a topic that we did not ask for."""
RETAINED_IGNORED = "RETAINED_IGNORED"
"""A retained value, which the configuration does not want."""
RETAINED_WITHOUT_TIME = "RETAINED_WITHOUT_TIME"
"""A retained value that does not say when it was true: taking its arrival for its time would make it look live."""

_LEVEL = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")


class TopicTemplate:
    """A topic with named levels: `md/v1/{market}/{code}/quote`. `{name}` stands for one whole level; a last level `#`
    for any rest. Raises ConfigError when it is not usable as a filter."""

    def __init__(self, template: str, *, where: str = "feeds.mqtt") -> None:
        levels = template.split("/")
        pattern: list[str] = []
        self.names: list[str] = []
        """The names of its levels, in order."""
        for position, level in enumerate(levels):
            named = _LEVEL.fullmatch(level)
            if named:
                self.names.append(named[1])
                pattern.append(f"(?P<{named[1]}>[^/]*)")
            elif level == "#" and position == len(levels) - 1:
                pattern.append(".*")
            elif level == "+":
                pattern.append("[^/]*")
            elif any(sign in level for sign in "+#{}\0") or template.startswith("$"):
                allowed = "levels that are text, {name} or +, and # at the end"
                raise ConfigError(where, "topic", template, allowed)
            else:
                pattern.append(re.escape(level))
        if not template or len(set(self.names)) != len(self.names):
            raise ConfigError(where, "topic", template, "a topic in which every {name} occurs once")
        self._pattern = re.compile("/".join(pattern), re.DOTALL)
        self.filter = "/".join("+" if _LEVEL.fullmatch(level) else level for level in levels)
        """What is sent in SUBSCRIBE."""

    def match(self, topic: str) -> dict[str, str] | None:
        """The named levels of a topic, None when the template does not cover it."""
        found = self._pattern.fullmatch(topic)
        return found.groupdict() if found else None


class MqttDecoder:
    """Turns messages of one subscription into records.

    topic: template. payload: `json`, or `scalar` for one bare number. records, fields: see RecordMap. symbol_from:
    `payload`, or a template over the topic's levels (`{code}.{market}`); a level called `symbol` is used where the
    payload has none. retained: `ignore` drops what the broker kept. max_payload_bytes: longer ones are rejected.
    """

    def __init__(
        self,
        topic: str = "md/v1/{market}/{code}/quote",
        *,
        payload: Literal["json", "scalar"] = "json",
        records: str = "[@]",
        fields: Fields | None = None,
        symbol_from: str = "payload",
        retained: Literal["accept", "ignore"] = "accept",
        max_payload_bytes: int = 65_536,
        source: str = "mqtt",
        where: str = "feeds.mqtt",
    ) -> None:
        self.topic = TopicTemplate(topic, where=where)
        self.source = source
        self._scalar = payload == "scalar"
        self._map = RecordMap(records, fields or ({"price": "@"} if self._scalar else DEFAULT_FIELDS), where=where)
        self._symbol_from = "" if symbol_from == "payload" else symbol_from
        unknown = [name for name in _LEVEL.findall(self._symbol_from) if name not in self.topic.names]
        if unknown or (self._symbol_from and not _LEVEL.search(self._symbol_from)):
            allowed = "payload, or a text with " + ", ".join(f"{{{name}}}" for name in self.topic.names)
            raise ConfigError(where, "symbol_from", symbol_from, allowed)
        self._accept_retained = retained == "accept"
        self._max_payload_bytes = max_payload_bytes

    def decode(self, topic: str, payload: bytes, retain: bool, recv_ns: int) -> list[RawQuote | FrameError]:
        """One item a record: the quote, or why it is none. An empty payload is a tombstone: no items.

        Raises FrameError when the message as a whole cannot be read.
        """
        if not payload:
            return []
        levels = self.topic.match(topic)
        if levels is None:
            raise FrameError(UNKNOWN_TOPIC, topic)
        if retain and not self._accept_retained:
            raise FrameError(RETAINED_IGNORED)
        if len(payload) > self._max_payload_bytes:
            raise FrameError(PAYLOAD_TOO_BIG, f"{len(payload)} bytes")
        symbol = _LEVEL.sub(lambda name: levels[name[1]], self._symbol_from) or levels.get("symbol", "")
        return [self._item(record, symbol, retain, recv_ns) for record in self._records(payload)]

    def _records(self, payload: bytes) -> list[object]:
        try:
            document = payload.decode().strip() if self._scalar else read_json(payload)
        except ValueError as broken:
            raise FrameError(BAD_PAYLOAD, str(broken)) from None
        return self._map.records(document)

    def _item(self, record: object, symbol: str, retain: bool, recv_ns: int) -> RawQuote | FrameError:
        try:
            quote = self._map.quote(record, self.source, recv_ns, symbol, RETAINED if retain else 0)
        except FrameError as unusable:
            return unusable
        if retain and quote.event_ns is None:
            return FrameError(RETAINED_WITHOUT_TIME)
        return quote
