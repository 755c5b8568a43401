"""One arrival of a feed in one line of a terminal, 80 columns."""

from rich.text import Text

from monitor.core.instant import SECOND, format_instant
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.readouts import words
from monitor.readouts.terminal.cell import DIM, NOTE

_LONGEST = 24
"""Characters of a symbol or word of the network."""


def arrival_line(heard: RawQuote | RawClose | RawHalt, symbol: str, refused: str = "") -> Text:
    """Time of receipt (UTC), feed, line, price, how late it came and its session. symbol: the board's, "" when it has
    none; refused: why ingest would not take the record, "" when it would."""
    name = symbol or f"?{_bounded(heard.source_symbol)}"
    line = Text(f"{_time(heard.recv_ns)} {heard.source:<10} {name:<10} ")
    if isinstance(heard, RawClose):
        return line.append(f"{heard.price:>11.8g} close of {_bounded(heard.session)}")
    if isinstance(heard, RawHalt):
        return line.append(f"{'':>11} {'trading halted' if heard.halted else 'trading resumed'}")
    line.append(f"{_price(heard):>11} {_late(heard):>9} {_bounded(heard.session or ''):<10}")
    if refused:
        line.append(f" {refused}", style=NOTE)
    line.rstrip()
    return line


def state_line(source: str, state: str, detail: str, now_ns: int) -> Text:
    """A feed's new state. now_ns: when; 0: nobody knows."""
    at = _time(now_ns) if now_ns else " " * 12
    return Text(f"{at} {source:<10} {state}{': ' if detail else ''}{words.clean(detail)}", style=DIM)


def _price(raw: RawQuote) -> str:
    if raw.price is not None:
        return f"{raw.price:.8g}"
    if raw.bid is not None and raw.ask is not None:
        return f"{raw.bid:.5g}/{raw.ask:.5g}"
    return words.MISSING


def _late(raw: RawQuote) -> str:
    if raw.event_ns is None:
        return words.MISSING
    late_s = (raw.recv_ns - raw.event_ns) / SECOND
    return f"{late_s:.3f} s" if abs(late_s) < 1000 else f"{late_s:.0f} s"


def _time(instant_ns: int) -> str:
    return format_instant(instant_ns)[11:23].rstrip("Z").ljust(12)


def _bounded(text: str) -> str:
    return words.clean(text)[:_LONGEST]
