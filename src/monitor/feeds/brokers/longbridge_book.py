"""What Longbridge's records mean (FEEDS section 8.3). Pure: it is given the SDK's objects and connects nothing.

A pushed quote lacks much of what a pulled one says, so what is known of a symbol is kept: the previous close with the
session it belongs to, the volume of the regular day, whether trading is halted.
"""

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from monitor.core.instant import SECOND
from monitor.core.quotes.intake import BAD_FIELD, UNKNOWN_SYMBOL
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.core.session import Calendar, Phase
from monitor.feeds.brokers.close_roll import session_of_previous_close
from monitor.feeds.brokers.sdk_bridge import Decoded
from monitor.feeds.port import FrameError
from monitor.feeds.timestamps import BAD_TIMESTAMP

SOURCE = "longbridge"

REGULAR, PRE, POST, OVERNIGHT = "regular", "pre", "post", "overnight"
_SESSIONS = {"Intraday": REGULAR, "Pre": PRE, "Post": POST, "Overnight": OVERNIGHT}
_EXTENDED = {"pre_market_quote": PRE, "post_market_quote": POST, "overnight_quote": OVERNIGHT}

_HALTED = ("Halted", "Fuse", "SplitStockHalts", "Suspend")
"""Of the trade states, those in which a listed line does not trade although its market is open."""


class _Known(msgspec.Struct):
    """Of one symbol. close_session: the session whose quotes `prev_close` may go with; volume_session: of `volume`."""

    calendar: Calendar | None
    prev_close: float | None = None
    close_session: str | None = None
    volume: float | None = None
    volume_session: str | None = None
    halted: bool | None = None


class LongbridgeBook:
    """Turns the SDK's quotes into records.

    calendars: symbol → calendar of its exchange; None for a symbol without sessions.
    """

    def __init__(self, calendars: Mapping[str, Calendar | None]) -> None:
        self._known = {symbol: _Known(calendar) for symbol, calendar in calendars.items()}

    def pushed(self, symbol: str, quote: Any, recv_ns: int) -> list[Decoded]:
        """Of a `PushQuote`, which the SDK has merged with what it was sent before.

        Its state says *normal* also when it says nothing, so only a trade ends a halt."""
        known = self._known.get(symbol)
        if known is None:
            return [FrameError(UNKNOWN_SYMBOL)]
        session = _SESSIONS.get(word(quote.trade_session))
        record = self._record(known, symbol, quote, session, recv_ns)
        halted = word(quote.trade_status) in _HALTED
        known_to_trade = halted or quote.current_volume > 0 or known.halted is None
        return [record, *(self._halt(known, symbol, halted, recv_ns) if known_to_trade else ())]

    def pulled(self, quote: Any, recv_ns: int, delay_s: int | None = None) -> list[Decoded]:
        """Of a `SecurityQuote`: the regular price, then the prices outside regular hours that are newer than it.
        delay_s: how late the answer is, None: as late as the source."""
        known = self._known.get(quote.symbol)
        if known is None:
            return [FrameError(UNKNOWN_SYMBOL)]
        self._remember_close(known, quote, recv_ns)
        regular_ns = instant(quote.timestamp)
        if regular_ns is None:
            return [FrameError(BAD_TIMESTAMP)]
        decoded: list[Decoded] = [self._record(known, quote.symbol, quote, REGULAR, recv_ns, delay_s)]
        blocks = [(name, getattr(quote, block)) for block, name in _EXTENDED.items() if getattr(quote, block)]
        for session, block in sorted(blocks, key=lambda named: instant(named[1].timestamp) or 0):
            if (instant(block.timestamp) or 0) > regular_ns and block.last_done > 0:
                if session == POST:
                    decoded += self._close_of_the_day(known, quote.symbol, block, recv_ns)
                decoded.append(self._record(known, quote.symbol, block, session, recv_ns, delay_s))
        return decoded + self._halt(known, quote.symbol, word(quote.trade_status) in _HALTED, recv_ns)

    def without_close(self, symbols: Iterable[str], now_ns: int) -> list[str]:
        """Those of the symbols whose market has opened for a session that no previous close was pulled for yet."""
        return [symbol for symbol in symbols if self._wants_close(self._known[symbol], now_ns)]

    def _wants_close(self, known: _Known, now_ns: int) -> bool:
        calendar = known.calendar
        if calendar is None or calendar.phase(now_ns) is not Phase.REGULAR:
            return False
        return known.close_session != calendar.current_session(now_ns)

    def _remember_close(self, known: _Known, quote: Any, recv_ns: int) -> None:
        price = number(quote.prev_close)
        session = session_of_previous_close(known.calendar, recv_ns) if known.calendar is not None else None
        if price is not None and session is not None:
            known.prev_close, known.close_session = price, session

    def _record(
        self, known: _Known, symbol: str, quote: Any, session: str | None, recv_ns: int, delay_s: int | None = None
    ) -> RawQuote | FrameError:
        price, event_ns = number(quote.last_done), instant(quote.timestamp)
        if price is None:
            return FrameError(BAD_FIELD, "no price yet")
        day = known.calendar.current_session(event_ns) if known.calendar and event_ns is not None else None
        return RawQuote(
            source=SOURCE,
            source_symbol=symbol,
            recv_ns=recv_ns,
            event_ns=event_ns,
            price=price,
            session=session,
            day_volume=_day_volume(known, number(quote.volume), session, day),
            prev_close=known.prev_close if session == REGULAR and day and day == known.close_session else None,
            delay_s=delay_s,
        )

    @staticmethod
    def _close_of_the_day(known: _Known, symbol: str, post: Any, recv_ns: int) -> list[Decoded]:
        """The close that the hours after it are measured from: that of the same day."""
        price, event_ns = number(post.prev_close), instant(post.timestamp)
        if price is None or event_ns is None or known.calendar is None:
            return []
        session = known.calendar.phase_session(event_ns)
        if session is None or known.calendar.phase(event_ns) is not Phase.POST:
            return []
        return [RawClose(SOURCE, symbol, session, price, recv_ns)]

    @staticmethod
    def _halt(known: _Known, symbol: str, halted: bool, recv_ns: int) -> list[Decoded]:
        if halted == known.halted:
            return []
        known.halted = halted
        return [RawHalt(SOURCE, symbol, halted, recv_ns)]


def _day_volume(known: _Known, volume: float | None, session: str | None, day: str | None) -> float | None:
    """Volume of the regular day. What is sent before and after it counts those hours alone."""
    if session == REGULAR:
        if volume is not None:
            known.volume, known.volume_session = volume, day
        return volume
    return known.volume if session == POST and day == known.volume_session else None


def word(value: Any) -> str:
    """The name of one of the SDK's enumerated values."""
    return str(value).rpartition(".")[2]


def number(value: Any) -> float | None:
    """A figure of the SDK; it writes 0 for what the server did not say."""
    figure = float(value)
    return figure if figure != 0.0 and math.isfinite(figure) else None


def instant(moment: datetime) -> int | None:
    """Nanoseconds of one of the SDK's times, which are local to this process and carry no zone; None for the epoch,
    which is a time that the server did not send."""
    try:
        seconds = round(moment.astimezone(UTC).timestamp())
    except (ValueError, OverflowError):  # a year that no zone knows
        return None
    return seconds * SECOND if seconds > 0 else None
