"""The door of the log: which records of a feed become events (FEEDS section 3), and what happened to the others.

Only what no source may ever send is stopped here, and counted by reason: broken numbers, unknown symbols, repeats,
records older than what the same source sent before. Whether an acceptable quote is believable is the tick filter's
business, which runs in the calculator so that its verdicts can be replayed.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping

import msgspec

from monitor.core.definition import Instrument, Kind
from monitor.core.event import EVENT_TIME_IS_RECEIPT, SIMULATED, Event, Fx, Halt, OfficialClose, Quote
from monitor.core.instant import MINUTE
from monitor.core.quotes.raw import RawClose, RawHalt, RawQuote
from monitor.core.session import Calendar, Phase

BAD_FIELD = "BAD_FIELD"
"""A price is missing, one-sided, not a number or infinite."""
NON_POSITIVE = "NON_POSITIVE"
MISSING_SYMBOL = "MISSING_SYMBOL"
UNKNOWN_SYMBOL = "UNKNOWN_SYMBOL"
"""The board's table has no instrument for this symbol of this source."""
DUPLICATE = "DUPLICATE"
"""The same record again, as after a reconnect."""
OUT_OF_ORDER = "OUT_OF_ORDER"
"""Older than the stored record, by time or, at the same time, by day volume."""
VOLUME_BACKWARDS = "VOLUME_BACKWARDS"
"""Newer, but its day volume fell within one trading day. A second one that is not lower still passes: a correction."""
FUTURE = "FUTURE"
"""A rate whose time has not come, by more than clocks differ. Prices from the future are left to the tick filter."""
WRONG_MARKET = "WRONG_MARKET"
"""A simulated price for a log of real ones, or the reverse: a log holds one market (decision 0016)."""

MOST_AHEAD_NS = MINUTE
"""How far a source's clock may be ahead. What is further ahead is no time: it must not make the next record old."""

_REGULAR_DAY = (Phase.REGULAR, Phase.BREAK, Phase.AUCTION)


class Tally(msgspec.Struct):
    """What became of one source's records since the start: accepted, and rejected by reason."""

    accepted: int = 0
    rejected: Counter[str] = msgspec.field(default_factory=Counter)


class _Stored(msgspec.Struct, gc=False):
    """The newest accepted record of one source symbol. day: its session, None without a calendar. day_volume: the last
    one sent on that day. suspect_volume: a lower one, seen once since."""

    event_ns: int
    content: tuple[object, ...]
    day: str | None
    day_volume: float | None
    suspect_volume: float | None = None


class Intake:
    """Turns records into events, one source symbol at a time.

    instruments: of the board; `Instrument.sources` is the symbol table. calendars: by name, for the session that a
    previous close belongs to. canonical: sources whose publishers use the board's own symbols, for instruments that
    have no entry of their own in the table. simulated: which market the log holds; None: either.
    """

    def __init__(
        self,
        instruments: Iterable[Instrument],
        calendars: Mapping[str, Calendar],
        canonical: Collection[str] = (),
        simulated: bool | None = None,
    ) -> None:
        self._instruments = tuple(instruments)
        self._simulated = simulated
        self._calendars = calendars
        self._canonical = frozenset(canonical)
        self._tables: dict[str, dict[str, Instrument]] = {}
        self._stored: dict[tuple[str, str], _Stored] = {}
        self._derived: set[tuple[str, str]] = set()
        self._tallies: dict[str, Tally] = {}

    def accept(self, raw: RawQuote) -> list[Event]:
        """The events that `raw` amounts to: a quote or a rate, before it at most one derived close. Empty: rejected."""
        tally = self.tally(raw.source)
        instrument = self._table(raw.source).get(raw.source_symbol)
        if instrument is None:
            return self._reject(tally, UNKNOWN_SYMBOL if raw.source_symbol else MISSING_SYMBOL)
        if self._of_wrong_market(raw.flags):
            return self._reject(tally, WRONG_MARKET)
        price, bid, ask = raw.price, _positive(raw.bid), _positive(raw.ask)
        numbers = (price, raw.bid, raw.ask, raw.size, raw.day_volume, raw.prev_close)
        if any(number is not None and not math.isfinite(number) for number in numbers):
            return self._reject(tally, BAD_FIELD)
        if not all(_storable(whole) for whole in (raw.event_ns, raw.seq)):
            return self._reject(tally, BAD_FIELD)
        if price is not None and price <= 0.0:
            return self._reject(tally, NON_POSITIVE)
        if price is None and (bid is None or ask is None):
            return self._reject(tally, BAD_FIELD)
        reason = self._compare(raw, instrument)
        if reason:
            return self._reject(tally, reason)
        tally.accepted += 1
        return self._events(raw, instrument, price, bid, ask)

    def close(self, raw: RawClose) -> list[Event]:
        """The event that a source's close amounts to; none for an unknown symbol, a price that is none, one of the
        wrong market, or a session that the instrument's calendar does not have."""
        instrument = self._table(raw.source).get(raw.source_symbol)
        if instrument is None or instrument.calendar is None or not (math.isfinite(raw.price) and raw.price > 0):
            return []
        if raw.session not in self._calendars[instrument.calendar] or self._of_wrong_market(raw.flags):
            return []
        self._derived.add((instrument.symbol, raw.session))
        return [
            OfficialClose(instrument.symbol, raw.session, raw.price, raw.recv_ns, raw.source, raw.derived, raw.flags)
        ]

    def halt(self, raw: RawHalt) -> list[Event]:
        """The event that a source's halt amounts to; none for an unknown symbol."""
        instrument = self._table(raw.source).get(raw.source_symbol)
        return [] if instrument is None else [Halt(instrument.symbol, raw.halted, raw.recv_ns, raw.source)]

    def reject(self, source: str, reason: str, count: int = 1) -> None:
        """Count records of `source` that never became one: torn frames, payloads that are not JSON."""
        self.tally(source).rejected[reason] += count

    def tally(self, source: str) -> Tally:
        """The live counters of `source`."""
        tally = self._tallies.get(source)
        if tally is None:
            tally = self._tallies[source] = Tally()
        return tally

    def _table(self, source: str) -> dict[str, Instrument]:
        table = self._tables.get(source)
        if table is None:
            table = self._tables[source] = source_table(self._instruments, source, source in self._canonical)
        return table

    def _of_wrong_market(self, flags: int) -> bool:
        return self._simulated is not None and self._simulated != bool(flags & SIMULATED)

    @staticmethod
    def _reject(tally: Tally, reason: str) -> list[Event]:
        tally.rejected[reason] += 1
        return []

    def _compare(self, raw: RawQuote, instrument: Instrument) -> str | None:
        """Why `raw` may not follow what is stored for its symbol, or None; then it is what is stored, unless its time
        is impossible."""
        event_ns = raw.event_ns
        if event_ns is None:
            return None
        if _from_the_future(raw):
            return FUTURE if instrument.kind is Kind.FX else None
        key = (raw.source, raw.source_symbol)
        stored = self._stored.get(key)
        content = (raw.price, raw.bid, raw.ask, raw.size, raw.day_volume, raw.session, raw.seq)
        day = self._day(instrument, event_ns)
        if stored is None:
            self._stored[key] = _Stored(event_ns, content, day, raw.day_volume)
            return None
        if event_ns < stored.event_ns:
            return OUT_OF_ORDER
        same_time = event_ns == stored.event_ns
        if same_time and content == stored.content:
            return DUPLICATE
        if day != stored.day:
            stored.day_volume = stored.suspect_volume = None
        reason = _volume_reason(raw.day_volume, stored, same_time)
        if reason is None:
            stored.event_ns, stored.content, stored.day = event_ns, content, day
        return reason

    def _day(self, instrument: Instrument, event_ns: int) -> str | None:
        calendar = self._calendars.get(instrument.calendar) if instrument.calendar else None
        return calendar.current_session(event_ns) if calendar else None

    def _events(
        self, raw: RawQuote, instrument: Instrument, price: float | None, bid: float | None, ask: float | None
    ) -> list[Event]:
        event_ns, flags = raw.event_ns, raw.flags
        if event_ns is None:
            event_ns, flags = raw.recv_ns, flags | EVENT_TIME_IS_RECEIPT
        if instrument.kind is Kind.FX:
            rate = price if price is not None else _mid(bid, ask)
            return [Fx(instrument.symbol, rate, event_ns, raw.recv_ns, raw.source, flags)]
        prev_close = _positive(raw.prev_close)
        quote = Quote(
            instrument.symbol,
            raw.source,
            event_ns,
            raw.recv_ns,
            price,
            bid,
            ask,
            raw.size,
            raw.currency,
            raw.seq,
            raw.session,
            raw.day_volume,
            prev_close,
            instrument.delays.get(raw.source, 0) if raw.delay_s is None else raw.delay_s,
            flags,
        )
        close = self._derived_close(raw, instrument, prev_close) if prev_close is not None else None
        return [quote] if close is None else [close, quote]

    def _derived_close(self, raw: RawQuote, instrument: Instrument, price: float) -> OfficialClose | None:
        """The previous session's close by the source's own word, once per symbol and session.

        Only from a quote of the regular day: outside it vendors disagree about which close is the previous one
        (FEEDS 5.5, rule 3)."""
        calendar = self._calendars.get(instrument.calendar) if instrument.calendar else None
        if calendar is None or raw.event_ns is None or raw.session not in (None, "regular", "unknown"):
            return None
        if _from_the_future(raw):
            return None
        if calendar.phase(raw.event_ns) not in _REGULAR_DAY:
            return None
        today = calendar.current_session(raw.event_ns)
        session = calendar.previous(today) if today else None
        if session is None or (instrument.symbol, session) in self._derived:
            return None
        self._derived.add((instrument.symbol, session))
        return OfficialClose(instrument.symbol, session, price, raw.recv_ns, raw.source, True, raw.flags)


def source_table(instruments: Iterable[Instrument], source: str, canonical: bool = False) -> dict[str, Instrument]:
    """Source symbol → instrument, for one source. canonical: an instrument without an entry goes by its own symbol."""
    table: dict[str, Instrument] = {}
    for instrument in instruments:
        symbol = instrument.sources.get(source, instrument.symbol if canonical else "")
        if symbol:
            table[symbol] = instrument
    return table


def _volume_reason(volume: float | None, stored: _Stored, same_time: bool) -> str | None:
    """Judge a day volume against the stored one of the same day, and remember it."""
    last = stored.day_volume
    if volume is None:
        return None
    if last is not None and volume < last:
        if same_time:
            return OUT_OF_ORDER
        if stored.day is not None and (stored.suspect_volume is None or volume < stored.suspect_volume):
            stored.suspect_volume = volume
            return VOLUME_BACKWARDS
    stored.day_volume, stored.suspect_volume = volume, None
    return None


def _from_the_future(raw: RawQuote) -> bool:
    return raw.event_ns is not None and raw.event_ns - raw.recv_ns > MOST_AHEAD_NS


def _storable(whole: int | None) -> bool:
    """Whether the log can hold the number: MessagePack's integers have 64 bits."""
    return whole is None or -(2**63) <= whole < 2**63


def _positive(number: float | None) -> float | None:
    """Vendors write 0 where they have nothing (an empty side of the book, an unknown close): that is None."""
    return number if number is not None and number > 0.0 else None


def _mid(bid: float | None, ask: float | None) -> float:
    return ((bid or 0.0) + (ask or 0.0)) / 2.0
