"""What a vendor's frames mean, by configuration (FEEDS 6.1). Pure."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

import msgspec

from monitor.core.quotes.raw import RawQuote
from monitor.errors import ConfigError
from monitor.feeds.expression import ExpressionError, Lookup, compiled, is_true
from monitor.feeds.field_spec import STILL_KINDS
from monitor.feeds.lenient_json import read_json
from monitor.feeds.port import FrameError
from monitor.feeds.record_map import NOT_A_LAST_PRICE, RecordMap
from monitor.feeds.ws_json.spec import Decode, ErrorRule

BAD_JSON = "BAD_JSON"
"""A frame that is no JSON or no UTF-8."""
UNKNOWN_MESSAGE = "UNKNOWN_MESSAGE"
"""A message that is neither to be ignored nor an answer, data or an error."""


class Meaning(Enum):
    """What a message is."""

    IGNORE = "ignore"
    ACK = "ack"
    DATA = "data"
    ERROR = "error"
    UNKNOWN = "unknown"


class Answer(msgspec.Struct, frozen=True):
    """An answer to a request. taken: symbols; refused: what the vendor says of those that it did not take."""

    taken: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


class Complaint(msgspec.Struct, frozen=True):
    """An error of the vendor's. code: None when it has none. fatal: coming back is useless."""

    code: int | str | None
    message: str
    fatal: bool


class Decoder:
    """Reads one vendor's frames. where: file or table, for refusals. Raises ConfigError for what cannot work."""

    def __init__(self, spec: Decode, where: str = "feeds") -> None:
        self._messages = condition(spec.messages, where, "decode.messages")
        self._meanings = [
            (found, meaning)
            for text, key, meaning in (
                (spec.ignore, "ignore", Meaning.IGNORE),
                (spec.ack.when if spec.ack else "", "ack.when", Meaning.ACK),
                (spec.data, "data", Meaning.DATA),
                (spec.error.when if spec.error else "", "error.when", Meaning.ERROR),
            )
            if (found := condition(text, where, f"decode.{key}")) is not None
        ]
        self._taken = condition(spec.ack.ok if spec.ack else "", where, "decode.ack.ok")
        self._refused = condition(spec.ack.fails if spec.ack else "", where, "decode.ack.fails")
        self._error = spec.error or ErrorRule("")
        self._fatal_codes = {str(code) for code in self._error.fatal_codes}
        self._fatal_when = condition(self._error.fatal_when, where, "decode.error.fatal_when")
        self._code = condition(self._error.code, where, "decode.error.code")
        self._message = condition(self._error.message, where, "decode.error.message")
        self.map = RecordMap(
            spec.records,
            spec.fields,
            kind=spec.kind,
            moves_price=spec.moves_price,
            require=spec.require,
            where=where,
        )

    def messages(self, frame: bytes) -> Sequence[Any]:
        """The messages of a frame. Raises FrameError, BAD_JSON."""
        try:
            document = read_json(frame)
        except ValueError as broken:
            raise FrameError(BAD_JSON, str(broken)) from None
        if self._messages is None:
            return (document,)
        found = self._messages(document)
        # What the expression does not find is still a message: it will be counted as one that nobody knows.
        return found if isinstance(found, list) and found else (document,)

    def meaning(self, message: Any) -> Meaning:
        """What a message is: the first that is true of ignore, ack, data, error."""
        return next((meaning for found, meaning in self._meanings if holds(found, message)), Meaning.UNKNOWN)

    def answer(self, message: Any) -> Answer:
        """What an answer says."""
        return Answer(_texts(self._taken, message), _texts(self._refused, message))

    def complaint(self, message: Any) -> Complaint:
        """What an error says. A code is fatal whether it is written as a number or as text."""
        code = _found(self._code, message)
        code = code if isinstance(code, int | str) and not isinstance(code, bool) else None
        found = _found(self._message, message)
        text = found if isinstance(found, str) else ""
        fatal = (
            (code is not None and str(code) in self._fatal_codes)
            or any(words.casefold() in text.casefold() for words in self._error.fatal_messages)
            or holds(self._fatal_when, message)
        )
        return Complaint(code, text, fatal)

    def quotes(self, message: Any, source: str, recv_ns: int) -> list[RawQuote | FrameError]:
        """The quotes of a message with data, and for records that could not become one, why. Records of kinds that
        move no price are left out."""
        try:
            records = self.map.records(message)
        except FrameError as damaged:
            return [damaged]
        found = (self._quote(record, source, recv_ns) for record in records)
        return [quote for quote in found if quote is not None]

    def _quote(self, record: Any, source: str, recv_ns: int) -> RawQuote | FrameError | None:
        try:
            kind = self.map.kind(record)
            if kind in STILL_KINDS:
                return None
            if not self.map.moves_price(record, kind):
                return FrameError(NOT_A_LAST_PRICE)
            return self.map.quote(record, source, recv_ns, kind=kind)
        except FrameError as unusable:
            return unusable


def condition(text: str, where: str, key: str) -> Lookup | None:
    """The compiled expression; None for an empty text. Raises ConfigError."""
    try:
        return compiled(text) if text else None
    except ExpressionError as error:
        raise ConfigError(where, key, text, "a JMESPath expression", str(error)) from None


def holds(found: Lookup | None, message: Any) -> bool:
    """Is the expression true of the message? One that cannot be asked of it is not; None never is."""
    return is_true(_found(found, message))


def _found(lookup: Lookup | None, message: Any) -> Any:
    try:
        return None if lookup is None else lookup(message)
    except FrameError:
        return None


def _texts(lookup: Lookup | None, message: Any) -> tuple[str, ...]:
    """What an expression finds, as texts. An object is told by its symbol and message, as far as it has them."""
    found = _found(lookup, message)
    items = found if isinstance(found, list) else [] if found is None else [found]
    return tuple(_told(item) for item in items)


def _told(item: Any) -> str:
    if isinstance(item, dict):
        parts = [str(item[key]) for key in ("symbol", "code", "message") if item.get(key) is not None]
        return " ".join(parts) or "an object"
    return str(item)
