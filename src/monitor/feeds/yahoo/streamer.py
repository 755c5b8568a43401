"""Yahoo's streamer: what to say to it, and what its frames mean (FEEDS section 5). Pure; the socket is elsewhere.

Unofficial and undocumented, for personal use. It sends changes only: nothing on subscribing, nothing while a market is
closed, no error for an unknown symbol.
"""

import base64
import binascii
from collections.abc import Iterable
from enum import Enum

import msgspec

from monitor.core.instant import MILLISECOND
from monitor.core.quotes.raw import RawQuote
from monitor.feeds.conversation import Turn
from monitor.feeds.port import FrameError
from monitor.feeds.timestamps import BAD_TIMESTAMP
from monitor.feeds.yahoo.wire import Pricing, WireError, decode, encode

UNKNOWN_FRAME = "UNKNOWN_FRAME"
"""Neither the envelope of version 2 nor base64 text as in version 1."""
BAD_FRAME = "BAD_FRAME"
"""An envelope whose content is torn: no quote is ever made of it."""

SESSIONS = {0: "pre", 1: "regular", 2: "post", 3: "extended", 4: "overnight"}
"""market_hours → session. Published enums end at 3; 4 was captured on 2025-12-11 (FEEDS section 3)."""
PRE, REGULAR, POST = 0, 1, 2

HEARTBEAT = 7
"""quote_type of a message without a quote."""

_TIMES_END_MS = 2**63 // MILLISECOND
"""The year 2262: later times fit into no event."""
_DECIMALS = 4
"""Of a derived close when the frame has no price_hint: finer than any listed price, coarser than float32 noise."""


class ReferenceClose(Enum):
    """Which close a frame's `change` is measured from (FEEDS 5.5, rules 2 and 3)."""

    PREV_CLOSE = "prev_close"
    LAST_REGULAR_CLOSE = "last_regular_close"


class _Envelope(msgspec.Struct):
    type: str | None = None
    message: str | None = None


_envelope = msgspec.json.Decoder(_Envelope)


def parse_frame(frame: bytes) -> Pricing | None:
    """The message in one frame of either protocol version, None for a frame that carries no quote.

    Raises FrameError: UNKNOWN_FRAME or BAD_FRAME.
    """
    if frame[:1] == b"{":
        try:
            envelope = _envelope.decode(frame)
        except msgspec.MsgspecError as broken:
            raise FrameError(UNKNOWN_FRAME, str(broken)) from None
        if envelope.type != "pricing":
            return None
        if envelope.message is None:
            raise FrameError(UNKNOWN_FRAME, "pricing without a message")
        payload, reason = envelope.message.encode(), BAD_FRAME
    else:
        payload, reason = frame, UNKNOWN_FRAME
    try:
        data = base64.b64decode(payload, validate=True)
    except binascii.Error as broken:
        raise FrameError(reason, f"not base64: {broken}") from None
    try:
        pricing = decode(data)
    except WireError as torn:
        raise FrameError(BAD_FRAME, str(torn)) from None
    return None if pricing.quote_type == HEARTBEAT else pricing


def frame_of(pricing: Pricing, version: int = 2) -> str:
    """The frame that carries `pricing`: what `parse_frame` reads."""
    message = base64.b64encode(encode(pricing)).decode()
    return msgspec.json.encode({"type": "pricing", "message": message}).decode() if version == 2 else message


def reference_close(pricing: Pricing) -> tuple[float, ReferenceClose] | None:
    """The close that the frame compares with and which one it is, None when the frame does not tell.

    In the regular session it is the previous close; before, after and overnight it is the last regular one, which after
    the close is today's.
    """
    regular = pricing.market_hours == REGULAR
    kind = ReferenceClose.PREV_CLOSE if regular else ReferenceClose.LAST_REGULAR_CLOSE
    if regular and pricing.previous_close:
        return pricing.previous_close, kind
    if pricing.price is None or pricing.change is None or pricing.market_hours is None:
        return None
    decimals = _DECIMALS if pricing.price_hint is None else max(0, min(pricing.price_hint, 8))
    return round(pricing.price - pricing.change, decimals), kind


def raw_quote(pricing: Pricing, source: str, recv_ns: int, flags: int = 0) -> RawQuote:
    """The record for the intake. `prev_close` is sent or derived only where it is the previous session's.

    Raises FrameError, BAD_TIMESTAMP, when its time cannot be one.
    """
    reference = reference_close(pricing)
    prev_close = reference[0] if reference and reference[1] is ReferenceClose.PREV_CLOSE else None
    return RawQuote(
        source=source,
        source_symbol=pricing.id or "",
        recv_ns=recv_ns,
        event_ns=_event_ns(pricing.time) if pricing.time else None,
        price=pricing.price,
        bid=pricing.bid,
        ask=pricing.ask,
        size=pricing.last_size,
        currency=pricing.currency,
        session="unknown" if pricing.market_hours is None else SESSIONS.get(pricing.market_hours, "unknown"),
        day_volume=pricing.day_volume,
        prev_close=prev_close,
        flags=flags,
    )


def _event_ns(time_ms: int) -> int:
    if not 0 < time_ms < _TIMES_END_MS:
        raise FrameError(BAD_TIMESTAMP, f"{time_ms} ms")
    return time_ms * MILLISECOND


class Yahoo:
    """Yahoo's side of a WebSocket feed: the subscription, and frames to records.

    symbols: Yahoo's own, at most about a hundred a socket. flags: set on every record (SIMULATED). heartbeat_s: seconds
    between repetitions of the subscription, Yahoo's sign of life.
    """

    answer_s = None
    """Nothing is ever answered."""
    pace_s = 0.0

    def __init__(
        self, symbols: Iterable[str], source: str = "yahoo", flags: int = 0, *, heartbeat_s: float = 15.0
    ) -> None:
        self.source = source
        self.heartbeat_s = heartbeat_s
        self._flags = flags
        self._subscription = msgspec.json.encode({"subscribe": list(symbols)}).decode()

    def opened(self, now_ns: int) -> Turn:
        """Subscribe. There is no answer to wait for."""
        return Turn(say=[self._subscription], ready=True)

    def received(self, frame: bytes, recv_ns: int) -> Turn:
        """The record of one frame, if it carries one. Raises FrameError for a frame that cannot be read."""
        pricing = parse_frame(frame)
        return Turn() if pricing is None else Turn([raw_quote(pricing, self.source, recv_ns, self._flags)])

    def heartbeat(self, now_ns: int) -> Turn:
        """Repeat the whole subscription, as Yahoo's own page does."""
        return Turn(say=[self._subscription])

    def closed(self, code: int | None, lived_s: float) -> str:
        """Yahoo ends every connection after some twenty minutes: always worth coming back."""
        return ""
