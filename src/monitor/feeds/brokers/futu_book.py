"""What Futu's BasicQot messages mean (FEEDS section 9). Pure: it is given protobuf messages and connects nothing.

The regular price and the prices before, after and between regular hours stand side by side in every message, with one
time for all of them, and stay there when they are over; so what is known is kept, and only what is new is a record.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from monitor.core.instant import MINUTE
from monitor.core.quotes.intake import BAD_FIELD, UNKNOWN_SYMBOL
from monitor.core.quotes.raw import RawHalt, RawQuote
from monitor.core.session import Calendar, Phase
from monitor.feeds.brokers.close_roll import session_of_previous_close
from monitor.feeds.brokers.sdk_bridge import Decoded
from monitor.feeds.port import FrameError
from monitor.feeds.timestamps import BAD_TIMESTAMP, read_time

SOURCE = "futu"

MARKETS = {1: "HK", 2: "HK", 11: "US", 21: "SH", 22: "SZ", 81: "FX"}
"""Number of a market → what it is called before the dot of a symbol."""

_ZONES = {
    "HK": ZoneInfo("Asia/Hong_Kong"),
    "US": ZoneInfo("America/New_York"),
    "SH": ZoneInfo("Asia/Shanghai"),
    "SZ": ZoneInfo("Asia/Shanghai"),
}
"""Zone of a market's texts of time, which carry none."""

_BLOCKS = {"pre": "preMarket", "post": "afterMarket", "overnight": "overnight"}
"""Session → the field with its price."""

_PHASES = {"pre": Phase.PRE, "post": Phase.POST, "overnight": Phase.CLOSED}
"""Session → the phase of the exchange in which its price changes."""


_LATE_PRINTS_NS = 5 * MINUTE


class _Known(msgspec.Struct):
    """Of one symbol. regular: price and volume; extended: price by session."""

    calendar: Calendar | None
    halted: bool | None = None
    regular: tuple[float, int] | None = None
    extended: dict[str, float] = {}


class FutuBook:
    """Turns BasicQot messages into records.

    calendars: symbol (`HK.00700`) → calendar of its exchange; None for a symbol without sessions.
    """

    def __init__(self, calendars: Mapping[str, Calendar | None]) -> None:
        self._known = {symbol: _Known(calendar) for symbol, calendar in calendars.items()}

    def read(self, quote: Any, recv_ns: int) -> list[Decoded]:
        """Of one message: the regular price, a price outside regular hours that is new, a halt or its end."""
        symbol = symbol_of(quote.security)
        known = self._known.get(symbol)
        if known is None:
            return [FrameError(UNKNOWN_SYMBOL)]
        event_ns = event_time(quote, symbol)
        decoded = self._extended(known, symbol, quote, event_ns, recv_ns)
        before, known.regular = known.regular, (quote.curPrice, quote.volume)
        of_another = any(_in_hours_of(session, known.calendar, event_ns) for session in extended_prices(quote))
        if not of_another or before not in (None, known.regular):
            decoded.insert(0, self._regular(known, symbol, quote, event_ns, recv_ns))
        if quote.isSuspended != known.halted:
            known.halted = quote.isSuspended
            decoded.append(RawHalt(SOURCE, symbol, quote.isSuspended, recv_ns))
        return decoded

    @staticmethod
    def _regular(known: _Known, symbol: str, quote: Any, event_ns: int | None, recv_ns: int) -> Decoded:
        """The price of regular hours, which stays what it is outside them."""
        if event_ns is None:
            return FrameError(BAD_TIMESTAMP)
        if quote.curPrice == 0.0:
            return FrameError(BAD_FIELD, "no price yet")
        calendar = known.calendar
        fits = calendar is None or session_of_previous_close(calendar, recv_ns) == calendar.current_session(event_ns)
        return RawQuote(
            source=SOURCE,
            source_symbol=symbol,
            recv_ns=recv_ns,
            event_ns=event_ns,
            price=quote.curPrice,
            session="regular",
            day_volume=float(quote.volume) or None,
            prev_close=quote.lastClosePrice or None if fits else None,
        )

    @staticmethod
    def _extended(known: _Known, symbol: str, quote: Any, event_ns: int | None, recv_ns: int) -> list[Decoded]:
        """Prices outside regular hours. Their time is the message's when that lies in their hours. Otherwise that is
        the time of the regular price: one that has just changed happened now, and how old a first one is nobody knows.
        """
        records: list[Decoded] = []
        for session, price in extended_prices(quote).items():
            before, known.extended[session] = known.extended.get(session), price
            if price == before or known.calendar is None:
                continue
            timed = _in_hours_of(session, known.calendar, event_ns)
            if timed or (before is not None and known.calendar.phase(recv_ns) is _PHASES[session]):
                own_ns = event_ns if timed else None
                records.append(RawQuote(SOURCE, symbol, recv_ns, own_ns, price, session=session))
        return records


def _in_hours_of(session: str, calendar: Calendar | None, event_ns: int | None) -> bool:
    """Whether a message's time can only be that of this session's price: the regular one still moves after the close,
    by the closing auction and late prints."""
    if calendar is None or event_ns is None:
        return False
    segment = calendar.segment(event_ns)
    settled = session != "post" or event_ns - segment.start_ns >= _LATE_PRINTS_NS
    return segment.phase is _PHASES[session] and settled


def extended_prices(quote: Any) -> dict[str, float]:
    """The prices outside regular hours that a message holds, by session; old ones stay in it."""
    blocks = {session: getattr(quote, block) for session, block in _BLOCKS.items() if quote.HasField(block)}
    return {session: block.price for session, block in blocks.items() if block.price != 0.0}


def symbol_of(security: Any) -> str:
    """`HK.00700` of a Security; the market's number where it has no name here."""
    return f"{MARKETS.get(security.market, security.market)}.{security.code}"


def event_time(quote: Any, symbol: str) -> int | None:
    """When the price was made, nanoseconds since 1970-01-01 UTC: the time stamp, without one the text in the market's
    zone; None when neither can be read."""
    zone = _ZONES.get(symbol.partition(".")[0])
    try:
        if quote.updateTimestamp > 0.0:
            return read_time(round(quote.updateTimestamp * 1000.0), "ms")
        moment = datetime.fromisoformat(quote.updateTime)
        return None if zone is None else read_time(round(moment.replace(tzinfo=zone).timestamp() * 1000.0), "ms")
    except (ValueError, OverflowError):
        return None
