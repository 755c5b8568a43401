"""Events as flat rows with the fields of FEEDS section 3, without loss; `row_reading` is the way back.

`kind` says what a row is (`quote` when it is missing). Times are integers, milliseconds where that loses nothing and
nanoseconds otherwise; on reading they may also be ISO text (`monitor.feeds.timestamps`). `logged_at` is there only
when the log received the event after one with a later `received_at`: it keeps the log's order.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from monitor.core.event import (
    CONFLATED,
    EVENT_TIME_IS_RECEIPT,
    FIXING,
    RETAINED,
    SIMULATED,
    Beat,
    Event,
    FeedHealth,
    Fx,
    Halt,
    OfficialClose,
    Quote,
)
from monitor.core.quotes.raw import RawQuote
from monitor.feeds.timestamps import write_time

Row: TypeAlias = dict[str, Any]

FLAG_NAMES = {
    "simulated": SIMULATED,
    "event_time_is_receipt": EVENT_TIME_IS_RECEIPT,
    "conflated": CONFLATED,
    "retained": RETAINED,
    "fixing": FIXING,
}
"""Names of the flags of events, as a row lists them."""


def to_row(event: Event, logged_ns: int | None = None) -> Row:
    """The row of `event`, without the fields that have nothing to say.

    logged_ns: log time of the event, written when it is later than its time of receipt.
    """
    row = _TO_ROW[type(event)](event)
    if logged_ns is not None and logged_ns > event.recv_ns:
        row["logged_at"] = write_time(logged_ns)
    return row


def raw_row(raw: RawQuote, symbol: str = "", *, rate: bool = False, refused: str = "") -> Row:
    """The row of a record as an adapter decoded it, under the source's own symbol.

    symbol: the board's, "" when it has none for it. rate: it is an exchange rate. refused: why ingest would not take
    it, "" when it would; a reader counts such a row and passes on.
    """
    row: Row = {
        "source": raw.source,
        "symbol": symbol,
        "source_symbol": raw.source_symbol,
        "price": raw.price,
        "received_at": write_time(raw.recv_ns),
        "session": raw.session,
        "prev_close": raw.prev_close,
        "day_volume": raw.day_volume,
        "bid": raw.bid,
        "ask": raw.ask,
        "size": raw.size,
        "currency": raw.currency,
        "seq": raw.seq,
        "delay_s": raw.delay_s or None,
        "flags": _flag_names(raw.flags),
        "refused": refused,
    }
    if raw.event_ns is not None:
        row["ts"] = write_time(raw.event_ns)
    if rate:
        row["kind"] = "fx"
        if raw.price is None and raw.bid is not None and raw.ask is not None:
            row["rate"] = (raw.bid + raw.ask) / 2
    return _filled(row)


def _flag_names(flags: int) -> list[str]:
    names = [name for name, bit in FLAG_NAMES.items() if flags & bit]
    rest = flags & ~sum(FLAG_NAMES.values())
    return [*names, str(rest)] if rest else names


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value is not None and value != "" and value != []}


def _quote_row(event: Quote) -> Row:
    return _filled(
        {
            "source": event.source,
            "symbol": event.symbol,
            "price": event.price,
            "ts": write_time(event.event_ns),
            "received_at": write_time(event.recv_ns),
            "session": event.session,
            "prev_close": event.prev_close,
            "day_volume": event.day_volume,
            "bid": event.bid,
            "ask": event.ask,
            "size": event.size,
            "currency": event.currency,
            "seq": event.seq,
            "delay_s": event.delay_s or None,
            "flags": _flag_names(event.flags),
        }
    )


def _fx_row(event: Fx) -> Row:
    return _filled(
        {
            "kind": "fx",
            "source": event.source,
            "pair": event.pair,
            "rate": event.rate,
            "ts": write_time(event.event_ns),
            "received_at": write_time(event.recv_ns),
            "flags": _flag_names(event.flags),
        }
    )


def _halt_row(event: Halt) -> Row:
    return _filled(
        {
            "kind": "halt",
            "source": event.source,
            "symbol": event.symbol,
            "halted": event.halted,
            "received_at": write_time(event.recv_ns),
        }
    )


def _close_row(event: OfficialClose) -> Row:
    return _filled(
        {
            "kind": "official_close",
            "source": event.source,
            "symbol": event.symbol,
            "session": event.session,
            "price": event.price,
            "received_at": write_time(event.recv_ns),
            "derived": event.derived or None,
            "flags": _flag_names(event.flags),
        }
    )


def _health_row(event: FeedHealth) -> Row:
    return _filled(
        {
            "kind": "feed_health",
            "source": event.source,
            "state": event.state,
            "detail": event.detail,
            "received_at": write_time(event.recv_ns),
            "accepted": event.accepted,
            "conflated": event.conflated,
            "rejected": event.rejected or None,
            "received": event.received or None,
        }
    )


def _beat_row(event: Beat) -> Row:
    return {"kind": "beat", "received_at": write_time(event.recv_ns)}


_TO_ROW: dict[type, Callable[[Any], Row]] = {
    Quote: _quote_row,
    Fx: _fx_row,
    Halt: _halt_row,
    OfficialClose: _close_row,
    FeedHealth: _health_row,
    Beat: _beat_row,
}
